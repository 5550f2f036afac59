/** The rate table against a slow reference, in many threads, under a flood of keys and over the end of its words. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { KeyedHash } from '../../../src/proxy/shared/keyed-hash.ts';
import {
  newRateTable,
  RateTable,
  type RateTableSettings,
  type RateVerdict,
  rateVerdicts,
  SWEEP_WITHIN_MS,
} from '../../../src/proxy/shared/rate-table.ts';
import type { Asking } from './rate-asker.ts';

const { admitted, delayed, refused, undecided } = rateVerdicts;
const secret: [number, number] = [0x1234_5678, -0x0edc_ba98];
const hash = new KeyedHash();

function tableOf(settings: Partial<RateTableSettings>, now = 0): RateTable {
  const whole = { requestsPerSecond: 10, burst: 10, maxKeys: 1000, maxDelayMs: 0, ...settings };
  return new RateTable(newRateTable(whole, secret, now));
}

function ask(table: RateTable, key: string, now: number): RateVerdict {
  table.begin(hash);
  hash.text(key);
  hash.end();
  return table.ask(hash, now);
}

/** Questions one after another, `everyMs`, for `forMs`: how many were admitted. */
function admittedOver(table: RateTable, everyMs: number, forMs: number): number {
  let count = 0;
  for (let number = 0; number * everyMs < forMs; number++) {
    if (ask(table, 'one', number * everyMs) === admitted) count++;
  }
  return count;
}

test('a table answers as a reference that keeps every key apart', () => {
  const settings = fc.record({
    requestsPerSecond: fc.oneof(
      fc.integer({ min: 1, max: 40_000 }),
      fc.double({ min: 0.001, max: 50, noNaN: true }),
      fc.constantFrom(0.001, 0.002),
    ),
    burst: fc.integer({ min: 1, max: 300 }),
    maxKeys: fc.constantFrom(20, 1000),
    maxDelayMs: fc.constantFrom(0, 100, 5000),
  });
  const steps = fc.array(
    fc.record({ key: fc.constantFrom('a', 'b', 'c'), quotas: fc.double({ min: 0, max: 3, noNaN: true }) }),
    { minLength: 1, maxLength: 200 },
  );
  fc.assert(
    fc.property(settings, steps, (limit, asked) => {
      const table = tableOf(limit);
      const interval = 1000 / limit.requestsPerSecond;
      const ends = new Map<string, number>();
      let now = 0;
      for (const { key, quotas } of asked) {
        // Mostly less than an interval, so that the burst is used up, sometimes more.
        now += quotas < 2 ? quotas * quotas * 0.2 * interval : quotas * interval;
        const from = Math.max(ends.get(key) ?? 0, now);
        const over = from + interval - now - limit.burst * interval;
        const verdict = ask(table, key, now);
        // A tick is a millionth of a quota or a microsecond; so close to the border both answers are right.
        const grain = 0.003 + limit.burst * interval * 1e-7;
        if (Math.abs(over) > grain && Math.abs(over - limit.maxDelayMs) > grain) {
          const expected = over <= 0 ? admitted : over <= limit.maxDelayMs ? delayed : refused;
          assert.equal(verdict, expected, `over by ${over} ms at ${now}`);
        }
        if (verdict !== refused) ends.set(key, from + interval);
        else assert.equal(table.remaining, 0);
        if (verdict !== admitted) assert.ok(Math.abs(table.waitMs - over) <= grain + 1e-9, `${table.waitMs}, ${over}`);
      }
    }),
    { numRuns: 300 },
  );
});

for (const [rate, everyMs, forMs] of [
  [30_000, 0.01, 4_000],
  [7, 1, 600_000],
  [0.1, 500, 36_000_000],
  [300_000, 0.001, 300],
] as const) {
  test(`${rate} requests a second are ${rate} requests a second in the long run`, () => {
    const count = admittedOver(tableOf({ requestsPerSecond: rate, burst: 5 }), everyMs, forMs);
    const expected = 5 + (rate * forMs) / 1000;
    assert.ok(Math.abs(count - expected) <= expected * 0.005 + 1, `${count} of ${expected}`);
  });
}

test('many threads together are admitted what one would be', async () => {
  const questions = 400_000;
  const asking: Asking = {
    table: newRateTable({ requestsPerSecond: 100, burst: 100, maxKeys: 100_000, maxDelayMs: 0 }, secret, 0),
    asked: new SharedArrayBuffer(4),
    questions,
    msPerQuestion: 10_000 / questions,
  };
  const threads = Array.from(
    { length: 4 },
    () => new Worker(new URL('./rate-asker.ts', import.meta.url), { workerData: asking }),
  );
  const counts = await Promise.all(threads.map(async (thread) => ((await once(thread, 'message')) as [number])[0]));
  const total = counts.reduce((sum, count) => sum + count, 0);
  assert.ok(Math.abs(total - 1100) <= 11, `${total} admitted`);
});

