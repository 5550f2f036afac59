/** Bodies far larger than what may be held, between HTTP/1.1 and HTTP/2 in every direction, with one side slow. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import type { Duplex, Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { UpstreamConfig } from '../../src/config/model.ts';
import { TestAuthority } from '../helpers/certificates.ts';
import { startPlane } from '../helpers/data-plane.ts';
import { startHttp2Origin } from '../helpers/http2-origin.ts';
import { scenery } from '../helpers/proxied.ts';
import { listenerTls, TestCertificates } from '../helpers/secured-plane.ts';
import type { Cleanup } from './http2-scene.ts';

const MIB = 1 << 20;
const BODY_BYTES = 64 * MIB;
/** What may lie between both ends: windows, marks of streams, and the kernel's buffers of two connections. */
const MOST_AHEAD = 32 * MIB;
const block = randomBytes(MIB);
const wanted = createHash('sha256');
for (let at = 0; at < BODY_BYTES; at += MIB) wanted.update(block);
const digest = wanted.digest('hex');

/** How far the sender has come, and how far it was ahead of the receiver at most. */
interface Flow {
  sent: number;
  ahead: number;
}

async function pour(to: Writable, flow: Flow): Promise<void> {
  for (let at = 0; at < BODY_BYTES; at += MIB) {
    flow.sent += MIB;
    if (!to.write(block)) await once(to, 'drain');
  }
  to.end();
}

/** Reads all there is, but only when the sender has come to a stop because nobody reads. */
async function slowDigest(from: Readable, flow: Flow): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (bytes === 0) await stopped(flow);
    hash.update(chunk);
    bytes += chunk.length;
    flow.ahead = Math.max(flow.ahead, flow.sent - bytes);
    if (bytes === BODY_BYTES) break;
  }
  return hash.digest('hex');
}

/** Waits until the sender has not moved for a while. */
async function stopped(flow: Flow): Promise<void> {
  let before = -1;
  for (let still = 0; still < 4; ) {
    await pause(20);
    still = flow.sent === before ? still + 1 : 0;
    before = flow.sent;
  }
}

async function planeBefore(
  t: Cleanup,
  port: number,
  httpVersion: UpstreamConfig['httpVersion'],
  authority?: TestAuthority,
) {
  const config = scenery([port], {
    policies: { maxBodyBytes: 0 },
    upstream: { httpVersion },
    listener: { tls: authority === undefined ? null : listenerTls(authority.issue()) },
  });
  return startPlane(t, config, undefined, undefined, { certificates: new TestCertificates() });
}

async function plainClient(t: Cleanup, port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  t.after(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Leaves the head of a response behind. */
async function past(socket: Socket): Promise<Readable> {
  let seen = Buffer.alloc(0);
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    socket.pause();
    seen = Buffer.concat([seen, chunk]);
    const end = seen.indexOf('\r\n\r\n');
    if (end !== -1) {
      const rest = seen.subarray(end + 4);
      if (rest.length > 0) socket.unshift(rest);
      return socket;
    }
    socket.resume();
  }
}

async function http2Client(t: Cleanup, port: number, authority: TestAuthority) {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: authority.cert, servername: 'localhost' });
  t.after(() => session.destroy());
  await once(session, 'connect');
  return session;
}

function checked(label: string, result: string, { ahead }: Flow): void {
  assert.equal(result, digest, label);
  assert.ok(ahead < MOST_AHEAD, `${label}: the sender was ${Math.round(ahead / MIB)} MiB ahead`);
}

test('64 MiB come from an HTTP/2 target to a slow HTTP/1.1 client', async (t) => {
  const flow = { sent: 0, ahead: 0 };
  const origin = await startHttp2Origin(t, ({ stream }) => {
    stream.respond({ ':status': 200, 'content-length': BODY_BYTES });
    void pour(stream, flow);
  });
  const plane = await planeBefore(t, origin.port, '2');
  const client = await plainClient(t, plane.port);
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  checked('download', await slowDigest(await past(client), flow), flow);
});

test('64 MiB go from an HTTP/1.1 client to a slow HTTP/2 target, with a length and in chunks', async (t) => {
  for (const framing of [`Content-Length: ${BODY_BYTES}`, 'Transfer-Encoding: chunked']) {
    const flow = { sent: 0, ahead: 0 };
    let arrived: Promise<string> = Promise.resolve('');
    const origin = await startHttp2Origin(
      t,
      ({ stream }) => {
        arrived = slowDigest(stream, flow);
        void arrived.then(() => stream.respond({ ':status': 204 }, { endStream: true }));
      },
      { read: false },
    );
    const plane = await planeBefore(t, origin.port, '2');
    const client = await plainClient(t, plane.port);
    const answered = once(client, 'data');
    client.write(`POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`);
    const chunks = framing.startsWith('Transfer');
    for (let at = 0; at < BODY_BYTES; at += MIB) {
      if (chunks) client.write(`${MIB.toString(16)}\r\n`);
      flow.sent += MIB;
      const free = client.write(block);
      if (chunks) client.write('\r\n');
      if (!free) await once(client, 'drain');
    }
    if (chunks) client.write('0\r\n\r\n');
    const [answer] = (await answered) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 204 /);
    checked(framing, await arrived, flow);
  }
});

for (const version of ['1.1', '2'] as const) {
  test(`64 MiB pass in both directions between an HTTP/2 client and a target that speaks HTTP/${version}`, async (t) => {
    const authority = TestAuthority.root(t);
    const down = { sent: 0, ahead: 0 };
    const up = { sent: 0, ahead: 0 };
    const uploads: Promise<string>[] = [];
    const port = await (version === '2' ? http2Origin : plainOrigin)(t, down, up, uploads);
    const plane = await planeBefore(t, port, version, authority);
    const session = await http2Client(t, plane.port, authority);
    checked('download', await slowDigest(session.request({ ':path': '/' }), down), down);
    const stream: Duplex = session.request({ ':method': 'POST', ':path': '/', 'content-length': BODY_BYTES });
    const answered = once(stream, 'response');
    stream.resume();
    await pour(stream, up);
    const [head] = (await answered) as [{ ':status': number }];
    assert.equal(head[':status'], 204);
    checked('upload', (await uploads[0]) as string, up);
  });
}

/** A target that gives the body to GET and takes it from POST. */
async function http2Origin(t: Cleanup, down: Flow, up: Flow, uploads: Promise<string>[]): Promise<number> {
  const { port } = await startHttp2Origin(
    t,
    ({ stream, headers }) => {
      if (headers[':method'] === 'GET') {
        // One that leaves the request unread resets its answer instead of ending it.
        stream.resume();
        stream.respond({ ':status': 200 });
        void pour(stream, down);
      } else {
        const arrived = slowDigest(stream, up);
        uploads.push(arrived);
        void arrived.then(() => stream.respond({ ':status': 204 }, { endStream: true }));
      }
    },
    { read: false },
  );
  return port;
}

/** The same, in HTTP/1.1. */
async function plainOrigin(t: Cleanup, down: Flow, up: Flow, uploads: Promise<string>[]): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    void (async () => {
      const [head] = (await once(socket, 'data')) as [Buffer];
      socket.pause();
      if (head.toString('latin1').startsWith('GET')) {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY_BYTES}\r\nConnection: close\r\n\r\n`);
        await pour(socket, down);
        return;
      }
      const rest = head.subarray(head.indexOf('\r\n\r\n') + 4);
      if (rest.length > 0) socket.unshift(rest);
      const arrived = slowDigest(socket, up);
      uploads.push(arrived);
      await arrived;
      socket.write('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  return (server.address() as { port: number }).port;
}
