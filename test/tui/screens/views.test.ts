/**
 * Every view in every state of the proxy, small and large, as an operator sees it: the real program behind a real terminal, held
 * against the screens that are kept beside this file.
 */
import test from 'node:test';
import { viewNames } from '../../../src/tui/rows/row.ts';
import { type Expectation, expectScreen } from '../stage/golden.ts';
import type { Scene } from '../stage/scene.ts';
import { dead } from '../stage/scenes/dead.ts';
import { degraded } from '../stage/scenes/degraded.ts';
import { healthy } from '../stage/scenes/healthy.ts';
import { playScene } from '../stage/scripted-daemon.ts';
import type { Terminal } from '../stage/terminal.ts';
import { openTop } from '../stage/top.ts';

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 160, rows: 50 },
] as const;

async function walk(terminal: Terminal, state: string, steady?: Expectation['steady']): Promise<void> {
  for (const { columns, rows } of sizes) {
    terminal.resize(columns, rows);
    for (const [index, view] of viewNames.entries()) {
      terminal.type(String(index + 1));
      await expectScreen(terminal, {
        name: `${state}/${view}-${columns}x${rows}`,
        looks: view === 'upstreams',
        ...(steady === undefined ? {} : { steady }),
      });
    }
  }
}

const scenes: readonly (readonly [state: string, Scene])[] = [
  ['healthy', healthy],
  ['degraded', degraded],
  ['dead', dead],
];

for (const [state, scene] of scenes) {
  test(`every view of a ${state} proxy`, async (t) => {
    const { socket } = await playScene(t, scene);
    const terminal = await openTop(t, { socket });
    if (terminal === undefined) return;
    await walk(terminal, state);
  });
}

test('every view of a daemon that is gone shows what it said last, and says that it is old', async (t) => {
  const daemon = await playScene(t, degraded);
  const terminal = await openTop(t, { socket: daemon.socket });
  if (terminal === undefined) return;
  // What was never looked at is not known.
  for (const key of '12345678') {
    terminal.type(key);
    await terminal.until(new RegExp(`\\[${key}\\]`));
  }
  await daemon.die();
  await terminal.until(/no daemon|not answer|lost/i);
  await walk(terminal, 'disconnected', withoutAges);
});

/** How long it has not answered, and when it is asked again, goes by the clock of this machine; it stands in the first two lines. */
function withoutAges(line: string, row: number): string {
  if (row > 1) return line;
  return line
    .replaceAll(/\d+(\.\d+)?(ms|s|m|h)\b/g, 'N')
    .replace(/since N.*?(?=\d\d:\d\d:\d\dZ|$)/, 'since N … ')
    .replaceAll(/ +/g, ' ');
}
