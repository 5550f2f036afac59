/** Every fuzz target runs clean for its time: eight minutes for the one that every byte of a client meets, less than one for the others, or `SENTINEL_FUZZ_SECONDS`. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';

const targets = path.join(import.meta.dirname, '../fuzz');
const secondsOf = (target: string): string =>
  process.env['SENTINEL_FUZZ_SECONDS'] ?? (target === 'http1.ts' ? '480' : '45');
/** Another seed each day, so that the machines of a week do not all look at the same messages. */
const seed = process.env['SENTINEL_FUZZ_SEED'] ?? String(Math.floor(Date.now() / 86_400_000) * 10_000);

for (const target of readdirSync(targets).filter((name) => name.endsWith('.ts'))) {
  const seconds = secondsOf(target);
  test(`${target} finds nothing in ${seconds} s from seed ${seed}`, async (t) => {
    const child = spawn(process.execPath, [path.join(targets, target), '--seconds', seconds, '--seed', seed], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.after(() => child.kill('SIGKILL'));
    let output = '';
    child.stdout.on('data', (chunk) => void (output += String(chunk)));
    child.stderr.on('data', (chunk) => void (output += String(chunk)));
    const [code] = (await once(child, 'close')) as [number | null];
    t.diagnostic(output.trimEnd().split('\n').at(-1) ?? '');
    assert.equal(code, 0, output);
  });
}
