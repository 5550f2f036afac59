import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultThresholds } from '../../../src/diagnosis/thresholds.ts';
import type { FeedNews } from '../../../src/tui/feed/reading.ts';
import { alarmSamples, type Alarms, alarmsAfter, calm, isRaised } from '../../../src/tui/store/hysteresis.ts';
import { mostEvents, mostLogs } from '../../../src/tui/store/news.ts';
import { reduce } from '../../../src/tui/store/reduce.ts';
import type { NodeState, State } from '../../../src/tui/store/state.ts';
import { wantsOf } from '../../../src/tui/store/wants.ts';
import {
  okVerdict,
  readingNews,
  sampleAtMs,
  sampleEvent,
  sampleParts,
  sampleReading,
  sampleState,
  sampleStatus,
  sampleWindows,
} from '../sample-state.ts';
import { pressed } from './pressing.ts';

function node(state: State): NodeState {
  return state.nodes[0] as NodeState;
}

function after(state: State, ...news: readonly FeedNews[]): State {
  return news.reduce((now, one) => reduce(now, { kind: 'news', news: one, nowMs: now.nowMs + 1000 }).state, state);
}

const lost = (retryMs: number): FeedNews => ({ kind: 'lost', node: 'local', atMs: 0, why: 'refused', retryMs });

test('a daemon that is lost keeps what was read, and since when; the next reading brings it back', () => {
  const begun = sampleState();
  const gone = after(begun, lost(1000), lost(2000));
  assert.deepEqual(node(gone).lost, { sinceMs: begun.nowMs + 1000, why: 'refused', retryMs: 2000 });
  assert.deepEqual(node(gone).reading, node(begun).reading);
  assert.equal(node(after(gone, readingNews({ receivedMs: 5000 }))).lost, null);
});

test('of a daemon that is lost other views are seen as they were read within the minute before', () => {
  const { certs, clients, ...others } = sampleParts();
  const { receivedMs: begunMs } = sampleReading();
  const gone = after(
    sampleState(),
    readingNews({ receivedMs: begunMs + 1_000, parts: { certs } }),
    readingNews({ receivedMs: begunMs + 3_000, parts: { clients } }),
    readingNews({ receivedMs: begunMs + 62_000, parts: others }),
    lost(1000),
  );
  assert.deepEqual(node(gone).reading?.parts, { ...others, clients });
});

test('news of a daemon that nobody named changes nothing', () => {
  const begun = sampleState();
  assert.deepEqual(after(begun, readingNews({ node: 'other' })).nodes, begun.nodes);
});

test('an event that happens again takes the place of what was said of it, and the oldest are forgotten', () => {
  const first = sampleEvent(1);
  const again = sampleEvent(9, { at: first.at, count: 4 });
  const state = after(
    sampleState(),
    { kind: 'events', node: 'local', events: [first, sampleEvent(2)], gap: false },
    { kind: 'events', node: 'local', events: [again], gap: true },
  );
  assert.deepEqual(
    node(state).events.map(({ seq, count }) => [seq, count]),
    [
      [2, 1],
      [9, 4],
    ],
  );
  assert.equal(node(state).eventsGap, true);
  const events = Array.from({ length: mostEvents + 50 }, (_, at) => sampleEvent(100 + at));
  assert.equal(node(after(state, { kind: 'events', node: 'local', events, gap: false })).events.length, mostEvents);
});

test('a line of the log keeps its number while older ones are forgotten', () => {
  const lines = Array.from({ length: mostLogs }, (_, at) => ({ message: `line ${at}` }));
  const more = [{ message: 'last but one' }, { message: 'last' }];
  const state = after(
    sampleState(),
    { kind: 'logs', node: 'local', lines, gap: false },
    { kind: 'logs', node: 'local', lines: more, gap: false },
  );
  const { logs, logsBefore } = node(state);
  assert.equal(logs.length, mostLogs);
  assert.equal(logs[logs.length - 1]?.['message'], 'last');
  assert.equal(logs[1000 - logsBefore]?.['message'], 'line 1000');
});

