/**
 * However the screen ends, the terminal is as it was: the alternate screen left, the cursor shown, raw mode, mouse and bracketed paste off,
 * what stood there before still there. Looked at in a real shell behind a real terminal, in which the real command is started again and again.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { requireLibrary } from '../../helpers/components.ts';
import { testFolder } from '../../helpers/daemon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { openTerminal, type Terminal } from '../stage/terminal.ts';

const entry = join(import.meta.dirname, '../../../src/cli/sentinel.ts');
/** Throws on USR2, where nobody can catch it; leaves a promise alone on USR1. */
const planted = `data:text/javascript;base64,${Buffer.from(
  `process.on('SIGUSR2', () => { throw new Error('planted'); });
   process.on('SIGUSR1', () => { void Promise.reject(new Error('left alone')); });`,
).toString('base64')}`;

interface Shell {
  readonly terminal: Terminal;
  /** Starts the screen, and resolves when it is seen. */
  start(...options: readonly string[]): Promise<number>;
  /** Resolves when the shell is back, with the status and whether the terminal has the settings that it had. */
  back(): Promise<{ readonly status: number; readonly settings: 'same' | 'other' }>;
  sends(signal: NodeJS.Signals, pid: number): void;
}

async function openShell(t: TestContext): Promise<Shell | undefined> {
  const folder = testFolder(t);
  const pidFile = join(folder, 'pid');
  const run = [
    'PS1="ready> "; before=$(stty -g); echo kept text',
    `top() { sh -c 'echo $$ >${pidFile}; exec "$@"' sh ${process.execPath} --import '${planted}' ${entry} top --daemon ${folder}/none.sock "$@"; status=$?; ` +
      `[ "$(stty -g)" = "$before" ] && settings=same || settings=other; echo "ended $((++ends)) $status $settings"; }`,
  ].join('\n');
  const terminal = await openTerminal(t, {
    command: 'bash',
    args: ['--norc', '--noprofile', '-i'],
    columns: 90,
    rows: 24,
    env: { XDG_STATE_HOME: folder, HOME: folder, PS1: 'ready> ', HISTFILE: undefined, TMPDIR: folder },
  });
  if (terminal === undefined) return undefined;
  await terminal.until(/ready>/);
  terminal.type(`${run.replaceAll('\n', '; ')}; clear; echo kept text\r`);
  await terminal.until(/^kept text\nready>/m);
  let ends = 0;
  return {
    terminal,
    async start(...options) {
      rmSync(pidFile, { force: true });
      terminal.type(`top ${options.join(' ')}\r`);
      await terminal.until(/\[1\]Upstreams[^]*READ-/);
      await eventually(() => assert.ok(existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n')));
      assert.deepEqual(modesOf(terminal), {
        alternateScreen: true,
        cursorVisible: false,
        mouse: 'none',
        bracketedPaste: true,
      });
      return Number(readFileSync(pidFile, 'utf8'));
    },
    async back() {
      ends += 1;
      await terminal.until(new RegExp(`^ended ${ends} \\d+ \\w+\\n[^]*ready>`, 'm'));
      const [, status, settings] =
        new RegExp(`^ended ${ends} (\\d+) (\\w+)$`, 'm').exec(terminal.screen().join('\n')) ?? [];
      // Bash asks for brackets around pastes itself, at its prompt.
      assert.deepEqual({ ...modesOf(terminal), bracketedPaste: true }, { ...restored, bracketedPaste: true });
      assert.match(terminal.screen().join('\n'), /^kept text$/m);
      return { status: Number(status), settings: settings as 'same' | 'other' };
    },
    sends: (signal, pid) => process.kill(pid, signal),
  };
}

const restored = { alternateScreen: false, cursorVisible: true, mouse: 'none', bracketedPaste: false };

function modesOf(terminal: Terminal) {
  const { alternateScreen, cursorVisible, mouse, bracketedPaste } = terminal.modes();
  return { alternateScreen, cursorVisible, mouse, bracketedPaste };
}

/** The bytes with which the screen gave the terminal back, the last time. */
function farewell(terminal: Terminal): string {
  const output = terminal.output().toString('latin1');
  return output.slice(output.lastIndexOf('\x1b[?2004l\x1b[0m'));
}

test('keys and signals end the screen, and the terminal is as it was', async (t) => {
  const shell = await openShell(t);
  if (shell === undefined) return;
  const { terminal } = shell;

  await shell.start();
  terminal.type('q');
  assert.deepEqual(await shell.back(), { status: 0, settings: 'same' });
  assert.ok(farewell(terminal).startsWith('\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l'));

  await shell.start();
  terminal.key('ctrl-c');
  assert.deepEqual(await shell.back(), { status: 0, settings: 'same' });

  // With the mouse on, which the terminal reports until it is told not to.
  const pid = await shell.start();
  terminal.type('m');
  await terminal.until(() => terminal.modes().mouse !== 'none');
  shell.sends('SIGTERM', pid);
  assert.deepEqual(await shell.back(), { status: 143, settings: 'same' });

  shell.sends('SIGINT', await shell.start());
  assert.deepEqual(await shell.back(), { status: 130, settings: 'same' });
  shell.sends('SIGHUP', await shell.start());
  assert.deepEqual(await shell.back(), { status: 129, settings: 'same' });
});

test('what is thrown where nobody catches it is said once, after the terminal was given back', async (t) => {
  const shell = await openShell(t);
  if (shell === undefined) return;
  const { terminal } = shell;
  for (const [signal, words] of [
    ['SIGUSR2', 'planted'],
    ['SIGUSR1', 'left alone'],
  ] as const) {
    shell.sends(signal, await shell.start());
    assert.deepEqual(await shell.back(), { status: 70, settings: 'same' });
    const text = terminal.output().toString('utf8');
    const end = text.lastIndexOf('\x1b[?1049l');
    assert.ok(text.indexOf(words, end) > end, 'said after the alternate screen was left');
    assert.equal(text.slice(end).split(words).length, 2, 'said once');
  }
});

test('the screen stops for the shell and comes back at the size of then; stopped from outside it comes back too', async (t) => {
  const shell = await openShell(t);
  if (shell === undefined) return;
  const { terminal } = shell;
  const pid = await shell.start();
  terminal.key('ctrl-z');
  await terminal.until(/Stopped[^]*ready>/);
  assert.equal(modesOf(terminal).alternateScreen, false);
  assert.equal(modesOf(terminal).cursorVisible, true);
  terminal.resize(70, 16);
  terminal.type('fg\r');
  await terminal.until((screen) => /READ-[^ ]/.test(screen[15] ?? ''));
  assert.equal(modesOf(terminal).alternateScreen, true);

  shell.sends('SIGSTOP', pid);
  await terminal.until(/Stopped[^]*ready>/);
  terminal.resize(90, 24);
  terminal.type('fg\r');
  await terminal.until((screen) => /READ-[^ ]/.test(screen[23] ?? ''));
  assert.deepEqual(modesOf(terminal), {
    alternateScreen: true,
    cursorVisible: false,
    mouse: 'none',
    bracketedPaste: true,
  });
  terminal.type('q');
  // The shell says what became of the job, not the function that was stopped.
  await terminal.until(() => !modesOf(terminal).alternateScreen);
  assert.deepEqual({ ...modesOf(terminal), bracketedPaste: false }, restored);
});

test('a terminal that goes away leaves nothing behind that runs', async (t) => {
  const folder = testFolder(t);
  const terminal = await openTerminal(t, {
    command: process.execPath,
    args: [entry, 'top', '--daemon', `${folder}/none.sock`],
    env: { XDG_STATE_HOME: folder, HOME: folder, TMPDIR: folder },
  });
  if (terminal === undefined) return;
  await terminal.until(/\[1\]Upstreams[^]*READ-/);
  terminal.close();
  assert.deepEqual(await terminal.exit(), { code: null, signal: 'SIGHUP' });
});

test('a size down to one place is drawn, and every other size after it', async (t) => {
  const folder = testFolder(t);
  const terminal = await openTerminal(t, {
    command: process.execPath,
    args: [entry, 'top', '--daemon', `${folder}/none.sock`],
    env: { XDG_STATE_HOME: folder, HOME: folder, TMPDIR: folder },
  });
  if (terminal === undefined) return;
  await terminal.until(/\[1\]Upstreams[^]*READ-/);
  for (const [columns, rows] of [
    [1, 1],
    [200, 3],
    [2, 40],
    [39, 9],
  ] as const) {
    terminal.resize(columns, rows);
    await terminal.until((screen) => (screen[0]?.length ?? 0) > 0 && (screen[0]?.length ?? 0) <= columns);
  }
  terminal.resize(100, 20);
  await terminal.until((screen) => /READ-[^ ]/.test(screen[19] ?? '') && /^ \S/.test(screen[0] ?? ''));
  terminal.key('ctrl-c');
  assert.deepEqual(await terminal.exit(), { code: 0, signal: null });
  assert.deepEqual(modesOf(terminal), restored);
});

test('a daemon that takes connections and answers nothing keeps nobody at the screen', async (t) => {
  const folder = testFolder(t);
  const server = createServer().listen(`${folder}/mute.sock`);
  const taken = new Set<Socket>();
  server.on('connection', (socket) => taken.add(socket.on('error', () => undefined)));
  t.after(() => {
    for (const socket of taken) socket.destroy();
    server.close();
  });
  const terminal = await openTerminal(t, {
    command: process.execPath,
    args: [entry, 'top', '--daemon', `${folder}/mute.sock`],
    env: { XDG_STATE_HOME: folder, HOME: folder, TMPDIR: folder },
  });
  if (terminal === undefined) return;
  await terminal.until(/\[1\]Upstreams[^]*READ-/);
  await eventually(() => assert.ok(taken.size > 0));
  terminal.key('ctrl-c');
  assert.deepEqual(await terminal.exit(), { code: 0, signal: null });
  assert.deepEqual(modesOf(terminal), restored);
});

test('a terminal that takes nothing more gets no frames, and stops neither signals nor the end', async (t) => {
  const library = await requireLibrary(t, '@lydell/node-pty', () => import('@lydell/node-pty'));
  if (library === undefined) return;
  const folder = testFolder(t);
  const pty = library.spawn(process.execPath, [entry, 'top', '--daemon', `${folder}/none.sock`], {
    cols: 200,
    rows: 60,
    name: 'xterm-256color',
    env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', XDG_STATE_HOME: folder, HOME: folder, TMPDIR: folder },
  });
  t.after(() => pty.kill('SIGKILL'));
  let seen = '';
  pty.onData((text) => {
    seen += text;
  });
  await eventually(() => assert.match(seen, /READ-/));
  pty.pause();
  // Ctrl-L draws all of the help again: soon more than a pseudoterminal holds.
  pty.write('?');
  let pressed = 0;
  await eventually(() => {
    pty.write('\x0c');
    pressed += 1;
    assert.ok(pressed > 60);
  });
  const ended = new Promise<number | undefined>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
  pty.kill('SIGTERM');
  assert.equal(await ended, 143);
});
