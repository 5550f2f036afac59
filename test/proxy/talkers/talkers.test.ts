/** Who sends the most, out of sketches of two workers: right at the top, within the bounds that are reported, and never much work. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { boundsOf, mergeTalkers } from '../../../src/proxy/control/talkers/merged-talkers.ts';
import { longestKey, Sketch } from '../../../src/proxy/data/talkers/sketch.ts';
import { type Seen, Talkers } from '../../../src/proxy/data/talkers/talkers.ts';
import { distinctKeys, distinctRegisters, mergedRegisters, noteKey } from '../../../src/proxy/shared/distinct.ts';
import type { Talker, TalkersSeen } from '../../../src/proxy/shared/talkers.ts';
import { Dice } from '../../helpers/dice.ts';
import { Zipf } from '../../helpers/zipf.ts';

const minute = 60_000;
/** A whole number of slots after the clock began. */
const start = 20_000_000;

function request(client: string, more: { path?: string; agent?: string; status?: number } = {}): Seen {
  return {
    clientIp: client,
    path: more.path ?? '/',
    status: more.status ?? 200,
    head: { known: () => more.agent },
  };
}

const address = (rank: number) => `10.${rank >> 16}.${(rank >> 8) & 255}.${rank & 255}`;

/** Two workers that are sent `perSecond` requests each for a minute, and what they were sent in truth. */
function zipfLoad(perSecond: number, seed: number) {
  const dice = new Dice(seed);
  const random = () => dice.word() / 2 ** 32;
  const zipf = new Zipf(dice, 200_000);
  const workers = [new Talkers(random, start), new Talkers(random, start)];
  const truth = new Map<string, number>();
  const requests = Array.from({ length: 200_000 }, (_, rank) => request(address(rank)));
  const step = 1000 / perSecond;
  for (let now = start; now < start + minute - 1; now += step) {
    for (const worker of workers) {
      const one = requests[zipf.draw()] as Seen;
      truth.set(one.clientIp, (truth.get(one.clientIp) ?? 0) + 1);
      worker.note(one, now, 100);
    }
  }
  const now = start + minute - 1;
  return { merged: mergeTalkers(workers.map((worker) => worker.seen('ip', minute, now))), truth };
}

function assertBounds({ talkers, stride, requests, unlisted }: TalkersSeen, truth: ReadonlyMap<string, number>): void {
  const listed = new Set<string>();
  for (const talker of talkers) {
    const { atLeast, atMost } = boundsOf(talker, stride, requests);
    const really = truth.get(talker.key) ?? 0;
    listed.add(talker.key);
    assert.ok(atLeast <= really && really <= atMost, `${talker.key}: ${atLeast} ≤ ${really} ≤ ${atMost}`);
  }
  const { atMost } = boundsOf({ least: 0, most: unlisted }, stride, requests);
  for (const [key, really] of truth) if (!listed.has(key)) assert.ok(really <= atMost, `${key}: ${really} ≤ ${atMost}`);
}

function topOf(truth: ReadonlyMap<string, number>, count: number): readonly string[] {
  return [...truth]
    .sort((a, b) => b[1] - a[1])
    .slice(0, count)
    .map(([key]) => key);
}

test('of two workers that look at each request the top ten are right, and every number lies within its bounds', () => {
  const { merged, truth } = zipfLoad(1000, 1);
  const sent = truth.values().reduce((sum, count) => sum + count, 0);
  assert.equal(merged.stride, 1);
  assert.equal(merged.requests, sent);
  assert.deepEqual(
    merged.talkers.slice(0, 10).map(({ key }) => key),
    topOf(truth, 10),
  );
  assertBounds(merged, truth);
  // Not merely true: they say something of the top ten.
  for (const { least, most } of merged.talkers.slice(0, 10)) assert.ok(most - least < 0.1 * least, `${least}…${most}`);
});

test('of more requests than can be looked at the estimates are within a few percent, and the bounds hold all the same', () => {
  const { merged, truth } = zipfLoad(12_000, 2);
  assert.ok(merged.stride > 4, String(merged.stride));
  const sent = truth.values().reduce((sum, count) => sum + count, 0);
  assert.ok(Math.abs(merged.requests - sent) <= 2 * merged.stride, `${merged.requests} of ${sent}`);
  assertBounds(merged, truth);
  assert.deepEqual(new Set(merged.talkers.slice(0, 5).map(({ key }) => key)), new Set(topOf(truth, 5)));
  for (const { key, least, most } of merged.talkers.slice(0, 10)) {
    const really = truth.get(key) ?? 0;
    assert.ok(Math.abs((least + most) / 2 - really) < 0.1 * really, `${key}: ${least}…${most}, really ${really}`);
  }
});

