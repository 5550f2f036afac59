/** The chart wall on a real terminal: what is drawn, that the terminal is as it was however it ends, and what is said where it cannot be drawn. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { compileCache } from '../../helpers/compile-cache.ts';
import { sceneFolder, playScene } from '../stage/scripted-daemon.ts';
import { degraded } from '../stage/scenes/degraded.ts';
import { openTerminal, type Terminal } from '../stage/terminal.ts';
import { openTop } from '../stage/top.ts';

const root = path.join(import.meta.dirname, '../../..');
const size = { columns: 110, rows: 32 };
const titles = ['requests/s', 'latency', '5xx %', 'errors by cause', 'connections', 'availability', 'events'];

function holdsRestored(terminal: Terminal): void {
  const { alternateScreen, cursorVisible, mouse, applicationCursorKeys, bracketedPaste } = terminal.modes();
  assert.deepEqual(
    { alternateScreen, cursorVisible, mouse, applicationCursorKeys, bracketedPaste },
    { alternateScreen: false, cursorVisible: true, mouse: 'none', applicationCursorKeys: false, bracketedPaste: false },
  );
  const bytes = terminal.output().toString('latin1');
  const last = bytes.slice(bytes.lastIndexOf('\u001b[?1049l'));
  assert.equal(last, '\u001b[?1049l', 'nothing is written after the screen was left');
  assert.ok(bytes.lastIndexOf('\u001b[?25h') > bytes.lastIndexOf('\u001b[?25l'), 'the cursor is shown last');
  assert.ok(bytes.lastIndexOf('\u001b>') > bytes.lastIndexOf('\u001b='), 'the keypad is as it was');
}

test('charts, and the terminal as it was after q', async (t) => {
  const daemon = await playScene(t, degraded);
  const terminal = await openTop(t, { socket: daemon.socket, args: ['--charts', '--interval', '250ms'], ...size });
  if (terminal === undefined) return;
  // Each by itself, so that what is missing is named.
  for (const title of titles) await terminal.until((screen) => screen.some((line) => line.includes(title)));
  await terminal.until(/SEV\d/);
  await terminal.until(/requests\/s {2}now 1 \d\d\d/);
  await terminal.until(/p50 \S+ {2}p95 \S+ {2}p99 [78]\d\dms/);
  await terminal.until(/connect_refused/);
  await terminal.until(/✗D .*10\.1\.1\.12:8080 .* 0\.0% of 3m/);
  await terminal.until(/[⠁-⣿]{5}/);
  for (const cell of terminal.cells().flat()) {
    assert.notEqual(cell.colour, 'other', `${cell.text} has one of 16 colours`);
    assert.notEqual(cell.background, 'other');
  }

  terminal.resize(90, 20);
  await terminal.until(/The charts need 100x30, and this is 90x20/);
  assert.ok(!terminal.screen().join('\n').includes('requests/s'));
  terminal.resize(130, 40);
  await terminal.until((screen) => screen.some((line) => line.includes('requests/s') && line.trimEnd().length > 120));

  await daemon.die();
  await terminal.until(/LOST/);
  await terminal.until(/requests\/s {2}now \?/);
  terminal.type('q');
  assert.deepEqual(await terminal.exit(), { code: 0, signal: null });
  holdsRestored(terminal);
});

for (const [signal, ended] of [
  ['SIGTERM', { code: 143, signal: null }],
  ['SIGHUP', { code: null, signal: 'SIGHUP' }],
] as const) {
  test(`the terminal is as it was after ${signal}`, async (t) => {
    const daemon = await playScene(t, degraded);
    const terminal = await openTop(t, { socket: daemon.socket, args: ['--charts'], ...size });
    if (terminal === undefined) return;
    await terminal.until(/requests\/s/);
    terminal.kill(signal);
    assert.deepEqual(await terminal.exit(), ended);
    holdsRestored(terminal);
  });
}

test('where the library is not installed it says so, with the command that installs it, and draws nothing', async (t) => {
  const folder = sceneFolder(t);
  cpSync(path.join(root, 'src'), path.join(folder, 'src'), { recursive: true });
  cpSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
  const libraries = path.join(folder, 'node_modules');
  mkdirSync(libraries);
  for (const name of readdirSync(path.join(root, 'node_modules'))) {
    if (name === 'blessed' || name === 'blessed-contrib') continue;
    symlinkSync(path.join(root, 'node_modules', name), path.join(libraries, name));
  }
  const terminal = await openTerminal(t, {
    ...size,
    command: process.execPath,
    args: [path.join(folder, 'src/cli/sentinel.ts'), 'top', '--charts'],
    env: { ...compileCache(), NODE_NO_WARNINGS: '1', SENTINEL_ADMIN_SOCKET: path.join(folder, 'admin.sock') },
  });
  if (terminal === undefined) return;
  assert.deepEqual(await terminal.exit(), { code: 3, signal: null });
  // As one line: where it breaks is a matter of the terminal.
  const text = terminal
    .output()
    .toString('utf8')
    .replaceAll(/\u001b\[[\d;]*m/g, '');
  assert.match(text, /^error\[SNT-P110\]: the chart wall is drawn with blessed-contrib, which is not installed here/);
  assert.ok(
    text.includes(`npm install --prefix ${folder} --no-save --omit=dev blessed@0.1.81 blessed-contrib@4.11.0`),
    text,
  );
  assert.ok(!terminal.output().includes('\u001b[?'), 'no mode of the terminal was changed');
});
