/**
 * Disorder over TLS, HTTP/2 on both sides and WebSockets, from a seed: clients that leave in handshakes, in heads, in bodies
 * and in sockets, targets that reset, say GOAWAY or go down, and plans that change who speaks what. Whatever happens, no
 * answer goes to another's request, nothing stays held, and the proxy finds no fault in itself.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2';
import { connect as connectPlain } from 'node:net';
import { test } from 'node:test';
import { connect as connectSecured, TLSSocket } from 'node:tls';
import { systemClock } from '../../../src/base/clock.ts';
import type { Config, RouteConfig, UpstreamConfig } from '../../../src/config/model.ts';
import { acceptOf } from '../../../src/proxy/data/websocket/handshake.ts';
import {
  type CellRef,
  guardFields,
  listenerFields,
  proxyFields,
  routeFields,
  targetFields,
} from '../../../src/proxy/shared/cells.ts';
import { ClientConnections } from '../../../src/proxy/shared/client-connections.ts';
import { TestAuthority } from '../../helpers/certificates.ts';
import { config, listener, route, startPlanes, type TestPlane, upstream } from '../../helpers/data-plane.ts';
import { answerOf, assertBodyOf, bodyFor, Dice, sendInPieces, turn } from '../../helpers/dice.ts';
import { eventually } from '../../helpers/eventually.ts';
import { type StreamSeen, startHttp2Origin } from '../../helpers/http2-origin.ts';
import { answerOf as answerOn, send } from '../../helpers/http2-scene.ts';
import { type OriginConnection, type OriginRequest, type Script, startOrigin } from '../../helpers/origin.ts';
import { chunked, head, RawClient } from '../../helpers/raw-http.ts';
import { listenerTls, TestCertificates, upstreamTls } from '../../helpers/secured-plane.ts';
import { retryPolicy } from '../../helpers/several-targets.ts';
import { startTlsOrigin } from '../../helpers/tls-origin.ts';

const seeds = (process.env['SENTINEL_DISORDER_SEEDS'] ?? '1 2').split(' ').map(Number);
const waves = 3;
const visitors = 30;

const breaker = { failureThreshold: 3, successThreshold: 1, timeoutMs: 30, halfOpenMaxRequests: 2 };
const pool = { maxConnections: 4, maxIdle: 2, idleTimeoutMs: 50, maxLifetimeMs: 300, maxPending: 20 };
const timeouts = { connectMs: 400, requestMs: 800, readMs: 300, writeMs: 300 };
const retry = retryPolicy({ maxAttempts: 3, perTryTimeoutMs: 200, backoffBaseMs: 4, backoffMaxMs: 10 });

/** One upstream for each way to speak; a request's path begins with the name of one. */
const ways = ['plain', 'secured', 'h2c', 'h2'] as const;
const handshake = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
const key = 'dGhlIHNhbXBsZSBub25jZQ==';

/** Node cannot reset a connection beneath TLS. */
function leave(connection: OriginConnection): void {
  if (connection.socket instanceof TLSSocket) connection.socket.destroy();
  else connection.reset();
}

/** What a target of HTTP/1.1 does; most of the time it answers. */
async function behave(dice: Dice, request: OriginRequest, connection: OriginConnection): Promise<void> {
  const { target } = request;
  const asked = request.header('sec-websocket-key');
  const mood = dice.roll(100);
  if (mood < 5) leave(connection);
  else if (mood < 8) connection.end();
  else if (mood < 10) connection.send('garbage\r\n\r\n');
  else if (asked !== undefined && mood < 90) {
    connection.send(
      `HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-For: ${target}\r\nSec-WebSocket-Accept: ${acceptOf(asked)}\r\n\r\n`,
    );
    connection.socket.on('data', (chunk: Buffer) => void (connection.socket.writable && connection.send(chunk)));
    for (let turns = dice.roll(80); turns > 0; turns--) await turn();
    if (dice.chance(30)) leave(connection);
    else if (dice.chance(60)) connection.end();
  } else {
    const bytes = answerOf(dice, request, dice.chance(10) ? '503 No' : '200 OK', bodyFor(target, size(dice)));
    if (mood < 14) {
      connection.send(bytes.slice(0, dice.roll(bytes.length)));
      await turn();
      if (dice.chance(50)) leave(connection);
      else connection.end();
    } else if (mood > 16) await sendInPieces(dice, connection, bytes);
  }
}

