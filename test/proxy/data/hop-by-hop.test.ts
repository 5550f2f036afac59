/** Fields that belong to one connection stay on it, both ways; end-to-end fields cannot be named away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyFields } from '../../../src/proxy/shared/cells.ts';
import { answering, ok } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get, head, post } from '../../helpers/raw-http.ts';

const names = (fields: readonly (readonly [string, string])[]) => fields.map(([name]) => name);

test('hop-by-hop fields of a request, and those that Connection names, stay behind', async (t) => {
  const { ask, origin } = await proxied(t);
  await ask(
    get(
      '/',
      'Connection: keep-alive, X-Hop, x-other-hop',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic x',
      'TE: gzip',
      'X-Hop: 1',
      'X-OTHER-HOP: 2',
      'X-End: 3',
    ),
  );
  const { fields } = await origin.request();
  assert.deepEqual(names(fields), [
    'Host',
    'X-End',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'Via',
    'X-Correlation-Id',
    'traceparent',
  ]);
});

test('hop-by-hop fields of a response, and those that Connection names, stay behind', async (t) => {
  const { ask } = await proxied(t, {
    script: answering(
      ok(
        'ok',
        'Connection: keep-alive, X-Hop',
        'Keep-Alive: timeout=5',
        'Proxy-Connection: keep-alive',
        'Upgrade: h2c',
        'TE: trailers',
        'X-Hop: 1',
        'X-End: 2',
      ),
    ),
  });
  const { fields, text } = await ask(get());
  assert.equal(text, 'ok');
  assert.deepEqual(names(fields), ['X-End', 'X-Correlation-Id', 'Content-Length']);
});

test('Connection cannot name end-to-end fields away, and the attempt is counted', async (t) => {
  const scene = await proxied(t, {
    script: answering(ok('ok', 'Connection: Content-Length, Set-Cookie', 'Set-Cookie: a=b')),
  });
  const counted = () => scene.registry.sum(scene.plan.cells.proxy, proxyFields.protectedFields);
  const protectedNames = 'Host, Cookie, Authorization, Content-Length, Content-Type, X-Forwarded-For, Via';
  const response = await scene.ask(
    post(
      'abc',
      '/',
      `Connection: ${protectedNames}`,
      'Cookie: a=b',
      'Authorization: Basic x',
      'Content-Type: text/plain',
    ),
  );
  assert.equal(response.header('set-cookie'), 'a=b');
  const request = await scene.origin.request();
  assert.equal(request.body.toString(), 'abc');
  for (const name of protectedNames.split(', ')) assert.notEqual(request.header(name), undefined, name);
  assert.equal(counted(), 2, 'once for the request and once for the response');
  await scene.ask(get('/', 'Connection: X-Mine', 'X-Mine: 1'));
});

test('upgrades to protocols that are not served are dropped, and the request goes on without', async (t) => {
  const { ask, origin } = await proxied(t);
  const settings = 'HTTP2-Settings: AAMAAABkAAQAAP__';
  const requests = [
    get('/h2c', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', settings),
    get('/h2c-alone', 'Connection: Upgrade', 'Upgrade: h2c', settings),
    get('/unknown', 'Connection: Upgrade', 'Upgrade: foo/2'),
    get('/unlisted', 'Upgrade: h2c', settings),
    'GET /old HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ];
  for (const [number, request] of requests.entries()) {
    assert.equal((await ask(request)).status, 200);
    const seen = await origin.request(number);
    for (const name of ['upgrade', 'http2-settings', 'connection']) assert.equal(seen.header(name), undefined, name);
  }
});

test('of TE only trailers goes on, as a hop of our own', async (t) => {
  const { ask, origin } = await proxied(t);
  await ask(get('/', 'TE: gzip;q=0.5, trailers', 'Connection: TE'));
  const request = await origin.request();
  assert.equal(request.header('te'), 'trailers');
  assert.equal(request.header('connection'), 'TE');
});

test('order and case of end-to-end fields are kept, and repeated ones stay apart', async (t) => {
  const { ask, origin } = await proxied(t, {
    script: answering(ok('ok', 'x-lower: 1', 'Set-Cookie: a=1', 'X-UPPER: 2', 'Set-Cookie: b=2')),
  });
  const response = await ask(
    head('GET', '/?a=1', 'x-B: 1', 'Accept: */*', 'X-A:  padded  ', 'x-b: 2', 'Connection: close', 'X-C:'),
  );
  const request = await origin.request();
  assert.ok(
    request.head.startsWith(
      'GET /?a=1 HTTP/1.1\r\nHost: a.test\r\nx-B: 1\r\nAccept: */*\r\nX-A:  padded  \r\nx-b: 2\r\nX-C:\r\n',
    ),
    request.head,
  );
  assert.ok(
    response.head.startsWith('HTTP/1.1 200 OK\r\nx-lower: 1\r\nSet-Cookie: a=1\r\nX-UPPER: 2\r\nSet-Cookie: b=2\r\n'),
    response.head,
  );
});

test('field values outside ASCII pass as the bytes that they are', async (t) => {
  const value = '\xe9\xa0\xff\x80';
  const { ask, origin } = await proxied(t, { script: answering(ok('ok', `X-A: ${value}`)) });
  assert.equal((await ask(get('/', `X-A: ${value}`))).header('x-a'), value);
  assert.equal((await origin.request()).header('x-a'), value);
});
