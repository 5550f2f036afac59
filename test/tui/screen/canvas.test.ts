/** A frame costs the terminal what has changed in it; the libraries that draw are those for production, and keep no record of frames. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';

test('a changed number is a few bytes, the same frame none, a forgotten screen all of it; no development build, no timeline', async () => {
  const env = { ...process.env, NODE_ENV: 'development', DEV: 'true' };
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'canvas-program.ts')], {
    env,
  });
  const seen = JSON.parse(stdout) as {
    readonly react: readonly string[];
    readonly timeline: number;
    readonly largest: number;
    readonly frames: number;
    readonly unchanged: number;
    readonly anew: { readonly length: number; readonly erases: boolean; readonly whole: boolean };
    readonly scrollback: boolean;
  };
  assert.ok(seen.react.length >= 2, 'the libraries are looked at');
  assert.deepEqual(
    seen.react.filter((file) => !file.endsWith('.production.js')),
    [],
  );
  assert.equal(seen.timeline, 0);
  assert.ok(seen.frames > 50);
  assert.ok(seen.largest < 200, `${seen.largest} bytes`);
  assert.equal(seen.unchanged, 0);
  assert.deepEqual({ erases: seen.anew.erases, whole: seen.anew.whole }, { erases: true, whole: true });
  assert.equal(seen.scrollback, false, 'what the terminal keeps of before is never erased');
});
