/** Rate limits through sockets: what is admitted, what the refused are told, what limits tell apart, what a reload keeps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config, FailureMode, RateLimitConfig } from '../../../src/config/model.ts';
import { RateTables } from '../../../src/proxy/control/rate-tables.ts';
import { guardFields, routeFields } from '../../../src/proxy/shared/cells.ts';
import { config, listener, rateLimit, route, startPlanes, upstream } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { type Origin, startOrigin } from '../../helpers/origin.ts';
import { sceneOf } from '../../helpers/proxied.ts';
import { get, head, post, type RawResponse } from '../../helpers/raw-http.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

interface Wanted {
  readonly limit?: Partial<RateLimitConfig>;
  readonly limits?: Partial<Config['limits']>;
  readonly failureMode?: FailureMode;
}

/** Clients stand behind a trusted proxy, so that a test can be many of them. */
function limited(origin: Origin, { limit, limits, failureMode = 'closed' }: Wanted): Config {
  const base = config({});
  const ofRoute = limit === undefined ? null : rateLimit({ burst: 2, ...limit });
  return {
    ...base,
    listeners: [listener({ trustedProxies: ['127.0.0.1'] })],
    routes: [
      route({
        policies: { rateLimit: ofRoute, failureMode },
        matches: { ...route().matches, paths: [{ kind: 'prefix', path: '/' }] },
      }),
    ],
    upstreams: [upstream([origin.port])],
    limits: { ...base.limits, ...limits },
  };
}

async function scene(t: Cleanup, wanted: Wanted, workers = 1) {
  const origin = await startOrigin(t);
  const clock = new ManualClock();
  const rates = new RateTables(clock);
  t.after(() => rates.close());
  const first = limited(origin, wanted);
  await rates.prepare();
  const planes = await startPlanes(t, first, workers, clock, undefined, { rates });
  rates.adopt();
  const scenes = planes.map((plane) => sceneOf(t, plane));
  const [one] = scenes;
  assert.ok(one);
  return {
    ...one,
    origin,
    clock,
    rates,
    scenes,
    from: (client: string, path = '/', ...lines: readonly string[]) =>
      one.ask(get(path, `X-Forwarded-For: ${client}`, ...lines)),
    /** As a reload does. */
    async reload(next: Wanted) {
      await rates.prepare();
      await one.apply(limited(origin, next));
      rates.adopt();
    },
    routeCount: (field: number) => one.registry.sum(one.plan.routes[0]?.counts as never, field),
    guardCount: (field: number) => one.registry.sum(one.plan.cells.guards, field),
  };
}

async function statuses(asked: readonly (() => Promise<RawResponse>)[]): Promise<number[]> {
  const all: number[] = [];
  for (const ask of asked) all.push((await ask()).status);
  return all;
}

test('a hundred a second with a burst of a hundred admit 1100 in ten seconds, over two workers', async (t) => {
  const { scenes, clock } = await scene(
    t,
    { limit: { requestsPerSecond: 100, burst: 100, key: { kind: 'route' } } },
    2,
  );
  const clients = await Promise.all(scenes.map((one) => one.client()));
  let accepted = 0;
  let refused = 0;
  for (let step = 0; step <= 40; step++) {
    for (const client of clients) {
      client.send(get().repeat(step === 0 ? 120 : 30));
      for (let number = 0; number < (step === 0 ? 120 : 30); number++) {
        const { status } = await client.response();
        if (status === 200) accepted++;
        else refused++;
      }
    }
    clock.advance(250);
  }
  assert.ok(Math.abs(accepted - 1100) <= 11, `${accepted} accepted`);
  assert.equal(accepted + refused, 2 * (120 + 40 * 30));
});

test('a refused request is told when to come back, and is admitted then', async (t) => {
  const { from, clock, origin, errors, routeCount } = await scene(t, { limit: { requestsPerSecond: 0.4, burst: 2 } });
  assert.deepEqual(await statuses([() => from('192.0.2.1'), () => from('192.0.2.1')]), [200, 200]);
  clock.advance(100);
  const refused = await from('192.0.2.1');
  assert.equal(refused.status, 429);
  assert.equal(JSON.parse(refused.text).cause, 'rate_limited');
  assert.equal(refused.header('retry-after'), '3');
  assert.match(refused.header('proxy-status') ?? '', /error=http_request_denied/);
  assert.equal(errors('rate_limited'), 1);
  assert.equal(routeCount(routeFields.limitedBlock), 1);
  assert.equal(origin.requests.length, 2);
  clock.advance(2390);
  assert.equal((await from('192.0.2.1')).status, 429, 'ten milliseconds too early');
  clock.advance(610);
  assert.equal((await from('192.0.2.1')).status, 200);
});

