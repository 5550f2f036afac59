/** What lies over and below the views: where Enter leads, help, palette, dialogs, filters, small terminals, ASCII, several daemons. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { expectScreen } from '../stage/golden.ts';
import { dead } from '../stage/scenes/dead.ts';
import { degraded, degradedPlot } from '../stage/scenes/degraded.ts';
import { healthy } from '../stage/scenes/healthy.ts';
import { playScene, sceneFolder } from '../stage/scripted-daemon.ts';
import { told } from '../stage/told.ts';
import { openTop } from '../stage/top.ts';

test('where Enter leads: upstream, target, its requests, one of them; and Escape comes back', async (t) => {
  const { socket } = await playScene(t, degraded);
  const terminal = await openTop(t, { socket });
  if (terminal === undefined) return;
  await expectScreen(terminal, { name: 'degraded/upstreams-80x24', looks: true });
  for (const level of ['upstream', 'target', 'request', 'tries']) {
    if (level === 'target') terminal.key('down');
    terminal.key('enter');
    await expectScreen(terminal, { name: `details/enter-${level}` });
  }
  for (let level = 0; level < 4; level += 1) {
    terminal.key('escape');
    await terminal.until((screen) => (screen[3]?.split('▸').length ?? 9) <= 4 - level);
  }
  await expectScreen(terminal, { name: 'degraded/upstreams-80x24', looks: true });
});

test('what is opened over a view: help, palette, menus, the question before a drain, a filter that is wrong', async (t) => {
  const { socket } = await playScene(t, degraded);
  const terminal = await openTop(t, { socket });
  if (terminal === undefined) return;
  await expectScreen(terminal, { name: 'degraded/upstreams-80x24', looks: true });
  for (const [name, keys] of [
    ['explain', 'e'],
    ['help', '?'],
    ['palette', ':dr'],
    ['sort', 's'],
    ['actions', 'A'],
    ['copy', 'y'],
    ['drain', 'd'],
    ['filter-wrong', '/err>>1'],
    ['filter-right', '/state=unhealthy'],
  ] as const) {
    // To the target that takes all the load.
    if (name === 'actions') for (let row = 0; row < 3; row += 1) terminal.key('down');
    terminal.type(keys);
    await expectScreen(terminal, { name: `details/${name}`, looks: name === 'drain' || name === 'filter-wrong' });
    terminal.key('escape');
    await terminal.until((screen) => !/Esc (leave|keep)/.test(screen.join('\n')));
  }
});

test('who may only look is told so, in the footer and in the menu of what could be done', async (t) => {
  const { socket } = await playScene(t, told({ ...degradedPlot, role: 'viewer' }));
  const terminal = await openTop(t, { socket });
  if (terminal === undefined) return;
  terminal.type('A');
  await expectScreen(terminal, { name: 'details/actions-read-only' });
});

test('a terminal that is narrow or tiny still says what matters', async (t) => {
  const { socket } = await playScene(t, degraded);
  const terminal = await openTop(t, { socket, columns: 50, rows: 20 });
  if (terminal === undefined) return;
  await expectScreen(terminal, { name: 'sizes/50x20' });
  for (const [columns, rows] of [
    [40, 10],
    [30, 6],
    [60, 15],
    [100, 24],
    [250, 80],
  ] as const) {
    terminal.resize(columns, rows);
    await expectScreen(terminal, { name: `sizes/${columns}x${rows}` });
  }
});

test('nothing is told by colour alone: without colours the screen says the same, and ASCII has a letter for all', async (t) => {
  const { socket } = await playScene(t, degraded);
  const [plain, ascii] = await Promise.all([
    openTop(t, { socket, env: { NO_COLOR: '1' } }),
    openTop(t, { socket, args: ['--ascii'] }),
  ]);
  if (plain === undefined || ascii === undefined) return;
  await Promise.all([
    expectScreen(plain, { name: 'degraded/upstreams-80x24', textOnly: true }),
    expectScreen(ascii, { name: 'details/ascii', looks: true }),
  ]);
  assert.ok(
    plain.cells().every((row) => row.every(({ colour, background }) => colour === null && background === null)),
  );
  assert.deepEqual(
    ascii.screen().filter((line) => /[^\x20-\x7e]/.test(line)),
    [],
  );
});

test('several daemons on one screen: each row says whose it is, and one that is dead hides no other', async (t) => {
  const folder = sceneFolder(t);
  await playScene(t, healthy, join(folder, 'prod-1'));
  await playScene(t, degraded, join(folder, 'prod-2'));
  await playScene(t, dead, join(folder, 'prod-3'));
  const daemon = './prod-1,./prod-2,./prod-3,./prod-4';
  const terminal = await openTop(t, { cwd: folder, args: ['--daemon', daemon], columns: 120, rows: 40 });
  if (terminal === undefined) return;
  // Until each has been judged that answers: the worst of them stands above.
  await terminal.until(/SEV1/);
  for (const key of '1378') {
    terminal.type(key);
    await expectScreen(terminal, { name: `several/view-${key}` });
  }
});
