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
/** Of a body of 64 MiB far less may be in memory: the windows, the buffers of sockets and streams, and what is not yet collected. */
const MOST_GROWTH = 40 * MIB;
const block = randomBytes(MIB);
const wanted = createHash('sha256');
for (let at = 0; at < BODY_BYTES; at += MIB) wanted.update(block);
const digest = wanted.digest('hex');

async function pour(to: Writable): Promise<void> {
  for (let at = 0; at < BODY_BYTES; at += MIB) if (!to.write(block)) await once(to, 'drain');
  to.end();
}

/** Reads all there is, slowly at first: what comes meanwhile must wait at its source. */
async function slowDigest(from: Readable): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  let naps = 0;
  for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
    if (bytes > naps * 2 * MIB && naps < 5) {
      naps++;
      await pause(50);
    }
    if (bytes === BODY_BYTES) break;
  }
  return hash.digest('hex');
}

/** Runs `task` and says by how much the process grew meanwhile. */
async function growth<T>(task: () => Promise<T>): Promise<{ result: T; bytes: number }> {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 20);
  try {
    return { result: await task(), bytes: most - before };
  } finally {
    clearInterval(watch);
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

function checked(label: string, { result, bytes }: { result: string; bytes: number }): void {
  assert.equal(result, digest, label);
  assert.ok(bytes < MOST_GROWTH, `${label}: ${Math.round(bytes / MIB)} MiB grown`);
}

test('64 MiB come from an HTTP/2 target to a slow HTTP/1.1 client', async (t) => {
  const origin = await startHttp2Origin(t, ({ stream }) => {
    stream.respond({ ':status': 200, 'content-length': BODY_BYTES });
    void pour(stream);
  });
  const plane = await planeBefore(t, origin.port, '2');
  checked(
    'download',
    await growth(async () => {
      const client = await plainClient(t, plane.port);
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      return slowDigest(await past(client));
    }),
  );
});

test('64 MiB go from an HTTP/1.1 client to a slow HTTP/2 target, with a length and in chunks', async (t) => {
  for (const framing of [`Content-Length: ${BODY_BYTES}`, 'Transfer-Encoding: chunked']) {
    let arrived: Promise<string> = Promise.resolve('');
    const origin = await startHttp2Origin(
      t,
      ({ stream }) => {
        arrived = slowDigest(stream);
        void arrived.then(() => stream.respond({ ':status': 204 }, { endStream: true }));
      },
      { read: false },
    );
    const plane = await planeBefore(t, origin.port, '2');
    checked(
      framing,
      await growth(async () => {
        const client = await plainClient(t, plane.port);
        const answered = once(client, 'data');
        client.write(`POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`);
        const chunks = framing.startsWith('Transfer');
        for (let at = 0; at < BODY_BYTES; at += MIB) {
          if (chunks) client.write(`${MIB.toString(16)}\r\n`);
          const free = client.write(block);
          if (chunks) client.write('\r\n');
          if (!free) await once(client, 'drain');
        }
        if (chunks) client.write('0\r\n\r\n');
        const [answer] = (await answered) as [Buffer];
        assert.match(answer.toString(), /^HTTP\/1\.1 204 /);
        return arrived;
      }),
    );
  }
});

for (const version of ['1.1', '2'] as const) {
  test(`64 MiB pass in both directions between an HTTP/2 client and a target that speaks HTTP/${version}`, async (t) => {
    const authority = TestAuthority.root(t);
    const uploads: Promise<string>[] = [];
    let port: number;
    if (version === '2') {
      const origin = await startHttp2Origin(
        t,
        ({ stream, headers }) => {
          if (headers[':method'] === 'GET') {
            // One that leaves the request unread resets its answer instead of ending it.
            stream.resume();
            stream.respond({ ':status': 200 });
            void pour(stream);
          } else {
            const arrived = slowDigest(stream);
            uploads.push(arrived);
            void arrived.then(() => stream.respond({ ':status': 204 }, { endStream: true }));
          }
        },
        { read: false },
      );
      ({ port } = origin);
    } else port = await plainOrigin(t, uploads);
    const plane = await planeBefore(t, port, version, authority);
    const session = await http2Client(t, plane.port, authority);
    checked('download', await growth(async () => slowDigest(session.request({ ':path': '/' }))));
    checked(
      'upload',
      await growth(async () => {
        const stream: Duplex = session.request({ ':method': 'POST', ':path': '/', 'content-length': BODY_BYTES });
        const answered = once(stream, 'response');
        stream.resume();
        await pour(stream);
        const [head] = (await answered) as [{ ':status': number }];
        assert.equal(head[':status'], 204);
        return (await uploads[0]) as string;
      }),
    );
  });
}

/** An HTTP/1.1 target that gives the body to GET and takes it from POST. */
async function plainOrigin(t: Cleanup, uploads: Promise<string>[]): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    void (async () => {
      const [head] = (await once(socket, 'data')) as [Buffer];
      socket.pause();
      if (head.toString('latin1').startsWith('GET')) {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY_BYTES}\r\nConnection: close\r\n\r\n`);
        await pour(socket);
        return;
      }
      const rest = head.subarray(head.indexOf('\r\n\r\n') + 4);
      if (rest.length > 0) socket.unshift(rest);
      const arrived = slowDigest(socket);
      uploads.push(arrived);
      await arrived;
      socket.write('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  return (server.address() as { port: number }).port;
}
