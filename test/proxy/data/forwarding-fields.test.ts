/** What the proxy tells the target of the client, and whose word on it is believed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPlane } from '../../helpers/data-plane.ts';
import { startOrigin } from '../../helpers/origin.ts';
import { proxied, scenery, sceneOf } from '../../helpers/proxied.ts';
import { get, RawClient } from '../../helpers/raw-http.ts';

const claims = [
  'X-Forwarded-For: 203.0.113.7',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: outer.test',
  'Forwarded: for=203.0.113.7;proto=https',
  'X-Real-IP: 203.0.113.7',
];
const trusting = { trustedProxies: ['127.0.0.0/8'] };

test('what an untrusted client says of itself is replaced', async (t) => {
  const { ask, origin } = await proxied(t);
  await ask(get('/', ...claims));
  const { header } = await origin.request();
  assert.equal(header('x-forwarded-for'), '127.0.0.1');
  assert.equal(header('x-forwarded-proto'), 'http');
  assert.equal(header('x-forwarded-host'), 'a.test');
  assert.equal(header('forwarded'), undefined);
  assert.equal(header('x-real-ip'), undefined);
});

test('what a trusted proxy says is kept and extended', async (t) => {
  const { ask, origin } = await proxied(t, { listener: trusting });
  await ask(get('/', ...claims));
  const { header } = await origin.request();
  assert.equal(header('x-forwarded-for'), '203.0.113.7, 127.0.0.1');
  assert.equal(header('x-forwarded-proto'), 'https');
  assert.equal(header('x-forwarded-host'), 'outer.test');
  assert.equal(header('forwarded'), 'for=203.0.113.7;proto=https');
  assert.equal(header('x-real-ip'), '203.0.113.7');
});

test('a trusted proxy that says nothing gets the fields of any client', async (t) => {
  const { ask, origin } = await proxied(t, { listener: trusting });
  await ask(get('/'));
  const { header } = await origin.request();
  assert.equal(header('x-forwarded-for'), '127.0.0.1');
  assert.equal(header('x-forwarded-proto'), 'http');
  assert.equal(header('x-forwarded-host'), 'a.test');
});

test('several X-Forwarded-For fields of a trusted proxy become one chain in order', async (t) => {
  const { ask, origin } = await proxied(t, { listener: trusting });
  await ask(get('/', 'X-Forwarded-For: 203.0.113.7', 'X-A: 1', 'X-Forwarded-For: 198.51.100.2'));
  const request = await origin.request();
  assert.equal(request.header('x-forwarded-for'), '203.0.113.7, 198.51.100.2, 127.0.0.1');
  assert.equal(request.fields.filter(([name]) => name === 'X-Forwarded-For').length, 1);
});

test('the client of the log is the nearest address that is not a trusted proxy', async (t) => {
  const { ask, line } = await proxied(t, {
    accessLog: {},
    listener: { trustedProxies: ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'] },
  });
  const chains: readonly (readonly [chain: string, client: string])[] = [
    ['203.0.113.7', '203.0.113.7'],
    ['6.6.6.6, 203.0.113.7, 10.1.2.3', '203.0.113.7'],
    ['10.9.9.9, 10.1.2.3', '10.9.9.9'],
    ['2001:db9::1, 2001:db8::1', '2001:db9::1'],
    ['203.0.113.7, unknown', '127.0.0.1'],
    ['203.0.113.7, "quote\\', '127.0.0.1'],
    ['203.0.113.7, unknown, 10.1.2.3', '10.1.2.3'],
    ['', '127.0.0.1'],
    ['203.0.113.7:4711', '203.0.113.7'],
    ['203.0.113.7:4711, 10.1.2.3:80', '203.0.113.7'],
    ['[2001:db9::1]:4711', '2001:db9::1'],
    ['[2001:DB9:0:0::1]', '2001:db9::1'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['203.0.113.7, ::ffff:10.1.2.3', '203.0.113.7'],
    ['203.0.113.7:port', '127.0.0.1'],
    ['203.0.113.7:123456', '127.0.0.1'],
    ['[203.0.113.7]:80', '127.0.0.1'],
    ['[2001:db9::1', '127.0.0.1'],
    ['[::ffff:203.0.113.7]:80', '203.0.113.7'],
    ['fe80::1%eth0', '127.0.0.1'],
    ['203.0.113.07', '127.0.0.1'],
    ['203.0.113.7, _hidden', '127.0.0.1'],
    ['203.0.113.7, ,10.1.2.3', '10.1.2.3'],
  ];
  for (const [number, [chain, client]] of chains.entries()) {
    await ask(get('/', `X-Forwarded-For: ${chain}`));
    assert.equal((await line(number))['client_ip'], client, chain);
  }
});

const behindProxies = { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] };

test('chains of several fields are read as one, from the right of the last', async (t) => {
  const { ask, line } = await proxied(t, { accessLog: {}, listener: behindProxies });
  await ask(
    get('/', 'X-Forwarded-For: 6.6.6.6', 'X-A: 1', 'X-Forwarded-For: 203.0.113.7', 'X-Forwarded-For: 10.1.2.3'),
  );
  assert.equal((await line())['client_ip'], '203.0.113.7');
});

test('Forwarded of a trusted proxy names the client where no X-Forwarded-For does', async (t) => {
  const { ask, line } = await proxied(t, { accessLog: {}, listener: behindProxies });
  const cases: readonly (readonly [fields: readonly string[], client: string])[] = [
    [['Forwarded: for=203.0.113.7'], '203.0.113.7'],
    [['Forwarded: for=6.6.6.6, for=203.0.113.7;proto=http;by=10.0.0.1', 'Forwarded: For="10.1.2.3:80"'], '203.0.113.7'],
    [['Forwarded: by=10.0.0.9;FOR="[2001:db8::7]:4711"'], '2001:db8::7'],
    [['Forwarded: for="203.0.113.7:4711"; proto=https'], '203.0.113.7'],
    [['Forwarded: for=203.0.113.7, for=unknown'], '127.0.0.1'],
    [['Forwarded: for=203.0.113.7, for=_hidden, for=10.1.2.3'], '10.1.2.3'],
    [['Forwarded: for=203.0.113.7, proto=http'], '127.0.0.1'],
    [['Forwarded: host="a,for=6.6.6.6";for=203.0.113.7'], '203.0.113.7'],
    [['Forwarded: host="a;for=6.6.6.6"'], '127.0.0.1'],
    [['Forwarded: host="a;for=6.6.6.6;b";for=203.0.113.7'], '203.0.113.7'],
    [['Forwarded: host="for=6.6.6.6, for=6.6.6.6'], '127.0.0.1'],
    [['Forwarded: xfor=6.6.6.6'], '127.0.0.1'],
    [['Forwarded: for=6.6.6.6', 'X-Forwarded-For: 203.0.113.7'], '203.0.113.7'],
  ];
  for (const [number, [fields, client]] of cases.entries()) {
    await ask(get('/', ...fields));
    assert.equal((await line(number))['client_ip'], client, fields.join());
  }
});

test('an untrusted client cannot name its own address', async (t) => {
  const { ask, line } = await proxied(t, { accessLog: {} });
  await ask(get('/', ...claims));
  assert.equal((await line())['client_ip'], '127.0.0.1');
});

test('Forwarded is written by RFC 7239 where the route says so', async (t) => {
  const untrusted = await proxied(t, { policies: { forwarded: 'rfc7239' } });
  await untrusted.ask(get('/', ...claims));
  const { header } = await untrusted.origin.request();
  assert.equal(header('forwarded'), 'for=127.0.0.1;proto=http;host="a.test"');
  assert.equal(header('x-forwarded-for'), undefined);
  const trusted = await proxied(t, { policies: { forwarded: 'both' }, listener: trusting });
  await trusted.ask(get('/', ...claims));
  const both = await trusted.origin.request();
  assert.equal(both.header('forwarded'), 'for=203.0.113.7;proto=https, for=127.0.0.1;proto=http;host="a.test"');
  assert.equal(both.header('x-forwarded-for'), '203.0.113.7, 127.0.0.1');
});

test('a route that forwards nothing leaves the fields as they came', async (t) => {
  const { ask, origin } = await proxied(t, { policies: { forwarded: 'none' } });
  await ask(get('/', ...claims));
  const { header } = await origin.request();
  assert.equal(header('x-forwarded-for'), '203.0.113.7');
  assert.equal(header('x-forwarded-proto'), 'https');
  assert.equal(header('forwarded'), 'for=203.0.113.7;proto=https');
});

test('IPv6 peers are named as each field wants it, IPv4-mapped ones as IPv4', async (t) => {
  const origin = await startOrigin(t);
  const settings = scenery([origin.port], {
    policies: { forwarded: 'both' },
    listener: { address: { kind: 'tcp', host: '::', port: 0 } },
    accessLog: {},
  });
  const scene = sceneOf(t, await startPlane(t, settings));
  for (const [number, host, plain, quoted] of [
    [0, '::1', '::1', '"[::1]"'],
    [1, '127.0.0.1', '127.0.0.1', '127.0.0.1'],
  ] as const) {
    const client = await RawClient.connect(t, scene.port, host);
    client.send(get('/'));
    await client.response();
    const { header } = await origin.request(number);
    assert.equal(header('x-forwarded-for'), plain);
    assert.match(header('forwarded') ?? '', new RegExp(`^for=${quoted.replace(/[[\]]/g, '\\$&')};proto=http;`));
    assert.equal((await scene.line(number))['client_ip'], plain);
  }
});

test('an IPv6 peer is trusted by an IPv6 network', async (t) => {
  const origin = await startOrigin(t);
  const address = { kind: 'tcp', host: '::1', port: 0 } as const;
  const settings = scenery([origin.port], { listener: { address, trustedProxies: ['::1/128'] } });
  const { port } = await startPlane(t, settings);
  const client = await RawClient.connect(t, port, '::1');
  client.send(get('/', 'X-Forwarded-For: 2001:db8::5'));
  await client.response();
  assert.equal((await origin.request()).header('x-forwarded-for'), '2001:db8::5, ::1');
});
