/** Runs the marathon as a process of its own and holds what every length of it has to keep. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface Marathon {
  readonly frames: number;
  /** Of them, those after which something was written. */
  readonly shown: number;
  /** Bytes in use after a collection: after the warm-up, in between, at the end. */
  readonly heap: readonly number[];
  readonly growth: number;
  readonly development: readonly string[];
  readonly production: number;
  readonly nodeEnv: string | null;
  readonly entries: number;
  readonly bytes: number;
  readonly cpuMsPerFrame: number;
}

const entry = new URL('marathon.ts', import.meta.url).pathname;

/** @param small A little daemon in a little terminal. */
export async function runMarathon(frames: number, timeoutMs: number, small = false): Promise<Marathon> {
  const { NODE_ENV: _chosen, ...env } = process.env;
  const args = ['--expose-gc', entry, String(frames), ...(small ? ['4', '3', '8', '80', '24'] : [])];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: timeoutMs });
  const line = stdout.split('\n').find((one) => one.startsWith('{')) ?? '';
  return JSON.parse(line) as Marathon;
}

export function assertKept({ frames, shown, development, production, nodeEnv, entries }: Marathon): void {
  assert.ok(shown > frames * 0.9, `only ${shown} of ${frames} frames were shown`);
  assert.equal(nodeEnv, 'production');
  assert.ok(production > 0, 'React was not found among the loaded modules');
  assert.deepEqual(development, [], 'a development build runs');
  assert.equal(entries, 0, 'entries are left in the performance timeline');
}
