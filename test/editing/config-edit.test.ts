/** `sentinel config edit` with editors that are scripts: what is checked, asked, written, refused and kept. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { runSentinel } from '../cli/command-line.ts';
import { startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { commandLog } from '../helpers/command-log.ts';

interface Scene {
  readonly folder: string;
  readonly file: string;
  /** An editor that is this shell script; the draft is `$1`. */
  editor(script: string): Readonly<Record<string, string>>;
}

function scene(t: TestContext): Scene {
  const folder = testFolder(t);
  const file = join(folder, 'sentinel.kdl');
  writeFileSync(file, `// kept\n${staticConfig('old').trim()}\n`, { mode: 0o640 });
  return {
    folder,
    file,
    editor(script) {
      const path = join(folder, 'my editor');
      writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      return { EDITOR: `"${path}" --flag`, SENTINEL_ADMIN_SOCKET: join(folder, 'none.sock'), HOME: folder };
    },
  };
}

/** The draft is the last argument: an editor has arguments of its own. */
const draft = 'eval "draft=\\${$#}"';

function draftIn(text: string): string {
  const path = /(\/\S*sentinel-edit-\S+\/sentinel\.kdl)/.exec(text)?.[1];
  assert.ok(path !== undefined, text);
  return path;
}

test('without a daemon the draft is checked, confirmed and written whole, and the file keeps its permissions', async (t) => {
  const { file, editor, folder } = scene(t);
  const environment = editor(
    `${draft}; stat -c %a "$draft" > "${folder}/mode"; echo "$1" > "${folder}/flag"; sed -i s/old/new/ "$draft"`,
  );
  const ended = await runSentinel(['config', 'edit', file, '--yes'], { environment });
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(readFileSync(file, 'utf8'), /^\/\/ kept[\s\S]*body "new"/);
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.equal(readFileSync(join(folder, 'mode'), 'utf8').trim(), '600');
  assert.equal(readFileSync(join(folder, 'flag'), 'utf8').trim(), '--flag');
  assert.match(ended.stderr, /upstream fixed.*static/);
  assert.match(ended.stdout, /no daemon runs it, so nothing is in force/);
});

test('a draft that is left as it was changes nothing', async (t) => {
  const { file, editor } = scene(t);
  const before = statSync(file).mtimeMs;
  const ended = await runSentinel(['config', 'edit', file], { environment: editor('true') });
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /nothing was changed/);
  assert.equal(statSync(file).mtimeMs, before);
});

test('mistakes are shown in their place and the draft is kept where nobody can be asked', async (t) => {
  const { file, editor } = scene(t);
  const text = readFileSync(file, 'utf8');
  const environment = editor(`${draft}; sed -i 's/static/statik/' "$draft"`);
  for (const more of [[], ['--json']]) {
    const ended = await runSentinel(['config', 'edit', file, ...more], { environment });
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /unknown node `statik`[\s\S]*\^\^\^\^\^\^ did you mean `static`/);
    const kept = draftIn(ended.stdout);
    assert.match(readFileSync(kept, 'utf8'), /statik/);
    assert.equal(statSync(kept).mode & 0o777, 0o600);
    assert.equal(statSync(dirname(kept)).mode & 0o777, 0o700);
    assert.equal(readFileSync(file, 'utf8'), text);
    execFileSync('rm', ['-r', dirname(kept)]);
  }
});

