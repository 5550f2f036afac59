/** Listeners and targets on unix sockets. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { startPlane, upstream } from '../../helpers/data-plane.ts';
import { socketFolder, startOrigin } from '../../helpers/origin.ts';
import { proxied, scenery } from '../../helpers/proxied.ts';
import { get, RawClient } from '../../helpers/raw-http.ts';

test('a listener on a unix socket serves, and takes its file with it', async (t) => {
  const path = `${socketFolder(t)}/front.sock`;
  const origin = await startOrigin(t);
  const settings = scenery([origin.port], {
    listener: { address: { kind: 'unix', path } },
    policies: { forwarded: 'both' },
    accessLog: {},
  });
  const plane = await startPlane(t, settings);
  const client = await RawClient.connect(t, path);
  client.send(get('/', 'X-Forwarded-For: 1.2.3.4'));
  assert.equal((await client.response()).status, 200);
  const request = await origin.request();
  assert.equal(request.header('x-forwarded-for'), 'unknown');
  assert.equal(request.header('forwarded'), 'for=unknown;proto=http;host="a.test"');
  await plane.plane.close();
  assert.equal(existsSync(path), false);
});

test("what a process that was killed left beside a unix socket is in nobody's way", async (t) => {
  const folder = socketFolder(t);
  // As in a container: the process after it has the same number.
  const draft = (count: number) => `${folder}/.${process.pid.toString(36)}-${count.toString(36)}`;
  for (let count = 1; count < 100; count++) writeFileSync(draft(count), '');
  const path = `${folder}/front.sock`;
  const origin = await startOrigin(t);
  await startPlane(t, scenery([origin.port], { listener: { address: { kind: 'unix', path } } }));
  const client = await RawClient.connect(t, path);
  client.send(get());
  assert.equal((await client.response()).status, 200);
  assert.equal(readdirSync(folder).filter((name) => name.startsWith('.')).length, 98);
});

test('a target on a unix socket is reached and reused', async (t) => {
  const path = `${socketFolder(t)}/app.sock`;
  const app = await startOrigin(t, undefined, path);
  const { client } = await proxied(t, {
    policies: { hostHeader: { kind: 'upstream' } },
    config: {
      upstreams: [upstream([], { targets: [{ address: `unix:${path}`, socket: { kind: 'unix', path }, weight: 1 }] })],
    },
  });
  const one = await client();
  for (let i = 0; i < 3; i++) {
    one.send(get());
    assert.equal((await one.response()).status, 200);
  }
  assert.equal(app.connections.length, 1);
  assert.equal((await app.request()).header('host'), 'localhost');
});

test('a response that is cut ends a connection on a unix socket, which cannot be reset', async (t) => {
  const path = `${socketFolder(t)}/front.sock`;
  const scene = await proxied(t, {
    listener: { address: { kind: 'unix', path } },
    script: {
      request: ({ connection }) => {
        connection.send('HTTP/1.1 200 OK\r\n\r\nsome');
        setImmediate(() => connection.reset());
      },
    },
  });
  const client = await RawClient.connect(t, path);
  client.send('GET / HTTP/1.0\r\nHost: a.test\r\n\r\n');
  assert.equal(await client.closed(), 'end');
  assert.deepEqual(scene.reports, []);
  await scene.settled();
});