/** Sessions with streams that their target closed: Node takes such a request for complete. */
const spoilt = new WeakSet<object>();

/** What a target of HTTP/2 does. */
async function behaveInStream(dice: Dice, { stream, headers, session }: StreamSeen): Promise<void> {
  const target = String(headers[':path']);
  for (let turns = dice.roll(10); turns > 0; turns--) await turn();
  const mood = dice.roll(100);
  const { NGHTTP2_REFUSED_STREAM, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_CANCEL } = constants;
  const codes = [NGHTTP2_REFUSED_STREAM, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_CANCEL];
  if (stream.destroyed) return;
  if (mood < 10) spoilt.add(session);
  if (mood < 8) stream.close(codes[dice.roll(4)]);
  else if (mood < 10) session.destroy(undefined, codes[dice.roll(4)] as never);
  else if (mood < 12) session.goaway(NGHTTP2_NO_ERROR, dice.chance(50) ? 0 : stream.id);
  else if (mood < 14) session.close();
  else if (mood < 16) return;
  if (stream.destroyed || stream.closed) return;
  if (headers[':method'] === 'CONNECT') {
    stream.respond({ ':status': 200, 'x-for': target });
    stream.pipe(stream);
    for (let turns = dice.roll(80); turns > 0; turns--) await turn();
    if (dice.chance(30)) stream.close(codes[dice.roll(4)]);
    else if (dice.chance(60)) stream.end();
    return;
  }
  if (dice.chance(15)) stream.additionalHeaders({ ':status': 103, link: '</a>' });
  const body = bodyFor(target, size(dice));
  const silent = headers[':method'] === 'HEAD';
  stream.respond(
    { ':status': dice.chance(10) ? 503 : 200, 'x-for': target },
    { endStream: silent, waitForTrailers: dice.chance(30) },
  );
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-t': '1' }));
  if (silent) return;
  stream.write(body.slice(0, body.length >> 1));
  await turn();
  if (stream.destroyed) return;
  // A stream of node:http2 that is closed in its body would end first, as if that were all.
  if (dice.chance(6)) stream.destroy(new Error('cut'));
  else stream.end(body.slice(body.length >> 1));
}

const size = (dice: Dice) => [0, 10, 5000, 150_000][dice.roll(4)] ?? 0;

function judge(target: string, status: number, owner: string | undefined, body: string, method: string): void {
  assert.ok([200, 101, 403, 413, 421, 502, 503, 504].includes(status), `${target} got ${status}`);
  if (owner === undefined) return;
  assert.equal(owner, target);
  if (method !== 'HEAD' && status !== 101) assertBodyOf(target, body);
}

