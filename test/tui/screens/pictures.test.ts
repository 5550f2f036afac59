/**
 * The pictures of the screen in README.md and docs/ are what the program draws: the same scene gives the same picture, byte for byte.
 * SENTINEL_WRITE_SCREENS=1 draws them anew.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { settled, writing } from '../stage/golden.ts';
import { pictureOf } from '../stage/picture.ts';
import { degraded } from '../stage/scenes/degraded.ts';
import { playScene } from '../stage/scripted-daemon.ts';
import { framed, type Terminal } from '../stage/terminal.ts';
import { openTop } from '../stage/top.ts';

const folder = join(import.meta.dirname, '../../../docs/pictures');

async function expectPicture(terminal: Terminal, name: string, title = 'sentinel top'): Promise<void> {
  const file = join(folder, `${name}.svg`);
  const seen = (): string => pictureOf(terminal.cells(), title);
  if (writing) {
    await settled(seen);
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, seen());
    return;
  }
  const wanted = existsSync(file) ? readFileSync(file, 'utf8') : '';
  await terminal
    .until(() => seen() === wanted)
    .catch(() => assert.fail(`docs/pictures/${name}.svg is not what is seen:\n${framed(terminal.screen())}`));
}

test('the pictures in the documentation are what the screen shows', async (t) => {
  const { socket } = await playScene(t, degraded);
  const terminal = await openTop(t, { socket, columns: 112, rows: 26 });
  if (terminal === undefined) return;
  terminal.key('down');
  await expectPicture(terminal, 'top-upstreams');
  for (const [name, keys] of [
    ['routes', '2'],
    ['errors', '3'],
    ['request', 'jj\r'],
    ['inflight', '\x1b4'],
    ['certs', '6'],
    ['events', '7'],
    ['drain', '1jjd'],
  ] as const) {
    for (const key of keys) terminal.type(key);
    await expectPicture(terminal, `top-${name}`);
  }
});

test('the picture of the wall of charts is what it draws', async (t) => {
  const { socket } = await playScene(t, degraded);
  const terminal = await openTop(t, { socket, columns: 140, rows: 40, args: ['--charts'] });
  if (terminal === undefined) return;
  await expectPicture(terminal, 'top-charts', 'sentinel top --charts');
});
