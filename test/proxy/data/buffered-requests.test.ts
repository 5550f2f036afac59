/** Routes that take the whole body of a request before they ask a target. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guardFields } from '../../../src/proxy/shared/cells.ts';
import { TOTAL_HELD_BYTES } from '../../../src/proxy/data/request/held-body.ts';
import type { TestPlane } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { deadPort, ok } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { chunked, get, head, post } from '../../helpers/raw-http.ts';
import { retryPolicy, severalTargets } from '../../helpers/several-targets.ts';

const policies = { bufferRequests: true };

function held({ registry, plan }: TestPlane): number {
  return registry.shared(plan.cells.guards, guardFields.requestBufferBytes);
}

function counted({ registry, plan }: TestPlane, field: 'failedOpen' | 'failedClosed'): number {
  return registry.sum(plan.cells.guards, guardFields[field]);
}

/** Takes all the room but `left` bytes, as other requests would. */
function fill({ registry, plan }: TestPlane, left: number): void {
  Atomics.store(registry.view(plan.cells.guards, 0).shared, guardFields.requestBufferBytes, TOTAL_HELD_BYTES - left);
}

for (const [framing, start, parts, end] of [
  ['a length', 'Content-Length: 9', ['abc', 'def', 'ghi'], ''],
  ['chunks', 'Transfer-Encoding: chunked', ['3\r\nabc\r\n', '3\r\ndef\r\n', '3\r\nghi\r\n'], '0\r\nX-T: 1\r\n\r\n'],
] as const) {
  test(`a slow client with a body of ${framing} holds no target`, async (t) => {
    const scene = await proxied(t, { policies, accessLog: {} });
    const client = await scene.client();
    client.send(head('POST', '/slow', start));
    for (const [number, part] of parts.slice(0, -1).entries()) {
      client.send(part);
      await eventually(() => held(scene) >= (number + 1) * 3);
    }
    assert.equal(scene.origin.connections.length, 0);
    client.send(`${parts.at(-1)}${end}`);
    assert.equal((await client.response()).status, 200);
    const [request] = scene.origin.requests;
    assert.equal(request?.body.toString(), 'abcdefghi');
    if (end !== '') assert.deepEqual(request?.trailers, [['X-T', '1']]);
    assert.equal(held(scene), 0);
    const line = await scene.line();
    assert.deepEqual([line['bytes_in'], line['attempts']], [9, 1]);
    client.send(post('again') + get('/get'));
    assert.equal((await client.response()).status, 200);
    assert.equal((await client.response()).status, 200);
    client.end();
    await scene.settled();
  });
}

test('a client that waits for a sign gets it before any target is asked', async (t) => {
  const scene = await proxied(t, { policies });
  const client = await scene.client();
  client.send(head('POST', '/', 'Content-Length: 3', 'Expect: 100-continue'));
  assert.equal((await client.interim()).status, 100);
  assert.equal(scene.origin.connections.length, 0);
  client.send('abc');
  assert.equal((await client.response()).status, 200);
  assert.equal(client.received.length, 0, 'no second sign');
  assert.equal(scene.origin.requests[0]?.body.toString(), 'abc');
});

test('a body of any size within the bound is sent again', async (t) => {
  const body = Array.from({ length: 60_000 }, (_, i) => String(i).padStart(9, '0')).join('\n');
  const script = { request: ({ connection }: { connection: { reset(): void } }) => connection.reset() };
  const scene = await severalTargets(t, [await deadPort(), script, undefined], {
    policies,
    route: { retry: retryPolicy({ retryNonIdempotent: true }) },
  });
  for (const request of [
    post(body),
    head('POST', '/', 'Transfer-Encoding: chunked') + chunked(body.match(/.{1,700}/gs) ?? []),
  ]) {
    assert.equal((await scene.ask(request, 'POST')).status, 200);
    assert.equal(scene.origins[1]?.requests.at(-1)?.body.toString(), body);
  }
  assert.equal(held(scene), 0);
});

