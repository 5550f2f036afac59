import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reading } from '../../../src/tui/feed/reading.ts';
import { rowsOf } from '../../../src/tui/rows/rows.ts';
import { reduce } from '../../../src/tui/store/reduce.ts';
import type { Effect, State } from '../../../src/tui/store/state.ts';
import {
  degradedUpstreams,
  downTarget,
  readingNews,
  sampleState,
  sampleTarget,
  sampleUpstream,
} from '../sample-state.ts';
import { keyOf, lettersOf, pasteOf, pressed, pressedAfter } from './pressing.ts';

/** Four targets, one of them down: one more may go. */
function four(given: Partial<Reading> = {}): Partial<Reading> {
  const targets = [1, 2, 3].map((at) => sampleTarget(`10.1.1.1${at}:8080`));
  return { upstreams: [sampleUpstream('api-backend', targets)], ...given };
}

function on(state: State, address: string): State {
  const index = rowsOf(state).rows.findIndex(({ id }) => id.includes(address));
  assert.ok(index >= 0, address);
  return pressed(state, 'home', ...Array.from({ length: index }, () => 'down')).state;
}

function begun(given: Partial<Reading> = four()): State {
  return on(sampleState([readingNews(given)]), '10.1.1.11');
}

function question(state: State) {
  assert.equal(state.overlay?.kind, 'confirm');
  return state.overlay as Extract<State['overlay'], { kind: 'confirm' }>;
}

function ordersIn(effects: readonly Effect[]) {
  return effects.flatMap((effect) => (effect.kind === 'order' ? [effect.order] : []));
}

/** The only target of its upstream. */
function lastOne(): State {
  return begun({ upstreams: [sampleUpstream('api-backend', [sampleTarget('10.1.1.11:8080')])] });
}

test('a moderate action asks, and Enter means no', () => {
  const asked = pressed(begun(), 'd');
  assert.equal(question(asked.state).focus, 'cancel');
  assert.equal(question(asked.state).preview.danger, 'moderate');
  const { state, effects } = pressed(asked.state, 'enter');
  assert.equal(state.overlay, null);
  assert.deepEqual(effects, []);
  assert.match(state.notice?.words ?? '', /nothing was done/);
});

test('the button is chosen, then pressed, and the order has the reason and the state that it was judged by', () => {
  const { effects, state } = pressed(begun(), 'd', 'shift-tab', ...lettersOf('kernel patch'), 'tab', 'tab', 'enter');
  const [order] = ordersIn(effects);
  assert.equal(order?.action, 'drain');
  assert.equal(order?.reason, 'kernel patch');
  assert.equal(order?.ifMatch, '"41-7"');
  assert.equal(order?.confirmed, false);
  assert.deepEqual(state.pending, [order]);
  assert.equal(state.overlay, null);
});

test('y chooses the button and does not press it', () => {
  const { state, effects } = pressed(begun(), 'd', 'y');
  assert.equal(question(state).focus, 'proceed');
  assert.deepEqual(effects, []);
  assert.equal(ordersIn(pressed(state, 'enter').effects).length, 1);
});

test('a key that is pressed twice, or held down, confirms nothing', () => {
  for (const key of ['d', 'u', 'M', 'b']) {
    const { effects } = pressedAfter(
      20,
      begun({ upstreams: degradedUpstreams() }),
      Array.from({ length: 40 }, () => key),
    );
    assert.deepEqual(ordersIn(effects), [], key);
  }
});

test('lines that are pasted confirm nothing, in one piece or key by key', () => {
  for (const severe of [false, true]) {
    const from = severe ? lastOne() : begun();
    const asked = pressed(from, 'd').state;
    for (const focus of [[], ['tab'], ['shift-tab'], ['shift-tab', 'shift-tab']]) {
      const at = pressed(asked, ...focus).state;
      const whole = pressed(at, pasteOf('10.1.1.11:8080\n\n\ny\n'));
      assert.deepEqual(ordersIn(whole.effects), [], `${focus}`);
      if (question(at).focus === 'proceed') continue;
      const letters = [...lettersOf('10.1.1.11:8080'), 'enter', 'enter', 'enter'];
      assert.deepEqual(ordersIn(pressedAfter(1, at, letters).effects), [], `${focus}`);
    }
    // Without bracketed paste: everything at once, from before the question on.
    for (const text of ['d\n\n\n', 'dy\n', 'd\t\n', 'dyy\n\n']) {
      const keys = Array.from(text, (one) => (one === '\n' ? 'enter' : one === '\t' ? 'tab' : one));
      assert.deepEqual(ordersIn(pressedAfter(1, from, keys).effects), [], JSON.stringify(text));
    }
  }
});

