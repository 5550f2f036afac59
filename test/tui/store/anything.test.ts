import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FeedNews } from '../../../src/tui/feed/reading.ts';
import { keySpecs } from '../../../src/tui/keys/table.ts';
import { rowsOf } from '../../../src/tui/rows/rows.ts';
import { reduce } from '../../../src/tui/store/reduce.ts';
import { cursorIndex } from '../../../src/tui/store/selection.ts';
import type { Input, State } from '../../../src/tui/store/state.ts';
import { levelOf } from '../../../src/tui/store/step.ts';
import { viewOf } from '../../../src/tui/view/view-of.ts';
import {
  degradedUpstreams,
  downTarget,
  okVerdict,
  readingNews,
  sampleEvent,
  sampleState,
  sampleTarget,
  sampleUpstream,
} from '../sample-state.ts';
import { keyOf, pasteOf } from './pressing.ts';

const keys = [
  ...keySpecs.flatMap((spec) => spec.keys.flatMap((key) => key.split(' '))).filter((key) => key !== 'ctrl-c'),
  ...['backspace', 'delete', 'y', 'enter', 'escape', 'a', '1', '(', '"', 'é', '漢', '👩‍🚒'],
];

const addresses = Array.from({ length: 30 }, (_, at) => `10.9.0.${at}:80`);

const news: fc.Arbitrary<FeedNews> = fc.oneof(
  fc.subarray(addresses).chain((there) =>
    fc.subarray(there).map((down) =>
      readingNews({
        upstreams: [
          sampleUpstream(
            'api-backend',
            there.map((address) => (down.includes(address) ? downTarget(address) : sampleTarget(address))),
          ),
        ],
      }),
    ),
  ),
  fc.constant(readingNews({ upstreams: degradedUpstreams() })),
  fc.constant(readingNews({ upstreams: [], parts: {}, identity: null })),
  fc.constant<FeedNews>({ kind: 'lost', node: 'local', atMs: 0, why: 'refused', retryMs: 1000 }),
  fc.nat(50).map((seq): FeedNews => ({ kind: 'events', node: 'local', events: [sampleEvent(seq)], gap: seq === 7 })),
  fc
    .nat(9)
    .map((n): FeedNews => ({ kind: 'logs', node: 'local', lines: [{ message: `m ${n}`, level: 'warn' }], gap: false })),
  fc.constantFrom<FeedNews>(
    { kind: 'verdict', node: 'local', verdict: okVerdict, why: null },
    { kind: 'verdict', node: 'local', verdict: null, why: 'too slow' },
  ),
);

type Timeless = Input extends infer One ? (One extends Input ? Omit<One, 'nowMs'> : never) : never;

const input: fc.Arbitrary<Timeless> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...keys).map((key): Timeless => ({ kind: 'key', press: keyOf(key) })) },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'binary', maxLength: 60 })
      .map((text): Timeless => ({ kind: 'key', press: pasteOf(text) })),
  },
  { weight: 4, arbitrary: news.map((one): Timeless => ({ kind: 'news', news: one })) },
  {
    weight: 1,
    arbitrary: fc.record({ columns: fc.nat(260), rows: fc.nat(90) }).map((size): Timeless => ({ kind: 'size', size })),
  },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: -2, max: 60 })
      .map((line): Timeless => ({ kind: 'mouse', pointed: { on: 'row', line } })),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: -5, max: 5 }).map((by): Timeless => ({ kind: 'mouse', pointed: { on: 'wheel', by } })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Timeless>(
      { kind: 'tick' },
      { kind: 'resumed' },
      { kind: 'explained', title: 'a', lines: ['b'] },
    ),
  },
);

function isSound(state: State): void {
  const { rows } = rowsOf(state);
  const { scroll, cursor } = levelOf(state);
  const index = cursorIndex(state);
  assert.ok(rows.length === 0 ? index === -1 : index >= 0 && index < rows.length, `cursor ${index} of ${rows.length}`);
  if (rows.length > 0 && cursor !== null) assert.equal(rows[index]?.id, cursor);
  assert.ok(scroll >= 0 && (rows.length === 0 || scroll < rows.length), `scroll ${scroll} of ${rows.length}`);
  assert.ok(state.stack.length >= 1 && state.stack.length < 20, `${state.stack.length} levels`);
  const { overlay } = state;
  if (overlay !== null && 'caret' in overlay && 'text' in overlay)
    assert.ok(overlay.caret >= 0 && overlay.caret <= overlay.text.length);
}

test('whatever is pressed and read, nothing throws, the cursor is on a row, and the state stays small', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(input, fc.nat(3000)), { minLength: 20, maxLength: 120 }), (steps) => {
      let state = sampleState();
      for (const [one, laterMs] of steps) {
        const nowMs = state.nowMs + laterMs;
        const given =
          one.kind === 'news' && one.news.kind === 'reading'
            ? {
                ...one,
                news: {
                  ...one.news,
                  reading: { ...one.news.reading, receivedMs: nowMs, atMs: one.news.reading.atMs + nowMs },
                },
              }
            : one;
        const step = reduce(state, { ...given, nowMs } as Input);
        state = step.state;
        isSound(state);
        for (const effect of step.effects) {
          if (effect.kind !== 'order') continue;
          const result = { kind: 'refused', words: 'no', code: 'SNT-D001', again: laterMs % 2 === 0 } as const;
          state = reduce(state, { kind: 'ordered', order: effect.order, result, nowMs }).state;
        }
      }
      assert.ok(viewOf(state).table.rows.length >= 0);
      const { nodes: _nodes, frozen: _frozen, ...rest } = state;
      assert.ok(JSON.stringify(rest).length < 200_000);
    }),
    { numRuns: 60 },
  );
});

test('Enter and Esc alone never give an order, wherever one begins', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(
          ...keys.filter((key) => !['c', 'tab', 'shift-tab', 'left', 'right', 'up', 'down', 'y', ':'].includes(key)),
        ),
        { maxLength: 40 },
      ),
      (pressedKeys) => {
        let state = sampleState([readingNews({ upstreams: degradedUpstreams() })]);
        for (const key of pressedKeys) {
          const step = reduce(state, { kind: 'key', press: keyOf(key), nowMs: state.nowMs + 500 });
          state = step.state;
          // The menu does what is chosen in it: what is mild at once, as a key does.
          const dangerous = step.effects.filter(
            (effect) => effect.kind === 'order' && !['check', 'log-level'].includes(effect.order.action),
          );
          assert.deepEqual(dangerous, []);
        }
      },
    ),
    { numRuns: 100 },
  );
});