test('a body that comes in single bytes arrives whole', async (t) => {
  const scene = await proxied(t, { policies });
  const client = await scene.client();
  client.send(head('PUT', '/', 'Content-Length: 300'));
  const body = Array.from({ length: 300 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');
  for (const [number, byte] of body.split('').entries()) {
    client.send(byte);
    if (number % 50 === 0) await eventually(() => held(scene) > number);
  }
  assert.equal((await client.response()).status, 200);
  assert.equal(scene.origin.requests[0]?.body.toString(), body);
});

test('a body beyond max-body-size is 413, announced or not, and nothing stays held', async (t) => {
  const scene = await proxied(t, { policies: { ...policies, maxBodyBytes: 5 } });
  assert.equal((await scene.ask(post('abcdef'))).status, 413);
  const streamed = await scene.ask(head('POST', '/', 'Transfer-Encoding: chunked') + chunked(['abc', 'def']), 'POST');
  assert.equal(streamed.status, 413);
  assert.equal(scene.origin.connections.length, 0);
  await scene.settled();
  assert.equal(held(scene), 0);
});

test('a client that leaves, stalls or breaks its framing leaves nothing behind', async (t) => {
  const scene = await proxied(t, { policies, listener: { bodyIdleTimeoutMs: 1000 }, manual: true });
  const leaving = await scene.client();
  leaving.send(`${head('POST', '/', 'Content-Length: 9')}abc`);
  await eventually(() => held(scene) === 3);
  leaving.reset();
  await scene.settled();
  assert.equal(held(scene), 0);
  const stalling = await scene.client();
  stalling.send(`${head('POST', '/', 'Content-Length: 9')}abc`);
  await eventually(() => held(scene) === 3);
  scene.clock.advance(1200);
  assert.equal((await stalling.response()).status, 408);
  assert.equal(held(scene), 0);
  const broken = await scene.ask(`${head('POST', '/', 'Transfer-Encoding: chunked')}3\r\nabcX`, 'POST');
  assert.equal(broken.status, 400);
  assert.equal(held(scene), 0);
  assert.equal(scene.origin.connections.length, 0);
});

test('beyond the bound for all requests together a closed route refuses', async (t) => {
  const scene = await proxied(t, { policies });
  for (const request of [post('abcdef'), head('POST', '/', 'Transfer-Encoding: chunked') + chunked(['abc', 'def'])]) {
    fill(scene, 5);
    const response = await scene.ask(request, 'POST');
    assert.equal(response.status, 503);
    assert.equal(JSON.parse(response.text)['cause'], 'guard_failed');
    fill(scene, 6 + 20);
    assert.equal((await scene.ask(request, 'POST')).status, 200);
  }
  assert.equal(counted(scene, 'failedClosed'), 2);
  const client = await scene.client();
  fill(scene, 5);
  client.send(`${head('POST', '/', 'Content-Length: 100000')}abcdef`);
  assert.equal((await client.response()).status, 503, 'it does not wait for the rest');
  fill(scene, 1000);
  client.end();
  await scene.settled();
  assert.equal(held(scene), TOTAL_HELD_BYTES - 1000, 'nothing but what others hold');
  assert.equal(scene.origin.requests.length, 2);
});

test('what comes while nobody can take it waits', async (t) => {
  const scene = await proxied(t, {
    policies: { ...policies, failureMode: 'open' },
    upstream: { pool: { maxConnections: 1, maxIdle: 1, idleTimeoutMs: 0, maxLifetimeMs: 0, maxPending: 10 } },
    script: { request: ({ connection, target }) => void (target !== '/busy' && connection.send(ok())) },
  });
  const busy = await scene.client();
  busy.send(get('/busy'));
  const { connection } = await scene.origin.request();
  fill(scene, 0);
  const client = await scene.client();
  client.send(`${head('POST', '/', 'Content-Length: 6')}abc`);
  await eventually(() => scene.held().targetPending === 1);
  client.send('def');
  for (let i = 0; i < 5; i++) assert.equal((await scene.ask(get('/health'))).status, 200);
  connection.send(ok());
  assert.equal((await client.response()).status, 200);
  assert.equal(scene.origin.requests[1]?.body.toString(), 'abcdef');
});

test('beyond the bound for all requests together an open route streams', async (t) => {
  const scene = await proxied(t, { policies: { ...policies, failureMode: 'open' } });
  fill(scene, 5);
  const client = await scene.client();
  client.send(`${head('POST', '/', 'Content-Length: 9')}abcd`);
  await eventually(() => held(scene) === TOTAL_HELD_BYTES - 1);
  assert.equal(scene.origin.connections.length, 0);
  client.send('ef');
  const connection = await scene.origin.connection();
  await eventually(() => connection.received.toString().endsWith('abcdef'));
  client.send('ghi');
  assert.equal((await client.response()).status, 200);
  assert.equal(scene.origin.requests[0]?.body.toString(), 'abcdefghi');
  assert.equal(counted(scene, 'failedOpen'), 1);
  assert.equal(held(scene), TOTAL_HELD_BYTES - 5);
  fill(scene, 0);
  assert.equal((await scene.ask(post('whole at once'))).status, 200);
  assert.equal(scene.origin.requests[1]?.body.toString(), 'whole at once');
});

test('what is kept of a body to send it again is counted too, and is let go before routes that need the room lack it', async (t) => {
  const resets = { request: ({ connection }: { connection: { reset(): void } }) => connection.reset() };
  const scene = await severalTargets(t, [resets, undefined], { route: { retry: retryPolicy() } });
  const client = await scene.client();
  client.send(`${head('PUT', '/', 'Content-Length: 9')}abcdef`);
  await eventually(() => held(scene) === 6);
  client.send('ghi');
  assert.equal((await client.response()).status, 200, 'the next target has the whole body');
  assert.equal(held(scene), 0);
  fill(scene, TOTAL_HELD_BYTES / 2 + 5);
  const put = head('PUT', '/', 'Content-Length: 6') + 'abcdef';
  assert.equal((await scene.ask(put)).status, 502, 'without its body it is not sent again');
  fill(scene, TOTAL_HELD_BYTES / 2 + 6);
  assert.equal((await scene.ask(put)).status, 200);
  client.end();
  await scene.settled();
  assert.equal(held(scene), TOTAL_HELD_BYTES / 2 - 6, 'nothing but what others hold');
});
