/** What a request looks like to a collector: its span, those of its tries, and what targets were told of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { route, upstream } from '../helpers/data-plane.ts';
import { http2Scene } from '../helpers/http2-scene.ts';
import { answering, deadPort, ok, type OriginRequest, startOrigin } from '../helpers/origin.ts';
import { get, post } from '../helpers/raw-http.ts';
import { retryPolicy } from '../helpers/several-targets.ts';
import type { ReceivedSpan } from '../helpers/trace-receiver.ts';
import { received, traced, tracedSettings } from '../helpers/traced.ts';
import { message, openSocket, startSocketServer } from '../websocket/websocket-scene.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const caller = '00f067aa0ba902b7';
const unavailable = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nsick';

/** What the target was told. */
function context(request: OriginRequest | undefined) {
  const [, traceId, spanId, flags] = (request?.header('traceparent') ?? '').split('-');
  return { traceId, spanId, flags };
}

function serverOf(spans: readonly ReceivedSpan[]): ReceivedSpan {
  const servers = spans.filter(({ kind }) => kind === 'server');
  assert.equal(servers.length, 1);
  return servers[0] as ReceivedSpan;
}

/** The spans of the tries, in order; holds of them what holds of all. */
function triesOf(spans: readonly ReceivedSpan[]): readonly ReceivedSpan[] {
  const server = serverOf(spans);
  const tries = spans.filter(({ kind }) => kind === 'client');
  for (const one of tries) {
    assert.equal(one.traceId, server.traceId);
    assert.equal(one.parentId, server.spanId);
    assert.ok(server.start <= one.start && one.start <= one.end && one.end <= server.end, 'it lies within its request');
  }
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);
  return tries;
}

test('a request is a span of its own trace, and its try one under it that the target was told of', async (t) => {
  const origin = await startOrigin(t);
  const scene = await traced(t, [origin.port], { accessLog: {} });
  const before = BigInt(Date.now() - 1) * 1_000_000n;
  const answer = await scene.ask(
    'GET /a%20b/c?token=abc&y=1 HTTP/1.1\r\nHost: shop.example:8443\r\nUser-Agent: probe/1\r\n\r\n',
  );
  const spans = await scene.spans(2);
  const after = BigInt(Date.now() + 1) * 1_000_000n;
  const server = serverOf(spans);
  const [client] = triesOf(spans) as [ReceivedSpan];
  const told = context(await origin.request());
  assert.deepEqual(told, { traceId: server.traceId, spanId: client.spanId, flags: '01' });
  assert.equal((await scene.line())['trace_id'], server.traceId);
  assert.deepEqual([server.parentId, server.state, server.error, client.error], ['', '', null, null]);
  assert.deepEqual([server.name, client.name], ['GET all', 'GET origin']);
  assert.ok(before <= server.start && server.start <= server.end && server.end <= after, 'at the time that it was');
  assert.deepEqual(server.attributes, {
    'http.request.method': 'GET',
    'url.scheme': 'http',
    'url.path': '/a%20b/c',
    'url.query': 'token=[redacted]&y=1',
    'server.address': 'shop.example',
    'server.port': 8443,
    'client.address': '127.0.0.1',
    'network.peer.address': '127.0.0.1',
    'network.protocol.name': 'http',
    'network.protocol.version': '1.1',
    'user_agent.original': 'probe/1',
    'http.response.status_code': 200,
    'sentinel.correlation_id': answer.header('x-correlation-id'),
    'sentinel.listener': 'http',
    'sentinel.route': 'all',
    'sentinel.upstream': 'origin',
    'sentinel.attempts': 1,
  });
  const { 'sentinel.queue_ms': queued, 'sentinel.connect_ms': connected, ...rest } = client.attributes;
  assert.ok(Number(queued) >= 0 && Number(connected) > 0, 'its connection was made for it');
  assert.deepEqual(rest, {
    'http.request.method': 'GET',
    'server.address': '127.0.0.1',
    'server.port': origin.port,
    'http.response.status_code': 200,
    'sentinel.upstream': 'origin',
    'sentinel.target': `127.0.0.1:${origin.port}`,
    'sentinel.try': 'first',
  });
  const resource = { 'service.name': 'edge', 'service.version': '1.2.3', 'host.name': 'edge-1', 'process.pid': 42 };
  for (const span of spans) {
    assert.deepEqual(span.resource, resource);
    assert.deepEqual(span.scope, { name: 'sentinel', version: '1.2.3' });
  }
  assert.deepEqual([server.flags, client.flags], [0x101, 0x101]);
  const [sent] = scene.receiver.exports;
  assert.deepEqual(
    [sent?.method, sent?.path, sent?.headers['content-type'], sent?.headers['user-agent']],
    ['POST', '/v1/traces', 'application/x-protobuf', 'sentinel/1.2.3'],
  );
});

