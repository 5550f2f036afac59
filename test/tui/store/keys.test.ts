import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommandLine } from '../../../src/cli/parser.ts';
import { boundTo } from '../../../src/tui/keys/bindings.ts';
import { helpOf } from '../../../src/tui/keys/help.ts';
import { paletteOf } from '../../../src/tui/keys/palette.ts';
import { keySpecs } from '../../../src/tui/keys/table.ts';
import { viewNames } from '../../../src/tui/rows/row.ts';
import { selectedRow } from '../../../src/tui/store/selection.ts';
import { levelOf } from '../../../src/tui/store/step.ts';
import type { State } from '../../../src/tui/store/state.ts';
import { degradedUpstreams, readingNews, sampleState } from '../sample-state.ts';
import { keyOf, lettersOf, pasteOf, pressed } from './pressing.ts';

/** Two readings, so that there is a past; a third row under the cursor of the first view: a target. */
function begun(): State {
  const news = [0, 1000, 2000, 3000].map((receivedMs) => readingNews({ receivedMs, upstreams: degradedUpstreams() }));
  return pressed(sampleState(news), 'down').state;
}

test('no key stands for two commands, and every command is there once', () => {
  const keys = keySpecs.flatMap((spec) => spec.keys);
  assert.deepEqual(
    keys.filter((key, index) => keys.indexOf(key) !== index),
    [],
  );
  const commands = keySpecs.map(({ command }) => command);
  assert.equal(new Set(commands).size, commands.length);
  // The first key of a pair cannot stand for something by itself.
  for (const key of keys.filter((one) => one.includes(' '))) assert.ok(!keys.includes(key.split(' ')[0] as string));
});

/** As it begins, in another view, and with the cursor further down. */
function situations(): readonly State[] {
  return [begun(), pressed(begun(), '2').state, pressed(begun(), 'end').state];
}

function seen({ nowMs: _now, ...state }: State): string {
  return JSON.stringify(state);
}

test('every key does something that is seen or said', () => {
  const begins = situations();
  for (const { keys, command } of keySpecs) {
    for (const key of keys) {
      const done = begins.some((before) => {
        const { state, effects } = pressed(before, ...key.split(' '));
        return effects.length > 0 || seen(state) !== seen(before);
      });
      assert.ok(done, `${key} (${command}) does nothing`);
    }
  }
});

test('nothing dangerous is done by a single key, and none of it by a chord with Ctrl', () => {
  const dangerous = new Set(['drain', 'undrain', 'maintenance', 'reset-breaker']);
  for (const { command, keys } of keySpecs) {
    if (dangerous.has(command)) assert.ok(keys.every((key) => !key.startsWith('ctrl-')));
  }
  for (const view of viewNames) {
    const at = pressed(begun(), String(viewNames.indexOf(view) + 1)).state;
    for (const { keys, command } of keySpecs) {
      if (command === 'check') continue;
      const { effects } = pressed(at, ...(keys[0] as string).split(' '));
      assert.deepEqual(
        effects.filter(({ kind }) => kind === 'order'),
        [],
        `${keys[0]} in ${view}`,
      );
    }
  }
});

test('escape never quits, whatever is open', () => {
  for (const { keys } of keySpecs) {
    const open = pressed(begun(), ...(keys[0] as string).split(' '));
    const { effects } = pressed(open.state, 'escape', 'escape', 'escape', 'escape');
    assert.deepEqual(
      effects.filter(({ kind }) => kind === 'quit'),
      [],
      `after ${keys[0]}`,
    );
  }
});

test('Ctrl-C quits from anywhere, whatever is typed or asked', () => {
  for (const keys of [[], ['/'], [':'], ['d'], ['A'], ['?'], ['enter', 'enter'], ['y'], ['s'], ['P'], ['[']]) {
    const { effects } = pressed(begun(), ...keys, 'ctrl-c');
    assert.equal(effects.at(-1)?.kind, 'quit', keys.join(' '));
  }
});

test('q goes out level by level, and quits at the outermost', () => {
  const deep = pressed(begun(), '3', 'enter', 'escape', '2', 'enter', 'enter').state;
  assert.equal(deep.stack.length, 3);
  const out = pressed(deep, 'q', 'q');
  assert.equal(out.state.stack.length, 1);
  assert.deepEqual(out.effects, []);
  assert.deepEqual(pressed(out.state, 'q').effects, [{ kind: 'quit' }]);
});

