/** Listeners with `proxy-protocol`: the header is read strictly, and the client that it names is the peer for everything. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { maxProxyHeader, readProxyHeader } from '../../../src/proxy/data/client/proxy-protocol.ts';
import { proxyFields } from '../../../src/proxy/shared/cells.ts';
import { connectionRejectReasons } from '../../../src/proxy/shared/plan.ts';
import { drainWithin } from '../../helpers/drain-order.ts';
import { eventually } from '../../helpers/eventually.ts';
import { proxied, type Scene, type SceneOptions } from '../../helpers/proxied.ts';
import { get, RawClient } from '../../helpers/raw-http.ts';

const signature = '\r\n\r\n\0\r\nQUIT\n';

/** A header of version 2. `block` = addresses and extensions. */
function binary(command: number, family: number, block: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(block.length);
  return Buffer.concat([Buffer.from(signature, 'latin1'), Buffer.from([0x20 | command, family]), length, block]);
}

const inet = Buffer.from([198, 51, 100, 7, 10, 0, 0, 1, 0x30, 0x39, 0, 80]);
const inet6 = Buffer.concat([
  Buffer.from('20010db8000000000000000000000007', 'hex'),
  Buffer.from('20010db8000000000000000000000001', 'hex'),
  Buffer.from([0x30, 0x39, 0, 80]),
]);
const mapped = Buffer.concat([
  Buffer.from('00000000000000000000ffffc6336407', 'hex'),
  Buffer.alloc(16),
  Buffer.alloc(4),
]);
const tlvs = Buffer.from([0x04, 0, 3, 1, 2, 3, 0x20, 0, 0]);