test('all is clear since the first verdict that said so, by the clock of the daemon', () => {
  const verdict = (status: 'ok' | 'problems'): FeedNews => ({
    kind: 'verdict',
    node: 'local',
    verdict: { ...okVerdict, status },
    why: null,
  });
  const clear = after(sampleState(), verdict('ok'));
  assert.equal(node(clear).clearSinceMs, sampleAtMs);
  const still = after(clear, readingNews({ receivedMs: 9000 }), verdict('ok'));
  assert.equal(node(still).clearSinceMs, sampleAtMs);
  assert.equal(node(after(still, verdict('problems'))).clearSinceMs, null);
  const unjudged = after(still, { kind: 'verdict', node: 'local', verdict: null, why: 'too slow' });
  assert.deepEqual([node(unjudged).unjudged, node(unjudged).clearSinceMs], ['too slow', null]);
});

/** Each number is the share of errors of one reading; whether it is raised after each. */
function raised(ratios: readonly (number | null)[], from: Alarms = calm, first = false): readonly boolean[] {
  let alarms = from;
  return ratios.map((ratio, index) => {
    const windows = sampleWindows({ error_ratio: ratio });
    const reading = sampleReading({ status: sampleStatus({ windows }), upstreams: [], parts: {} });
    alarms = alarmsAfter(alarms, reading, defaultThresholds, first && index === 0);
    return isRaised(alarms, 'err');
  });
}

test('what is beyond its threshold is raised after three readings, and settles after three below 0.8 of it', () => {
  assert.equal(alarmSamples, 3);
  assert.deepEqual(raised([0.02, 0.02, 0.009, 0.02, 0.02, 0.02]), [false, false, false, false, false, true]);
  const from: Alarms = { err: { raised: true, run: 0 } };
  assert.deepEqual(raised([0.009, 0.009, 0.009, 0.009], from), [true, true, true, true]);
  assert.deepEqual(raised([0.007, 0.007, 0.009, 0.007, 0.007, 0.007], from), [true, true, true, true, true, false]);
});

test('what is beyond its threshold when one begins to look is raised at once, and what is unknown changes nothing', () => {
  assert.deepEqual(raised([0.02, null, null, null], calm, true), [true, true, true, true]);
});

test('the thresholds are those of the configuration of the daemon as soon as they are known', () => {
  const windows = sampleWindows({ error_ratio: 0.02 });
  const reading = (receivedMs: number): FeedNews =>
    readingNews({ receivedMs, status: sampleStatus({ windows }), upstreams: [], parts: {} });
  const raisedIn = (state: State): boolean => isRaised(node(state).alarms, 'err');
  const begun = after(sampleState([]), reading(0));
  assert.equal(raisedIn(begun), true);
  const lenient = { ...defaultThresholds, errorRatio: 0.5 };
  const known = after(begun, { kind: 'verdict', node: 'local', verdict: okVerdict, why: null, thresholds: lenient });
  assert.equal(raisedIn(after(known, reading(1000), reading(2000), reading(3000))), false);
});

test('what is not seen is not asked for, and nothing is while the shell has the terminal', () => {
  const begun = sampleState();
  assert.ok(!wantsOf(begun).parts.includes('clients'));
  const { state } = pressed(begun, '5');
  assert.ok(wantsOf(state).parts.includes('clients'));
  const away = pressed(begun, 'ctrl-z');
  assert.equal(wantsOf(away.state).paused, true);
  assert.deepEqual(away.effects, [{ kind: 'suspend' }]);
  const back = reduce(away.state, { kind: 'resumed', nowMs: 99_000 });
  assert.equal(wantsOf(back.state).paused, false);
  assert.deepEqual(
    back.effects.map(({ kind }) => kind),
    ['wants', 'redraw'],
  );
});

test('what is wanted is told once, when it changes', () => {
  const step = reduce(sampleState(), { kind: 'key', press: { key: '-', text: '-' }, nowMs: 1 });
  assert.deepEqual(step.effects, [{ kind: 'wants', wants: wantsOf(step.state) }]);
  assert.equal(wantsOf(step.state).intervalMs, 2000);
  assert.deepEqual(reduce(step.state, { kind: 'key', press: { key: 'j', text: 'j' }, nowMs: 2 }).effects, []);
});

test('the interval is never below a quarter of a second', () => {
  const keys = Array.from({ length: 9 }, () => '+');
  assert.equal(pressed(sampleState(), ...keys).state.intervalMs, 250);
});
