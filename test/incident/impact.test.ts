import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flightTraffic } from '../../src/incident/impact/flight-traffic.ts';
import { impactOf } from '../../src/incident/impact/impact.ts';
import type { ImpactTimes, TrafficSample } from '../../src/incident/impact/shapes.ts';
import { aboveNormal, normalAmong } from '../../src/incident/impact/stretches.ts';
import { at, begin, type Hand, STEP_MS, stretch, traffic } from './flight-of-traffic.ts';
import { Dice } from '../helpers/dice.ts';

const HOUR = 3600;
const none: ImpactTimes = { alert: null, opened: null, acked: null, mitigated: null, resolved: null };
const good: Hand = { requests: 100, affected: 0 };
const outage: Hand = { requests: 100, affected: 40 };

/** An incident that was opened after so many seconds. */
function opened(second: number, more: Partial<ImpactTimes> = {}): ImpactTimes {
  return { ...none, opened: at(second), ...more };
}

function of(samples: readonly TrafficSample[], times: ImpactTimes, nowSecond = 2 * HOUR) {
  return impactOf({ samples, gaps: [], times, nowMs: begin + nowSecond * 1000 });
}

test('a step up and down is found to the stretch, with its counts and where they stand', () => {
  const samples = traffic(HOUR, (second) => (second >= 1200 && second < 1800 ? outage : good));
  const impact = of(
    samples,
    opened(1320, { alert: at(1260), acked: at(1350), mitigated: at(1700), resolved: at(2000) }),
  );
  assert.equal(impact.basis, 'affected');
  assert.equal(impact.onset.value, at(1200));
  assert.equal(impact.end.value, at(1800));
  assert.deepEqual(impact.during, {
    value: { requests: 6000, affected: 2400, ratio: 0.4 },
    from: 'flight.ndjson 13:20:00Z–13:30:00Z',
  });
  assert.deepEqual(impact.declared.value, { requests: 6800, affected: 1920, ratio: 0.282353 });
  assert.deepEqual(impact.baseline, {
    value: { requests: 9000, affected: 0, ratio: 0 },
    from: 'flight.ndjson 13:05:00Z–13:20:00Z',
  });
  assert.deepEqual(impact.by_upstream.value, [
    { name: 'backend', requests: 6000, errors: 2400, affected: 2400, ratio: 0.4 },
  ]);
  assert.deepEqual(impact.by_cause.value, [{ cause: 'connect_refused', requests: 2400 }]);
  const { detect_ms: detect, acknowledge_ms: acknowledge, mitigate_ms: mitigate, resolve_ms: resolve } = impact.times;
  assert.deepEqual(
    [detect.value, acknowledge.value, mitigate.value, resolve.value],
    [60_000, 90_000, 500_000, 800_000],
  );
  assert.deepEqual(impact.notes, []);
});

test('steady traffic has no onset, whatever its share of failures, and says so', () => {
  const die = new Dice(7);
  const random = (): number => die.word() / 2 ** 32;
  for (const share of [0, 0.001, 0.02, 0.3]) {
    const samples = traffic(HOUR, () => ({
      requests: 200,
      affected: Array.from({ length: 200 }, () => random()).filter((one) => one < share).length,
    }));
    const impact = of(samples, opened(1800, { resolved: at(2400) }));
    assert.equal(impact.basis, null, `at a share of ${share}`);
    assert.equal(impact.onset.value, null);
    assert.match(JSON.stringify(impact.onset), /no stretch of traffic was clearly worse/);
    assert.equal(impact.times.resolve_ms.value, null);
    assert.equal(impact.during.value, null);
    assert.ok(impact.declared.value !== null && impact.declared.value.requests === 12_000);
  }
});

