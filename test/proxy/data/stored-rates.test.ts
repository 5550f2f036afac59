/** Rate limits whose state is in a real Redis: shared by daemons, bounded, and nothing to wait for while it is away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config, FailureMode, RateLimitConfig } from '../../../src/config/model.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { RateTables } from '../../../src/proxy/control/rate-tables.ts';
import { StoredRates } from '../../../src/proxy/data/rates/stored-rates.ts';
import { guardFields, routeFields } from '../../../src/proxy/shared/cells.ts';
import { config, listener, rateLimit, route, startPlane, upstream } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { deadPort, startOrigin } from '../../helpers/origin.ts';
import { sceneOf } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';
import { startRedis } from '../../helpers/redis.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

interface Wanted {
  readonly url: string;
  readonly limit?: Partial<RateLimitConfig>;
  readonly failureMode?: FailureMode;
}

/** Slow enough that no test waits for its quota to come back. */
const slow: Partial<RateLimitConfig> = { requestsPerSecond: 0.01, burst: 3 };

/** A daemon of its own: a plane that shares nothing with others but the store. */
async function daemon(t: Cleanup, { url, limit = slow, failureMode = 'closed' }: Wanted) {
  const origin = await startOrigin(t);
  const ofRoute = rateLimit({ backend: { kind: 'redis', url }, ...limit });
  const rates = new RateTables(systemClock);
  t.after(() => rates.close());
  const settings: Config = {
    ...config({}),
    listeners: [listener({ trustedProxies: ['127.0.0.1'] })],
    routes: [route({ id: 'api', policies: { rateLimit: ofRoute, failureMode } })],
    upstreams: [upstream([origin.port])],
  };
  const plane = await startPlane(t, settings, undefined, undefined, { rates });
  const scene = sceneOf(t, plane);
  return {
    ...scene,
    origin,
    settings,
    from: (client: string, path = '/') => scene.ask(get(path, `X-Forwarded-For: ${client}`)),
    guardCount: (field: number) => plane.registry.sum(plane.plan.cells.guards, field),
    routeCount: (field: number) => plane.registry.sum(plane.plan.routes[0]?.counts as never, field),
  };
}

test('two daemons hold a client to one limit, and tell it of one quota', async (t) => {
  const redis = await startRedis(t);
  if (redis === undefined) return;
  const [one, other] = [await daemon(t, redis), await daemon(t, redis)];
  const answers = [];
  for (const { from } of [one, other, one, other, one]) answers.push(await from('192.0.2.1'));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 429, 429],
  );
  assert.deepEqual(
    answers.slice(0, 4).map((answer) => answer.header('ratelimit')?.split(';')[1]),
    ['r=2', 'r=1', 'r=0', 'r=0'],
  );
  const wait = Number(answers[3]?.header('retry-after'));
  assert.ok(wait > 50 && wait <= 100, `${wait} s`);
  assert.equal((await other.from('192.0.2.2')).status, 200);
  assert.equal(other.routeCount(routeFields.limitedBlock), 1);
});

test('keys in the store name the limit, hide the client, and expire when the quota is whole', async (t) => {
  const redis = await startRedis(t);
  if (redis === undefined) return;
  const { from } = await daemon(t, { url: redis.url, limit: { ...slow, key: { kind: 'client_ip+path' } } });
  await from('192.0.2.1', '/secret');
  const keys = (await redis.ask('KEYS *')).split('\r\n').filter((line) => line.startsWith('sentinel'));
  assert.equal(keys.length, 1);
  assert.match(keys[0] ?? '', /^sentinel:rate:api:[\w-]{22}$/);
  const expires = Number(/^:(\d+)/.exec(await redis.ask(`PTTL ${keys[0]}`))?.[1]);
  assert.ok(expires > 90_000 && expires <= 100_001, `expires after ${expires} ms`);
});

test('all of an IPv6 /64 are one client in the store', async (t) => {
  const redis = await startRedis(t);
  if (redis === undefined) return;
  const { from } = await daemon(t, { url: redis.url, limit: { ...slow, burst: 1 } });
  assert.equal((await from('2001:db8::1')).status, 200);
  assert.equal((await from('2001:db8:0:0:9::')).status, 429);
  assert.equal((await from('2001:db8:0:9::1')).status, 200);
});

test('a limit in the store that delays makes the next request wait for its turn', async (t) => {
  const redis = await startRedis(t);
  if (redis === undefined) return;
  const limit = { requestsPerSecond: 2, burst: 1, action: 'delay', maxDelayMs: 600 } as const;
  const { client, origin, routeCount } = await daemon(t, { url: redis.url, limit });
  const asking = await Promise.all([client(), client(), client(), client(), client(), client()]);
  for (const one of asking) one.send(get());
  const answers = await Promise.all(asking.map((one) => one.response()));
  const served = answers.filter(({ status }) => status === 200).length;
  assert.equal(origin.requests.length, served);
  assert.ok(routeCount(routeFields.limitedDelay) >= 1);
  assert.equal(routeCount(routeFields.limitedBlock), answers.length - served);
});