const good: readonly (readonly [what: string, header: Buffer, client: string | null])[] = [
  ['TCP4', Buffer.from('PROXY TCP4 198.51.100.7 10.0.0.1 12345 80\r\n'), '198.51.100.7'],
  ['TCP6', Buffer.from('PROXY TCP6 2001:DB8:0:0::7 2001:db8::1 12345 80\r\n'), '2001:db8::7'],
  ['TCP6 with an IPv4-mapped address', Buffer.from('PROXY TCP6 ::ffff:198.51.100.7 ::1 0 65535\r\n'), '198.51.100.7'],
  ['UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), null],
  [
    'the longest line of all',
    Buffer.from(
      'PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n',
    ),
    null,
  ],
  ['INET', binary(1, 0x11, inet), '198.51.100.7'],
  ['INET with extensions', binary(1, 0x11, Buffer.concat([inet, tlvs])), '198.51.100.7'],
  ['INET6', binary(1, 0x21, inet6), '2001:db8::7'],
  ['INET6 with an IPv4-mapped address', binary(1, 0x21, mapped), '198.51.100.7'],
  ['UNIX', binary(1, 0x31, Buffer.alloc(216)), ''],
  ['UNSPEC', binary(1, 0x00, Buffer.alloc(0)), null],
  ['UNSPEC with extensions', binary(1, 0x00, tlvs), null],
  ['LOCAL', binary(0, 0x00, Buffer.alloc(0)), null],
  ['LOCAL with addresses that say nothing', binary(0, 0x11, inet), null],
];

const bad: readonly (readonly [what: string, header: Buffer | string])[] = [
  ['a request', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['lower case', 'proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n'],
  ['no CR', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n'],
  ['another family', 'PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n'],
  ['an IPv6 address in TCP4', 'PROXY TCP4 ::1 ::1 1 2\r\n'],
  ['an IPv4 address in TCP6', 'PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n'],
  ['a zone', 'PROXY TCP6 fe80::1%eth0 fe80::1 1 2\r\n'],
  ['a name', 'PROXY TCP4 localhost 1.2.3.4 1 2\r\n'],
  ['two spaces', 'PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n'],
  ['a space at the end', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n'],
  ['no ports', 'PROXY TCP4 1.2.3.4 1.2.3.4\r\n'],
  ['a port too large', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n'],
  ['a port with a zero in front', 'PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n'],
  ['a line without end', `PROXY UNKNOWN ${'x'.repeat(93)}`],
  ['a line one byte too long', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`],
  ['UNKNOWNX', 'PROXY UNKNOWNX\r\n'],
  ['a signature with one wrong byte', Buffer.from(`${signature.slice(0, 11)}X`, 'latin1')],
  ['version 3', Buffer.from(`${signature}\x31\x11\0\0`, 'latin1')],
  ['another command', binary(2, 0x11, inet)],
  ['another family of version 2', binary(1, 0x41, inet)],
  ['another transport', binary(1, 0x13, inet)],
  ['addresses too short', binary(1, 0x11, inet.subarray(0, 11))],
  ['IPv6 addresses too short', binary(1, 0x21, inet)],
  ['a path too short', binary(1, 0x31, Buffer.alloc(215))],
  ['an extension longer than the header', binary(1, 0x11, Buffer.concat([inet, Buffer.from([4, 0, 9, 1])]))],
  ['an extension cut in its length', binary(1, 0x11, Buffer.concat([inet, Buffer.from([4, 0])]))],
  ['a length without measure', Buffer.from(`${signature}\x21\x11\xff\xff`, 'latin1')],
];

test('the parser takes every good header, whole or in pieces, and needs more at every boundary before its end', () => {
  for (const [what, header, client] of good) {
    const followed = Buffer.concat([header, Buffer.from('GET / HTTP/1.1\r\n')]);
    assert.deepEqual(readProxyHeader(followed), { kind: 'header', length: header.length, client }, what);
    for (let length = 0; length < header.length; length++) {
      assert.deepEqual(readProxyHeader(header.subarray(0, length)), { kind: 'need' }, `${what}, ${length} bytes`);
    }
  }
});

test('the parser refuses every bad header, and never takes back a refusal', () => {
  for (const [what, text] of bad) {
    const header = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
    let refused = false;
    for (let length = 0; length <= header.length; length++) {
      const { kind } = readProxyHeader(header.subarray(0, length));
      assert.notEqual(kind, 'header', what);
      assert.ok(!refused || kind === 'malformed', `${what}: refused, and taken back at ${length} bytes`);
      refused = kind === 'malformed';
    }
    assert.ok(refused, what);
  }
});

test('the parser never throws, never waits for more than its bound, and finds no header in a changed signature', () => {
  const begin = fc.constantFrom('PROXY ', 'PROXY TCP4 ', 'PROXY TCP6 ', signature, `${signature}!`, `${signature} `);
  fc.assert(
    fc.property(fc.option(begin), fc.uint8Array({ maxLength: 400 }), (start, rest) => {
      const bytes = Buffer.concat([Buffer.from(start ?? '', 'latin1'), rest]);
      const found = readProxyHeader(bytes);
      if (found.kind === 'header') assert.ok(found.length <= bytes.length && found.length >= 15);
      const long = Buffer.concat([bytes, Buffer.alloc(maxProxyHeader)]);
      assert.notEqual(readProxyHeader(long).kind, 'need');
    }),
    { numRuns: 2000 },
  );
});

function behind(t: TestContext, options: SceneOptions = {}): Promise<Scene> {
  return proxied(t, { accessLog: {}, ...options, listener: { proxyProtocol: true, ...options.listener } });
}

function turnedAway(scene: Scene): number {
  return scene.registry.sum(scene.plan.cells.connectionRejects, connectionRejectReasons.indexOf('proxy_protocol'));
}

test('the client that the header names is the peer: for forwarding fields, the log and the connection after it', async (t) => {
  const scene = await behind(t);
  for (const [what, header, named] of good) {
    const before = scene.origin.requests.length;
    const client = await scene.client();
    client.send(Buffer.concat([header, Buffer.from(get())]));
    assert.equal((await client.response()).status, 200, what);
    client.send(get());
    await client.response();
    const expected = named === null ? '127.0.0.1' : named;
    assert.equal(scene.origin.requests[before]?.header('x-forwarded-for'), expected || 'unknown', what);
    assert.equal((await scene.line(before + 1))['client_ip'], expected, what);
  }
});

test('a header that comes byte by byte, with the request on its heels, loses nothing', async (t) => {
  const scene = await behind(t);
  for (const [what, header] of [good[0], good[6]] as [(typeof good)[0], (typeof good)[0]]) {
    const client = await scene.client();
    const bytes = Buffer.concat([header, Buffer.from(get('/heels'))]);
    for (const byte of bytes) {
      client.send(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await client.response()).status, 200, what);
    assert.equal(scene.origin.requests.at(-1)?.target, '/heels');
  }
});

test('a connection without a valid header is closed without a word and counted', async (t) => {
  const scene = await behind(t);
  const cases = bad.filter(([what]) => what !== 'a line without end');
  for (const [index, [what, header]] of cases.entries()) {
    const client = await scene.client();
    client.send(header);
    await client.closed();
    assert.equal(client.received.length, 0, what);
    await eventually(() => turnedAway(scene) === index + 1);
  }
  const silent = await scene.client();
  silent.end();
  await silent.closed();
  await eventually(() => turnedAway(scene) === cases.length + 1);
  assert.equal(scene.origin.connections.length, 0);
  assert.equal(scene.held().clients, 0);
});

test('a header that does not come in time closes the connection, which holds its place until then', async (t) => {
  const scene = await behind(t, { manual: true, listener: { headerTimeoutMs: 2000 } });
  const client = await scene.client();
  client.send('PROXY TCP4 ');
  await eventually(() => scene.registry.shared(scene.plan.cells.proxy, proxyFields.connections) === 1);
  scene.clock.advance(1900);
  assert.equal(client.ending, null);
  scene.clock.advance(400);
  await client.closed();
  assert.equal(client.received.length, 0);
  assert.equal(turnedAway(scene), 1);
  assert.equal(scene.held().clients, 0);
});

test('limits per client and trust go by the client that the header names', async (t) => {
  const scene = await behind(t, {
    limits: { maxConnectionsPerClient: 1 },
    listener: { proxyProtocol: true, trustedProxies: ['198.51.100.9'] },
  });
  const connect = async (source: string, ...lines: string[]) => {
    const client = await RawClient.connect(t, scene.port);
    client.send(`PROXY TCP4 ${source} 10.0.0.1 1000 80\r\n${get('/', ...lines)}`);
    const response = await client.response();
    return `${response.status} ${response.header('proxy-status') ?? ''}`;
  };
  assert.match(await connect('198.51.100.7'), /^200/);
  assert.match(await connect('198.51.100.7'), /^503 .*client_limit/);
  assert.match(await connect('198.51.100.8', 'X-Forwarded-For: 203.0.113.5'), /^200/);
  assert.equal(
    (await scene.line(1))['client_ip'],
    '198.51.100.8',
    'nobody is believed whom the listener does not trust',
  );
  assert.match(await connect('198.51.100.9', 'X-Forwarded-For: 203.0.113.5'), /^200/);
  assert.equal((await scene.line(2))['client_ip'], '203.0.113.5');
});

test('a drain does not wait for a connection that has not said who it is', async (t) => {
  const scene = await behind(t);
  const client = await scene.client();
  client.send('PROXY ');
  await eventually(() => scene.held().clients === 1);
  assert.equal(await scene.plane.drain(drainWithin(60_000)), 0);
  await client.closed();
});
