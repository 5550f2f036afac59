/** Maintenance of a running daemon: who gets the page, who passes, what goes on, and how it ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type OutgoingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { OverrideRequest } from '../../src/admin/contract/override-shapes.ts';
import { TestAuthority } from '../helpers/certificates.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { RawClient } from '../helpers/raw-http.ts';
import { securedListener } from '../helpers/served-certificate.ts';

/** A target that answers with the body it got, becomes a WebSocket that echoes, or says `home`. */
async function target(t: TestContext): Promise<number> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => void (body += text));
    request.on('end', () => response.end(body === '' ? 'home' : body));
  });
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => {});
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    );
    socket.on('data', (bytes) => socket.write(bytes));
    t.after(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function configOf(
  port: number,
  listeners = 'listener "http" { address "127.0.0.1:0"; trusted-proxies "127.0.0.0/8" }',
): string {
  return `${listeners}
route "api" { matches { path-prefix "/api" }; upstream "app" }
route "web" { matches { path-prefix "/web" }; upstream "app" }
route "proofs" { matches { path-prefix "/.well-known/acme-challenge/" }; upstream "app" }
upstream "app" { target "127.0.0.1:${port}" }`;
}

function on(daemon: DaemonProcess, subject: string, values: OverrideRequest['values'] = {}, more = {}) {
  const confirm = subject === '*' ? { confirm: 'all' } : {};
  const body = { subject, values, ...confirm, ...more };
  return daemon.client.call('override-set', { params: { kind: 'maintenance' }, body });
}

async function statusOf(daemon: DaemonProcess, path: string, headers: Record<string, string> = {}): Promise<number> {
  const reply = await fetch(daemon.url() + path, { headers: { connection: 'close', ...headers } });
  await reply.arrayBuffer();
  return reply.status;
}

const off = (daemon: DaemonProcess) => daemon.client.call('override-clear', { params: { kind: 'maintenance' } });

test('under maintenance everywhere every path gets the page, but for health, readiness and proofs of certificates', async (t) => {
  const daemon = await startDaemonProcess(t, { config: configOf(await target(t)) });
  await on(daemon, '*', { 'retry-after-secs': 120, allow: ['10.1.0.0/16'] });
  const reply = await fetch(`${daemon.url()}/api/x`);
  assert.equal(reply.status, 503);
  assert.deepEqual(
    ['retry-after', 'content-type', 'cache-control'].map((name) => reply.headers.get(name)),
    ['120', 'text/html; charset=utf-8', 'no-store'],
  );
  assert.match(reply.headers.get('proxy-status') ?? '', /^sentinel-\w+; error=destination_unavailable$/);
  assert.match(await reply.text(), /<h1>Down for maintenance<\/h1>/);
  assert.deepEqual(
    await Promise.all(
      ['/web', '/nowhere', '/health', '/ready', '/.well-known/acme-challenge/x'].map((path) => statusOf(daemon, path)),
    ),
    [503, 503, 200, 200, 200],
  );
  assert.equal(await statusOf(daemon, '/api', { 'x-forwarded-for': '10.1.2.3' }), 200, 'whom the order lets through');
  assert.equal(await statusOf(daemon, '/nowhere', { 'x-forwarded-for': '10.1.2.3' }), 404);
  assert.equal(await statusOf(daemon, '/api', { 'x-forwarded-for': '10.2.2.3' }), 503);

  const client = await RawClient.connect(t, Number(new URL(daemon.url()).port));
  client.send('HEAD /api HTTP/1.1\r\nHost: x\r\n\r\n');
  const head = await client.response('HEAD');
  assert.deepEqual([head.status, head.text, Number(head.header('content-length')) > 100], [503, '', true]);
  client.send('POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok');
  assert.equal((await client.response()).status, 503, 'on the same connection');

  const { text } = await daemon.client.text('/metrics');
  assert.match(text, /sentinel_errors_total\{cause="maintenance",source="proxy"\} [1-9]/);
  assert.match(text, /sentinel_overrides_active\{kind="maintenance"\} 1/);
  const { requests } = (await daemon.client.call('requests', { query: { kind: 'errors' } })).data;
  assert.equal(requests[0]?.cause, 'maintenance');
  await off(daemon);
  assert.deepEqual([await statusOf(daemon, '/api'), await statusOf(daemon, '/nowhere')], [200, 404]);
});

test('one route gets a page of its own while the others are served, and it ends by itself', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1, config: configOf(await target(t)) });
  const page = { page: 'back soon', 'content-type': 'text/plain; charset=utf-8' };
  await on(daemon, 'api', page, { expires_in_ms: 1000 });
  const reply = await fetch(`${daemon.url()}/api`);
  assert.deepEqual(
    [reply.status, reply.headers.get('content-type'), reply.headers.get('retry-after'), await reply.text()],
    [503, 'text/plain; charset=utf-8', '900', 'back soon'],
  );
  assert.equal(await statusOf(daemon, '/web'), 200);
  const told = (await daemon.client.call('routes-explain', { body: { method: 'GET', url: '/api' } })).data;
  assert.match(told.handling[0] ?? '', /^maintenance until .*: 503 with a page/);
  const { maintenance } = (await daemon.client.call('status')).data.overrides;
  assert.deepEqual(
    maintenance.map(({ subject }) => subject),
    ['api'],
  );
  await daemon.line('Override expired');
  await eventually(async () => assert.equal(await statusOf(daemon, '/api'), 200));
});

