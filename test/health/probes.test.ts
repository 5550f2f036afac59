/** Probes against real servers: how far each came, by its layer code, and why in words. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Server, ServerCredentials, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { systemClock } from '../../src/base/clock.ts';
import type { HealthCheckConfig } from '../../src/config/model.ts';
import { decodeHealthResponse, encodeHealthRequest } from '../../src/proxy/control/health/grpc-health-codec.ts';
import { probe } from '../../src/proxy/control/health/probe.ts';
import type { ProbeResult } from '../../src/proxy/control/health/probe-result.ts';
import { answering, blackHole, deadPort, ok, type Script, socketFolder, startOrigin } from '../helpers/origin.ts';

type Http = Extract<HealthCheckConfig['type'], { kind: 'http' }>;

/** Nothing special: plain text, HTTP/1.1. */
const plain = { tls: null, httpVersion: '1.1' } as const;

const http: Http = { kind: 'http', path: '/health', expectedStatus: [[200, 200]], host: null, expectedBody: null };

function check(type: HealthCheckConfig['type'], timeoutMs = 5_000): HealthCheckConfig {
  return { type, intervalMs: 10_000, timeoutMs, healthyThreshold: 2, unhealthyThreshold: 3 };
}

function probePort(port: number, type: HealthCheckConfig['type'], timeoutMs?: number): Promise<ProbeResult> {
  const target = { written: `127.0.0.1:${port}`, socket: { kind: 'tcp', host: '127.0.0.1', port } as const, ...plain };
  return probe(target, check(type, timeoutMs), systemClock);
}

async function probeScript(t: TestContext, script: Script, type: Partial<Http> = {}, timeoutMs?: number) {
  const origin = await startOrigin(t, script);
  return { origin, result: await probePort(origin.port, { ...http, ...type }, timeoutMs) };
}

test('an http check asks for its path on a connection of its own and closes it', async (t) => {
  const { origin, result } = await probeScript(t, answering(ok()));
  assert.deepEqual([result.ok, result.code, result.status, result.words], [true, 'L7OK', 200, 'answered 200']);
  assert.ok(result.latencyMs > 0);
  const request = await origin.request();
  assert.equal(`${request.method} ${request.target}`, 'GET /health');
  assert.equal(request.header('host'), `127.0.0.1:${origin.port}`);
  assert.equal(request.header('connection'), 'close');
  assert.equal(request.header('user-agent'), 'sentinel-health-check');
  await probePort(origin.port, { ...http, host: 'api.example', path: '/up?deep=1' });
  const second = await origin.request(1);
  assert.deepEqual([second.target, second.header('host')], ['/up?deep=1', 'api.example']);
  assert.equal(origin.connections.length, 2);
});

test('the status is judged by ranges, and a redirect is the status that it is', async (t) => {
  const moved = answering('HTTP/1.1 302 Found\r\nLocation: /health\r\nContent-Length: 0\r\n\r\n');
  const refused = await probeScript(t, moved);
  assert.deepEqual(
    [refused.result.ok, refused.result.code, refused.result.words],
    [false, 'L7STS', 'answered 302, expected 200'],
  );
  assert.equal(refused.origin.requests.length, 1);
  const ranges = {
    expectedStatus: [
      [200, 204],
      [302, 302],
    ] as const,
  };
  assert.equal((await probeScript(t, moved, ranges)).result.code, 'L7OK');
  const down = await probeScript(t, answering('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n'), ranges);
  assert.equal(down.result.words, 'answered 503, expected 200–204 or 302');
  assert.equal(down.result.status, 503);
});