test('a trace that the client began goes on under its span, with its state', async (t) => {
  const origin = await startOrigin(t);
  const scene = await traced(t, [origin.port]);
  await scene.ask(get('/', `traceparent: 00-${trace}-${caller}-01`, 'tracestate: a=1,b=2'));
  const spans = await scene.spans(2);
  const server = serverOf(spans);
  assert.deepEqual([server.traceId, server.parentId, server.state], [trace, caller, 'a=1,b=2']);
  assert.equal(server.flags, 0x301, 'its parent is elsewhere');
  assert.deepEqual(context(await origin.request()).spanId, triesOf(spans)[0]?.spanId);
});

test('a target that refuses is a try of its own, and the request fails over to the next', async (t) => {
  const dead = await deadPort();
  const origin = await startOrigin(t);
  const scene = await traced(t, [dead, origin.port]);
  assert.equal((await scene.ask(post('abc'))).status, 200);
  const spans = await scene.spans(3);
  const [refused, answered] = triesOf(spans) as [ReceivedSpan, ReceivedSpan];
  assert.deepEqual(
    [refused.attributes['error.type'], refused.error, refused.attributes['server.port']],
    ['connect_refused', 'connect_refused', dead],
  );
  assert.equal(refused.attributes['http.response.status_code'], undefined);
  assert.deepEqual(
    [answered.error, answered.attributes['sentinel.try'], answered.attributes['http.request.resend_count']],
    [null, 'failover', 1],
  );
  assert.ok(refused.end <= answered.start);
  assert.equal(context(await origin.request()).spanId, answered.spanId);
  const server = serverOf(spans);
  assert.deepEqual([server.error, server.attributes['sentinel.attempts']], [null, 2]);
  assert.deepEqual(
    server.events.map(({ name, at, attributes }) => [
      name,
      at,
      attributes['error.type'],
      attributes['sentinel.target'],
    ]),
    [['failover', answered.start, 'connect_refused', `127.0.0.1:${origin.port}`]],
  );
});

test('of a request that is tried again each target hears of its own try', async (t) => {
  const sick = await startOrigin(t, answering(unavailable));
  const well = await startOrigin(t);
  const scene = await traced(t, [sick.port, well.port], { route: { retry: retryPolicy() } });
  assert.equal((await scene.ask(get('/'))).status, 200);
  const spans = await scene.spans(3);
  const [first, second] = triesOf(spans) as [ReceivedSpan, ReceivedSpan];
  assert.equal(context(await sick.request()).spanId, first.spanId);
  assert.equal(context(await well.request()).spanId, second.spanId);
  assert.deepEqual(
    [first.attributes['http.response.status_code'], first.attributes['error.type'], first.error],
    [503, 'upstream_status', 'upstream_status'],
  );
  assert.deepEqual([second.attributes['sentinel.try'], second.error], ['retry', null]);
  const server = serverOf(spans);
  assert.deepEqual([server.error, server.events.map(({ name }) => name)], [null, ['retry']]);
});

test('a reused connection that was dead is a try, and its repetition another', async (t) => {
  let asked = 0;
  const origin = await startOrigin(t, {
    request: ({ connection }) => (asked++ === 1 ? connection.reset() : connection.send(ok())),
  });
  const scene = await traced(t, [origin.port]);
  await scene.ask(get('/first'));
  const before = (await scene.spans(2)).length;
  assert.equal((await scene.ask(get('/second'))).status, 200);
  const spans = (await scene.spans(before + 3)).slice(before);
  const [dead, again] = triesOf(spans) as [ReceivedSpan, ReceivedSpan];
  assert.deepEqual([dead.error, again.attributes['sentinel.try'], again.error], ['upstream_reset', 'resend', null]);
  const told = [await origin.request(1), await origin.request(2)].map((request) => context(request).spanId);
  assert.deepEqual(told, [dead.spanId, again.spanId]);
});

test('a request that fails is an error with its cause, as is each try of it', async (t) => {
  const scene = await traced(t, [await deadPort(), await deadPort()]);
  assert.equal((await scene.ask(get('/'))).status, 502);
  const spans = await scene.spans(3);
  const server = serverOf(spans);
  assert.deepEqual(
    [server.error, server.attributes['error.type'], server.attributes['http.response.status_code']],
    ['connect_refused', 'connect_refused', 502],
  );
  assert.deepEqual(
    triesOf(spans).map(({ error }) => error),
    ['connect_refused', 'connect_refused'],
  );
});

test('an answer of 5xx that goes on to the client is an error of both', async (t) => {
  const origin = await startOrigin(t, answering(unavailable));
  const scene = await traced(t, [origin.port]);
  assert.equal((await scene.ask(get('/'))).status, 503);
  const spans = await scene.spans(2);
  assert.deepEqual(
    [serverOf(spans), ...triesOf(spans)].map(({ error, attributes }) => [error, attributes['error.type']]),
    [
      ['upstream_status', 'upstream_status'],
      ['upstream_status', 'upstream_status'],
    ],
  );
});