for (const [failureMode, status, field] of [
  ['closed', 503, guardFields.failedClosed],
  ['open', 200, guardFields.failedOpen],
] as const) {
  test(`while the store is away failure-mode ${failureMode} decides, and nothing of its address is told`, async (t) => {
    const url = `redis://somebody:hunter2@127.0.0.1:${await deadPort()}`;
    const { from, guardCount, reports } = await daemon(t, { url, failureMode });
    assert.equal((await from('192.0.2.1')).status, status);
    assert.equal((await from('192.0.2.1')).status, status);
    assert.equal(guardCount(field), 2);
    const said = await eventually(() => {
      assert.ok(reports.length > 0);
      return reports.join('\n');
    });
    assert.match(said, /The store of rate limits cannot be asked .*ECONNREFUSED/);
    assert.doesNotMatch(said, /hunter2|somebody|redis:|127\.0\.0\.1/);
  });
}

test('a store that refuses the password is away', async (t) => {
  const redis = await startRedis(t, '--requirepass', 'right');
  if (redis === undefined) return;
  const { from, reports } = await daemon(t, { url: redis.url.replace('//', '//:wrong@') });
  assert.equal((await from('192.0.2.1')).status, 503);
  await eventually(() => assert.match(reports.join('\n'), /cannot be asked .*WRONGPASS/));
  assert.doesNotMatch(reports.join('\n'), /"wrong"|:wrong/);
});

test('a store that comes back is asked again, without a reload, and has lost nothing that was under way', async (t) => {
  const redis = await startRedis(t);
  if (redis === undefined) return;
  const { from, reports, settled } = await daemon(t, { url: redis.url });
  assert.equal((await from('192.0.2.1')).status, 200);
  await redis.stop();
  await eventually(async () => assert.equal((await from('192.0.2.1')).status, 503));
  await redis.start();
  await eventually(async () => assert.equal((await from('192.0.2.1')).status, 200));
  assert.match(reports.join('\n'), /cannot be asked[\s\S]*is back/);
  await settled();
});

test('a store that hangs holds nobody up: few wait a moment, the others are decided at once, until it answers', async (t) => {
  const redis = await startRedis(t);
  if (redis === undefined) return;
  const { client, from, guardCount, reports } = await daemon(t, { url: redis.url, failureMode: 'open' });
  assert.equal((await from('192.0.2.1')).status, 200);
  redis.freeze();
  t.after(() => redis.thaw());
  const asking = await Promise.all([client(), client(), client()]);
  for (const one of asking) one.send(get());
  for (const one of asking) assert.equal((await one.response()).status, 200);
  assert.match(reports.join('\n'), /cannot be asked .*ETIMEDOUT/);
  // From now on nobody waits, however many come.
  const many = await client();
  many.send(get().repeat(500));
  for (let number = 0; number < 500; number++) assert.equal((await many.response()).status, 200);
  assert.equal(guardCount(guardFields.failedOpen), 503);
  redis.thaw();
  await eventually(() => assert.match(reports.join('\n'), /is back/));
  assert.match((await from('192.0.2.9')).header('ratelimit') ?? '', /;r=2;/);
});

test('a client that leaves while the store is asked is not sent on', async (t) => {
  const redis = await startRedis(t);
  if (redis === undefined) return;
  const { client, from, origin, held, guardCount } = await daemon(t, { url: redis.url, failureMode: 'open' });
  assert.equal((await from('192.0.2.1')).status, 200);
  redis.freeze();
  t.after(() => redis.thaw());
  const [leaving, staying] = [await client(), await client()];
  leaving.send(get());
  await eventually(() => assert.equal(held().inFlight, 1));
  leaving.reset();
  await eventually(() => assert.equal(held().inFlight, 0));
  staying.send(get('/later'));
  assert.equal((await staying.response()).status, 200);
  assert.equal(guardCount(guardFields.failedOpen), 1);
  assert.deepEqual(
    origin.requests.map(({ target }) => target),
    ['/', '/later'],
  );
});

test('a plan that names the store no longer lets its connection go', async (t) => {
  const redis = await startRedis(t);
  if (redis === undefined) return;
  const { from, apply, settings } = await daemon(t, { url: redis.url });
  await from('192.0.2.1');
  const connected = async () => /connected_clients:(\d+)/.exec(await redis.ask('INFO clients'))?.[1];
  assert.equal(await connected(), '2');
  await apply({ ...settings, routes: [route()] });
  await eventually(async () => assert.equal(await connected(), '1'));
});

test('no more than a thousand questions are under way at once', async (t) => {
  const redis = await startRedis(t);
  if (redis === undefined) return;
  const { settings } = await daemon(t, { url: redis.url });
  const limit = settings.routes[0]?.policies.rateLimit as RateLimitConfig;
  // Time stands still: nothing is given up for being late.
  const store = new StoredRates({ url: redis.url, clock: new ManualClock(), report: () => {} });
  t.after(() => store.close());
  const first = await new Promise((answered) => assert.notEqual(store.ask('first', limit, answered), null));
  assert.notEqual(first, null);
  redis.freeze();
  t.after(() => redis.thaw());
  let answers = 0;
  const ask = () => store.ask('more', limit, () => answers++);
  for (let number = 0; number < 1000; number++) assert.notEqual(ask(), null);
  assert.equal(ask(), null);
  redis.thaw();
  await eventually(() => assert.equal(answers, 1000));
  assert.notEqual(ask(), null);
});
