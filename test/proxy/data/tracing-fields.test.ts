/** Via and loops, correlation ids, and W3C trace context. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPlane } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { proxied, scenery } from '../../helpers/proxied.ts';
import { get, RawClient } from '../../helpers/raw-http.ts';

const trusting = { trustedProxies: ['127.0.0.1'] };
const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = (flags = '01', version = '00', id = trace, span = '00f067aa0ba902b7') =>
  `traceparent: ${version}-${id}-${span}-${flags}`;

test('Via names this daemon after those before it', async (t) => {
  const { ask, origin } = await proxied(t);
  await ask(get('/', 'Via: 1.0 first, 1.1 sentinel-01234567'));
  assert.equal((await origin.request()).header('via'), '1.0 first, 1.1 sentinel-01234567, 1.1 sentinel-feedbeef');
});

test('a request that has already passed this daemon is answered 508', async (t) => {
  const scene = await proxied(t);
  for (const via of ['1.1 sentinel-feedbeef', '1.0 x, 1.1 sentinel-feedbeef (comment), 1.1 y']) {
    const response = await scene.ask(get('/', 'Via: 1.1 other', `Via: ${via}`));
    assert.equal(response.status, 508);
    assert.match(response.header('proxy-status') ?? '', /error=proxy_loop_detected/);
  }
  assert.equal(scene.errors('loop'), 2);
  assert.equal(scene.origin.connections.length, 0);
});

test('a daemon that is its own upstream breaks the loop by itself', async (t) => {
  const first = scenery([1], {});
  const plane = await startPlane(t, first);
  await plane.apply({ ...first, upstreams: scenery([plane.port], {}).upstreams });
  const client = await RawClient.connect(t, plane.port);
  client.send(get('/'));
  assert.equal((await client.response()).status, 508);
  await eventually(() => plane.errors('loop') === 1);
});

test('every response carries a correlation id, the same that the target and the log got', async (t) => {
  const { ask, origin, lines } = await proxied(t, { accessLog: {} });
  const response = await ask(get('/', 'X-Correlation-Id: mine'));
  const id = response.header('x-correlation-id') ?? '';
  assert.match(id, /^[0-9a-f]{24}$/);
  assert.equal((await origin.request()).header('x-correlation-id'), id);
  assert.equal(lines()[0]?.['correlation_id'], id);
  const other = (await ask(get('/'))).header('x-correlation-id');
  assert.notEqual(other, id);
  assert.match((await ask('BAD\r\n\r\n', '')).header('x-correlation-id') ?? '', /^[0-9a-f]{24}$/);
});

test('a correlation id of the target is not the client’s', async (t) => {
  const { ask } = await proxied(t, {
    script: {
      request: ({ connection }) =>
        connection.send('HTTP/1.1 200 OK\r\nX-Correlation-Id: other\r\nContent-Length: 0\r\n\r\n'),
    },
  });
  assert.match((await ask(get('/'))).header('x-correlation-id') ?? '', /^[0-9a-f]{24}$/);
});

test('a trusted proxy’s correlation id is kept when it is plain and short', async (t) => {
  const { ask } = await proxied(t, { listener: trusting });
  const given = async (id: string) => (await ask(get('/', `X-Correlation-Id: ${id}`))).header('x-correlation-id');
  for (const id of ['abc', 'A.b_c-9', 'x'.repeat(128)]) assert.equal(await given(id), id);
  for (const id of ['', 'a b', 'a"b', '<script>', 'x'.repeat(129)]) assert.notEqual(await given(id), id);
});

test('a trace that the client began goes on, with a new span and its own flags', async (t) => {
  const { ask, origin, lines } = await proxied(t, { accessLog: {} });
  for (const [number, flags] of ['01', '00'].entries()) {
    await ask(get('/', parent(flags), 'tracestate: a=1'));
    const request = await origin.request(number);
    const [version, id, span, sampled] = (request.header('traceparent') ?? '').split('-');
    assert.deepEqual([version, id, sampled], ['00', trace, flags]);
    assert.match(span ?? '', /^[0-9a-f]{16}$/);
    assert.notEqual(span, '00f067aa0ba902b7');
    assert.equal(request.header('tracestate'), 'a=1');
    assert.equal(lines()[number]?.['trace_id'], trace);
  }
});

test('a later version of traceparent is read as far as it is known', async (t) => {
  const { ask, origin } = await proxied(t);
  await ask(get('/', `${parent('01', 'cc')}-more`));
  assert.match((await origin.request()).header('traceparent') ?? '', new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
});

test('a malformed trace context begins a new trace, without the old state', async (t) => {
  const { ask, origin } = await proxied(t);
  const malformed = [
    parent('01', '00', '0'.repeat(32)),
    parent('01', '00', trace, '0'.repeat(16)),
    parent('01', '00', trace.toUpperCase()),
    parent('01', '00', trace.slice(1)),
    parent('01', 'ff'),
    `${parent()}-more`,
    `${parent()}\r\n${parent()}`,
    'traceparent: junk',
  ];
  for (const [number, line] of malformed.entries()) {
    await ask(get('/', line, 'tracestate: a=1'));
    const request = await origin.request(number);
    const given = request.header('traceparent') ?? '';
    assert.match(given, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/, line);
    assert.ok(!given.includes(trace), line);
    assert.equal(request.header('tracestate'), undefined, line);
  }
});
