/** `Expect: 100-continue`: answered by the proxy, once, when the target is ready to take the body. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upstream } from '../../helpers/data-plane.ts';
import { answering, deadPort, ok } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get, head } from '../../helpers/raw-http.ts';
import { assertAllRefused } from '../../helpers/refusal.ts';

const awaiting = (length: number, ...lines: string[]) =>
  head('POST', '/', `Content-Length: ${length}`, 'Expect: 100-continue', ...lines);

test('a client that waits gets one 100 and its answer, and the target sees no expectation', async (t) => {
  const { client, origin } = await proxied(t);
  const one = await client();
  for (let i = 0; i < 2; i++) {
    one.send(awaiting(5));
    assert.equal((await one.interim()).status, 100);
    one.send('hello');
    assert.equal((await one.response()).status, 200);
    assert.equal(one.received.length, 0);
    const request = await origin.request(i);
    assert.equal(request.header('expect'), undefined);
    assert.equal(request.body.toString(), 'hello');
  }
});

test('the 100 of the target is not a second one for the client', async (t) => {
  const { client } = await proxied(t, { script: answering(`HTTP/1.1 100 Continue\r\n\r\n${ok()}`) });
  const one = await client();
  one.send(awaiting(5));
  assert.equal((await one.interim()).status, 100);
  one.send('hello');
  await one.until('the final response', () => (one.received.includes('\r\n\r\nok') ? true : undefined));
  assert.equal(one.received.toString().match(/HTTP\/1\.1 /g)?.length, 1);
});

test('a request that waits for a body of nothing gets no 100', async (t) => {
  const { client } = await proxied(t);
  const one = await client();
  one.send(awaiting(0) + get('/', 'Expect: 100-continue'));
  await one.response();
  await one.until('both answers', () => (one.received.includes('\r\n\r\nok') ? true : undefined));
  assert.ok(!one.received.includes('HTTP/1.1 100'));
});

test('a client that cannot be served gets the final answer and no 100', async (t) => {
  const { client } = await proxied(t, { config: { upstreams: [upstream([await deadPort()])] } });
  const one = await client();
  one.send(awaiting(5));
  await one.until('the answer', () => (one.received.includes('502') ? true : undefined));
  assert.ok(!one.received.includes('HTTP/1.1 100'));
  assert.equal((await one.response()).header('connection'), 'close');
});

test('a body that is too large is refused before it is sent', async (t) => {
  const { client } = await proxied(t, { policies: { maxBodyBytes: 4 } });
  const one = await client();
  one.send(awaiting(5));
  const response = await one.response();
  assert.equal(response.status, 413);
  assert.equal(response.header('connection'), 'close');
  assert.equal(await one.closed(), 'end');
});

test('a body withheld after the final answer makes the next bytes nobody’s request', async (t) => {
  const { client, origin } = await proxied(t, {
    script: { head: ({ connection }) => connection.send('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n') },
  });
  const one = await client();
  one.send(awaiting(5));
  const response = await one.response();
  assert.equal(response.status, 403);
  assert.equal(response.header('connection'), 'close');
  one.send(get('/smuggled'));
  await one.closed();
  assert.equal(one.received.length, 0);
  assert.equal(origin.requests.length, 0);
});

test('any other expectation is refused with 417', async (t) => {
  const expecting = (value: string) => head('POST', '/', 'Content-Length: 5', `Expect: ${value}`);
  await assertAllRefused(await proxied(t), [
    ['unknown', expecting('200-ok'), 417, 'expect'],
    ['a list', expecting('100-continue, 100-continue'), 417, 'expect'],
    ['quoted', expecting('"100-continue"'), 417, 'expect'],
    ['with a parameter', expecting('100-continue;x=1'), 417, 'expect'],
    ['empty', expecting(''), 417, 'expect'],
    ['twice', head('POST', '/', 'Content-Length: 5', 'Expect: 100-continue', 'Expect: 100-continue'), 417, 'expect'],
  ]);
});

test('an HTTP/1.0 client gets no interim response at all', async (t) => {
  const { client, origin } = await proxied(t, {
    script: answering(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok()}`),
  });
  const one = await client();
  one.send('POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello');
  await one.closed();
  assert.match(one.received.toString(), /^HTTP\/1\.1 200 /);
  assert.equal((await origin.request()).header('expect'), undefined);
});
