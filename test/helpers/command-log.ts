/** Where commands that tests run write things down, and keep state: not where this machine keeps what people did. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SystemRoots, systemRoots } from '../../src/base/run-files.ts';

let folder: string | null = null;

/** For the environment of a process, or of a command in this one; gone when this process ends. */
export function commandLog(): Readonly<Record<string, string>> {
  return { SENTINEL_INCIDENTS: join(madeFolder(), 'incidents') };
}

/** For a command in this process: as root it would keep state in `/var/lib`, which outlives the test. */
export function privateRoots(): SystemRoots {
  return { ...systemRoots, varLib: join(madeFolder(), 'lib'), varLog: join(madeFolder(), 'log') };
}

function madeFolder(): string {
  if (folder !== null) return folder;
  const made = mkdtempSync(join(tmpdir(), 'sentinel-commands-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  mkdirSync(join(made, 'incidents'), { mode: 0o700 });
  folder = made;
  return made;
}
