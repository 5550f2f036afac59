/** Keys and state on disk: where they go, who may read them, and that daemons which start together agree. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RunContext } from '../../src/base/run-files.ts';
import { ensureStateFolder, findStateFolder } from '../../src/base/state-folder.ts';
import { deriveKey, openSecret, secretFile } from '../../src/proxy/control/secrets.ts';
import { testFolder } from '../helpers/daemon.ts';

const uid = process.getuid?.() ?? 0;

function contextOf(varLib: string, environment: Record<string, string> = {}): RunContext {
  return { environment, uid, roots: { run: varLib, varRun: varLib, varLib, varLog: varLib, tmp: varLib } };
}

test('state goes to the configured folder alone, or to the first that serves', (t) => {
  const folder = testFolder(t);
  const lib = join(folder, 'lib');
  const file = join(folder, 'file');
  mkdirSync(lib);
  writeFileSync(file, '');
  const environment = { XDG_STATE_HOME: join(folder, 'xdg'), HOME: join(folder, 'home') };
  assert.equal(findStateFolder(contextOf(lib, environment), null), null);
  assert.equal(ensureStateFolder(contextOf(lib, environment), null), join(lib, 'sentinel'));
  assert.equal(findStateFolder(contextOf(lib, environment), null), join(lib, 'sentinel'));
  assert.equal(statSync(join(lib, 'sentinel')).mode & 0o777, 0o700);
  assert.equal(ensureStateFolder(contextOf(file, environment), null), join(folder, 'xdg', 'sentinel'));
  assert.equal(
    ensureStateFolder(contextOf(file, { HOME: join(folder, 'home') }), null),
    join(folder, 'home', '.local', 'state', 'sentinel'),
  );
  assert.equal(ensureStateFolder(contextOf(lib), join(folder, 'named')), join(folder, 'named'));
  assert.throws(() => ensureStateFolder(contextOf(lib, environment), join(file, 'x')), { code: 'SNT-P014' });
  chmodSync(join(folder, 'named'), 0o770);
  assert.throws(() => ensureStateFolder(contextOf(lib), join(folder, 'named')), {
    code: 'SNT-P014',
    message: /others may write there/,
  });
  symlinkSync(lib, join(folder, 'link'));
  assert.throws(() => ensureStateFolder(contextOf(lib), join(folder, 'link')), { message: /not a folder/ });
});

test('a key is made once, for this user alone, and stays', (t) => {
  const folder = testFolder(t);
  const made = openSecret(folder, uid);
  assert.equal(made.length, 32);
  assert.deepEqual(openSecret(folder, uid), made);
  assert.equal(statSync(join(folder, secretFile)).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), [secretFile]);
  assert.notDeepEqual(openSecret(testFolder(t), uid), made);
});

test('keys of different purposes differ, and none is the secret', (t) => {
  const secret = openSecret(testFolder(t), uid);
  const keys = [deriveKey(secret, 'challenge'), deriveKey(secret, 'sticky')];
  assert.deepEqual(deriveKey(secret, 'challenge'), keys[0]);
  assert.equal(new Set([secret, ...keys].map((key) => Buffer.from(key).toString('hex'))).size, 3);
});

test('a key file that is not safe or no key is refused, never repaired, and its content not shown', (t) => {
  const folder = testFolder(t);
  const path = join(folder, secretFile);
  openSecret(folder, uid);
  const text = readFileSync(path, 'utf8');
  const refused = (message: RegExp) =>
    assert.throws(
      () => openSecret(folder, uid),
      (error: Error & { code: string }) => {
        assert.equal(error.code, 'SNT-P015');
        assert.match(error.message, message);
        assert.ok(!error.message.includes(text.trim()));
        return true;
      },
    );
  chmodSync(path, 0o640);
  refused(/others may read it/);
  chmodSync(path, 0o600);
  assert.throws(() => openSecret(folder, uid + 1), { message: new RegExp(`belongs to user ${uid}`) });
  for (const wrong of ['', text.slice(2), `${text}${text}`, text.replace(/./, 'x'), `${'0'.repeat(100_000)}`]) {
    writeFileSync(path, wrong);
    refused(/64 hex digits/);
    assert.equal(readFileSync(path, 'utf8'), wrong);
  }
});

test('daemons that start at once agree on one key', async (t) => {
  const folder = testFolder(t);
  const source = new URL('../../src/proxy/control/secrets.ts', import.meta.url).href;
  const script = `import { openSecret } from ${JSON.stringify(source)};
    process.stdin.once('data', () => {
      console.log(Buffer.from(openSecret(${JSON.stringify(folder)}, process.getuid())).toString('hex'));
      process.exit();
    });
    process.stdout.write('ready\\n');`;
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  const outputs = children.map(() => '');
  for (const [index, child] of children.entries()) {
    t.after(() => child.kill('SIGKILL'));
    child.stdout.setEncoding('utf8').on('data', (part: string) => void (outputs[index] += part));
  }
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  const ends = children.map((child) => once(child, 'close'));
  for (const child of children) child.stdin.write('go');
  await Promise.all(ends);
  const keys = new Set(outputs.map((output) => output.replace('ready\n', '')));
  assert.equal(keys.size, 1);
  assert.match([...keys][0] as string, /^[0-9a-f]{64}\n$/);
});
