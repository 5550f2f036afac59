/** Retries never multiply the load of an upstream that fails: they are a share of the traffic of the last ten seconds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryBudget } from '../../../src/proxy/data/request/retry-budget.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ok, type OriginRequest, startOrigin } from '../../helpers/origin.ts';
import { get, RawClient } from '../../helpers/raw-http.ts';
import { countsOf, retryPolicy, severalTargets } from '../../helpers/several-targets.ts';
import { scenery } from '../../helpers/proxied.ts';
import { startPlanes } from '../../helpers/data-plane.ts';

const sick = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n';

test('of many requests that fail at once, a share is tried again', async (t) => {
  const waiting: OriginRequest[] = [];
  const origin = await startOrigin(t, { request: (request) => void waiting.push(request) });
  const settings = scenery([origin.port], { route: { retry: retryPolicy({ maxAttempts: 5, budgetPercent: 20 }) } });
  const planes = await startPlanes(t, settings, 2);
  const clients: RawClient[] = [];
  for (let i = 0; i < 60; i++) {
    const client = await RawClient.connect(t, planes[i % 2]?.port ?? 0);
    clients.push(client);
    client.send(get(`/${i}`));
  }
  await eventually(() => waiting.length === 60);
  // As long as no retry is answered, its place is taken: sixty in flight allow twelve, fewer allow fewer.
  for (const { connection } of waiting.splice(0)) connection.send(sick);
  await eventually(() => clients.filter((client) => client.received.length > 0).length >= 60 - 12);
  await eventually(() => waiting.length > 0);
  const again = waiting.length;
  assert.ok(again >= 3 && again <= 12, `${again} were tried again`);
  const [plane] = planes;
  assert.ok(plane);
  assert.equal(countsOf(plane).count('retriesOverBudget'), 60 - again);
  const answer = setInterval(() => {
    for (const { connection } of waiting.splice(0)) connection.send(sick);
  }, 1);
  t.after(() => clearInterval(answer));
  for (const client of clients) assert.equal((await client.response()).status, 503);
  assert.ok(origin.requests.length <= 60 + 12 * 4, `${origin.requests.length} requests came of 60`);
});

test('what fails at once when a target dies is a small part of the traffic, and all of it is tried again', async (t) => {
  const waiting: OriginRequest[] = [];
  let holds = false;
  const scene = await severalTargets(
    t,
    [{ request: (request) => (holds ? void waiting.push(request) : request.connection.send(ok())) }],
    { route: { retry: retryPolicy({ maxAttempts: 2, budgetPercent: 20 }) } },
  );
  const clients = await Promise.all(Array.from({ length: 30 }, () => scene.client()));
  const askAll = () => {
    for (const client of clients) client.send(get());
  };
  for (let round = 0; round < 5; round++) {
    askAll();
    for (const client of clients) assert.equal((await client.response()).status, 200);
  }
  holds = true;
  askAll();
  await eventually(() => waiting.length === clients.length);
  holds = false;
  for (const { connection } of waiting.splice(0)) connection.send(sick);
  for (const client of clients) assert.equal((await client.response()).status, 200);
  assert.equal(scene.count('retriesSucceeded'), clients.length);
  assert.equal(scene.count('retriesOverBudget'), 0);
});

test('a budget forgets what is older than ten seconds, requests and retries alike', () => {
  const budget = new RetryBudget();
  const takes = (now: number) => {
    let taken = 0;
    while (budget.take(now, 20)) taken++;
    return taken;
  };
  for (let now = 100_000; now < 110_000; now += 100) budget.count(now);
  assert.equal(takes(109_900), 20);
  budget.count(111_500);
  assert.equal(takes(111_500), 0, 'the retries are younger than most of the requests');
  for (let i = 0; i < 10; i++) budget.count(119_900);
  assert.equal(takes(119_900), 2, 'of eleven requests that are left');
  assert.equal(takes(500_000), 0);
});

test('a few retries are always allowed', async (t) => {
  const scene = await severalTargets(t, [{ request: ({ connection }) => connection.send(sick) }], {
    route: { retry: retryPolicy({ budgetPercent: 0 }) },
  });
  assert.equal((await scene.ask(get())).status, 503);
  assert.equal(scene.reached(), 3);
  assert.equal(scene.count('retriesOverBudget'), 0);
});

test('what is over the budget is answered as it failed', async (t) => {
  const waiting: OriginRequest[] = [];
  const scene = await severalTargets(t, [{ request: (request) => void waiting.push(request) }], {
    route: { retry: retryPolicy({ maxAttempts: 2 }) },
  });
  const clients = await Promise.all(Array.from({ length: 4 }, () => scene.client()));
  for (const client of clients) client.send(get());
  await eventually(() => waiting.length === 4);
  for (const { connection } of waiting.splice(0)) connection.reset();
  await eventually(() => waiting.length === 3);
  const answered = await eventually(() => clients.find((client) => client.received.length > 0) ?? false);
  assert.ok(answered instanceof RawClient);
  const response = await answered.response();
  assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=connection_terminated');
  assert.equal(scene.count('retriesOverBudget'), 1);
});

test('of what an upstream that fails every request gets, retries are never more than their share, however long it lasts', async (t) => {
  const clientCount = 40;
  const batches = 25;
  const waiting: OriginRequest[] = [];
  let batch = 0;
  const scene = await severalTargets(
    t,
    [
      {
        request: (request) => {
          waiting.push(request);
          // Every client waits for an answer, to its request or to a retry of it.
          if (waiting.length < clientCount) return;
          batch++;
          for (const { connection } of waiting.splice(0)) connection.send(batch <= batches ? sick : ok());
        },
      },
    ],
    { route: { retry: retryPolicy({ maxAttempts: 10, budgetPercent: 20 }) } },
  );
  const clients = await Promise.all(Array.from({ length: clientCount }, () => scene.client()));
  await Promise.all(
    clients.map(async (client) => {
      let status = 503;
      while (status === 503) {
        client.send(get());
        status = (await client.response()).status;
      }
    }),
  );
  assert.equal(scene.reached(), clientCount * (batches + 1));
  const retries = scene.count('retriesFailed') + scene.count('retriesSucceeded');
  assert.ok(retries > 0, 'some were tried again');
  assert.ok(retries <= (clientCount / 5) * batches, `${retries} of ${scene.reached()} were retries`);
});
