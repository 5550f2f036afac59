/** Targets that take a connection and then take their time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { answering, ok } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get, head } from '../../helpers/raw-http.ts';

const timeouts = { connectMs: 5000, requestMs: 5000, readMs: 3000, writeMs: 3000 };

test('a head that never comes is 504 after the request time, and the connection is given up', async (t) => {
  const scene = await proxied(t, { manual: true, accessLog: {}, upstream: { timeouts }, script: {} });
  const client = await scene.client();
  client.send(get());
  await scene.origin.request();
  scene.clock.advance(4900);
  assert.equal(client.received.length, 0);
  scene.clock.advance(300);
  const response = await client.response();
  assert.equal(response.status, 504);
  assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=http_response_timeout');
  await eventually(() => scene.origin.open === 0);
  assert.equal(scene.errors('response_timeout'), 1);
  assert.equal((await scene.line())['cause'], 'response_timeout');
  client.send(get());
  await scene.origin.request(1);
  assert.equal(scene.origin.connections.length, 2);
});

test('a head that drips does not buy time', async (t) => {
  const scene = await proxied(t, { manual: true, upstream: { timeouts }, script: {} });
  const client = await scene.client();
  client.send(get());
  const { connection } = await scene.origin.request();
  connection.send('HTTP/1.1 200 OK\r\n');
  for (let i = 0; i < 4; i++) {
    connection.send(`X-${i}: 1\r\n`);
    await new Promise(setImmediate);
    scene.clock.advance(1300);
  }
  assert.equal((await client.response()).status, 504);
});

test('interim responses do not buy time either', async (t) => {
  const scene = await proxied(t, { manual: true, upstream: { timeouts }, script: {} });
  const client = await scene.client();
  client.send(get());
  const { connection } = await scene.origin.request();
  for (let i = 0; i < 4; i++) {
    connection.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
    assert.equal((await client.interim()).status, 103);
    scene.clock.advance(1300);
  }
  assert.equal((await client.response()).status, 504);
});

test('the shorter of the route’s and the upstream’s time counts', async (t) => {
  for (const [routeMs, requestMs, expected] of [
    [2000, 5000, 2000],
    [5000, 2000, 2000],
    [0, 2000, 2000],
    [2000, 0, 2000],
  ] as const) {
    const scene = await proxied(t, {
      manual: true,
      policies: { timeoutMs: routeMs },
      upstream: { timeouts: { ...timeouts, requestMs } },
      script: {},
    });
    const client = await scene.client();
    client.send(get());
    await scene.origin.request();
    scene.clock.advance(expected - 100);
    assert.equal(scene.errors('response_timeout'), 0);
    scene.clock.advance(300);
    assert.equal((await client.response()).status, 504);
  }
});

test('the time runs from the last byte of the request, not from its first', async (t) => {
  const scene = await proxied(t, { manual: true, upstream: { timeouts }, script: {} });
  const client = await scene.client();
  client.send(head('POST', '/', 'Content-Length: 4'));
  const connection = await scene.origin.connection();
  for (const byte of 'abcd') {
    scene.clock.advance(3000);
    client.send(byte);
    await eventually(() => connection.received.toString().endsWith(byte));
  }
  scene.clock.advance(4800);
  assert.equal(client.received.length, 0);
  scene.clock.advance(400);
  assert.equal((await client.response()).status, 504);
});

for (const [framing, start] of [
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome'],
  ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n'],
  ['the end of the connection', 'HTTP/1.1 200 OK\r\n\r\nsome'],
] as const) {
  test(`a body of ${framing} that falls silent is cut after the read time, as one that moves is not`, async (t) => {
    const scene = await proxied(t, { manual: true, accessLog: {}, upstream: { timeouts }, script: answering(start) });
    const client = await scene.client();
    client.send(get());
    await client.until('the beginning', () => (client.received.includes('some') ? true : undefined));
    const { connection } = await scene.origin.request();
    for (let i = 0; i < 4; i++) {
      scene.clock.advance(2800);
      const before = client.received.length;
      connection.send(framing === 'chunks' ? '1\r\n.\r\n' : '.');
      await client.until('the next byte', () => (client.received.length > before ? true : undefined));
    }
    scene.clock.advance(3200);
    const cut = await client.cutResponse();
    assert.equal(cut.text, 'some....');
    await eventually(() => scene.origin.open === 0);
    assert.equal(scene.errors('read_timeout'), 1);
    const line = await scene.line();
    assert.deepEqual([line['status'], line['cause']], [200, 'read_timeout']);
    await scene.settled();
  });
}

test('a target that answers in time is never bounded by the sum of its times', async (t) => {
  const scene = await proxied(t, { manual: true, upstream: { timeouts }, script: {} });
  const client = await scene.client();
  client.send(get());
  const { connection } = await scene.origin.request();
  scene.clock.advance(4500);
  connection.send('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n');
  for (const byte of 'abc') {
    await new Promise(setImmediate);
    scene.clock.advance(2500);
    connection.send(byte);
  }
  assert.equal((await client.response()).text, 'abc');
  client.send(get());
  (await scene.origin.request(1)).connection.send(ok());
  assert.equal((await client.response()).status, 200);
});