test('in the filter every key is text until Enter or Esc', () => {
  const letters = 'qdPyn0:?/[]12';
  const { state, effects } = pressed(begun(), '/', ...lettersOf(letters));
  assert.deepEqual(effects, []);
  assert.equal(state.overlay?.kind === 'filter' && state.overlay.text, letters);
});

test('a paste outside of an input is no command', () => {
  const { state, effects } = pressed(begun(), pasteOf('dq\n'), { key: 'dq', text: 'dq' });
  assert.deepEqual(effects, []);
  assert.equal(state.overlay, null);
  assert.match(state.notice?.words ?? '', /paste/);
});

test('g alone waits for its second, and something else in between is itself', () => {
  assert.deepEqual(boundTo(keyOf('g'), null), { command: null, prefix: 'g' });
  assert.deepEqual(boundTo(keyOf('g'), 'g'), { command: 'top', prefix: null });
  assert.deepEqual(boundTo(keyOf('j'), 'g'), { command: 'down', prefix: null });
});

test('help names each key that does something in the view, and no other', () => {
  const shown = (view: (typeof viewNames)[number]): readonly string[] =>
    helpOf(view, null).flatMap(({ keys }) => keys.map((one) => one.shown));
  assert.ok(shown('upstreams').includes('d'));
  assert.ok(!shown('certs').includes('d'));
  const everywhere = keySpecs.filter(({ views }) => views === undefined).map((one) => one.shown);
  for (const view of viewNames) for (const key of everywhere) assert.ok(shown(view).includes(key), `${key} in ${view}`);
});

test('everything that has a key is in the palette, with the command that does the same', () => {
  const state = begun();
  const entries = paletteOf(state, '');
  for (const { shown, command } of keySpecs)
    assert.ok(
      entries.some(({ key }) => key === shown),
      command,
    );
  const drain = entries.find(({ key }) => key === 'd');
  assert.match(drain?.cli ?? '', /^sentinel drain .*10\.1\.1\.1/);
});

test('every command that the palette and the help print is one that the program takes', () => {
  for (const state of [begun(), ...viewNames.map((_, index) => pressed(begun(), String(index + 1)).state)]) {
    const printed = [
      ...paletteOf(state, '').flatMap(({ cli }) => (cli === null ? [] : [cli])),
      ...helpOf(levelOf(state).view, selectedRow(state)).flatMap(({ keys }) =>
        keys.flatMap(({ cli }) => (cli === null ? [] : [cli])),
      ),
    ];
    for (const line of printed.flatMap((one) => one.split(' && '))) {
      const words = line.match(/'[^']*'|"[^"]*"|\S+/g)?.map((word) => word.replace(/^'(.*)'$/, '$1')) ?? [];
      const parsed = parseCommandLine('sentinel', '', words.slice(1));
      assert.ok(
        parsed.kind === 'command' || /missing required/.test(JSON.stringify(parsed)),
        `${line}: ${JSON.stringify(parsed).slice(0, 200)}`,
      );
    }
  }
});

test('the palette finds by parts of words and by the command, and does what the screen can', () => {
  const state = begun();
  assert.equal(paletteOf(state, 'worst')[0]?.key, '0');
  assert.equal(paletteOf(state, 'flt')[0]?.key, '/');
  const done = pressed(state, ':', ...lettersOf('routes'), 'enter').state;
  assert.equal(levelOf(done).view, 'routes');
});

test('a command that only a shell can do is copied, which is said', () => {
  const state = sampleState([readingNews()], {
    commands: [{ words: 'config plan', summary: 'what a file would change' }],
  });
  const { effects, state: after } = pressed(state, ':', ...lettersOf('config plan'), 'enter');
  assert.deepEqual(effects, [{ kind: 'copy', text: 'sentinel config plan' }]);
  assert.match(after.notice?.words ?? '', /copied: sentinel config plan/);
});

test('quitting asks while the daemon owes an answer, and takes only a yes for one', () => {
  const checking = pressed(begun(), 'c').state;
  assert.equal(checking.pending.length, 1);
  const asked = pressed(checking, 'q');
  assert.equal(asked.state.overlay?.kind, 'quit');
  assert.deepEqual(pressed(asked.state, 'enter').effects, []);
  assert.equal(pressed(asked.state, 'enter').state.overlay, null);
  assert.deepEqual(pressed(asked.state, 'y').effects, [{ kind: 'quit' }]);
});