test('on a terminal mistakes may be edited again, thrown away or kept, and a no keeps the draft', async (t) => {
  const { file, editor, folder } = scene(t);
  const text = readFileSync(file, 'utf8');
  const wrong = editor(`${draft}; sed -i 's/static/statik/' "$draft"`);
  const thrown = await runSentinel(['config', 'edit', file], { environment: wrong, terminal: true, input: 't\n' });
  assert.equal(thrown.code, 0, thrown.stdout);
  assert.match(thrown.stdout, /2 mistakes\. \[e\]dit again, \[t\]hrow away, or \[k\]eep[\s\S]*the draft is gone/);
  const kept = await runSentinel(['config', 'edit', file], { environment: wrong, terminal: true, input: 'k\n' });
  assert.equal(kept.code, 1);
  execFileSync('rm', ['-r', dirname(draftIn(kept.stdout))]);
  const twice = editor(
    `${draft}; if [ -e "${folder}/again" ]; then sed -i 's/statik/static/;s/old/new/' "$draft"; else touch "${folder}/again"; sed -i 's/static/statik/' "$draft"; fi`,
  );
  const again = await runSentinel(['config', 'edit', file, '--yes'], {
    environment: twice,
    terminal: true,
    input: 'e\n',
  });
  assert.equal(again.code, 0, again.stdout);
  assert.equal(readFileSync(file, 'utf8'), text.replace('old', 'new'));
  const other = editor(`${draft}; sed -i s/new/newer/ "$draft"`);
  const no = await runSentinel(['config', 'edit', file], { environment: other, terminal: true, input: 'n\n' });
  assert.equal(no.code, 1);
  assert.match(readFileSync(draftIn(no.stdout), 'utf8'), /newer/);
  execFileSync('rm', ['-r', dirname(draftIn(no.stdout))]);
  assert.equal(readFileSync(file, 'utf8'), text.replace('old', 'new'));
});

test('a file that somebody else changed meanwhile is not overwritten, and both are named', async (t) => {
  const { file, editor } = scene(t);
  const environment = editor(`${draft}; sed -i s/old/mine/ "$draft"; sed -i s/old/theirs/ "${file}"`);
  const ended = await runSentinel(['config', 'edit', file, '--yes'], { environment });
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /SNT-P059/);
  assert.match(readFileSync(file, 'utf8'), /theirs/);
  const kept = draftIn(ended.stderr);
  assert.match(readFileSync(kept, 'utf8'), /mine/);
  assert.ok(ended.stderr.includes(`diff -u ${file} ${kept}`), ended.stderr);
  execFileSync('rm', ['-r', dirname(kept)]);
});

test('the second who edits a file is told who has it, and a lock goes with the process that held it', async (t) => {
  const { file, editor, folder } = scene(t);
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const writer = openSync(fifo, 'r+');
  const waiting = editor(`touch "${folder}/open"; cat "${fifo}"`);
  const first = spawn(
    process.execPath,
    [new URL('../../src/cli/sentinel.ts', import.meta.url).pathname, 'config', 'edit', file],
    {
      env: { PATH: process.env['PATH'], ...commandLog(), ...waiting },
      stdio: 'ignore',
    },
  );
  t.after(() => {
    first.kill('SIGKILL');
    // Its editor outlives it, until nobody can write any more.
    closeSync(writer);
  });
  await eventually(() => assert.ok(existsSync(join(folder, 'open'))));
  const environment = { ...waiting, EDITOR: 'true' };
  const second = await runSentinel(['config', 'edit', file], { environment });
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`is being edited by \\S+, process ${first.pid}, since \\d{4}-\\d\\d-\\d\\dT`));
  first.kill('SIGKILL');
  await eventually(async () => {
    const third = await runSentinel(['config', 'edit', file], { environment });
    assert.equal(third.code, 0, third.stderr);
  });
});

test('an editor that fails, or that nobody names where there is no terminal, is said', async (t) => {
  const { file, editor } = scene(t);
  const text = readFileSync(file, 'utf8');
  const failing = await runSentinel(['config', 'edit', file], {
    environment: editor(`${draft}; echo x >> "$draft"; exit 3`),
  });
  assert.equal(failing.code, 2);
  assert.match(failing.stderr, /SNT-P061/);
  assert.match(failing.stderr, /status 3/);
  execFileSync('rm', ['-r', dirname(draftIn(failing.stderr))]);
  const missing = await runSentinel(['config', 'edit', file], {
    environment: { ...editor(''), EDITOR: '/no/such/editor' },
  });
  assert.match(missing.stderr, /there is no such program/);
  const { EDITOR: _, ...none } = editor('');
  const unnamed = await runSentinel(['config', 'edit', file], { environment: none });
  assert.equal(unnamed.code, 2);
  assert.match(unnamed.stderr, /neither VISUAL nor EDITOR names one/);
  assert.equal(readFileSync(file, 'utf8'), text);
});