/** A client of HTTP/1.1, with or without TLS. */
async function visit(dice: Dice, client: RawClient, name: string): Promise<number> {
  let answered = 0;
  for (let number = 0; number <= dice.roll(4); number++) {
    const target = `/${ways[dice.roll(ways.length)]}/${name}-${number}`;
    const method = ['GET', 'HEAD', 'POST', 'SOCKET'][dice.roll(4)] ?? 'GET';
    const body = bodyFor(target, size(dice));
    let bytes = head(method, target);
    if (method === 'SOCKET') bytes = head('GET', target, ...handshake, `Sec-WebSocket-Key: ${key}`);
    else if (method === 'POST') bytes = head('POST', target, 'Transfer-Encoding: chunked') + chunked([body], 'X-T: 1');
    bytes = bytes.replace('a.test', 'localhost');
    const pieces = dice.pieces(bytes);
    const leaves = dice.chance(15);
    for (const piece of leaves ? pieces.slice(0, dice.roll(pieces.length + 1)) : pieces) {
      if (client.ending !== null) return answered;
      client.send(piece);
      if (dice.chance(20)) await turn();
    }
    for (let turns = leaves ? dice.roll(40) : 0; turns > 0; turns--) await turn();
    if (leaves) break;
    let response: Awaited<ReturnType<RawClient['response']>>;
    try {
      response = await client.response(method === 'SOCKET' ? 'GET' : method);
    } catch (error) {
      assert.notEqual(client.ending, null, `${target} was left without an answer: ${String(error)}`);
      break;
    }
    answered++;
    judge(target, response.status, response.header('x-for'), response.text, method);
    if (response.status === 101) {
      for (let frames = dice.roll(20); frames > 0 && client.ending === null; frames--) {
        client.send(Buffer.concat([Buffer.from([0x82, 0xfe, 0x20, 0x00, 1, 2, 3, 4]), Buffer.alloc(0x2000)]));
        await turn();
      }
      if (dice.chance(30)) client.socket.end();
      for (let turns = dice.roll(40); turns > 0; turns--) await turn();
      break;
    }
    if (response.header('connection') === 'close') break;
  }
  if (dice.chance(50) || client.socket instanceof TLSSocket) client.socket.destroy();
  else client.reset();
  return answered;
}

/** A stream of node:http2 whose body was cut short by a whole answer is closed, and would never say so. */
function endClosed(stream: ClientHttp2Stream): void {
  const look = setInterval(() => {
    if (!stream.closed && !stream.destroyed) return;
    clearInterval(look);
    stream.destroy();
  }, 50).unref();
}

/** A client of HTTP/2: streams of every kind at once. */
async function crowd(dice: Dice, session: ClientHttp2Session, name: string): Promise<number> {
  let [answered, broken] = [0, false];
  const streams = Array.from({ length: 1 + dice.roll(12) }, async (_, number) => {
    const target = `/${ways[dice.roll(ways.length)]}/${name}-${number}`;
    const method = ['GET', 'HEAD', 'POST', 'CONNECT'][dice.roll(4)] ?? 'GET';
    const fields = { ':method': method, ':path': target, ':authority': 'localhost', ':scheme': 'https' };
    const socket = { ':protocol': 'websocket', 'sec-websocket-version': '13' };
    for (let turns = dice.roll(20); turns > 0; turns--) await turn();
    if (session.destroyed || session.closed) return;
    const [whole, most] = [bodyFor(target, size(dice)), dice.roll(40)];
    const body = method === 'POST' ? whole : method === 'CONNECT' ? '\x81\x85aaaahello' : undefined;
    const stream = send(session, method === 'CONNECT' ? { ...fields, ...socket } : fields, body);
    const leaves = dice.chance(25);
    const answer = answerOn(stream);
    stream.on('end', () => endClosed(stream));
    for (let turns = leaves ? most : 0; turns > 0; turns--) await turn();
    if (leaves) stream.close([constants.NGHTTP2_CANCEL, constants.NGHTTP2_NO_ERROR][dice.roll(2)]);
    const { status, fields: got, body: text, code } = await answer;
    if (leaves || broken || status === 0 || code !== 0) return;
    answered++;
    if (method !== 'CONNECT') judge(target, status, got['x-for'] as string | undefined, text.toString(), method);
  });
  const breaks = dice.chance(20);
  for (let turns = breaks ? dice.roll(60) : 0; turns > 0; turns--) await turn();
  broken = breaks;
  if (breaks) session.destroy();
  await Promise.all(streams);
  session.destroy();
  return answered;
}

