/** Which folder incidents are written down in, and who may have one. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { ensureIncidentsFolder, findIncidentsFolder } from '../../src/base/incidents-folder.ts';
import type { RunContext } from '../../src/base/run-files.ts';
import { callSentinel } from '../cli/command-line.ts';

const uid = process.getuid?.() ?? 0;
const nothing = { dir: null, stateDir: null };

function scene(t: TestContext, environment: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const varLog = join(folder, 'log');
  mkdirSync(varLog);
  const roots = { run: folder, varRun: folder, varLib: join(folder, 'lib'), varLog, tmp: folder };
  return { folder, varLog, context: { environment, uid, roots } satisfies RunContext };
}

test('the environment wins over the file, the file over the usual places, and looking makes nothing', (t) => {
  const { folder, varLog, context } = scene(t);
  const named = { ...context, environment: { SENTINEL_INCIDENTS: join(folder, 'named') } };
  const file = { ...nothing, dir: join(folder, 'of-file') };
  assert.equal(findIncidentsFolder(named, file), join(folder, 'named'));
  assert.equal(findIncidentsFolder(context, file), join(folder, 'of-file'));
  assert.equal(findIncidentsFolder(context, nothing), join(varLog, 'sentinel', 'incidents'));
  assert.deepEqual([existsSync(join(folder, 'named')), existsSync(join(varLog, 'sentinel'))], [false, false]);
  assert.equal(ensureIncidentsFolder(context, nothing), join(varLog, 'sentinel', 'incidents'));
  assert.equal(statSync(join(varLog, 'sentinel', 'incidents')).mode & 0o777, 0o700);
});

test('where the usual folder cannot be used, incidents go to the state folder', (t) => {
  const { folder, varLog, context } = scene(t);
  const stateDir = join(folder, 'state');
  // A file where the folder would be: nobody can use that, root neither.
  writeFileSync(join(varLog, 'sentinel'), '');
  assert.equal(findIncidentsFolder(context, { dir: null, stateDir }), null);
  assert.equal(ensureIncidentsFolder(context, { dir: null, stateDir }), join(stateDir, 'incidents'));
  assert.equal(findIncidentsFolder(context, { dir: null, stateDir }), join(stateDir, 'incidents'));
});

test('a folder that others may write to is refused, also behind a link, and the refusal says how to name another', (t) => {
  const { folder, context } = scene(t);
  const dir = join(folder, 'open');
  mkdirSync(dir);
  chmodSync(dir, 0o777);
  const refusal = { code: 'SNT-I020', message: /others may write there/, hint: /SENTINEL_INCIDENTS/ };
  assert.throws(() => ensureIncidentsFolder(context, { ...nothing, dir }), refusal);
  const link = join(folder, 'link');
  symlinkSync(dir, link);
  assert.throws(() => ensureIncidentsFolder(context, { ...nothing, dir: link }), { code: 'SNT-I020' });
});

test('`sentinel env` says which folder it is, and who says so', async (t) => {
  const { folder } = scene(t);
  const file = join(folder, 'sentinel.kdl');
  const listener = 'listener "http" { address "127.0.0.1:0" }';
  writeFileSync(
    file,
    `${listener}\nroute "a" { upstream "u" }\nupstream "u" { static { status 200 } }\nincidents { dir "of-file" }\n`,
  );
  const row = async (environment: Record<string, string>) => {
    const { stdout } = await callSentinel(['env', '--config', file], { environment });
    return /^incidents +(.*?) *$/m.exec(stdout)?.[1]?.replaceAll(/ +/g, ' ');
  };
  assert.equal(await row({ SENTINEL_INCIDENTS: '' }), `${join(folder, 'of-file')} file ${file}:4`);
  assert.equal(await row({ SENTINEL_INCIDENTS: '/elsewhere' }), '/elsewhere environment SENTINEL_INCIDENTS');
});
