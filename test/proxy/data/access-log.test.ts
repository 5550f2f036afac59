/** Lines of the access log: their fields in the promised order, and nothing of a client that could deceive a reader. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { startPlane, upstream } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { deadPort, ok, socketFolder, startOrigin } from '../../helpers/origin.ts';
import { proxied, scenery } from '../../helpers/proxied.ts';
import { get, head, post, RawClient } from '../../helpers/raw-http.ts';

const promised = [
  'time',
  'correlation_id',
  'trace_id',
  'client_ip',
  'listener',
  'method',
  'host',
  'path',
  'query',
  'protocol',
  'status',
  'cause',
  'duration_ms',
  'queue_ms',
  'connect_ms',
  'first_byte_ms',
  'transfer_ms',
  'tls_version',
  'route',
  'upstream',
  'target',
  'attempts',
  'bytes_in',
  'bytes_out',
  'user_agent',
  'referer',
];

test('a JSON line has the promised fields in the promised order', async (t) => {
  const { ask, line, origin } = await proxied(t, { accessLog: {}, manual: true });
  const request = post('hello', '/a/../b?x=1', 'User-Agent: curl/8', 'Referer: http://r.test/').replace(
    'a.test',
    'A.Test:81',
  );
  const response = await ask(request);
  const logged = await line();
  assert.deepEqual(Object.keys(logged), promised);
  assert.deepEqual(
    { ...logged, correlation_id: '', trace_id: '' },
    {
      time: '2026-01-01T00:00:01.000Z',
      correlation_id: '',
      trace_id: '',
      client_ip: '127.0.0.1',
      listener: 'http',
      method: 'POST',
      host: 'a.test',
      path: '/b',
      query: 'x=1',
      protocol: 'HTTP/1.1',
      status: 200,
      cause: '',
      duration_ms: 0,
      queue_ms: 0,
      connect_ms: 0,
      first_byte_ms: 0,
      transfer_ms: 0,
      tls_version: '',
      route: 'all',
      upstream: 'origin',
      target: `127.0.0.1:${origin.port}`,
      attempts: 1,
      bytes_in: 5,
      bytes_out: response.size,
      user_agent: 'curl/8',
      referer: 'http://r.test/',
    },
  );
  assert.equal(logged['correlation_id'], response.header('x-correlation-id'));
  assert.match(String(logged['trace_id']), /^[0-9a-f]{32}$/);
});

test('what the proxy answers itself is logged with its cause, refusals too', async (t) => {
  const scene = await proxied(t, {
    accessLog: { sample: 0 },
    config: { upstreams: [upstream([await deadPort()])] },
  });
  await scene.ask('GET / HTTP/1.1\r\n\r\n');
  await scene.ask(get('/%00'));
  await scene.ask(get('/'));
  await scene.ask(head('CONNECT', 'a:1'));
  const lines = scene.lines().map((line) => [line['status'], line['cause'], line['route'], line['attempts']]);
  assert.deepEqual(lines, [
    [400, 'bad_request', '', 0],
    [400, 'bad_request', '', 0],
    [502, 'connect_refused', 'all', 1],
    [405, 'bad_request', '', 0],
  ]);
});

test('a server error of the upstream is told from one of the proxy', async (t) => {
  const { ask, line, errors } = await proxied(t, {
    accessLog: {},
    script: { request: ({ connection }) => connection.send('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n') },
  });
  const response = await ask(get());
  assert.equal(response.header('proxy-status'), undefined);
  const logged = await line();
  assert.deepEqual([logged['status'], logged['cause']], [503, 'upstream_status']);
  assert.equal(errors('upstream_status'), 1);
});

test('control bytes, quotes and other alphabets cannot break a JSON line', async (t) => {
  const { ask, lines } = await proxied(t, { accessLog: {} });
  const values = ['a"b', 'a\\b', '\\"}', 'tab\there', '\xe9\xa0\x85\x80', '{"injected":true}', '%0a%0d'];
  for (const value of values) await ask(get(`/${encodeURIComponent(value)}`, `User-Agent: ${value}`));
  assert.deepEqual(
    lines().map((line) => line['user_agent']),
    values,
  );
});

test('the combined format escapes quotes and control bytes, and names the rest', async (t) => {
  const origin = await startOrigin(t);
  const file = `${socketFolder(t)}/access.log`;
  const settings = scenery([origin.port], { accessLog: { format: 'combined', file } });
  const plane = await startPlane(t, settings);
  const client = await RawClient.connect(t, plane.port);
  client.send(get('/x?y=1', 'User-Agent: a" evil="1\\', 'Referer: http://r.test/?token=abc&z=1'));
  const { size } = await client.response();
  await eventually(() => readFileSync(file, 'utf8') !== '');
  const line = readFileSync(file, 'utf8');
  assert.match(
    line,
    new RegExp(
      `^127\\.0\\.0\\.1 - - \\[\\d\\d/[A-Z][a-z]{2}/\\d{4}:\\d\\d:\\d\\d:\\d\\d \\+0000\\] "GET /x\\?y=1 HTTP/1\\.1" 200 ${size} `,
    ),
  );
  assert.ok(line.includes(' "http://r.test/?token=[redacted]&z=1" "a\\u0022 evil=\\u00221\\u005c" '), line);
  assert.match(line, / correlation_id="[0-9a-f]{24}" client_ip="127\.0\.0\.1" path="\/x" /);
  assert.equal(line.split('\n').length, 2);
});

test('values of secret query parameters never reach the log, however their names are written', async (t) => {
  const { ask, lines } = await proxied(t, { accessLog: {} });
  const secrets = [
    'token',
    'access_token',
    'accessToken',
    'id-token',
    'password',
    'user.password',
    'userPassword',
    'PASSWD',
    'pwd',
    'secret',
    'client_secret',
    'api_key',
    'apiKey',
    'api-key',
    'x-api-key',
    'auth',
    'authorization',
    'session',
    'sessionid',
    'JSESSIONID',
    'signature',
    'X-Amz-Signature',
    'sig',
    'credential',
    'private_key',
    'p%61ssword',
    'tok%65n',
  ];
  for (const name of secrets) await ask(get(`/?a=1&${name}=hunter2&b=2`, `Referer: http://r/?${name}=hunter2`));
  for (const [number, name] of secrets.entries()) {
    const line = lines()[number] ?? {};
    assert.equal(line['query'], `a=1&${name}=[redacted]&b=2`);
    assert.equal(line['referer'], `http://r/?${name}=[redacted]`);
  }
});

test('names that only sound like secrets are left alone', async (t) => {
  const { ask, lines } = await proxied(t, { accessLog: {} });
  const query = 'author=x&design=1&keyword=a&page=2&assign=b&token&=c&monkey=1&passenger=3';
  await ask(get(`/?${query}`));
  assert.equal(lines()[0]?.['query'], query);
});

test('a sample leaves out good requests, never errors', async (t) => {
  const { ask, lines } = await proxied(t, {
    accessLog: { sample: 0 },
    script: {
      request: ({ connection, target }) =>
        connection.send(target === '/bad' ? 'HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n' : ok()),
    },
  });
  for (const path of ['/', '/bad', '/', '/bad', '/']) await ask(get(path));
  assert.deepEqual(
    lines().map((line) => line['path']),
    ['/bad', '/bad'],
  );
});

test('the bytes of the log are those that crossed the wire', async (t) => {
  const { client, lines } = await proxied(t, {
    accessLog: {},
    script: {
      request: ({ connection }) =>
        connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'),
    },
  });
  const one = await client();
  const sizes: number[] = [];
  for (let i = 0; i < 3; i++) {
    one.send(`${head('POST', '/', 'Transfer-Encoding: chunked')}${'3\r\nabc\r\n'.repeat(i)}0\r\n\r\n`);
    sizes.push((await one.response()).size);
  }
  assert.deepEqual(
    lines().map((line) => [line['bytes_in'], line['bytes_out']]),
    sizes.map((size, i) => [3 * i, size]),
  );
});

test('captured fields stand behind the promised ones, without secrets, cut and safe, in both formats', async (t) => {
  const accessLog = { captureRequest: ['x-tenant', 'x-note', 'absent'], captureResponse: ['x-cache'] };
  const script = { headers: ['X-Cache: HIT "1"'] };
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl';
  const request = get('/', 'X-Tenant: blue', 'x-tenant: green', `X-Note: ${jwt} ${'n'.repeat(400)}`);
  const json = await proxied(t, { accessLog, script: answering(script.headers) });
  await json.ask(request);
  const line = await json.line();
  assert.deepEqual(Object.keys(line), [...promised, 'captured', 'captured_response']);
  assert.deepEqual(line['captured'], {
    'x-tenant': 'blue, green',
    'x-note': `[redacted] ${'n'.repeat(245)}…`,
    absent: '',
  });
  assert.deepEqual(line['captured_response'], { 'x-cache': 'HIT "1"' });
  const combined = await proxied(t, {
    accessLog: { ...accessLog, format: 'combined' },
    script: answering(script.headers),
  });
  const written: string[] = [];
  combined.log.append = (text) => written.push(text) > 0;
  await combined.ask(request);
  await eventually(() => written.length === 1);
  assert.ok(
    (written[0] as string).endsWith(
      ` captured_x_tenant="blue, green" captured_x_note="[redacted] ${'n'.repeat(245)}…" captured_absent="" captured_response_x_cache="HIT \\u00221\\u0022"`,
    ),
    written[0],
  );
});

test('a refused request has what it sent, and nothing of a response', async (t) => {
  const scene = await proxied(t, {
    accessLog: { captureRequest: ['x-tenant'], captureResponse: ['x-cache'] },
    config: { upstreams: [upstream([await deadPort()])] },
  });
  await scene.ask(get('/', 'X-Tenant: blue'));
  const line = await scene.line();
  assert.deepEqual([line['captured'], line['captured_response']], [{ 'x-tenant': 'blue' }, undefined]);
});

/** An origin that answers with these fields. */
function answering(fields: readonly string[]): NonNullable<Parameters<typeof proxied>[1]>['script'] & object {
  const head = ['HTTP/1.1 200 OK', 'Content-Length: 0', ...fields, '', ''].join('\r\n');
  return { request: ({ connection }) => connection.send(head) };
}