/** A client that never gets as far as a request. */
async function stray(dice: Dice, port: number): Promise<void> {
  const socket = connectPlain({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const hello = Buffer.from(`16030102000100${'01'.repeat(200)}`, 'hex');
  if (dice.chance(70)) socket.write(dice.chance(50) ? hello.subarray(0, dice.roll(20)) : hello);
  for (let turns = dice.roll(30); turns > 0; turns--) await turn();
  if (dice.chance(50)) socket.resetAndDestroy();
  else socket.destroy();
}

for (const seed of seeds) {
  test(`disorder of seed ${seed} over TLS, HTTP/2 and WebSockets leaves nothing held`, async (t) => {
    const dice = new Dice(seed);
    const [authority, clients] = [TestAuthority.root(t), TestAuthority.root(t, 'Clients')];
    const [shown, other, known] = [authority.issue(), authority.issue(), clients.issue({ usage: 'clientAuth' })];
    const script: Script = { request: (request) => void behave(dice, request, request.connection) };
    const inStream = (seen: StreamSeen) => void behaveInStream(dice, seen);
    const settings = { enableConnectProtocol: true, maxConcurrentStreams: 5 };
    const [plain, second, secured, h2c, h2] = await Promise.all([
      startOrigin(t, script),
      startOrigin(t, script),
      startTlsOrigin(t, shown, script),
      startHttp2Origin(t, inStream, { settings }),
      startHttp2Origin(t, inStream, { settings, tls: shown }),
    ]);
    const towards = (name: string, ports: readonly number[], overrides: Partial<UpstreamConfig>) =>
      upstream(ports, { name, pool, timeouts, circuitBreaker: breaker, ...overrides });
    const under = (name: string): RouteConfig =>
      route({
        id: name,
        upstream: name,
        retry,
        policies: { websocketIdleMs: 400 },
        matches: { ...route().matches, paths: [{ kind: 'prefix', path: `/${name}/` }] },
      });
    const base = config({});
    const tls = listenerTls(shown);
    const first: Config = {
      ...base,
      listeners: [
        listener({ id: 'plain', bodyIdleTimeoutMs: 600, headerTimeoutMs: 400 }),
        listener({ tls, bodyIdleTimeoutMs: 600, headerTimeoutMs: 400 }),
      ],
      routes: ways.map(under),
      upstreams: [
        towards('plain', [plain.port, second.port], {}),
        towards('secured', [secured.port], { tls: upstreamTls(authority) }),
        towards('h2c', [h2c.port], { httpVersion: '2' }),
        towards('h2', [h2.port], { httpVersion: '2', tls: upstreamTls(authority) }),
      ],
      limits: { ...base.limits, maxConnectionsPerClient: 60, maxInFlightRequests: 100, maxQueuedRequests: 30 },
    };
    const [open, locked] = first.listeners as [Config['listeners'][number], Config['listeners'][number]];
    const withTls = (more: Parameters<typeof listenerTls>[1], by = shown) => ({
      ...first,
      listeners: [open, { ...locked, tls: listenerTls(by, more) }],
    });
    const plans: readonly Config[] = [
      first,
      withTls({}, other),
      withTls({ clientAuth: 'request', caFile: clients.certFile, subjectHeader: 'X-Client-Subject' }),
      { ...first, listeners: [open, { ...locked, tls: null }] },
      { ...first, listeners: [open] },
      {
        ...first,
        upstreams: first.upstreams.map((one) => (one.name === 'h2' ? { ...one, httpVersion: '1.1' as const } : one)),
      },
      {
        ...first,
        upstreams: first.upstreams.map((one) => (one.name === 'plain' ? towards('plain', [second.port], {}) : one)),
      },
      {
        ...first,
        upstreams: first.upstreams.map((one) => (one.name === 'secured' ? towards('secured', [second.port], {}) : one)),
      },
    ];
    const certificates = new TestCertificates();
    const planes = await startPlanes(t, first, 2, systemClock, undefined, { certificates });
    let answered = 0;
    const secure = async (port: number, alpn: string): Promise<TLSSocket | null> => {
      const credentials = dice.chance(30) ? { cert: known.cert, key: known.key } : {};
      const socket = connectSecured({
        host: '127.0.0.1',
        port,
        servername: 'localhost',
        ca: authority.cert,
        ALPNProtocols: [alpn],
        ...credentials,
      });
      t.after(() => void socket.destroy());
      socket.on('error', () => {});
      const settled = Promise.race([once(socket, 'secureConnect'), once(socket, 'close')]);
      settled.catch(() => {});
      const leaves = dice.chance(10);
      for (let turns = leaves ? dice.roll(10) : 0; turns > 0; turns--) await turn();
      if (leaves) socket.destroy();
      // The listener may speak plain HTTP now, or not be there.
      await settled.catch(() => {});
      return socket.destroyed || socket.alpnProtocol === false ? null : socket;
    };
    const come = async (number: number, name: string): Promise<number> => {
      const { ports } = planes[number % 2] as TestPlane;
      const [unsecured = 0, behindTls = 0] = ports;
      for (let turns = dice.roll(60); turns > 0; turns--) await turn();
      const kind = dice.roll(5);
      if (kind === 0) return visit(dice, await RawClient.connect(t, unsecured), name);
      if (kind === 1) {
        await stray(dice, behindTls).catch(() => {});
        return 0;
      }
      const socket = await secure(behindTls, kind === 2 ? 'http/1.1' : 'h2');
      if (socket === null) return 0;
      if (kind === 2) return visit(dice, RawClient.over(socket), name);
      const session = connectHttp2('https://localhost', { createConnection: () => socket });
      session.on('error', () => {});
      return crowd(dice, session, name);
    };
    for (let wave = 0; wave < waves; wave++) {
      const visits = Array.from({ length: visitors }, (_, number) => come(number, `${wave}-${number}`));
      const changes = (async () => {
        for (let change = 0; change < 4; change++) {
          for (let turns = dice.roll(80); turns > 0; turns--) await turn();
          certificates.ticketKeys = Buffer.alloc(48, dice.roll(200));
          const next = change === 3 ? first : (plans[dice.chance(50) ? 0 : dice.roll(plans.length)] as Config);
          for (const plane of planes) await plane.apply(next);
        }
      })();
      const counts = await Promise.allSettled([...visits, changes.then(() => 0)]);
      for (const count of counts) {
        if (count.status === 'rejected') throw count.reason;
        answered += count.value;
      }
    }
    assert.ok(answered > 10, `only ${answered} answers`);
    for (const { method, target, body } of [plain, second, secured].flatMap(({ requests }) => requests)) {
      if (method === 'POST') assertBodyOf(target, body.toString('latin1'));
    }
    for (const { headers, body, ended, closed, session } of [...h2c.streams, ...h2.streams]) {
      const whole = ended && closed === 0 && !spoilt.has(session);
      if (headers[':method'] === 'POST' && whole) assertBodyOf(String(headers[':path']), body.toString());
    }
    const [{ registry, plan }] = planes as [TestPlane];
    const nothing = (what: string, ref: CellRef, field: number, shared = true) => {
      if (shared) assert.equal(registry.shared(ref, field), 0, `${what}, shared`);
      assert.equal(registry.sum(ref, field), 0, `${what}, lanes`);
    };
    await eventually(() => {
      nothing('client connections', plan.cells.proxy, proxyFields.connections);
      nothing('requests in flight', plan.cells.proxy, proxyFields.inFlight);
      nothing('queued', plan.cells.proxy, proxyFields.queued);
      nothing('request buffers', plan.cells.guards, guardFields.requestBufferBytes);
      for (const { id, cell } of plan.listeners) nothing(`open on ${id}`, cell, listenerFields.open, false);
      for (const { id, counts } of plan.routes) nothing(`sockets of ${id}`, counts, routeFields.websockets, false);
      for (const { id, cell } of plan.upstreams.flatMap(({ targets }) => targets)) {
        for (const field of [targetFields.connections, targetFields.idle, targetFields.pending]) {
          nothing(`field ${field} of ${id}`, cell, field);
        }
        nothing(`in flight to ${id}`, cell, targetFields.inFlight, false);
      }
      const { clientConnections } = plan.tables;
      assert.ok(clientConnections !== null);
      assert.equal(new ClientConnections(clientConnections, 0).count('127.0.0.1'), 0);
    });
    for (const plane of planes) {
      const defects = plane.reports.filter(
        (line) => !/^(a target does not speak|HTTP\/2 connection closed|TLS|Client certificate)/i.test(line),
      );
      assert.deepEqual(defects, []);
      assert.equal(plane.errors('internal'), 0);
    }
  });
}