test('a severe action wants the name, typed or pasted, and still the button', () => {
  const asked = pressed(lastOne(), 'd').state;
  const { preview } = question(asked);
  assert.equal(preview.danger, 'severe');
  const early = pressed(asked, 'tab', 'enter');
  assert.deepEqual(early.effects, []);
  assert.equal(question(early.state).focus, 'typed');
  const wrong = pressed(early.state, ...lettersOf('10.1.1.12:8080'), 'tab', 'tab', 'enter');
  assert.deepEqual(wrong.effects, []);
  const right = pressed(early.state, pasteOf(`${preview.confirmName}\n`), 'tab', 'tab', 'enter');
  const [order] = ordersIn(right.effects);
  assert.equal(order?.confirmed, true);
});

test('what has changed meanwhile is asked anew, with what was typed of the reason', () => {
  const asked = pressed(begun(), 'd', 'shift-tab', ...lettersOf('why'), 'tab', 'tab').state;
  const targets = [sampleTarget('10.1.1.11:8080'), downTarget('10.1.1.12:8080'), sampleTarget('10.1.1.13:8080')];
  const news = readingNews({ receivedMs: 1000, upstreams: [sampleUpstream('api-backend', targets)] });
  const changed = reduce(asked, { kind: 'news', news, nowMs: asked.nowMs + 1000 }).state;
  const { state, effects } = pressed(changed, 'enter');
  assert.deepEqual(effects, []);
  const anew = question(state);
  assert.equal(anew.changed, true);
  assert.equal(anew.focus, 'cancel');
  assert.equal(anew.reason, 'why');
  assert.notEqual(anew.preview.effect, question(asked).preview.effect);
});

test('a reading that changes nothing about it does not ask again', () => {
  const asked = pressed(begun(), 'd', 'tab').state;
  const same = reduce(asked, { kind: 'news', news: readingNews(four({ receivedMs: 1000 })), nowMs: 2000 }).state;
  assert.equal(ordersIn(pressed(same, 'enter').effects).length, 1);
});

test('a daemon that is lost while it is asked gets no order', () => {
  const asked = pressed(begun(), 'd', 'tab').state;
  const news = { kind: 'lost', node: 'local', atMs: 0, why: 'connection refused', retryMs: 1000 } as const;
  const lost = reduce(asked, { kind: 'news', news, nowMs: 1000 }).state;
  const { effects, state } = pressed(lost, 'enter');
  assert.deepEqual(effects, []);
  assert.match(state.notice?.words ?? '', /nothing was done: local does not answer/);
});

test('a viewer is told that it is read-only, by key, menu and palette', () => {
  const state = begun(four({ identity: { actor: 'guest', role: 'viewer' } }));
  assert.match(pressed(state, 'd').state.notice?.words ?? '', /read-only/);
  const menu = pressed(state, 'A').state.overlay;
  assert.ok(menu?.kind === 'actions');
  assert.match(menu.choices.find(({ action }) => action === 'drain')?.disabled ?? '', /read-only/);
  const palette = pressed(state, ':', ...lettersOf('drain 10'), 'enter');
  assert.deepEqual(palette.effects, []);
  assert.match(palette.state.notice?.words ?? '', /read-only/);
});

test('marked rows are asked about once, and all of them are named', () => {
  const marked = pressed(begun(), 'space', 'space').state;
  const asked = pressed(marked, 'd').state;
  const { preview, subjects } = question(asked);
  assert.equal(subjects.length, 2);
  assert.match(preview.what, /10\.1\.1\.11:8080.*10\.1\.1\.12:8080/);
  const { effects } = pressed(asked, 'shift-tab', pasteOf(preview.confirmName ?? ''), 'tab', 'tab', 'enter');
  const [order, ...more] = ordersIn(effects);
  assert.deepEqual(more, []);
  assert.equal(order?.others.length, 1);
});

test('one marked row to which it cannot be done stops it for all, by name', () => {
  const state = pressed(begun({ upstreams: degradedUpstreams() }), 'home').state;
  const marked = pressed(on(state, '10.1.1.10'), 'space').state;
  const both = pressed(on(marked, '10.1.1.11'), 'space', 'd').state;
  assert.equal(both.overlay, null);
  assert.match(both.notice?.words ?? '', /10\.1\.1\.11.*already/);
});

test('check now does not ask', () => {
  const { effects, state } = pressed(begun(), 'c');
  assert.deepEqual(
    ordersIn(effects).map(({ action }) => action),
    ['check'],
  );
  assert.equal(state.overlay, null);
});

test('the menu says why something cannot be done, and stays open', () => {
  const open = pressed(begun(), 'A').state;
  const menu = open.overlay;
  assert.ok(menu?.kind === 'actions');
  const at = menu.choices.findIndex(({ action }) => action === 'undrain');
  const moves = Array.from({ length: Math.abs(at - menu.chosen) }, () => (at > menu.chosen ? 'down' : 'up'));
  const { state, effects } = pressed(open, ...moves, 'enter');
  assert.deepEqual(effects, []);
  assert.equal(state.overlay?.kind, 'actions');
  assert.equal(state.notice?.words, menu.choices[at]?.disabled);
});

