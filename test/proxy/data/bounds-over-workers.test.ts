/** Limits that hold for all workers together, whichever of them a connection or a request came to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balancing, startPlanes } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ok, type OriginRequest, startOrigin } from '../../helpers/origin.ts';
import { scenery, sceneOf, type SceneOptions } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';

/** Two workers before an origin that answers when the test says so. */
async function twoWorkers(t: Parameters<typeof startPlanes>[0], options: SceneOptions) {
  const waiting: OriginRequest[] = [];
  const origin = await startOrigin(t, { request: (request) => void waiting.push(request) });
  const planes = await startPlanes(t, scenery([origin.port], options), 2);
  const [first, second] = planes.map((plane) => sceneOf(t, plane));
  assert.ok(first !== undefined && second !== undefined);
  assert.notEqual(first.port, second.port);
  return { waiting, origin, first, second };
}

const pool = { maxConnections: 2, maxIdle: 2, idleTimeoutMs: 0, maxLifetimeMs: 0, maxPending: 1 };

test('connections to a target are bounded over workers, and one lets go for the other', async (t) => {
  const { waiting, origin, first, second } = await twoWorkers(t, { upstream: { pool } });
  const busy = [await first.client(), await first.client()];
  for (const client of busy) client.send(get());
  await eventually(() => waiting.length === 2);
  const other = await second.client();
  other.send(get());
  await eventually(() => second.held().queued === 1);
  assert.equal(origin.connections.length, 2);
  assert.equal((await first.ask(get())).status, 503, 'the one place in the queue is taken, on the other worker');
  waiting[0]?.connection.send(ok());
  await busy[0]?.response();
  await eventually(() => waiting.length === 3);
  assert.equal(waiting[0]?.connection.gone, true, 'the worker without need has closed its connection');
  waiting[2]?.connection.send(ok('other'));
  assert.equal((await other.response()).text, 'other');
  assert.equal(second.held().queued, 0);
});

test('an idle connection of one worker makes room for a request of the other', async (t) => {
  const { waiting, first, second } = await twoWorkers(t, { upstream: { pool: { ...pool, maxConnections: 1 } } });
  const one = await first.client();
  one.send(get());
  await eventually(() => waiting.length === 1);
  waiting[0]?.connection.send(ok());
  await one.response();
  assert.equal(first.held().targetIdle, 1);
  const other = await second.client();
  other.send(get());
  await eventually(() => waiting.length === 2);
  waiting[1]?.connection.send(ok());
  assert.equal((await other.response()).status, 200);
});

test('idle connections are bounded over workers', async (t) => {
  const { waiting, first, second } = await twoWorkers(t, { upstream: { pool: { ...pool, maxIdle: 1 } } });
  const clients = [await first.client(), await second.client()];
  for (const client of clients) client.send(get());
  await eventually(() => waiting.length === 2);
  for (const { connection } of waiting) connection.send(ok());
  for (const client of clients) await client.response();
  await eventually(() => first.held().targetConnections === 1);
  assert.equal(first.held().targetIdle, 1);
});

test('client connections and requests in flight are bounded over workers', async (t) => {
  const { waiting, first, second } = await twoWorkers(t, {
    limits: { maxTotalConnections: 2, maxInFlightRequests: 1 },
  });
  const one = await first.client();
  one.send(get());
  await eventually(() => waiting.length === 1);
  const two = await second.client();
  two.send(get());
  assert.equal((await two.response()).status, 503);
  assert.equal(second.errors('in_flight_limit'), 1);
  const refused = await first.ask(get());
  assert.match(refused.header('proxy-status') ?? '', /connection_limit_reached/);
  waiting[0]?.connection.send(ok());
  await one.response();
  two.send(get());
  await eventually(() => waiting.length === 2);
});

test('least_connections counts the requests of every worker', async (t) => {
  const held: OriginRequest[] = [];
  const busy = await startOrigin(t, { request: (request) => void held.push(request) });
  const free = await startOrigin(t);
  const options = { upstream: { loadBalancing: balancing('least_connections') } };
  const planes = await startPlanes(t, scenery([busy.port, free.port], options), 2);
  const [first, second] = planes.map((plane) => sceneOf(t, plane));
  const holder = await first?.client();
  holder?.send(get());
  await eventually(() => held.length === 1);
  for (let i = 0; i < 4; i++) assert.equal((await second?.ask(get()))?.status, 200);
  assert.equal(free.requests.length, 4);
});
