/** Targets that take no connection. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upstream } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { blackHole, deadPort, socketFolder } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get, head, post } from '../../helpers/raw-http.ts';

test('a target that refuses is 502 with its cause, everywhere', async (t) => {
  const port = await deadPort();
  const scene = await proxied(t, { accessLog: {}, config: { upstreams: [upstream([port])] } });
  const response = await scene.ask(get('/x'));
  assert.equal(response.status, 502);
  assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=connection_refused');
  assert.equal(response.header('content-type'), 'application/problem+json');
  const problem = JSON.parse(response.text) as Record<string, unknown>;
  assert.equal(problem['cause'], 'connect_refused');
  assert.equal(problem['correlation_id'], response.header('x-correlation-id'));
  const line = await scene.line();
  assert.equal(line['cause'], 'connect_refused');
  assert.equal(line['status'], 502);
  assert.equal(line['target'], `127.0.0.1:${port}`);
  assert.equal(line['attempts'], 1);
  assert.equal(scene.errors('connect_refused'), 1);
  await scene.settled();
});

test('the client keeps its connection through failures of the target', async (t) => {
  const { client } = await proxied(t, { config: { upstreams: [upstream([await deadPort()])] } });
  const one = await client();
  one.send(get() + post('abc') + head('HEAD', '/'));
  assert.equal((await one.response()).status, 502);
  assert.equal((await one.response()).status, 502);
  const last = await one.response('HEAD');
  assert.equal(last.status, 502);
  assert.equal(last.header('connection'), undefined);
});

test('a target that cannot be routed to is 502', async (t) => {
  const scene = await proxied(t, {
    config: {
      upstreams: [
        upstream([], {
          targets: [
            { address: '255.255.255.255:80', socket: { kind: 'tcp', host: '255.255.255.255', port: 80 }, weight: 1 },
          ],
        }),
      ],
    },
  });
  const response = await scene.ask(get());
  assert.equal(response.status, 502);
  assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=destination_ip_unroutable');
  assert.equal(scene.errors('connect_unreachable'), 1);
});

test('a unix socket that is not there is 502', async (t) => {
  const path = `${socketFolder(t)}/none.sock`;
  const { ask } = await proxied(t, {
    config: {
      upstreams: [upstream([], { targets: [{ address: `unix:${path}`, socket: { kind: 'unix', path }, weight: 1 }] })],
    },
  });
  assert.equal((await ask(get())).status, 502);
});

test('a target that does not accept in time is 504, for everybody who waits for it', async (t) => {
  const port = await blackHole(t);
  const scene = await proxied(t, {
    manual: true,
    accessLog: {},
    config: {
      upstreams: [upstream([port], { timeouts: { connectMs: 2000, requestMs: 0, readMs: 0, writeMs: 0 } })],
    },
  });
  const clients = [await scene.client(), await scene.client()];
  for (const client of clients) client.send(get());
  await eventually(() => scene.held().targetConnections === 2);
  scene.clock.advance(1800);
  assert.equal(scene.errors('connect_timeout'), 0);
  scene.clock.advance(400);
  for (const client of clients) {
    const response = await client.response();
    assert.equal(response.status, 504);
    assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=connection_timeout');
    client.end();
  }
  assert.equal(scene.errors('connect_timeout'), 2);
  const line = await scene.line();
  assert.ok(Number(line['connect_ms']) >= 2000, 'the log says where the time went');
  await scene.settled();
});