test('what the client is to blame for has a cause and is no error', async (t) => {
  const origin = await startOrigin(t);
  const only = { ...route().matches, paths: [{ kind: 'exact' as const, path: '/only' }] };
  const scene = await traced(t, [origin.port], { route: { matches: only } });
  assert.equal((await scene.ask(get('/other'))).status, 404);
  const spans = await scene.spans(1);
  const server = serverOf(spans);
  assert.deepEqual([server.error, server.attributes['error.type'], server.name], [null, 'no_route', 'GET']);
  assert.equal(triesOf(spans).length, 0);
});

test('a client that leaves ends its spans without an answer', async (t) => {
  const origin = await startOrigin(t, {});
  const scene = await traced(t, [origin.port]);
  const client = await scene.client();
  client.send(get('/slow'));
  await origin.request();
  client.socket.destroy();
  const spans = await scene.spans(2);
  for (const span of spans) {
    assert.deepEqual([span.error, span.attributes['error.type']], [null, 'client_closed']);
    assert.equal(span.attributes['http.response.status_code'], undefined);
  }
  assert.equal(context(await origin.request()).spanId, triesOf(spans)[0]?.spanId);
});

test('the fallback upstream is an event, with or without a try before it', async (t) => {
  const origin = await startOrigin(t);
  const { upstreams, routes } = fallbackTo(await deadPort(), origin.port);
  const scene = await traced(t, [], { config: { upstreams, routes } });
  assert.equal((await scene.ask(get('/'))).status, 200);
  const spans = await scene.spans(3);
  const server = serverOf(spans);
  assert.deepEqual(
    server.events.map(({ name, attributes }) => [name, attributes['sentinel.upstream']]),
    [['fallback', 'backup']],
  );
  assert.deepEqual(
    triesOf(spans).map(({ attributes }) => [attributes['sentinel.upstream'], attributes['sentinel.try']]),
    [
      ['origin', 'first'],
      ['backup', 'fallback'],
    ],
  );
  // The breaker of the route is open now: nobody of the first is asked any more.
  assert.equal((await scene.ask(get('/'))).status, 200);
  const later = (await scene.spans(5)).slice(3);
  assert.equal(serverOf(later).events[0]?.name, 'fallback');
  assert.deepEqual(
    triesOf(later).map(({ attributes }) => attributes['sentinel.upstream']),
    ['backup'],
  );
});

const openAtOnce = { failureThreshold: 1, successThreshold: 1, timeoutMs: 60_000, halfOpenMaxRequests: 1 };

function fallbackTo(dead: number, alive: number) {
  return {
    upstreams: [upstream([dead]), upstream([alive], { name: 'backup' })],
    routes: [route({ fallbackUpstream: 'backup', circuitBreaker: openAtOnce })],
  };
}

test('who asks whether the proxy is well makes no traces', async (t) => {
  const origin = await startOrigin(t);
  const scene = await traced(t, [origin.port]);
  for (const path of ['/health', '/ready', '/last']) await scene.ask(get(path));
  const spans = await scene.spans(2);
  assert.equal(serverOf(spans).attributes['url.path'], '/last');
});

test('a method that nobody knows and a target without an answer body keep names few and times right', async (t) => {
  const origin = await startOrigin(t);
  const scene = await traced(t, [origin.port]);
  await scene.ask('BREW / HTTP/1.1\r\nHost: x\r\n\r\n');
  const server = serverOf(await scene.spans(2));
  assert.deepEqual(
    [server.name, server.attributes['http.request.method'], server.attributes['http.request.method_original']],
    ['HTTP all', '_OTHER', 'BREW'],
  );
});

test('over HTTP/2 a stream is a request like any other', async (t) => {
  const scene = await http2Scene(t, { config: tracedSettings() });
  const { spans } = await received(t, scene);
  const fields = { ':path': '/h2', traceparent: `00-${trace}-${caller}-01` };
  assert.equal((await scene.fetch(fields)).status, 200);
  const found = await spans(2);
  const server = serverOf(found);
  assert.deepEqual(
    [server.traceId, server.parentId, server.attributes['network.protocol.version'], server.attributes['url.scheme']],
    [trace, caller, '2', 'https'],
  );
  assert.equal(context(await scene.origin.request()).spanId, triesOf(found)[0]?.spanId);
});

test('a WebSocket is told of when it is agreed to, while it stays open', async (t) => {
  const target = await startSocketServer(t);
  const scene = await traced(t, [target.port]);
  const socket = await openSocket(t, `ws://127.0.0.1:${scene.port}/chat`);
  const spans = await scene.spans(2);
  assert.equal(serverOf(spans).attributes['http.response.status_code'], 101);
  assert.equal(triesOf(spans).length, 1);
  const echoed = message(socket);
  socket.send('still here');
  assert.equal((await echoed).data.toString(), 'still here');
  socket.close();
  await scene.settled();
  await scene.ask(get('/'));
  assert.equal((await scene.spans(4)).length, 4, 'and not again at its end');
});