test('two humps within one incident are one span, and one long before it is another story', () => {
  const hump = (second: number): boolean =>
    (second >= 300 && second < 420) || (second >= 1800 && second < 1920) || (second >= 2040 && second < 2100);
  const samples = traffic(HOUR, (second) => (hump(second) ? outage : good));
  const impact = of(samples, opened(1860, { resolved: at(2200) }));
  assert.equal(impact.onset.value, at(1800));
  assert.equal(impact.end.value, at(2100));
  assert.deepEqual(impact.during.value, { requests: 3000, affected: 720, ratio: 0.24 });
});

test('an incident that is written down when it was over has the trouble before it', () => {
  const samples = traffic(HOUR, (second) => (second >= 600 && second < 720 ? outage : good));
  const impact = of(samples, opened(1800, { alert: null, resolved: at(1900) }));
  assert.equal(impact.onset.value, at(600));
  assert.equal(impact.end.value, at(720));
  assert.equal(impact.times.detect_ms.value, 1_200_000);
});

test('failures that come by the clock, and did so before, are no part of it', () => {
  const job = (second: number): boolean => second % 290 === 0;
  const samples = traffic(2 * HOUR, (second) =>
    second >= 5000 && second < 5400 ? outage : job(second) ? { requests: 100, affected: 20 } : good,
  );
  const impact = of(samples, opened(5100, { resolved: at(5500) }));
  assert.equal(impact.onset.value, at(5000));
  assert.equal(impact.end.value, at(5400));
});

test('what goes on has no end', () => {
  const samples = traffic(HOUR, (second) => (second >= 3000 ? outage : good));
  const impact = of(samples, opened(3100), HOUR);
  assert.equal(impact.onset.value, at(3000));
  assert.match(JSON.stringify(impact.end), /not normal yet at 14:00:00Z/);
  assert.equal(impact.during.value?.requests, 6000);
});

test('a time in which no daemon ran is no time without errors', () => {
  const down = (second: number): boolean => second >= 1200 && second < 1240;
  const lines = [
    { kind: 'began' as const, at: at(0), pid: 1, version: '1' },
    ...traffic(HOUR, (second) => (down(second) ? null : second >= 1100 && second < 1300 ? outage : good)),
  ];
  const gap = { from: at(1200), until: at(1240), why: 'died' as const };
  const reading = { instance: '/i', lines, gaps: [gap], unread: [], foreign_lines: 0 };
  const { samples, gaps } = flightTraffic([reading]);
  const impact = impactOf({
    samples,
    gaps,
    times: opened(1150, { resolved: at(1400) }),
    nowMs: begin + HOUR * 1000,
  });
  assert.equal(impact.during.value?.requests, 1600);
  assert.equal(impact.during.value?.ratio, 0.4);
  assert.equal(impact.gaps.length, 1);
  assert.match(
    impact.notes.join(' '),
    /In 40 s from 13:20:00Z on nobody counted, as no daemon ran: connections were refused/,
  );
});

test('a daemon that dies is an outage of its own, without a single request that failed', () => {
  const lines = traffic(HOUR, (second) => (second >= 1200 && second < 1290 ? null : good));
  const gap = { from: at(1200), until: at(1290), why: 'died' as const };
  const { samples, gaps } = flightTraffic([{ instance: '/i', lines, gaps: [gap], unread: [], foreign_lines: 0 }]);
  const times = opened(1260, { resolved: at(1300) });
  const impact = impactOf({ samples, gaps, times, nowMs: begin + HOUR * 1000 });
  assert.equal(impact.basis, 'down');
  assert.equal(impact.onset.value, at(1200));
  assert.equal(impact.end.value, at(1290));
  assert.equal(impact.during.value, null);
  assert.match(JSON.stringify(impact.during), /nothing was written down between 13:20:00Z and 13:21:30Z/);
});

