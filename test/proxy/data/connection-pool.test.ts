/** Connections to targets: reuse, bounds, the queue, idle time and lifetime. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PoolConfig } from '../../../src/config/model.ts';
import { targetFields } from '../../../src/proxy/shared/cells.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ok, type OriginRequest } from '../../helpers/origin.ts';
import { proxied, type Scene, type SceneOptions } from '../../helpers/proxied.ts';
import { get, type RawClient } from '../../helpers/raw-http.ts';

const pool = (given: Partial<PoolConfig>): PoolConfig => ({
  maxConnections: 200,
  maxIdle: 50,
  idleTimeoutMs: 0,
  maxLifetimeMs: 0,
  maxPending: 1000,
  ...given,
});
const timeouts = { connectMs: 2000, requestMs: 0, readMs: 0, writeMs: 0 };

/** A scene whose origin answers when the test says so. */
async function held(t: Parameters<typeof proxied>[0], given: Partial<PoolConfig>, options: SceneOptions = {}) {
  const waiting: OriginRequest[] = [];
  const scene = await proxied(t, {
    ...options,
    upstream: { pool: pool(given), timeouts },
    script: { request: (request) => waiting.push(request) },
  });
  return { scene, waiting, answer: (number: number) => waiting[number]?.connection.send(ok(String(number))) };
}

async function sending(scene: Scene, count: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (let i = 0; i < count; i++) {
    const client = await scene.client();
    client.send(get(`/${i}`));
    clients.push(client);
  }
  return clients;
}

test('requests at the same time take connections of their own, later ones reuse them', async (t) => {
  const { scene, waiting, answer } = await held(t, {});
  const clients = await sending(scene, 3);
  await eventually(() => waiting.length === 3);
  assert.equal(scene.origin.connections.length, 3);
  for (let i = 0; i < 3; i++) answer(i);
  for (const client of clients) await client.response();
  assert.equal(scene.held().targetIdle, 3);
  await sending(scene, 3);
  await eventually(() => waiting.length === 6);
  assert.equal(scene.origin.connections.length, 3);
  const [target] = scene.plan.upstreams[0]?.targets ?? [];
  assert.ok(target);
  const count = (field: number) => scene.registry.sum(target.cell, field);
  assert.deepEqual([count(targetFields.acquired), count(targetFields.opened), count(targetFields.reused)], [6, 3, 3]);
});

test('the connection used last is used first', async (t) => {
  const { scene, waiting, answer } = await held(t, {});
  const [first, second] = await sending(scene, 2);
  await eventually(() => waiting.length === 2);
  answer(1);
  await second?.response();
  answer(0);
  await first?.response();
  await sending(scene, 1);
  await eventually(() => waiting.length === 3);
  assert.equal(waiting[2]?.connection, waiting[0]?.connection);
});

test('no more connections are opened than the bound, and those who wait are served in order', async (t) => {
  const { scene, waiting, answer } = await held(t, { maxConnections: 2 });
  const clients: RawClient[] = [];
  for (let i = 0; i < 6; i++) {
    const [client] = await sending(scene, 1);
    if (client !== undefined) clients.push(client);
    await eventually(() => waiting.length === Math.min(i + 1, 2) && scene.held().targetPending === Math.max(0, i - 1));
  }
  assert.equal(scene.held().queued, 4);
  for (let i = 0; i < 6; i++) {
    await eventually(() => waiting.length > i);
    answer(i);
    assert.equal((await clients[i]?.response())?.text, String(i));
  }
  assert.equal(scene.origin.connections.length, 2);
  assert.equal(scene.held().queued, 0);
  assert.equal(scene.held().targetPending, 0);
});

test('who waits gets a new connection when one of the bound dies', async (t) => {
  const { scene, waiting } = await held(t, { maxConnections: 1 });
  const [first] = await sending(scene, 1);
  await eventually(() => waiting.length === 1);
  const [second] = await sending(scene, 1);
  await eventually(() => scene.held().queued === 1);
  waiting[0]?.connection.reset();
  assert.equal((await first?.response())?.status, 502);
  await eventually(() => waiting.length === 2);
  waiting[1]?.connection.send(ok());
  assert.equal((await second?.response())?.status, 200);
});