test('no words of an editor are given to a shell', async (t) => {
  const { file, editor, folder } = scene(t);
  const environment = { ...editor('true'), VISUAL: `true ; touch ${folder}/owned $(touch ${folder}/owned)` };
  const ended = await runSentinel(['config', 'edit', file], { environment });
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal(existsSync(join(folder, 'owned')), false);
});

test('where a daemon runs the file, the draft is put in force and the file written by it; on trial it waits for its confirmation', async (t) => {
  const { file, editor } = scene(t);
  writeFileSync(file, staticConfig('old'));
  const daemon = await startDaemonProcess(t, { source: { kind: 'file', path: file } });
  const served = async (): Promise<string> => (await fetch(daemon.url())).text();
  const to = (from: string, body: string) => ({
    ...editor(`${draft}; sed -i s/${from}/${body}/ "$draft"`),
    SENTINEL_ADMIN_SOCKET: daemon.socket,
  });
  // Which file is not said: it is the one that runs.
  const first = await runSentinel(['config', 'edit', '--yes', '--reason', 'greeting'], {
    environment: to('old', 'new'),
  });
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stderr, /~ upstream fixed/);
  assert.match(first.stdout, /generation 2 is in force, .*sentinel\.kdl written/);
  assert.equal(await served(), 'new');
  assert.equal(readFileSync(file, 'utf8'), staticConfig('new'));

  const trial = await runSentinel(['config', 'edit', '--yes', '--confirm-within', '5m'], {
    environment: to('new', 'trial'),
  });
  assert.equal(trial.code, 0, trial.stderr);
  assert.equal(await served(), 'trial');
  assert.equal(readFileSync(file, 'utf8'), staticConfig('new'));
  const id = /sentinel config confirm (\S+)/.exec(trial.stdout)?.[1];
  assert.ok(id !== undefined, trial.stdout);

  // While it is on trial nobody else gets in between, and no draft is lost.
  const second = await runSentinel(['config', 'edit', '--yes'], { environment: to('new', 'third') });
  assert.equal(second.code, 1);
  const kept = draftIn(second.stderr);
  assert.match(readFileSync(kept, 'utf8'), /third/);
  execFileSync('rm', ['-r', dirname(kept)]);

  await daemon.client.call('config-confirm', { body: { id } });
  assert.equal(readFileSync(file, 'utf8'), staticConfig('trial'));
});

test('a file that the configuration includes is checked in its place, and the daemon is told by the next command', async (t) => {
  const { folder, editor } = scene(t);
  const file = join(folder, 'main.kdl');
  const part = join(folder, 'part.kdl');
  writeFileSync(file, 'listener "http" { address "127.0.0.1:0" }\nroute "r" { upstream "u" }\ninclude "part.kdl"\n');
  writeFileSync(part, 'upstream "u" { static { status 200; body "old" } }\n');
  const daemon = await startDaemonProcess(t, { source: { kind: 'file', path: file } });
  const environment = {
    ...editor(`${draft}; sed -i s/old/new/ "$draft"`),
    SENTINEL_ADMIN_SOCKET: daemon.socket,
  };
  const ended = await runSentinel(['config', 'edit', part, '--yes'], { environment });
  assert.equal(ended.code, 0, ended.stderr + ended.stdout);
  assert.match(ended.stdout, /next: sentinel reload/);
  assert.match(readFileSync(part, 'utf8'), /new/);
});