test('a worker looks at no more than 2000 requests in a second however many come, and at each again once few do', () => {
  const dice = new Dice(3);
  const talkers = new Talkers(() => dice.word() / 2 ** 32, start);
  let looks = 0;
  const one: Seen = { ...request('10.0.0.1'), head: { known: () => void looks++ } };
  const second = (from: number, requests: number): number => {
    looks = 0;
    for (let count = 0; count < requests; count++) talkers.note(one, from + (count * 1000) / requests, 0);
    return looks;
  };
  assert.equal(second(start, 1000), 1000);
  assert.ok(second(start + 1000, 60_000) <= 6000);
  for (let count = 2; count < 10; count++) assert.ok(second(start + count * 1000, 60_000) <= 2000);
  second(start + 10_000, 500);
  assert.equal(second(start + 11_000, 500), 500);
});

test('clients that take turns are seen as they are: no pattern falls in with what is looked at', () => {
  const dice = new Dice(4);
  const talkers = new Talkers(() => dice.word() / 2 ** 32, start);
  const clients = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].map((client) => request(client));
  for (let count = 0; count < 600_000; count++) talkers.note(clients[count % 4] as Seen, start + count / 20, 0);
  const { talkers: found } = talkers.seen('ip', minute, start + 30_000);
  for (const { least } of found) assert.ok(Math.abs(least - 150_000) < 15_000, String(least));
});

test('a window holds nothing older than itself, and says how much of it is covered', () => {
  const talkers = new Talkers(() => 0, start);
  talkers.note(request('10.0.0.1'), start, 10);
  talkers.note(request('10.0.0.2'), start + 100_000, 10);
  const keys = (windowMs: number, now: number) => talkers.seen('ip', windowMs, now).talkers.map(({ key }) => key);
  assert.deepEqual(keys(minute, start + 1000), ['10.0.0.1']);
  assert.equal(talkers.seen('ip', minute, start + 1000).coveredMs, 1000);
  assert.deepEqual(keys(minute, start + 101_000), ['10.0.0.2']);
  assert.equal(talkers.seen('ip', minute, start + 101_000).coveredMs, 41_000);
  assert.deepEqual(keys(5 * minute, start + 101_000), ['10.0.0.1', '10.0.0.2']);
  assert.deepEqual(keys(5 * minute, start + 100_000 + 5 * minute + 20_000), []);
  // A slot that comes round again is empty.
  talkers.note(request('10.0.0.3'), start + 320_000, 10);
  assert.deepEqual(keys(minute, start + 320_000), ['10.0.0.3']);
});

test('requests are told apart by address, network, path and user agent, with what went wrong and what was sent', () => {
  const talkers = new Talkers(() => 0, start);
  talkers.note(request('203.0.113.7', { path: '/a', agent: 'one', status: 502 }), start, 100);
  talkers.note(request('203.0.113.8', { path: '/a', agent: 'two', status: 404 }), start, 50);
  talkers.note(request('2001:db8:0:1:2::3', { path: '/b' }), start, 7);
  talkers.note(request(''), start, 0);
  const rows = (by: 'ip' | 'prefix' | 'path' | 'user-agent') =>
    talkers
      .seen(by, minute, start + 1)
      .talkers.map(({ key, least, errors, clientErrors, bytesOut }) => [key, least, errors, clientErrors, bytesOut]);
  assert.deepEqual(
    rows('ip').map(([key]) => key),
    ['', '2001:db8:0:1:2::3', '203.0.113.7', '203.0.113.8'],
  );
  assert.deepEqual(rows('prefix'), [
    ['203.0.113.0/24', 2, 1, 1, 150],
    ['', 1, 0, 0, 0],
    ['2001:db8:0:1::/64', 1, 0, 0, 7],
  ]);
  assert.deepEqual(rows('path')[0], ['/a', 2, 1, 1, 150]);
  assert.deepEqual(
    rows('user-agent').map(([key]) => key),
    ['', 'one', 'two'],
  );
});

test('a long key is cut, and counted under what is left of it', () => {
  const sketch = new Sketch(4);
  for (const end of ['a', 'b']) sketch.add(`/${'x'.repeat(longestKey)}${end}`, 1, 0, 0, 0);
  const keys: string[] = [];
  sketch.each((key) => keys.push(key));
  assert.equal(keys.length, 1);
  assert.equal(keys[0]?.length, longestKey);
  assert.ok(keys[0]?.endsWith('…'));
});