test('several daemons are asked in turn, and the rest not after a refusal', () => {
  const nodes = ['a', 'b', 'c'];
  const state = sampleState(
    nodes.map((node) =>
      readingNews({
        node,
        upstreams: [1, 2, 3].map((at) =>
          sampleUpstream(`${node}${at}`, [sampleTarget(`10.${at}.1.1:80`), sampleTarget(`10.${at}.1.2:80`)]),
        ),
      }),
    ),
    { nodes },
  );
  let marked = state;
  for (const node of nodes) {
    const index = rowsOf(marked).rows.findIndex((row) => row.node === node && row.thing.kind === 'target');
    marked = pressed(marked, 'home', ...Array.from({ length: index }, () => 'down'), 'space').state;
  }
  const asked = pressed(marked, 'd').state;
  const name = question(asked).preview.confirmName ?? '';
  const gave = pressed(asked, 'shift-tab', pasteOf(name), 'tab', 'tab', 'enter');
  const [first] = ordersIn(gave.effects);
  assert.equal(ordersIn(gave.effects).length, 1);
  const done = { kind: 'done', words: 'drains', undo: 'sentinel undrain x', well: true } as const;
  const second = reduce(gave.state, { kind: 'ordered', order: first as never, result: done, nowMs: 9000 });
  assert.match(second.state.notice?.words ?? '', /undo: sentinel undrain x/);
  const [next] = ordersIn(second.effects);
  assert.notEqual(next?.node, first?.node);
  const refused = { kind: 'refused', words: 'below min-healthy', code: 'SNT-D001', again: false } as const;
  const end = reduce(second.state, { kind: 'ordered', order: next as never, result: refused, nowMs: 9100 });
  assert.deepEqual(ordersIn(end.effects), []);
  assert.match(end.state.notice?.words ?? '', /below min-healthy.*1 more daemon was not asked/);
  assert.deepEqual([end.state.pending, end.state.queued], [[], []]);
});

test('what was refused because the state had changed is asked anew once it was read anew', () => {
  const gave = pressed(begun(), 'd', 'tab', 'enter');
  const [order] = ordersIn(gave.effects);
  const refused = { kind: 'refused', words: 'changed meanwhile', code: 'SNT-A012', again: true } as const;
  const told = reduce(gave.state, { kind: 'ordered', order: order as never, result: refused, nowMs: 5000 });
  assert.equal(told.state.overlay, null);
  assert.ok(told.effects.some(({ kind }) => kind === 'refresh'));
  const news = readingNews(four({ receivedMs: 5100, etag: '"41-8"' }));
  const anew = reduce(told.state, { kind: 'news', news, nowMs: 5100 }).state;
  assert.equal(question(anew).changed, true);
  const [again] = ordersIn(pressed(anew, 'tab', 'enter').effects);
  assert.equal(again?.ifMatch, '"41-8"');
});

test('a notice ends by the next key, or after ten seconds', () => {
  const told = reduce(begun(), { kind: 'told', notice: { words: 'a', tone: 'info' }, nowMs: 5000 }).state;
  assert.equal(reduce(told, { kind: 'tick', nowMs: 14_999 }).state.notice?.words, 'a');
  assert.equal(reduce(told, { kind: 'tick', nowMs: 15_000 }).state.notice, null);
  assert.equal(reduce(told, { kind: 'key', press: keyOf('x'), nowMs: 5001 }).state.notice, null);
});

test('a screen that was opened read-only offers no action, whatever the role allows', () => {
  const state = on(sampleState([readingNews(four())], { readOnly: true }), '10.1.1.11');
  for (const key of ['d', 'u', 'M', 'c', 'b']) {
    const { effects, state: after } = pressed(state, key);
    assert.deepEqual(effects, [], key);
    assert.match(after.notice?.words ?? '', /read-only/, key);
  }
  assert.equal(pressed(state, 'i').effects[0]?.kind, 'snapshot');
});

test('the command that takes it back is said whole, however long the rest is, and can be copied', () => {
  const gave = pressed(begun(), 'd', 'tab', 'enter');
  const [order] = ordersIn(gave.effects);
  const undo = 'sentinel undrain 10.1.1.11:8080';
  const done = { kind: 'done', words: 'it drains '.repeat(40), undo, well: true } as const;
  for (const columns of [250, 80, 40]) {
    const sized = reduce(gave.state, { kind: 'size', size: { columns, rows: 24 }, nowMs: 8000 }).state;
    const { state } = reduce(sized, { kind: 'ordered', order: order as never, result: done, nowMs: 9000 });
    assert.ok(state.notice?.words.endsWith(`undo: ${undo}`));
    if (columns > 60) assert.ok((state.notice?.words ?? '').length <= (columns - 14) * 3);
    const copied = pressed(state, 'y').state.overlay;
    assert.ok(copied?.kind === 'copy' && copied.choices.some(({ text }) => text === undo));
  }
});