test('an upload and a WebSocket that are under way go on; new ones get the page', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1, config: configOf(await target(t)) });
  const port = Number(new URL(daemon.url()).port);
  const upload = await RawClient.connect(t, port);
  upload.send('POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf ');
  const handshake =
    'GET /web HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  const socket = await RawClient.connect(t, port);
  socket.send(handshake);
  assert.equal((await socket.interim()).status, 101);
  await eventually(async () => assert.equal((await daemon.client.call('inflight')).data.requests.length, 2));
  await on(daemon, '*');
  upload.send('whole');
  assert.equal((await upload.response()).text, 'half whole');
  // A masked text frame, `hi`; the target sends it back as it came.
  const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
  socket.send(frame);
  await socket.until('the echo', () => (socket.received.includes('hi') ? true : undefined));
  const late = await RawClient.connect(t, port);
  late.send(handshake);
  assert.equal((await late.response()).status, 503);
});

test('over HTTP/2 the page comes as a page, and gRPC is told that the service is unavailable', async (t) => {
  const authority = TestAuthority.root(t);
  const issued = authority.issue();
  const config = configOf(await target(t), securedListener(issued.certFile, issued.keyFile));
  const daemon = await startDaemonProcess(t, { folder: testFolder(t), workers: 1, config });
  await on(daemon, 'api', { 'retry-after-secs': 60 });
  const session = connect(`https://localhost:${new URL(daemon.url('https')).port}`, {
    ca: authority.cert,
    lookup: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }] as never, 4),
  });
  t.after(() => session.destroy());
  const ask = async (fields: OutgoingHttpHeaders) => {
    const stream = session.request({ ':path': '/api', ...fields });
    stream.resume();
    const [headers] = (await once(stream, 'response')) as [Record<string, string>];
    return headers;
  };
  const page = await ask({});
  assert.deepEqual(
    [page[':status'], page['retry-after'], page['content-type']],
    [503, '60', 'text/html; charset=utf-8'],
  );
  const grpc = await ask({ ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' });
  assert.deepEqual([grpc[':status'], grpc['grpc-status'], grpc['content-type']], [200, '14', 'application/grpc']);
  assert.match(String(grpc['grpc-message']), /^maintenance: /);
});

test('a redefined upstream is the page, and one that is no page gives a line of text', async (t) => {
  const port = await target(t);
  const own = (upstream: string) => `${configOf(port)}\nupstream "maintenance-page" { ${upstream} }`;
  const daemon = await startDaemonProcess(t, {
    workers: 1,
    config: own('static { status 200; content-type "text/plain"; body "ours"; headers { "Retry-After" "7" } }'),
  });
  await on(daemon, 'api');
  const told = async () => {
    const reply = await fetch(`${daemon.url()}/api`);
    return [reply.status, reply.headers.get('retry-after'), await reply.text()];
  };
  assert.deepEqual(await told(), [503, '7', 'ours']);
  daemon.writeConfig(own(`target "127.0.0.1:${port}"`));
  await daemon.client.call('config-reload');
  assert.deepEqual(await told(), [503, '900', 'Down for maintenance.\n']);
});
