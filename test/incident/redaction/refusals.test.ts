/** A snapshot that would hold a secret is none, and one that is to hold them all has to be asked for by name. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { callSentinel } from '../../cli/command-line.ts';
import { dataOf, snapshotScene, verified } from '../snapshot-scene.ts';

test('where a secret would be in the archive the command fails, and nothing of it is left', async (t) => {
  const scene = snapshotScene(t);
  const id = 'INC-geheim-77';
  // A name that was taken verbatim, and that turns out to be a password.
  const environment = { ...scene.environment, DB_PASSWORD: id };
  const run = (...args: readonly string[]) => callSentinel(args, { environment });
  assert.equal((await run('incident', 'open', id, '--title', 'x', '--no-propose')).code, 0);
  const map = join(scene.folder, 'map.json');
  const snapshot = ['incident', 'snapshot', id, '-c', scene.configFile, '--fast'];
  const ended = await run(...snapshot, '--redact', 'share', '--map', map);
  assert.equal(ended.code, 1, ended.stdout + ended.stderr);
  assert.match(ended.stderr, /SNT-I040[^]*a secret would have been in manifest\.json/);
  assert.deepEqual(readdirSync(join(scene.incidents, id)).sort(), ['head.json', 'journal.ndjson']);
  assert.equal(existsSync(map), false);
});

test('to keep every secret in it has to be confirmed by name, and is said wherever the archive is read', async (t) => {
  const scene = snapshotScene(t);
  const none = ['--redact', 'none', '--fast'];
  for (const more of [[], ['--no-input'], ['--confirm', 'INC-001']]) {
    const refused = await scene.take(...none, ...more);
    assert.equal(refused.code, 2, refused.stdout);
  }
  assert.equal(existsSync(join(scene.incidents, 'INC-001')), false);
  const taken = await scene.take(...none, '--confirm', 'none');
  assert.equal(taken.code, 0, taken.stdout);
  assert.match(JSON.stringify((JSON.parse(taken.stdout) as { warnings: string[] }).warnings), /every secret/);
  assert.equal((await verified(scene, dataOf(taken).file)).redaction.profile, 'none');
});