test('a count of a sketch is never too low, and too high by no more than it says', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.tuple(fc.constantFrom(...'abcdefghijklmn'.split('')), fc.integer({ min: 1, max: 9 })), {
        maxLength: 200,
      }),
      (capacity, stream) => {
        const sketch = new Sketch(capacity);
        const truth = new Map<string, number>();
        for (const [key, weight] of stream) {
          sketch.add(key, weight, 1, 0, 2);
          truth.set(key, (truth.get(key) ?? 0) + weight);
        }
        assert.ok(sketch.size <= capacity);
        const total = truth.values().reduce((sum, count) => sum + count, 0);
        const listed = new Set<string>();
        sketch.each((key, count, over, errors, clientErrors, bytes) => {
          const really = truth.get(key) as number;
          listed.add(key);
          assert.ok(count - over <= really && really <= count);
          assert.deepEqual([errors, clientErrors, bytes], [count - over, 0, 2 * (count - over)]);
        });
        assert.ok(sketch.unlisted <= total / capacity);
        for (const [key, really] of truth) assert.ok(listed.has(key) || really <= sketch.unlisted);
      },
    ),
  );
});

test('what workers say is added up: a key that one of them does not list may have as many there as its lightest', () => {
  const answer = (unlisted: number, ...talkers: readonly [string, number, number][]): TalkersSeen => ({
    coveredMs: 60_000,
    requests: 100,
    stride: 1,
    unlisted,
    talkers: talkers.map(
      ([key, least, most]): Talker => ({ key, least, most, errors: 0, clientErrors: 0, bytesOut: 0 }),
    ),
    distinct: new Uint8Array(distinctRegisters),
    distinctBefore: new Uint8Array(distinctRegisters),
    beforeMs: 0,
  });
  const { talkers, unlisted, requests } = mergeTalkers([
    answer(3, ['a', 40, 43], ['b', 10, 12]),
    answer(2, ['c', 30, 30], ['a', 20, 20]),
  ]);
  assert.deepEqual(
    talkers.map(({ key, least, most }) => [key, least, most]),
    [
      ['a', 60, 63],
      ['c', 30, 33],
      ['b', 10, 14],
    ],
  );
  assert.deepEqual([unlisted, requests], [5, 200]);
});

test('how many different keys there were is right within four standard errors, from none to a million, over workers', () => {
  const dice = new Dice(7);
  for (const count of [0, 1, 10, 300, 2000, 5000, 100_000, 1_000_000]) {
    const workers = [new Uint8Array(distinctRegisters), new Uint8Array(distinctRegisters)];
    for (let key = 0; key < count; key++) {
      const name = address((key * 7919 + count) & 0xffffff);
      noteKey(workers[key & 1] as Uint8Array, name);
      // Once more, with the other worker or the same: it is no other key.
      if (key % 3 === 0) noteKey(workers[dice.word() & 1] as Uint8Array, name);
    }
    const said = distinctKeys(mergedRegisters(workers));
    assert.ok(Math.abs(said - count) <= 1 + 4 * 0.0325 * count, `${said} of ${count}`);
  }
});

test('keys that were there in the minutes before are told apart from those that are new', () => {
  const talkers = new Talkers(() => 0.5, start);
  const visit = (from: number, to: number, now: number): void => {
    for (let rank = from; rank < to; rank++) talkers.note(request(address(rank)), now + (rank % 900), 100);
  };
  for (let minuteBefore = 0; minuteBefore < 4; minuteBefore++) visit(0, 300, start + minuteBefore * minute);
  visit(0, 300, start + 4 * minute);
  visit(10_000, 11_000, start + 4 * minute + 2000);
  const { distinct, distinctBefore, beforeMs } = talkers.seen('ip', minute, start + 5 * minute - 1);
  const before = distinctKeys(distinctBefore);
  const all = distinctKeys(mergedRegisters([distinct, distinctBefore]));
  assert.equal(beforeMs, 4 * minute);
  assert.ok(Math.abs(before - 300) <= 40, `${before} before`);
  assert.ok(Math.abs(all - before - 1000) <= 170, `${all - before} new`);
  const later = talkers.seen('ip', 5 * minute, start + 5 * minute - 1);
  assert.equal(later.beforeMs, 0);
  assert.equal(distinctKeys(later.distinctBefore), 0);
});
