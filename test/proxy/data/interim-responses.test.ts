/** Responses before the response: 100 is consumed, others go on, a flood ends, 101 is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { answering, ok } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get, head } from '../../helpers/raw-http.ts';

test('103 reaches an HTTP/1.1 client before the final response, without fields of the hop', async (t) => {
  const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n';
  const { client } = await proxied(t, { script: answering(hint + ok()) });
  const one = await client();
  for (let i = 0; i < 2; i++) {
    one.send(get());
    const early = await one.interim();
    assert.equal(early.status, 103);
    assert.deepEqual(early.fields, [['Link', '</a.css>; rel=preload']]);
    assert.equal((await one.response()).text, 'ok');
  }
});

test('103 is there before the final response exists', async (t) => {
  const { client, origin } = await proxied(t, { script: answering('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n') });
  const one = await client();
  one.send(get());
  assert.equal((await one.interim()).status, 103);
  (await origin.connection()).send(ok());
  assert.equal((await one.response()).status, 200);
});

test('an unasked 100 is consumed', async (t) => {
  const { client } = await proxied(t, {
    script: answering(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\n${ok()}`),
  });
  const one = await client();
  one.send(get());
  await one.until('the response', () => (one.received.includes('\r\n\r\nok') ? true : undefined));
  assert.match(one.received.toString(), /^HTTP\/1\.1 200 /);
});

test('several interim responses go on in order', async (t) => {
  const { client } = await proxied(t, {
    script: answering(`HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok()}`),
  });
  const one = await client();
  one.send(get());
  assert.deepEqual([(await one.interim()).status, (await one.interim()).status], [102, 103]);
  assert.equal((await one.response()).status, 200);
});

test('a flood of interim responses is bounded: 502, and the connection to the target ends', async (t) => {
  const { client, origin, errors } = await proxied(t, {
    script: answering('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(1000) + ok()),
  });
  const one = await client();
  one.send(get());
  const response = await one.response();
  assert.equal(response.status, 502);
  assert.equal(errors('upstream_protocol_error'), 1);
  await eventually(() => origin.open === 0);
});

test('101 that nobody asked for is 502, and what follows it is not read', async (t) => {
  const { client, origin } = await proxied(t, {
    script: answering(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n${ok('evil')}`),
  });
  const one = await client();
  one.send(get('/', 'Upgrade: x', 'Connection: upgrade'));
  const response = await one.response();
  assert.equal(response.status, 502);
  assert.match(response.header('proxy-status') ?? '', /error=http_protocol_error/);
  one.send(get());
  assert.equal((await one.response()).status, 502);
  assert.equal(origin.connections.length, 2);
});

test('interim responses to HEAD have no body either', async (t) => {
  const { client } = await proxied(t, {
    script: answering(
      'HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
    ),
  });
  const one = await client();
  one.send(head('HEAD', '/'));
  assert.equal((await one.interim()).header('content-length'), undefined);
  assert.equal((await one.response('HEAD')).header('content-length'), '5');
});
