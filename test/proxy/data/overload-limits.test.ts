/** Bounds of the whole proxy: connections and requests in flight. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionRejectReasons } from '../../../src/proxy/shared/plan.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ok, type OriginRequest } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';

test('a connection above the limit gets 503 and is closed, without taking anything', async (t) => {
  const scene = await proxied(t, { limits: { maxTotalConnections: 2 } });
  const kept = [await scene.client(), await scene.client()];
  for (const client of kept) {
    client.send(get());
    await client.response();
  }
  for (let i = 0; i < 20; i++) {
    const refused = await scene.client();
    refused.send(get());
    const response = await refused.response();
    assert.equal(response.status, 503);
    assert.equal(
      response.header('proxy-status'),
      'sentinel-feedbeef; error=connection_limit_reached; details="connection_limit"',
    );
    assert.equal(response.header('retry-after'), '1');
    await refused.closed();
  }
  assert.equal(
    scene.registry.sum(scene.plan.cells.connectionRejects, connectionRejectReasons.indexOf('connection_limit')),
    20,
  );
  assert.equal(scene.held().clients, 2);
  kept[0]?.socket.destroy();
  await eventually(() => scene.held().clients === 1);
  assert.equal((await scene.ask(get())).status, 200);
});

test('requests above the limit in flight get 503 and keep their connection', async (t) => {
  const held: OriginRequest[] = [];
  const scene = await proxied(t, {
    limits: { maxInFlightRequests: 2 },
    script: { request: (request) => void held.push(request) },
  });
  const carried = [await scene.client(), await scene.client()];
  for (const client of carried) client.send(get());
  await eventually(() => held.length === 2);
  const third = await scene.client();
  third.send(get() + get());
  for (let i = 0; i < 2; i++) {
    const response = await third.response();
    assert.equal(response.status, 503);
    assert.equal(response.header('retry-after'), '1');
    assert.equal(response.header('connection'), undefined);
  }
  assert.equal(scene.errors('in_flight_limit'), 2);
  held[0]?.connection.send(ok());
  await carried[0]?.response();
  third.send(get());
  await eventually(() => held.length === 3);
  assert.equal(scene.held().inFlight, 2);
});
