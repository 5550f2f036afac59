/** The tables of rate limits on the main thread: who shares one, how long it is kept, and that times in it never wrap around. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RateLimitConfig } from '../../src/config/model.ts';
import { RateTables } from '../../src/proxy/control/rate-tables.ts';
import { KeyedHash } from '../../src/proxy/shared/keyed-hash.ts';
import { RateTable, type RateVerdict, rateVerdicts } from '../../src/proxy/shared/rate-table.ts';
import { config, rateLimit, route } from '../helpers/data-plane.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const limit = rateLimit({ requestsPerSecond: 1000, maxKeys: 20 });

function ask(buffer: SharedArrayBuffer, now: number): RateVerdict {
  const table = new RateTable(buffer);
  const hash = new KeyedHash();
  table.begin(hash);
  hash.client('192.0.2.1');
  hash.end();
  return table.ask(hash, now);
}

test('however many tables there are, a key that was used up hours ago has its quota again', (t) => {
  const clock = new ManualClock();
  const rates = new RateTables(clock);
  t.after(() => rates.close());
  const tables = Array.from({ length: 1500 }, (_, number) => rates.keyed(`route ${number}`, limit).table);
  for (const table of tables) assert.equal(ask(table, clock.now()), rateVerdicts.admitted);
  // Where the last use lies in the words by now, it would look as if it were still to come.
  clock.advance(60 * 60_000);
  for (const table of tables) assert.equal(ask(table, clock.now()), rateVerdicts.admitted);
});

test('a table is kept as long as configurations ask for it, and no refused one costs it its place', async (t) => {
  const rates = new RateTables(new ManualClock());
  t.after(() => rates.close());
  const routeWith = (rateLimit: RateLimitConfig | null) => route({ policies: { rateLimit } });
  await rates.prepare();
  const first = rates.rateTable(routeWith(limit))?.table;
  rates.adopt();
  // One that is refused: prepared and compiled, never adopted.
  await rates.prepare();
  assert.notEqual(rates.rateTable(routeWith({ ...limit, burst: 7 }))?.table, first);
  // A refresh of the one in force compiles it again.
  assert.equal(rates.rateTable(routeWith(limit))?.table, first);
  await rates.prepare();
  assert.equal(rates.rateTable(routeWith({ ...limit, statusCode: 503 }))?.table, first);
  rates.adopt();
  await rates.prepare();
  assert.equal(rates.rateTable(routeWith(null)), null);
  rates.adopt();
  await rates.prepare();
  assert.notEqual(rates.rateTable(routeWith(limit))?.table, first);
});

test('limits of the whole proxy and of each client are off at 0, and have tables of their own', (t) => {
  const rates = new RateTables(new ManualClock());
  t.after(() => rates.close());
  const base = config({});
  assert.deepEqual(rates.limits(base), { globalRate: null, clientRate: null });
  const limits = { ...base.limits, maxRequestsPerSecondGlobal: 5, maxRequestsPerSecondPerClient: 5 };
  const { globalRate, clientRate } = rates.limits({ ...base, limits });
  assert.notEqual(globalRate?.table, clientRate?.table);
  assert.equal(rates.limits({ ...base, limits }).clientRate?.table, clientRate?.table);
  const threshold = rates.threshold(base);
  assert.deepEqual([threshold.limit.requestsPerSecond, threshold.limit.burst], [100 / 60, 100]);
});