test('admitted and refused answers carry the fields of the quota', async (t) => {
  const { from } = await scene(t, { limit: { requestsPerSecond: 2, burst: 3 } });
  const answers = [await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.1')];
  assert.deepEqual(
    answers.map((answer) => [answer.header('ratelimit-policy'), answer.header('ratelimit')]),
    [
      ['"route";q=3;w=2', '"route";r=2;t=1'],
      ['"route";q=3;w=2', '"route";r=1;t=1'],
      ['"route";q=3;w=2', '"route";r=0;t=2'],
      ['"route";q=3;w=2', '"route";r=0;t=1'],
    ],
  );
});

test('a connection goes on after a refused request', async (t) => {
  const { client } = await scene(t, { limit: { burst: 1 } });
  const asking = await client();
  asking.send(get() + get() + get());
  assert.deepEqual(
    [await asking.response(), await asking.response(), await asking.response()].map(({ status }) => status),
    [200, 429, 429],
  );
});

test('the small body of a refused request is read and dropped, a large one ends the connection', async (t) => {
  const { client } = await scene(t, { limit: { burst: 1 } });
  const asking = await client();
  asking.send(get() + post('x'.repeat(1000)) + post('y'.repeat(1000)));
  for (const status of [200, 429, 429]) assert.equal((await asking.response()).status, status);
  asking.send(head('POST', '/', 'Content-Length: 1000000'));
  const refused = await asking.response();
  assert.deepEqual([refused.status, refused.header('connection')], [429, 'close']);
});

test('the status of a refusal is the one that is configured', async (t) => {
  const { from } = await scene(t, { limit: { burst: 1, statusCode: 503 } });
  await from('192.0.2.1');
  const refused = await from('192.0.2.1');
  assert.equal(refused.status, 503);
  assert.equal(refused.fields.filter(([name]) => name.toLowerCase() === 'retry-after').length, 1);
});

test('each client has a quota of its own, and all of an IPv6 /64 are one client', async (t) => {
  const { from } = await scene(t, { limit: { burst: 1 } });
  assert.deepEqual(
    await statuses(
      ['192.0.2.1', '192.0.2.2', '192.0.2.1', '2001:db8::1', '2001:db8:0:0:ffff::9', '2001:db8:0:1::1'].map(
        (client) => () => from(client),
      ),
    ),
    [200, 200, 429, 200, 429, 200],
  );
});

test('a quota for each value of a field leaves those without the field to their addresses', async (t) => {
  const { from } = await scene(t, { limit: { burst: 1, key: { kind: 'header', name: 'x-api-key' } } });
  assert.deepEqual(
    await statuses([
      () => from('192.0.2.1', '/', 'X-API-Key: a'),
      () => from('192.0.2.2', '/', 'X-API-Key: a'),
      () => from('192.0.2.1', '/', 'X-API-Key: b'),
      () => from('192.0.2.1'),
      () => from('192.0.2.1'),
      () => from('192.0.2.2'),
    ]),
    [200, 429, 200, 200, 429, 200],
  );
});

for (const [kind, expected] of [
  ['path', [200, 429, 200, 429]],
  ['client_ip+path', [200, 200, 200, 429]],
  ['route', [200, 429, 429, 429]],
] as const) {
  test(`a quota for each ${kind} tells requests apart by nothing else`, async (t) => {
    const { from } = await scene(t, { limit: { burst: 1, key: { kind } } });
    const asked = [
      () => from('192.0.2.1', '/a'),
      () => from('192.0.2.2', '/a'),
      () => from('192.0.2.1', '/b'),
      () => from('192.0.2.1', '/a'),
    ];
    assert.deepEqual(await statuses(asked), expected);
  });
}

test('all clients together are held to the rate of the proxy, and each to its own', async (t) => {
  const { from, guardCount } = await scene(t, {
    limits: { maxRequestsPerSecondGlobal: 3, maxRequestsPerSecondPerClient: 2 },
  });
  const answers = [];
  for (const client of ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2']) answers.push(await from(client));
  assert.deepEqual(
    answers.map((answer) => [answer.status, answer.header('retry-after')]),
    [
      [200, undefined],
      [200, undefined],
      [429, '1'],
      [503, '1'],
    ],
  );
  assert.equal(JSON.parse(answers[3]?.text ?? '').cause, 'rate_limited');
  assert.equal(guardCount(guardFields.clientLimited), 1);
  assert.equal(guardCount(guardFields.globalLimited), 1);
});

test('requests that no route takes count against the client', async (t) => {
  const origin = await startOrigin(t);
  const clock = new ManualClock();
  const rates = new RateTables(clock);
  t.after(() => rates.close());
  const base = limited(origin, { limits: { maxRequestsPerSecondPerClient: 1 } });
  const nowhere = route({ matches: { ...route().matches, hosts: ['elsewhere.test'] } });
  const planes = await startPlanes(t, { ...base, routes: [nowhere] }, 1, clock, undefined, { rates });
  const { ask } = sceneOf(t, planes[0] as never);
  assert.deepEqual(await statuses([() => ask(get()), () => ask(get())]), [404, 429]);
});

test('the own paths of the proxy are never limited', async (t) => {
  const { ask } = await scene(t, {
    limit: { burst: 1, key: { kind: 'route' } },
    limits: { maxRequestsPerSecondGlobal: 1, maxRequestsPerSecondPerClient: 1 },
  });
  assert.deepEqual(
    await statuses([get('/'), get('/'), get('/health'), get('/ready'), get('/health')].map((one) => () => ask(one))),
    [200, 503, 200, 200, 200],
  );
});

test('a limit that only logs lets all pass, tells clients nothing, and counts', async (t) => {
  const { from, routeCount, reports, clock } = await scene(t, {
    limit: { burst: 1, requestsPerSecond: 0.01, action: 'log' },
  });
  const answers = [await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.1')];
  assert.deepEqual(
    answers.map((answer) => [answer.status, answer.header('ratelimit')]),
    [
      [200, undefined],
      [200, undefined],
      [200, undefined],
    ],
  );
  assert.equal(routeCount(routeFields.limitedLog), 2);
  clock.advance(10_000);
  await from('192.0.2.1', '/later');
  const note = 'Rate limit exceeded, requests let pass';
  const told = reports.map((report) => report.replace(/,"correlation_id":"\w{24}","trace_id":"\w{32}"\}$/, ',…}'));
  assert.deepEqual(told, [
    `${note} {"event":"rate_limit_log","route":"all","requests":1,"client_ip":"192.0.2.1","path":"/",…}`,
    `${note} {"event":"rate_limit_log","route":"all","requests":2,"client_ip":"192.0.2.1","path":"/later",…}`,
  ]);
});

test('delayed requests go on in order, one interval after another, and what would wait too long is refused', async (t) => {
  const { origin, clock, client, routeCount } = await scene(t, {
    limit: { requestsPerSecond: 10, burst: 1, action: 'delay', maxDelayMs: 200 },
  });
  const [a, b, c, d] = [await client(), await client(), await client(), await client()];
  a.send(get('/1'));
  await a.response();
  b.send(get('/2'));
  await eventually(() => assert.equal(routeCount(routeFields.limitedDelay), 1));
  c.send(get('/3'));
  await eventually(() => assert.equal(routeCount(routeFields.limitedDelay), 2));
  d.send(get('/4'));
  const refused = await d.response();
  assert.equal(refused.status, 429);
  assert.equal(refused.header('retry-after'), '1');
  assert.equal(origin.requests.length, 1);
  clock.advance(100);
  assert.equal((await b.response()).status, 200);
  assert.deepEqual(
    origin.requests.map(({ target }) => target),
    ['/1', '/2'],
  );
  clock.advance(100);
  assert.equal((await c.response()).status, 200);
  assert.deepEqual([routeCount(routeFields.limitedDelay), routeCount(routeFields.limitedBlock)], [2, 1]);
});

test('a client that leaves while it is delayed is not sent on', async (t) => {
  const { origin, clock, client, routeCount, held } = await scene(t, {
    limit: { requestsPerSecond: 1, burst: 1, action: 'delay' },
  });
  const staying = await client();
  staying.send(get());
  await staying.response();
  const leaving = await client();
  leaving.send(head('POST', '/', 'Content-Length: 3'));
  await eventually(() => assert.equal(routeCount(routeFields.limitedDelay), 1));
  leaving.reset();
  await eventually(() => assert.equal(held().inFlight, 0));
  clock.advance(5000);
  staying.send(get('/after'));
  assert.equal((await staying.response()).status, 200);
  assert.deepEqual(
    origin.requests.map(({ target }) => target),
    ['/', '/after'],
  );
});

for (const [failureMode, status, field] of [
  ['closed', 503, guardFields.failedClosed],
  ['open', 200, guardFields.failedOpen],
] as const) {
  test(`where a table has no room for another client, failure-mode ${failureMode} decides`, async (t) => {
    const { from, errors, guardCount } = await scene(t, { limit: { maxKeys: 2 }, failureMode });
    await from('192.0.2.1');
    await from('192.0.2.2');
    const third = await from('192.0.2.3');
    assert.equal(third.status, status);
    if (status === 503) assert.equal(JSON.parse(third.text).cause, 'guard_failed');
    assert.equal(errors('guard_failed'), status === 503 ? 1 : 0);
    assert.equal(guardCount(field), 1);
    assert.equal((await from('192.0.2.1')).status, 200, 'who is in is still counted');
    assert.equal((await from('192.0.2.1')).status, 429);
  });
}

test('a reload that leaves a limit as it is keeps its counts, whatever is done with the refused; another rate starts anew', async (t) => {
  const { from, reload } = await scene(t, { limit: { burst: 1 }, limits: { maxRequestsPerSecondPerClient: 50 } });
  assert.equal((await from('192.0.2.1')).status, 200);
  await reload({ limit: { burst: 1 }, limits: { maxTotalConnections: 500 } });
  assert.equal((await from('192.0.2.1')).status, 429);
  await reload({ limit: { burst: 1, action: 'log' } });
  assert.equal((await from('192.0.2.1')).status, 200);
  await reload({ limit: { burst: 1, statusCode: 403 } });
  assert.equal((await from('192.0.2.1')).status, 403);
  await reload({ limit: { burst: 1, requestsPerSecond: 2 } });
  assert.equal((await from('192.0.2.1')).status, 200);
});
