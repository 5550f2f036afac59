import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowsOf } from '../../../src/tui/rows/rows.ts';
import type { Reading } from '../../../src/tui/feed/reading.ts';
import { momentOf, readingOfMoment } from '../../../src/tui/store/moment.ts';
import { notNow, readingOf } from '../../../src/tui/store/moments.ts';
import { noPast, pastAfter } from '../../../src/tui/store/past.ts';
import { reduce } from '../../../src/tui/store/reduce.ts';
import type { State } from '../../../src/tui/store/state.ts';
import {
  degradedUpstreams,
  drainingTarget,
  healthyUpstreams,
  readingNews,
  sampleReading,
  sampleState,
  sampleTarget,
  sampleUpstream,
  sampleWindows,
} from '../sample-state.ts';
import { pressed, pressedAfter } from './pressing.ts';

/** A second for each: all well, but for those in which a target is down. */
function history(seconds: number, down: (second: number) => boolean = () => false): State {
  const news = Array.from({ length: seconds }, (_, second) =>
    readingNews({
      receivedMs: second * 1000,
      upstreams: down(second) ? degradedUpstreams() : healthyUpstreams(),
      parts: {},
    }),
  );
  return sampleState(news);
}

function shown(state: State): Reading | null {
  return readingOf(state.nodes[0] as State['nodes'][number], state);
}

function after(state: State, nowMs: number, given: Partial<Reading> = {}): State {
  return reduce(state, { kind: 'news', news: readingNews({ receivedMs: nowMs, parts: {}, ...given }), nowMs }).state;
}

test('going back shows what was, a second at a time', () => {
  const begun = history(60, (second) => second < 30);
  assert.equal(shown(begun)?.upstreams[0]?.state, 'up');
  const { state } = pressedAfter(
    0,
    begun,
    Array.from({ length: 30 }, () => '['),
  );
  assert.equal(state.backMs, 30_000);
  assert.equal(shown(state)?.receivedMs, 29_000);
  assert.equal(shown(state)?.upstreams[0]?.state, 'degraded');
  assert.match(rowsOf(state).rows[0]?.cells['check']?.text ?? '', /\S/);
});

test('the moment that is looked at stays while time goes on', () => {
  const begun = pressedAfter(
    0,
    history(60, (second) => second < 30),
    Array.from({ length: 31 }, () => '['),
  ).state;
  const seen = shown(begun)?.receivedMs;
  const later = after(after(begun, 61_000), 62_000);
  assert.equal(shown(later)?.receivedMs, seen);
  assert.equal(later.backMs, 62_000 - (begun.pastMs as number));
});

test('forward comes back to now, and so does the key for it', () => {
  const begun = pressedAfter(0, history(60), ['[', '[', '[']).state;
  assert.equal(pressedAfter(0, begun, [']', ']', ']']).state.pastMs, null);
  assert.equal(pressedAfter(0, begun, ['\\']).state.backMs, 0);
  assert.match(pressedAfter(0, history(60), [']']).state.notice?.words ?? '', /now/);
});

test('beyond two minutes it goes by ten seconds, and no further than anything is known', () => {
  const begun = history(400);
  const near = pressedAfter(
    0,
    begun,
    Array.from({ length: 120 }, () => '['),
  ).state;
  assert.equal(near.backMs, 120_000);
  const far = pressedAfter(0, near, ['[', '[']).state;
  assert.equal(far.backMs, 140_000);
  const end = pressedAfter(
    0,
    far,
    Array.from({ length: 100 }, () => '['),
  ).state;
  assert.equal(end.pastMs, 0);
  assert.match(end.notice?.words ?? '', /nothing older/);
});

test('the past ends after a quarter of an hour, and what is looked at goes with it', () => {
  const begun = pressedAfter(
    0,
    history(60),
    Array.from({ length: 59 }, () => '['),
  ).state;
  const late = reduce(begun, { kind: 'tick', nowMs: 2_000_000 }).state;
  assert.equal(late.backMs, 15 * 60_000);
});

test('nothing can be done to the past, nor to what is frozen', () => {
  const begun = pressed(history(10), 'down').state;
  for (const key of ['[', 'P']) {
    const away = pressed(begun, key).state;
    assert.ok(notNow(away) !== null);
    const { state, effects } = pressed(away, 'd');
    assert.equal(state.overlay, null);
    assert.deepEqual(effects, []);
    assert.match(state.notice?.words ?? '', key === '[' ? /past/ : /frozen/);
    const menu = pressed(away, 'A').state.overlay;
    assert.ok(menu?.kind === 'actions');
    for (const { action, disabled } of menu.choices) assert.equal(disabled === null, action === 'snapshot', action);
  }
});