test('a full queue is 503 at once, of the target or of all', async (t) => {
  for (const options of [
    { pending: 1, queued: 1000 },
    { pending: 1000, queued: 1 },
  ]) {
    const { scene, waiting } = await held(
      t,
      { maxConnections: 1, maxPending: options.pending },
      { limits: { maxQueuedRequests: options.queued } },
    );
    await sending(scene, 1);
    await eventually(() => waiting.length === 1);
    await sending(scene, 1);
    await eventually(() => scene.held().queued === 1);
    const response = await scene.ask(get());
    assert.equal(response.status, 503);
    assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=connection_limit_reached');
    assert.equal(response.header('retry-after'), '1');
    assert.equal(scene.errors('queue_full'), 1);
    assert.equal(scene.held().queued, 1);
  }
});

test('a wait that is too long is 503, and the place in the queue is free again', async (t) => {
  const { scene, waiting } = await held(t, { maxConnections: 1 }, { manual: true, accessLog: {} });
  await sending(scene, 1);
  await eventually(() => waiting.length === 1);
  const [second] = await sending(scene, 1);
  await eventually(() => scene.held().queued === 1);
  scene.clock.advance(1900);
  assert.equal(second?.received.length, 0);
  scene.clock.advance(300);
  const response = await second?.response();
  assert.equal(response?.status, 503);
  assert.equal(scene.errors('queue_timeout'), 1);
  assert.equal(scene.held().queued, 0);
  assert.equal(scene.held().targetPending, 0);
  const line = await scene.line();
  assert.equal(line['cause'], 'queue_timeout');
  assert.ok(Number(line['queue_ms']) >= 2000);
  assert.equal(line['connect_ms'], 0);
  waiting[0]?.connection.send(ok());
  await eventually(() => scene.held().targetIdle === 1);
  assert.equal(waiting.length, 1, 'nobody waits any more');
});

test('idle connections above the bound are closed', async (t) => {
  const { scene, waiting, answer } = await held(t, { maxIdle: 1 });
  const clients = await sending(scene, 3);
  await eventually(() => waiting.length === 3);
  for (let i = 0; i < 3; i++) answer(i);
  for (const client of clients) await client.response();
  await eventually(() => scene.origin.open === 1);
  assert.equal(scene.held().targetIdle, 1);
  assert.equal(scene.held().targetConnections, 1);
});

test('an idle connection is closed after its idle time', async (t) => {
  const scene = await proxied(t, { manual: true, upstream: { pool: pool({ idleTimeoutMs: 5000 }), timeouts } });
  const client = await scene.client();
  for (let i = 0; i < 3; i++) {
    client.send(get());
    await client.response();
    scene.clock.advance(4000);
  }
  assert.equal(scene.origin.connections.length, 1);
  scene.clock.advance(1300);
  await eventually(() => scene.origin.open === 0);
  assert.equal(scene.held().targetConnections, 0);
  assert.equal(scene.held().targetIdle, 0);
});

test('a connection is not used beyond its lifetime, and what it carries is not cut', async (t) => {
  const { scene, waiting, answer } = await held(t, { maxLifetimeMs: 5000 }, { manual: true });
  const client = await scene.client();
  client.send(get());
  await eventually(() => waiting.length === 1);
  scene.clock.advance(6000);
  answer(0);
  assert.equal((await client.response()).text, '0');
  await eventually(() => scene.origin.open === 0);
  client.send(get());
  await eventually(() => waiting.length === 2);
  answer(1);
  await client.response();
  assert.equal(scene.held().targetIdle, 1);
  scene.clock.advance(6000);
  await eventually(() => scene.held().targetConnections === 0);
});

test('the phases of a request say where its time went', async (t) => {
  const { scene, waiting, answer } = await held(t, { maxConnections: 1 }, { manual: true, accessLog: {} });
  const [first] = await sending(scene, 1);
  await eventually(() => waiting.length === 1);
  const [second] = await sending(scene, 1);
  await eventually(() => scene.held().queued === 1);
  scene.clock.advance(1000);
  waiting[0]?.connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no');
  await first?.until('the first byte', () => (first.received.toString().endsWith('o') ? true : undefined));
  scene.clock.advance(500);
  waiting[0]?.connection.send('k');
  await first?.response();
  await eventually(() => waiting.length === 2);
  scene.clock.advance(700);
  answer(1);
  await second?.response();
  const one = await scene.line(0);
  assert.deepEqual(
    [one['queue_ms'], one['connect_ms'], one['first_byte_ms'], one['transfer_ms'], one['duration_ms']],
    [0, 0, 1000, 500, 1500],
  );
  assert.equal(one['time'], '2026-01-01T00:00:01.000Z', 'the time of a line is when the request came');
  const two = await scene.line(1);
  assert.deepEqual(
    [two['queue_ms'], two['connect_ms'], two['first_byte_ms'], two['transfer_ms'], two['duration_ms']],
    [1500, 0, 700, 0, 2200],
  );
});