test('another daemon that ran meanwhile, and one that ran in other weeks, make no outage', () => {
  const lines = traffic(600, () => good);
  const later = traffic(HOUR, (second) => (second >= 600 ? good : null));
  const open = { from: at(600), until: null, why: 'ended' as const };
  const { samples, gaps } = flightTraffic([
    {
      instance: '/old',
      lines: [],
      gaps: [{ ...open, from: '2026-01-01T00:00:00.000Z' }],
      unread: [],
      foreign_lines: 0,
    },
    { instance: '/a', lines, gaps: [open], unread: [], foreign_lines: 0 },
    { instance: '/b', lines: later, gaps: [], unread: [], foreign_lines: 0 },
  ]);
  assert.deepEqual(
    gaps.map(({ kind, from }) => [kind, from]),
    [['blind', at(600)]],
  );
  const impact = impactOf({ samples, gaps, times: opened(900), nowMs: begin + HOUR * 1000 });
  assert.equal(impact.basis, null);
});

test('counts that begin anew with a new daemon are stretches like all others', () => {
  const short = { ...stretch(begin + 1_204_000, outage), covered_ms: 4000 };
  const samples = [
    ...traffic(1200, () => good),
    short,
    ...traffic(HOUR, (second) => (second < 1210 ? null : second < 1500 ? outage : good)),
  ];
  const impact = of(samples, opened(1300, { resolved: at(1600) }));
  assert.equal(impact.onset.value, at(1200));
  assert.equal(impact.during.value?.affected, 40 * 30);
});

test('without traffic, and without a record, nothing is known and nothing is zero', () => {
  const quiet = of(
    traffic(HOUR, () => ({ requests: 0, affected: 0 })),
    opened(1800, { resolved: at(2000) }),
  );
  assert.match(JSON.stringify(quiet.declared), /no request came between/);
  const empty = of([], opened(1800, { resolved: at(2000) }));
  for (const measured of [
    empty.baseline,
    empty.onset,
    empty.end,
    empty.during,
    empty.declared,
    empty.by_route,
    empty.p99_during_ms,
  ]) {
    assert.equal(measured.value, null);
    assert.ok(measured.value === null && measured.why.length > 10);
  }
  assert.equal(empty.times.detect_ms.value, null);
});

test('little traffic tells what it can: each of a few requests that fails counts with its neighbours', () => {
  const samples = traffic(HOUR, (second) => ({
    requests: 1,
    affected: second >= 1200 && second < 1500 ? 1 : 0,
  }));
  const impact = of(samples, opened(1400, { resolved: at(1600) }));
  assert.equal(impact.onset.value, at(1200));
  assert.equal(impact.end.value, at(1500));
  const once = of(
    traffic(HOUR, (second) => ({ requests: 1, affected: second === 1200 ? 1 : 0 })),
    opened(1400),
  );
  assert.equal(once.basis, null);
});

test('a clock that goes back counts nothing twice, and the times say by how much they are off', () => {
  const first = traffic(1300, (second) => (second >= 1200 ? outage : good));
  // Set back by 60 s when it was 13:21:40.
  const rest = traffic(1800, (second) => (second < 1240 ? null : second < 1400 ? outage : good));
  const { samples, notes } = flightTraffic([
    { instance: '/i', lines: [...first, ...rest], gaps: [], unread: [], foreign_lines: 0 },
  ]);
  assert.match(notes.join(' '), /The clock went back by 50 s at 13:21:40Z/);
  const impact = impactOf({ samples, gaps: [], remarks: notes, times: opened(1300), nowMs: begin + 1800 * 1000 });
  assert.equal(impact.during.value?.affected, 40 * (10 + 16));
  assert.deepEqual(impact.notes, notes);
});

test('marks that lie before the onset give no negative time', () => {
  const samples = traffic(HOUR, (second) => (second >= 1200 && second < 1500 ? outage : good));
  const early = of(samples, opened(1300, { alert: at(1100), mitigated: at(1195), resolved: at(900) }));
  assert.equal(early.times.detect_ms.value, null);
  assert.match(JSON.stringify(early.times.detect_ms), /lies before/);
  assert.equal(early.times.mitigate_ms.value, 0, 'within one sampling interval');
  assert.equal(early.times.resolve_ms.value, null);
  assert.match(JSON.stringify(of(samples, opened(1300)).times.mitigate_ms), /nobody marked the mitigation/);
});

