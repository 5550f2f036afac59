/** The verdict line: what is wrong, the worst first, and "all clear" only where every daemon answers and was judged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusReply } from '../../../src/admin/contract/shapes.ts';
import type { Suspicion, Verdict } from '../../../src/diagnosis/judgement.ts';
import type { FeedNews, Reading } from '../../../src/tui/feed/reading.ts';
import { reduce } from '../../../src/tui/store/reduce.ts';
import type { State } from '../../../src/tui/store/state.ts';
import { verdictLineOf } from '../../../src/tui/view/verdict-line.ts';
import {
  degradedUpstreams,
  drainingTarget,
  okVerdict,
  readingNews,
  sampleAtMs,
  sampleState,
  sampleStatus,
  sampleTarget,
  sampleTime,
  sampleUpstream,
  downTarget,
  sampleWindows,
} from '../sample-state.ts';

function judged(verdict: Verdict | null, why: string | null = null, node = 'local'): FeedNews {
  return { kind: 'verdict', node, verdict, why };
}

function cause(detail: string): Suspicion {
  return {
    cause: 'target-refused',
    strength: 1,
    detail,
    resource: null,
    evidence: [],
    impact: 'degraded',
    since: null,
    next: [],
  };
}

function problems(severity: Verdict['severity'], ...details: readonly string[]): Verdict {
  return {
    ...okVerdict,
    status: 'problems',
    exit_code: 1,
    severity,
    procedure: 'upstream-failure',
    causes: details.map(cause),
  };
}

function words(state: State): readonly string[] {
  return verdictLineOf(state).parts.map(({ text }) => text);
}

function local(given: Partial<Reading>, ...news: readonly FeedNews[]): State {
  return sampleState([readingNews(given), ...news]);
}

test('what is well says since when', () => {
  const state = sampleState([readingNews(), judged(okVerdict), readingNews({ receivedMs: 11_520_000 })]);
  const line = verdictLineOf(state);
  assert.deepEqual([line.standing, line.sev], ['up', null]);
  assert.deepEqual(words(state), ['all clear for 3h12m']);
});

test('a problem says its severity, its cause and the numbers beyond their thresholds', () => {
  const windows = sampleWindows({ requests: 12_840, errors: 540, error_ratio: 0.042, p99_ms: 1810 });
  const usual = { ...windows, '5m': { ...windows['5m'], error_ratio: 0.003, p99_ms: 400 } } as typeof windows;
  const cert = {
    name: 'https',
    source: 'listener',
    standing: 'warning',
    days_left: 9,
    not_after: sampleTime(),
    same_as_disk: true,
  } as const;
  const status = sampleStatus({ windows: usual, certificates: { loaded: [cert], problems: [] } });
  const state = local(
    { status, upstreams: degradedUpstreams() },
    judged(problems('SEV3', 'api-backend/10.1.1.12:8080 refuses connections')),
  );
  const line = verdictLineOf(state);
  assert.deepEqual([line.standing, line.sev], ['degraded', 'SEV3']);
  assert.deepEqual(words(state), [
    'api-backend/10.1.1.12:8080 refuses connections',
    'err 4.2% ▲3.9',
    'p99 1.81s ▲',
    'cert https 9d',
  ]);
});

test('SEV1 and SEV2 are as bad as can be', () => {
  for (const sev of ['SEV1', 'SEV2'] as const)
    assert.equal(verdictLineOf(local({}, judged(problems(sev, 'x')))).standing, 'down');
});

test('of many causes the first are named and the rest counted', () => {
  assert.deepEqual(words(local({}, judged(problems('SEV3', 'a', 'b', 'c', 'd', 'e')))), [
    'a',
    'b',
    'c',
    '2 more causes',
  ]);
});

test('before it was judged nothing is said to be well', () => {
  const line = verdictLineOf(local({}));
  assert.equal(line.standing, 'unknown');
  assert.deepEqual(words(local({})), ['not judged yet']);
  assert.deepEqual(words(local({}, judged(null, 'the clients could not be read'))), ['the clients could not be read']);
  assert.deepEqual(words(sampleState([])), ['nothing was read yet']);
});

test('a verdict that is not sure says what it could not know', () => {
  const unsure: Verdict = {
    ...okVerdict,
    status: 'unknown',
    exit_code: 3,
    unknown: [{ section: 'targets', mandatory: true, why: 'no answer in time' }],
  };
  assert.deepEqual(words(local({}, judged(unsure))), ['not known: targets: no answer in time']);
  assert.equal(verdictLineOf(local({}, judged(unsure))).standing, 'unknown');
});

test('what is seen in the last reading is never hidden behind a clean verdict of a moment before', () => {
  const state = local({ upstreams: degradedUpstreams() }, judged(okVerdict));
  assert.equal(verdictLineOf(state).standing, 'degraded');
  assert.deepEqual(words(state), [
    'upstream api-backend 1/3 DOWN (L4CON 10.1.1.12:8080)',
    'seen just now, being judged',
  ]);
  const dead = local({ upstreams: [sampleUpstream('api', [downTarget('a:1')])] }, judged(okVerdict));
  assert.equal(words(dead)[0], 'upstream api DOWN: 0 of 1 targets take requests');
  const stopping = local({ status: sampleStatus({ state: 'draining', reasons: ['draining'] }) }, judged(okVerdict));
  assert.equal(words(stopping)[0], 'draining: draining');
});

test('numbers beyond their thresholds are never hidden behind a clean verdict either', () => {
  const failing = sampleStatus({ windows: sampleWindows({ errors: 1035, error_ratio: 0.5 }) });
  const line = verdictLineOf(local({ status: failing }, judged(okVerdict)));
  assert.equal(line.standing, 'degraded');
  assert.deepEqual(
    line.parts.map(({ text }) => text),
    ['err 50.0%', 'no cause found'],
  );
  const cert = { name: 'https', source: 'listener', standing: 'warning', days_left: 9 } as const;
  const loaded = [{ ...cert, not_after: sampleTime(), same_as_disk: true }];
  const ending = local({ status: sampleStatus({ certificates: { loaded, problems: [] } }) }, judged(okVerdict));
  assert.deepEqual([verdictLineOf(ending).standing, words(ending)], ['up', ['all clear for 0s', 'cert https 9d']]);
});

test('where all is clear because somebody keeps a target or a route out of traffic, that is said', () => {
  const { drain } = drainingTarget('a:2');
  assert.ok(drain);
  const out = { ...drain, state: 'drained', target: 'a:2', upstreams: ['api'] } as const;
  const failing = downTarget('a:2', { breaker: 'closed', drain: out });
  const state = local(
    { status: sampleStatus({ drains: [out] }), upstreams: [sampleUpstream('api', [sampleTarget('a:1'), failing])] },
    judged(okVerdict),
  );
  assert.equal(verdictLineOf(state).standing, 'up');
  assert.deepEqual(words(state), ['all clear for 0s', '1 target out of traffic by order, failing its check']);
  const upkeep = { ...sampleStatus().overrides, maintenance: [{}] } as unknown as StatusReply['overrides'];
  assert.deepEqual(words(local({ status: sampleStatus({ overrides: upkeep }) }, judged(okVerdict))), [
    'all clear for 0s',
    '1 maintenance in force',
  ]);
});

test('a daemon that does not answer is unknown, and what was wrong before is still said', () => {
  const lost: FeedNews = { kind: 'lost', node: 'local', atMs: 0, why: 'connection refused', retryMs: 1000 };
  const state = local({}, judged(problems('SEV3', 'a refuses')), lost);
  const line = verdictLineOf({ ...state, nowMs: 12_000 });
  assert.deepEqual([line.standing, line.sev], ['unknown', null]);
  assert.deepEqual(
    line.parts.map(({ text }) => text),
    ['✗ no answer for 12s: connection refused; before that: a refuses'],
  );
  // Since it last answered, not since that was noticed.
  const noticed = local({}, judged(okVerdict));
  const late = reduce(noticed, { kind: 'news', news: lost, nowMs: 3000 }).state;
  assert.deepEqual(words({ ...late, nowMs: 8000 }), ['✗ no answer for 8s: connection refused']);
});

test('one that has not answered in time is not said to be well either', () => {
  const state = { ...local({}, judged(okVerdict)), nowMs: 30_000 };
  assert.equal(verdictLineOf(state).standing, 'unknown');
});

test('one daemon of three that is lost, unjudged or ill is what the line says; the worst first', () => {
  const three = (...news: readonly FeedNews[]) =>
    sampleState([...['a', 'b', 'c'].map((node) => readingNews({ node })), ...news], { nodes: ['a', 'b', 'c'] });
  const clear = ['a', 'b', 'c'].map((node) => judged(okVerdict, null, node));
  assert.deepEqual(words(three(...clear)), ['all clear for 0s on 3 daemons']);
  const lost: FeedNews = { kind: 'lost', node: 'b', atMs: 0, why: 'no such host', retryMs: 1000 };
  assert.equal(verdictLineOf(three(...clear, lost)).standing, 'unknown');
  assert.deepEqual(words(three(...clear, lost)), ['b: ✗ no answer for 0s: no such host']);
  const ill = three(
    judged(problems('SEV3', 'small'), null, 'a'),
    judged(okVerdict, null, 'b'),
    judged(problems('SEV1', 'large'), null, 'c'),
  );
  assert.deepEqual(words(ill), ['c: large', 'a: small']);
  assert.equal(verdictLineOf(ill).sev, 'SEV1');
  assert.deepEqual(words(three(judged(okVerdict, null, 'a'), judged(okVerdict, null, 'b'))), ['c: not judged yet']);
});

test('of the past no verdict is kept', () => {
  const state = { ...local({}, judged(okVerdict)), pastMs: -60_000, backMs: 60_000 };
  assert.equal(verdictLineOf(state).standing, 'unknown');
});

test('what is frozen keeps its verdict', () => {
  const state = local({}, judged(okVerdict));
  const frozen = { ...state, frozen: state.nodes, frozenMs: 0, nodes: local({}, judged(problems('SEV1', 'x'))).nodes };
  assert.equal(verdictLineOf(frozen).standing, 'up');
  assert.equal(sampleAtMs, state.nodes[0]?.clearSinceMs);
});
