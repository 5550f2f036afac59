import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowsOf } from '../../../src/tui/rows/rows.ts';
import { initialState, reduce } from '../../../src/tui/store/reduce.ts';
import { cursorIndex, selectedRow } from '../../../src/tui/store/selection.ts';
import type { State } from '../../../src/tui/store/state.ts';
import { levelOf } from '../../../src/tui/store/step.ts';
import {
  degradedUpstreams,
  downTarget,
  readingNews,
  sampleState,
  sampleTarget,
  sampleUpstream,
} from '../sample-state.ts';
import { lettersOf, pressed } from './pressing.ts';

const addresses = Array.from({ length: 60 }, (_, index) => `10.2.0.${index + 1}:80`);

/** One upstream of many targets: all well but those that are named. */
function fleet(down: readonly string[] = [], gone: readonly string[] = []) {
  const targets = addresses
    .filter((address) => !gone.includes(address))
    .map((address) => (down.includes(address) ? downTarget(address) : sampleTarget(address)));
  return [sampleUpstream('fleet', targets)];
}

function read(state: State, receivedMs: number, upstreams = fleet()): State {
  const news = readingNews({ receivedMs, upstreams });
  return reduce(state, { kind: 'news', news, nowMs: receivedMs }).state;
}

function rowOf(address: string, state: State): string {
  return rowsOf(state).rows.find(({ id }) => id.includes(address))?.id as string;
}

function on(state: State, address: string): State {
  const index = rowsOf(state).rows.findIndex(({ id }) => id.includes(address));
  return pressed(state, 'home', ...Array.from({ length: index }, () => 'down')).state;
}

test('until it is moved the cursor is on the first row, whichever that is', () => {
  const before = read(sampleState([]), 0);
  assert.equal(levelOf(before).cursor, null);
  const after = read(before, 1000, fleet([addresses[50] as string]));
  assert.equal(cursorIndex(after), 0);
  assert.equal(levelOf(after).scroll, 0);
});

test('the cursor stays on its row when the order changes, and the table follows', () => {
  const address = addresses[5] as string;
  const before = on(read(sampleState([]), 0), address);
  const many = addresses.slice(10, 50);
  const after = read(before, 1000, fleet(many));
  assert.equal(selectedRow(after)?.id, rowOf(address, before));
  assert.ok(cursorIndex(after) > 40, `at ${cursorIndex(after)}`);
  const { scroll } = levelOf(after);
  assert.ok(scroll > 0 && scroll <= cursorIndex(after));
});

test('when its row is gone the cursor stays at the same place in the order', () => {
  const address = addresses[7] as string;
  const before = on(read(sampleState([]), 0), address);
  const place = cursorIndex(before);
  const after = read(before, 1000, fleet([], [address]));
  assert.equal(cursorIndex(after), place);
  assert.notEqual(selectedRow(after)?.id, rowOf(address, before));
});

test('of the last row that is gone the new last one is taken', () => {
  const before = pressed(read(sampleState([]), 0), 'G').state;
  const gone = addresses.filter((address) => selectedRow(before)?.id.includes(address) === true);
  const after = read(before, 1000, fleet([], gone));
  assert.equal(cursorIndex(after), rowsOf(after).rows.length - 1);
});

test('sorting and filtering leave the cursor on its row', () => {
  const address = addresses[33] as string;
  const before = on(read(sampleState([]), 0), address);
  const row = selectedRow(before)?.id;
  for (const keys of [['>'], ['r'], ['s', 'down', 'enter'], ['/', ...lettersOf('10.2.0.3'), 'enter'], ['w'], ['p']])
    assert.equal(selectedRow(pressed(before, ...keys).state)?.id, row, keys.join(' '));
});

test('a list that was not read this time does not lose the cursor', () => {
  const before = pressed(sampleState(), '3', 'down').state;
  const row = selectedRow(before)?.id;
  assert.ok(row !== undefined);
  const without = reduce(before, {
    kind: 'news',
    news: readingNews({ receivedMs: 2000, parts: {} }),
    nowMs: 2000,
  }).state;
  const after = reduce(without, { kind: 'news', news: readingNews({ receivedMs: 3000 }), nowMs: 3000 }).state;
  assert.equal(selectedRow(after)?.id, row);
});