test('requests that are answered late and not badly have an onset by their latency', () => {
  const samples = traffic(HOUR, (second) => ({
    ...good,
    p99: second >= 1200 && second < 2400 ? 900 : 30 + (second % 70) / 10,
  }));
  const impact = of(samples, opened(1500, { resolved: at(2500) }));
  assert.equal(impact.basis, 'latency');
  assert.equal(impact.onset.value, at(1200));
  assert.equal(impact.end.value, at(2400));
  assert.equal(impact.p99_during_ms.value, 900);
  assert.equal(impact.during.value?.affected, 0);
});

test('the own answers of the proxy are no requests of clients, and what failed before a route is one', () => {
  const samples = traffic(HOUR, (second) => (second >= 1200 && second < 1500 ? outage : good)).map((sample) => ({
    ...sample,
    requests: sample.requests + 300,
    affected: sample.affected + 1,
  }));
  const impact = of(samples, opened(1300, { resolved: at(1600) }));
  assert.deepEqual(impact.during.value, { requests: 3030, affected: 1230, ratio: 0.405941 });
});

test('counts that cannot be are left out, and the notes say how many', () => {
  const samples = traffic(HOUR, (second) => (second >= 1200 && second < 1500 ? outage : good));
  const broken = [
    { ...stretch(begin + 5000, good), requests: -1 },
    { ...stretch(begin + 5000, good), affected: 101 },
    { ...stretch(begin + 5000, good), at: 'once' },
  ];
  const impact = of([...broken, ...samples], opened(1300, { resolved: at(1600) }));
  assert.match(impact.notes.join(' '), /3 lines of traffic hold counts that cannot be/);
  assert.equal(impact.during.value?.requests, 3000);
});

test('onsets of chance faults are right to one stretch, in a hundred draws', () => {
  const die = new Dice(2026);
  const random = (): number => die.word() / 2 ** 32;
  let found = 0;
  for (let draw = 0; draw < 100; draw++) {
    const from = 600 + Math.floor(random() * 120) * 10;
    const until = from + 60 + Math.floor(random() * 60) * 10;
    const [usual, bad] = [random() * 0.02, 0.1 + random() * 0.9];
    const requests = 20 + Math.floor(random() * 400);
    const samples = traffic(HOUR, (second) => {
      const share = second >= from && second < until ? bad : usual;
      return {
        requests,
        affected: Array.from({ length: requests }, () => random()).filter((one) => one < share).length,
      };
    });
    const { onset, end } = of(samples, opened(from + 50, { resolved: at(until + 60) }), HOUR);
    const near = (time: string | null, second: number): boolean =>
      time !== null && Math.abs(Date.parse(time) - begin - second * 1000) <= STEP_MS;
    if (near(onset.value, from) && near(end.value, until)) found++;
  }
  assert.ok(found >= 99, `${found} of 100`);
});

test('a daemon that was up for half a minute before has enough of a past', () => {
  for (const calm of [20, 30, 60]) {
    const samples = traffic(calm + 180, (second) =>
      second >= calm && second < calm + 120 ? { requests: 80, affected: 27 } : good,
    );
    const impact = of(samples, opened(calm + 40, { resolved: at(calm + 180) }), calm + 185);
    assert.equal(impact.onset.value, at(calm), `after ${calm} s`);
    assert.equal(impact.end.value, at(calm + 120));
    assert.equal(impact.during.value?.ratio, 0.3375);
  }
});

test('what was bad most of the time is still not taken for normal', () => {
  const stretches = traffic(HOUR, (second) => (second >= 1200 ? outage : good)).map((sample, index) => ({
    fromMs: index * STEP_MS,
    toMs: (index + 1) * STEP_MS,
    requests: sample.requests,
    affected: sample.affected,
  }));
  const above = aboveNormal(stretches, normalAmong(stretches));
  assert.equal(above.indexOf(true), 120);
  assert.equal(above.filter(Boolean).length, 240);
});
