/**
 * Clients that come by TLS, all at once and all counted: HTTP/1.1 on kept and on new connections to a target under TLS, many
 * streams of HTTP/2 to a target that speaks it too, and WebSockets. What `mixed-load.ts` is for plain text.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2, createServer as createHttp2 } from 'node:http2';
import { Agent, createServer as createHttps, request } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { WebSocket } from 'ws';
import { startSocketServer } from '../websocket/websocket-scene.ts';
import type { Issued, TestAuthority } from './certificates.ts';
import { untilStopped } from './mixed-load.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

/** What the clients saw. */
export interface SecuredTally {
  /** Good answers by `route status`. */
  readonly answers: Map<string, number>;
  readonly faults: string[];
}

/** Ports of loopback. */
export interface SecuredTargets {
  /** HTTP/1.1 under TLS. */
  readonly secured: number;
  /** HTTP/2 in plain text. */
  readonly streams: number;
  readonly sockets: number;
}

const restMs = 10;
const newConnectionRestMs = 30;
const STREAMS_AT_ONCE = 8;
const MESSAGES = 5;
const block = randomBytes(64 * 1024);

/** Targets that send every body back. */
export async function startSecuredTargets(t: Cleanup, issued: Issued): Promise<SecuredTargets> {
  const { cert, key } = issued;
  // Connections are closed by the proxy alone, so that no request meets one that is just going away.
  const https = createHttps({ cert, key, keepAliveTimeout: 0 }, (asked, answer) => void asked.pipe(answer));
  const http2 = createHttp2((asked, answer) => void asked.pipe(answer));
  const { port } = await startSocketServer(t);
  return { secured: await listening(t, https), streams: await listening(t, http2), sockets: port };
}

async function listening(t: Cleanup, server: Server): Promise<number> {
  const open = new Set<{ destroy(): unknown }>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** Runs every kind of client until `stop` is aborted, and returns when the last one has finished what it was at. */
export async function securedLoad(port: number, authority: TestAuthority, stop: AbortSignal): Promise<SecuredTally> {
  const tally: SecuredTally = { answers: new Map(), faults: [] };
  const ca = authority.cert;
  let serial = 0;
  const body = () => block.subarray(0, 1 + ((serial++ * 7919) % block.length));
  const count = (answer: string) => tally.answers.set(answer, (tally.answers.get(answer) ?? 0) + 1);
  const client = (name: string, restsMs: number, doOnce: () => Promise<void>) =>
    untilStopped(stop, restsMs, doOnce, (fault) => tally.faults.push(`${name}: ${fault}`));

  const agent = new Agent({ keepAlive: true, maxSockets: 4, ca, servername: 'localhost' });
  const ask = async (how: Agent | false): Promise<void> => {
    const sent = body();
    const answer = await post(port, ca, how, sent);
    count(`secured ${answer.status}`);
    assertGood(answer, sent);
  };

  const sessions = new Set<ClientHttp2Session>();
  /** Streams by the dozen on one connection, which now and then gives way to another. */
  const streams = (): (() => Promise<void>) => {
    let session: ClientHttp2Session | null = null;
    let rounds = 0;
    return async () => {
      if (session === null || ++rounds % 50 === 0) {
        session?.close();
        const next = connectHttp2(`https://localhost:${port}`, { ca, lookup: loopback });
        next.on('error', (error) => tally.faults.push(`HTTP/2 connection: ${error.message}`));
        sessions.add(next.on('close', () => sessions.delete(next)));
        session = next;
      }
      const present = session;
      await Promise.all(
        Array.from({ length: STREAMS_AT_ONCE }, async () => {
          const sent = body();
          const answer = await stream(present, sent);
          count(`streams ${answer.status}`);
          assertGood(answer, sent);
        }),
      );
    };
  };

  const chat = async (): Promise<void> => {
    const number = serial++;
    const socket = new WebSocket(`wss://localhost:${port}/sockets/`, { ca, lookup: loopback });
    await once(socket, 'open');
    count('sockets 101');
    for (let sent = 0; sent < MESSAGES; sent++) {
      const message = body();
      const answer = once(socket, 'message');
      socket.send(message);
      assert.ok(((await answer) as [Buffer])[0].equals(message), 'another message came back');
    }
    const closed = once(socket, 'close');
    // Not everybody says goodbye.
    if (number % 4 === 0) socket.terminate();
    else socket.close(1000);
    await closed;
  };

  const times = (n: number, run: () => Promise<void>) => Array.from({ length: n }, run);
  await Promise.all([
    ...times(3, () => client('TLS, kept', restMs, () => ask(agent))),
    ...times(2, () => client('TLS, new connection', newConnectionRestMs, () => ask(false))),
    ...times(2, () => client('HTTP/2', restMs, streams())),
    ...times(3, () => client('WebSocket', newConnectionRestMs, chat)),
  ]);
  agent.destroy();
  for (const session of sessions) session.close();
  return tally;
}

/** `localhost` is 127.0.0.1 here. */
function loopback(
  _name: string,
  options: { readonly all?: boolean | undefined },
  done: (error: null, found: string | { address: string; family: number }[], family?: number) => void,
): void {
  if (options.all === true) done(null, [{ address: '127.0.0.1', family: 4 }]);
  else done(null, '127.0.0.1', 4);
}

interface Answer {
  readonly status: number;
  /** What `Proxy-Status` says. */
  readonly why: string;
  readonly got: Buffer;
}

function assertGood({ status, why, got }: Answer, sent: Buffer): void {
  assert.equal(status, 200, `answered ${status}, ${why}`);
  assert.ok(got.equals(sent), `${got.length} bytes of another body`);
}

function post(port: number, ca: string, agent: Agent | false, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const to = { host: '127.0.0.1', servername: 'localhost', port, path: '/secured/', method: 'POST', agent, ca };
    request({ ...to, headers: { host: 'localhost' } }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => void parts.push(part)).on('error', reject);
      const { statusCode = 0, headers } = response;
      const why = String(headers['proxy-status']);
      response.on('end', () => resolve({ status: statusCode, why, got: Buffer.concat(parts) }));
    })
      .on('error', reject)
      .end(body);
  });
}

function stream(session: ClientHttp2Session, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let [status, why] = [0, ''];
    session
      .request({ ':path': '/streams/', ':method': 'POST' })
      .on('response', (head) => {
        status = Number(head[':status']);
        why = String(head['proxy-status']);
      })
      .on('data', (part: Buffer) => void parts.push(part))
      .on('error', reject)
      .on('end', () => resolve({ status, why, got: Buffer.concat(parts) }))
      .end(body);
  });
}