test('a smaller screen still shows the row of the cursor', () => {
  const before = pressed(read(sampleState([]), 0), 'G').state;
  const after = reduce(before, { kind: 'size', size: { columns: 80, rows: 14 }, nowMs: 1 }).state;
  const { scroll } = levelOf(after);
  assert.ok(cursorIndex(after) >= scroll && cursorIndex(after) < scroll + 7);
});

test('views are found again as they were left: filter, sorting, cursor', () => {
  const before = pressed(
    sampleState([readingNews({ upstreams: degradedUpstreams() })]),
    '/',
    ...lettersOf('api'),
    'enter',
    '>',
    'down',
  ).state;
  const away = pressed(before, '2', '/', ...lettersOf('web'), 'enter').state;
  const back = pressed(away, '1').state;
  assert.deepEqual(levelOf(back).filter, levelOf(before).filter);
  assert.deepEqual(levelOf(back).sorting, levelOf(before).sorting);
  assert.equal(levelOf(back).cursor, levelOf(before).cursor);
  assert.equal(levelOf(pressed(back, '2').state).filter.text, 'web');
});

test('Enter leads from an upstream to a target, to its requests, to one of them; Esc back to where one was', () => {
  const begun = sampleState();
  const upstream = pressed(begun, 'enter').state;
  assert.equal(levelOf(upstream).of?.thing.kind, 'upstream');
  const target = pressed(on(upstream, '10.1.1.10'), 'enter').state;
  assert.equal(levelOf(target).of?.thing.kind, 'target');
  const kinds = rowsOf(target).rows.map(({ thing }) => thing.kind);
  assert.ok(kinds.includes('request') || kinds.includes('inflight'), kinds.join(' '));
  const at = rowsOf(target).rows.findIndex(({ thing }) => thing.kind === 'request');
  const request = pressed(target, 'home', ...Array.from({ length: at }, () => 'j'), 'enter').state;
  assert.equal(levelOf(request).of?.thing.kind, 'request');
  assert.ok(rowsOf(request).rows.length > 2);
  const out = pressed(request, 'escape', 'escape').state;
  assert.deepEqual(levelOf(out), levelOf(on(upstream, '10.1.1.10')));
});

test('what is entered asks for what it shows', () => {
  const parts = (state: State): readonly string[] => {
    const step = reduce(state, { kind: 'key', press: { key: 'enter', text: '' }, nowMs: state.nowMs + 1 });
    return step.effects.flatMap((effect) => (effect.kind === 'wants' ? effect.wants.parts : []));
  };
  assert.ok(parts(pressed(sampleState(), '2').state).includes('errors'));
  assert.ok(parts(pressed(sampleState(), '5').state).includes('inflight'));
  assert.deepEqual(parts(pressed(sampleState(), '6').state), []);
});

test('the mouse chooses a row, enters it, scrolls and goes to tabs, but answers no question', () => {
  const begun = read(sampleState([]), 0);
  const click = (state: State, line: number): State =>
    reduce(state, { kind: 'mouse', pointed: { on: 'row', line }, nowMs: state.nowMs + 1 }).state;
  const chosen = click(begun, 4);
  assert.equal(cursorIndex(chosen), 4);
  assert.equal(click(chosen, 4).stack.length, 2);
  assert.deepEqual(click(begun, 400), { ...begun, nowMs: begun.nowMs + 1 });
  const tab = reduce(begun, { kind: 'mouse', pointed: { on: 'tab', view: 'certs' }, nowMs: 1 }).state;
  assert.equal(levelOf(tab).view, 'certs');
  const asked = pressed(on(begun, addresses[3] as string), 'd').state;
  assert.equal(asked.overlay?.kind, 'confirm');
  assert.deepEqual(click(asked, 0).overlay, asked.overlay);
});

test('marks are toggled row by row, and go with the level', () => {
  const marked = pressed(read(sampleState([]), 0), 'down', 'space', 'space').state;
  assert.equal(levelOf(marked).marks.length, 2);
  assert.equal(cursorIndex(marked), 3);
  const less = pressed(marked, 'up', 'space').state;
  assert.equal(levelOf(less).marks.length, 1);
});

test('a state without any news takes every move', () => {
  const empty = initialState({ nodes: ['a', 'b'], size: { columns: 80, rows: 24 }, nowMs: 0 });
  const { state } = pressed(
    empty,
    'down',
    'G',
    'g',
    'g',
    'page-down',
    'enter',
    'space',
    'd',
    'A',
    'y',
    'e',
    '[',
    ']',
    '\\',
  );
  assert.equal(state.stack.length, 1);
});