test('a frozen screen stays as it was, whatever comes and however long', () => {
  const frozen = pressed(history(10), 'P').state;
  const rows = rowsOf(frozen).rows.map(({ id, standing }) => [id, standing]);
  const later = after(frozen, 3_600_000, { upstreams: degradedUpstreams() });
  assert.deepEqual(
    rowsOf(later).rows.map(({ id, standing }) => [id, standing]),
    rows,
  );
  const live = pressed(later, 'P').state;
  assert.notDeepEqual(
    rowsOf(live).rows.map(({ id, standing }) => [id, standing]),
    rows,
  );
});

test('a held order keeps rows where they are while their values go on; new ones come last', () => {
  const upstreams = (down: boolean, more: boolean) => [
    sampleUpstream('a', [sampleTarget('10.0.0.1:80')]),
    sampleUpstream('b', [sampleTarget('10.0.0.2:80', { in_flight: down ? 7 : 3 })], {
      windows: sampleWindows(down ? { error_ratio: 0.5, errors: 100 } : {}),
    }),
    ...(more ? [sampleUpstream('0-new', [sampleTarget('10.0.0.3:80')])] : []),
  ];
  const held = pressed(after(sampleState([]), 0, { upstreams: upstreams(false, false) }), 'p').state;
  const order = rowsOf(held).rows.map(({ id }) => id);
  const later = after(held, 1000, { upstreams: upstreams(true, true) });
  const rows = rowsOf(later).rows;
  assert.deepEqual(
    rows.slice(0, order.length).map(({ id }) => id),
    order,
  );
  assert.match(rows.at(-2)?.id ?? '', /0-new/);
  assert.equal(rows.find(({ id }) => id.includes('10.0.0.2'))?.cells['infl']?.text, '7');
  const live = pressed(later, 'p').state;
  assert.match(rowsOf(live).rows[0]?.id ?? '', /\bb$/);
});

test('sorting anew lets go of a held order', () => {
  assert.equal(pressed(history(2), 'p', '>').state.held, null);
});

test('a reading is unpacked as it was, but for what is not kept', () => {
  const reading = sampleReading({ upstreams: degradedUpstreams() });
  const again = readingOfMoment(momentOf(reading, momentOf(sampleReading(), null)));
  assert.equal(again.atMs, reading.atMs);
  assert.deepEqual(again.status, { ...reading.status, windows: again.status.windows });
  const target = reading.upstreams[0]?.targets[2];
  const unpacked = again.upstreams[0]?.targets[2];
  assert.deepEqual(
    { ...unpacked, windows: null },
    {
      ...target,
      windows: null,
      checks: { passed: 0, failed: 0 },
      ...{ acquired_total: 0, reused_total: 0, opened_total: 0 },
    },
  );
  const window = again.upstreams[0]?.windows['10s'];
  assert.equal(window?.requests_per_s, 412);
  assert.equal(window?.p99_ms, 810);
  assert.ok(Math.abs((window?.error_ratio ?? 0) - 0.042) < 1e-6);
  assert.equal(unpacked?.windows['10s']?.p99_ms, null);
});

test('what has not changed is kept once', () => {
  const first = momentOf(sampleReading(), null);
  const second = momentOf(sampleReading({ receivedMs: 1000 }), first);
  assert.equal(second.upstreams, first.upstreams);
  assert.equal(second.routes, first.routes);
  const changed = momentOf(
    sampleReading({ upstreams: [sampleUpstream('api-backend', [drainingTarget('10.1.1.10:8080')])] }),
    second,
  );
  assert.notEqual(changed.upstreams[0], second.upstreams[0]);
});

test('however long one looks, no more of the past is kept than can be gone back to', () => {
  let past = noPast;
  for (let second = 0; second < 5000; second++) {
    past = pastAfter(past, sampleReading({ receivedMs: second * 1000, upstreams: [], parts: {} }));
    assert.ok(past.moments.length <= 210, `${past.moments.length} moments after ${second} s`);
  }
  assert.ok(past.moments.length > 190);
  assert.ok(5_000_000 - (past.moments[0]?.receivedMs ?? 0) <= 15 * 60_000 + 11_000);
});

test('the past of five hundred targets is small', () => {
  const upstreams = Array.from({ length: 50 }, (_, at) =>
    sampleUpstream(
      `u${at}`,
      Array.from({ length: 10 }, (_each, target) => sampleTarget(`10.3.${at}.${target}:80`)),
    ),
  );
  let past = noPast;
  for (let second = 0; second < 400; second++)
    past = pastAfter(past, sampleReading({ receivedMs: second * 1000, upstreams, parts: {} }));
  assert.ok(past.moments.length <= 150, `${past.moments.length} moments`);
  const numbers = past.moments.reduce((sum, moment) => sum + moment.numbers.byteLength, 0);
  assert.ok(numbers < 12 * 1024 * 1024, `${numbers} bytes of numbers`);
  const words = new Set(past.moments.flatMap((moment) => moment.upstreams.flatMap((one) => one.targets)));
  assert.equal(words.size, 500);
});