test('two keys that take the only slot from each other, in many threads, are admitted no more than one would be', async () => {
  const questions = 200_000;
  const table = newRateTable({ requestsPerSecond: 1000, burst: 1, maxKeys: 1, maxDelayMs: 0 }, secret, 0);
  const asked = new SharedArrayBuffer(4);
  const asking: Asking = { table, asked, questions, msPerQuestion: 0.05 };
  const threads = [0, 1].map(() => new Worker(new URL('./rate-asker.ts', import.meta.url), { workerData: asking }));
  const rate = new RateTable(table);
  // Here too, under another key: 10 s of a thousand a second, whoever has the slot.
  let mine = 0;
  const done = Promise.all(threads.map(async (thread) => ((await once(thread, 'message')) as [number])[0]));
  await Promise.all(threads.map((thread) => once(thread, 'online')));
  const count = new Int32Array(asked);
  for (;;) {
    const number = Atomics.add(count, 0, 1);
    if (number >= questions) break;
    if (ask(rate, 'mine', number * 0.05) === admitted) mine++;
  }
  const theirs = (await done).reduce((sum, one) => sum + one, 0);
  assert.ok(theirs + mine <= 10_000 * 1.01, `${theirs} and ${mine} admitted`);
  assert.ok(theirs + mine >= 10_000 * 0.9, `${theirs} and ${mine} admitted`);
});

test('a million keys stay in the memory of the table, and only what has no room is undecided', () => {
  const table = tableOf({ maxKeys: 10_000, requestsPerSecond: 1, burst: 2 });
  const counts = [0, 0, 0, 0];
  for (let key = 0; key < 1_000_000; key++) {
    const verdict = ask(table, `client-${key}`, 1);
    counts[verdict] = (counts[verdict] as number) + 1;
  }
  assert.ok((counts[admitted] as number) >= 10_000, `${counts[admitted]} keys had room`);
  assert.ok((counts[admitted] as number) <= 25_100, `${counts[admitted]} keys in 25,008 slots`);
  assert.equal(counts[refused], 0);
  assert.equal((counts[admitted] as number) + (counts[undecided] as number), 1_000_000);
  // Who is in is still counted, and room comes back with time.
  assert.equal(ask(table, 'client-0', 1), admitted);
  assert.equal(ask(table, 'client-0', 1), refused);
  assert.equal(ask(table, 'somebody', 5000), admitted);
});

test('as many keys as are allowed have room all at once', () => {
  const table = tableOf({ maxKeys: 100_000, requestsPerSecond: 1, burst: 1 });
  for (let key = 0; key < 100_000; key++) assert.equal(ask(table, `client-${key}`, 1), admitted);
  for (let key = 0; key < 100_000; key++) assert.equal(ask(table, `client-${key}`, 1), refused);
});

test('a table for few keys holds exactly so many', () => {
  const table = tableOf({ maxKeys: 3, requestsPerSecond: 1, burst: 1 });
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'a'].map((key) => ask(table, key, 1)),
    [admitted, admitted, admitted, undecided, refused],
  );
  assert.equal(ask(table, 'd', 1002), admitted);
});

test('swept as often as is asked, a table never takes a time that has passed for one to come', () => {
  // Ticks of a microsecond: the words wrap around every 72 minutes.
  const table = tableOf({ requestsPerSecond: 1000, burst: 2 });
  for (let now = 0; now < 6 * 3_600_000; now += 61_000) {
    if (Math.floor(now / SWEEP_WITHIN_MS) !== Math.floor((now - 61_000) / SWEEP_WITHIN_MS)) table.sweep(now);
    // Each key is asked for once and comes back hours later, or never.
    const key = `client-${Math.floor(now / 61_000) % 100}`;
    assert.deepEqual([ask(table, key, now), ask(table, key, now), ask(table, key, now)], [admitted, admitted, refused]);
  }
});

test('keys under one secret do not fall together under another', () => {
  const bucketOf = (key: string, one: number, two: number) => {
    hash.start(one, two);
    hash.text(key);
    hash.end();
    return hash.high & 15;
  };
  const together = Array.from({ length: 4000 }, (_, number) => `key-${number}`).filter(
    (key) => bucketOf(key, 1, 2) === 0,
  );
  const seen = new Set(together.map((key) => bucketOf(key, 3, 4)));
  assert.equal(seen.size, 16);
});

test('a client is an IPv4 address, or the /64 of an IPv6 one, however it is written', () => {
  const of = (address: string) => {
    hash.start(5, 6);
    hash.client(address);
    hash.end();
    return `${hash.high} ${hash.low}`;
  };
  assert.equal(of('2001:db8::1'), of('2001:0db8:0:0:ffff:ffff:ffff:ffff'));
  assert.notEqual(of('2001:db8::1'), of('2001:db8:0:1::1'));
  assert.notEqual(of('192.0.2.1'), of('192.0.2.2'));
  assert.equal(of('::ffff:192.0.2.1'), of('192.0.2.1'));
  assert.notEqual(of(''), of('0.0.0.0'));
});