test('an interim answer is not the answer', async (t) => {
  const { result } = await probeScript(t, answering(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok()}`));
  assert.deepEqual([result.code, result.status], ['L7OK', 200]);
});

test('a text is looked for in the first 64 KiB of the body, across its pieces, and no further', async (t) => {
  const inPieces: Script = {
    request({ connection }) {
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nall is we');
      connection.send('ll, and more to come');
    },
  };
  assert.equal((await probeScript(t, inPieces, { expectedBody: 'is well' })).result.code, 'L7OK');
  const { result } = await probeScript(t, answering(ok('broken')), { expectedBody: 'well' });
  assert.deepEqual(
    [result.code, result.words],
    ['L7RSP', 'answered 200, but the 6 bytes of its body do not contain the expected text'],
  );
  const late = await probeScript(t, answering(ok(`${'x'.repeat(64 << 10)}well`)), { expectedBody: 'well' });
  assert.match(late.result.words, /but the first 64 KiB of its body do not contain/);
});

test('without a text to look for, a head is enough, whatever its body does', async (t) => {
  const { result } = await probeScript(t, answering('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nx'));
  assert.equal(result.code, 'L7OK');
});

test('what does not answer, or not in HTTP, has its own code', async (t) => {
  const cases: readonly (readonly [Script, string, RegExp])[] = [
    [{}, 'L7TMOUT', /^connected, but no whole answer within 150 ms$/],
    [answering('SSH-2.0-OpenSSH_9.2\r\n'), 'L7RSP', /^connected, but what came is no HTTP answer/],
    [{ request: ({ connection }) => connection.socket.destroy() }, 'L7RSP', /ended without a whole answer$/],
    [{ request: ({ connection }) => connection.socket.resetAndDestroy() }, 'L7RSP', /ended without a whole answer$/],
    [answering('HTTP/1.1 200 OK\r\nContent-'), 'L7TMOUT', /no whole answer/],
    [
      answering('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
      'L7RSP',
      /^connected, but/,
    ],
    [answering(`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(1 << 20)}\r\n\r\n`), 'L7RSP', /no HTTP answer/],
    [answering('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'), 'L7RSP', /no HTTP answer/],
  ];
  for (const [script, code, words] of cases) {
    // What comes is told by what it is, however busy the machine; only what never comes is told by the time.
    const { result } = await probeScript(t, script, {}, code === 'L7TMOUT' ? 150 : 15_000);
    assert.equal(result.ok, false);
    assert.equal(result.code, code);
    assert.match(result.words, words);
  }
});

test('a connection that cannot be made says so for every kind of check', async (t) => {
  const dead = await deadPort();
  const mute = await blackHole(t);
  for (const type of [http, { kind: 'tcp' }, { kind: 'grpc', service: '' }] as const) {
    const refused = await probePort(dead, type);
    assert.deepEqual([refused.code, refused.words], ['L4CON', 'connection refused (ECONNREFUSED)']);
    const silent = await probePort(mute, type, 100);
    assert.deepEqual([silent.code, silent.words], ['L4TMOUT', 'no connection within 100 ms']);
    const nameless = {
      written: 'x',
      socket: { kind: 'tcp', host: 'no-such-host.invalid', port: 80 } as const,
      ...plain,
    };
    const unknown = await probe(nameless, check(type), systemClock);
    assert.equal(unknown.code, 'DNS');
    assert.match(unknown.words, /^the name has no address/);
  }
});

test('a proxy that has no descriptor left says that of itself, not of the target', async (t) => {
  const origin = await startOrigin(t, answering(ok()));
  const source = `
    import { openSync } from 'node:fs';
    import { systemClock } from ${JSON.stringify(new URL('../../src/base/clock.ts', import.meta.url).href)};
    import { probe } from ${JSON.stringify(new URL('../../src/proxy/control/health/probe.ts', import.meta.url).href)};
    const target = { written: 'x', socket: { kind: 'tcp', host: '127.0.0.1', port: ${origin.port} }, tls: null, httpVersion: '1.1' };
    const checks = ${JSON.stringify([http, { kind: 'tcp' }, { kind: 'grpc', service: '' }].map((type) => check(type as Http)))};
    const found = [];
    const once = async () => { for (const one of checks) found.push((await probe(target, one, systemClock)).code); };
    // What is loaded late is loaded now.
    await once();
    try { for (;;) openSync('/dev/null'); } catch {}
    await once();
    process.stdout.write(found.join(' '));`;
  const args = ['-c', 'ulimit -n 200; exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', source];
  // Not waited for in one piece: this process is the origin.
  const child = spawn('sh', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (said += text));
  await once(child, 'close');
  assert.equal(said, 'L7OK L4OK L7RSP OWN OWN OWN');
});

test('a tcp check, and a probe where no check is configured, are content with a connection', async (t) => {
  const origin = await startOrigin(t, {});
  assert.deepEqual(
    [(await probePort(origin.port, { kind: 'tcp' })).code, (await probePort(origin.port, { kind: 'tcp' })).words],
    ['L4OK', 'connected'],
  );
  const target = { written: 'x', socket: { kind: 'tcp', host: '127.0.0.1', port: origin.port } as const, ...plain };
  assert.equal((await probe(target, null, systemClock)).code, 'L4OK');
});

test('unix sockets are probed as well', async (t) => {
  const at = path.join(socketFolder(t), 'app.sock');
  const origin = await startOrigin(t, answering(ok()), at);
  const target = { written: `unix:${at}`, socket: { kind: 'unix', path: at } as const, ...plain };
  assert.equal((await probe(target, check(http), systemClock)).code, 'L7OK');
  assert.equal((await origin.request()).header('host'), 'localhost');
  assert.equal((await probe(target, null, systemClock)).code, 'L4OK');
  const gone = { written: 'unix:/nowhere', socket: { kind: 'unix', path: `${at}.gone` } as const, ...plain };
  assert.equal((await probe(gone, check(http), systemClock)).words, 'no such socket (ENOENT)');
});

/** A server of another maker: what it serves is by the definition of grpc.health.v1, with its bytes made by hand. */
async function grpcServer(t: TestContext, answer: (service: string) => Buffer | number): Promise<number> {
  const server = new Server();
  const implementation: UntypedServiceImplementation = {
    check: (
      call: { request: Buffer },
      done: (error: { code: number; details: string } | null, reply?: Buffer) => void,
    ) => {
      const said = answer(call.request.subarray(2).toString());
      if (typeof said === 'number') done({ code: said, details: 'no' });
      else done(null, said);
    },
  };
  const asIs = (bytes: Buffer) => bytes;
  server.addService(
    {
      check: {
        path: '/grpc.health.v1.Health/Check',
        requestStream: false,
        responseStream: false,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    },
    implementation,
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  t.after(() => server.forceShutdown());
  return port;
}

const serving = Buffer.from([0x08, 1]);

test('a grpc check calls the health service of a real server and reads its status', async (t) => {
  const statuses: Record<string, Buffer | number> = {
    '': serving,
    shop: serving,
    stock: Buffer.from([0x08, 2]),
    nothing: Buffer.alloc(0),
    lost: status.NOT_FOUND,
    busy: status.UNAVAILABLE,
    odd: Buffer.from([0x08]),
  };
  const port = await grpcServer(t, (service) => statuses[service] ?? status.NOT_FOUND);
  const found = async (service: string) => {
    const { ok: fine, code, words } = await probePort(port, { kind: 'grpc', service });
    return [fine, code, words];
  };
  assert.deepEqual(await found(''), [true, 'L7OK', 'SERVING']);
  assert.deepEqual(await found('shop'), [true, 'L7OK', 'SERVING']);
  assert.deepEqual(await found('stock'), [false, 'L7STS', 'the service is NOT_SERVING']);
  assert.deepEqual(await found('nothing'), [false, 'L7STS', 'the service is UNKNOWN']);
  assert.deepEqual(await found('lost'), [false, 'L7STS', 'the server does not know the service "lost"']);
  assert.deepEqual(await found('busy'), [false, 'L7STS', 'gRPC status UNAVAILABLE']);
  assert.deepEqual(await found('odd'), [false, 'L7RSP', 'what came is no answer of the health service']);
});

test('a grpc check tells a server without the health service, one without gRPC and one without HTTP/2 apart', async (t) => {
  const bare = new Server();
  const port = await new Promise<number>((resolve) =>
    bare.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, bound) => resolve(bound)),
  );
  t.after(() => bare.forceShutdown());
  const grpc = { kind: 'grpc', service: '' } as const;
  const unimplemented = await probePort(port, grpc);
  assert.deepEqual(
    [unimplemented.code, unimplemented.words],
    ['L7RSP', 'the server does not implement grpc.health.v1'],
  );
  const plain: Http2Server = createServer((_, response) => {
    response.writeHead(404);
    response.end('nothing here');
  });
  await once(plain.listen(0, '127.0.0.1'), 'listening');
  t.after(() => plain.close());
  const noGrpc = await probePort((plain.address() as AddressInfo).port, grpc);
  assert.deepEqual([noGrpc.code, noGrpc.status], ['L7STS', 404]);
  const old = await startOrigin(t, { connected: (connection) => connection.send('HTTP/1.1 400 Bad Request\r\n\r\n') });
  const noHttp2 = await probePort(old.port, grpc);
  assert.deepEqual([noHttp2.code, noHttp2.words], ['L7RSP', 'connected, but the other side speaks no HTTP/2']);
  const mute = await startOrigin(t, {});
  assert.equal((await probePort(mute.port, grpc, 150)).code, 'L7TMOUT');
});

test('the codec writes long names and skips fields that it does not know', () => {
  const name = 's'.repeat(300);
  const bytes = encodeHealthRequest(name);
  assert.deepEqual([...bytes.subarray(0, 8)], [0, 0, 0, 1, 47, 0x0a, 0xac, 0x02]);
  assert.equal(bytes.subarray(8).toString(), name);
  const framed = (...message: number[]) => Buffer.from([0, 0, 0, 0, message.length, ...message]);
  assert.equal(decodeHealthResponse(framed(0x12, 2, 9, 9, 0x08, 1)), 'SERVING');
  assert.equal(decodeHealthResponse(framed(0x08, 3)), 'SERVICE_UNKNOWN');
  assert.equal(decodeHealthResponse(framed(0x12, 9, 9)), null);
  assert.equal(decodeHealthResponse(Buffer.from([1, 0, 0, 0, 0])), null);
  assert.equal(decodeHealthResponse(Buffer.from([0, 0, 0, 0, 9, 8])), null);
});
