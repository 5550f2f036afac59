/** Chunked request bodies with faults: answered with 4xx, and never complete at the upstream. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { proxied } from '../../helpers/proxied.ts';
import { chunked, get, head } from '../../helpers/raw-http.ts';
import { assertAllRefused } from '../../helpers/refusal.ts';

const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
const start = head('POST', '/', 'Transfer-Encoding: chunked');
const body = (framing: string) => start + framing;

test('a chunk size that is not plain hexadecimal is refused, and never wraps round', async (t) => {
  const sized = (size: string) => body(`${size}\r\nabcde\r\n0\r\n\r\n${smuggled}`);
  await assertAllRefused(await proxied(t), [
    ['0x5', sized('0x5'), 400, 'chunk'],
    ['+5', sized('+5'), 400, 'chunk'],
    ['-5', sized('-5'), 400, 'chunk'],
    ['5_0', sized('5_0'), 400, 'chunk'],
    ['a space before', sized(' 5'), 400, 'chunk'],
    ['a space after', sized('5 '), 400, 'chunk'],
    ['a tab after', sized('5\t'), 400, 'chunk'],
    ['empty', sized(''), 400, 'chunk'],
    ['no digit', sized('g'), 400, 'chunk'],
    ['2^64 + 5', sized('10000000000000005'), 400, 'chunk'],
    ['2^32 times 2^32 + 5', sized('100000000000000000000000000000005'), 400, 'chunk'],
    ['many leading zeros', sized(`${'0'.repeat(40)}5`), 400, 'chunk'],
  ]);
});

test('a bare LF, a bare CR or a NUL in chunk framing is refused', async (t) => {
  await assertAllRefused(await proxied(t), [
    ['LF after the size', body(`5\nabcde\r\n0\r\n\r\n${smuggled}`), 400, 'chunk'],
    ['LF after the data', body(`5\r\nabcde\n0\r\n\r\n${smuggled}`), 400, 'chunk'],
    ['CR after the size', body(`5\rXabcde\r\n0\r\n\r\n`), 400, 'chunk'],
    ['data longer than the size', body(`5\r\nabcdefg\r\n0\r\n\r\n`), 400, 'chunk'],
    ['data shorter than the size', body(`7\r\nabcde\r\n0\r\n\r\n`), 400, 'chunk'],
    ['LF in an extension', body(`5;a\nabcde\r\n0\r\n\r\n`), 400, 'chunk'],
    ['CR in an extension', body(`5;a\rb\r\nabcde\r\n0\r\n\r\n`), 400, 'chunk'],
    ['NUL in an extension', body(`5;a\0b\r\nabcde\r\n0\r\n\r\n`), 400, 'chunk'],
    ['LF in a quoted extension', body(`5;a="\n"\r\nabcde\r\n0\r\n\r\n`), 400, 'chunk'],
    ['LF after the last chunk', body(`0\n\r\n${smuggled}`), 400, 'chunk'],
    ['LF as the last line', body(`0\r\n\n${smuggled}`), 400, 'trailer'],
  ]);
});

test('chunk extensions are bounded, singly and together', async (t) => {
  await assertAllRefused(await proxied(t), [
    ['one of 64 KiB', body(`5;a=${'x'.repeat(65_536)}\r\nabcde\r\n0\r\n\r\n`), 400, 'chunk'],
    ['300 KiB over tiny chunks', body(`${`1;a=${'x'.repeat(200)}\r\na\r\n`.repeat(1500)}0\r\n\r\n`), 400, 'chunk'],
  ]);
});

test('chunk extensions are never forwarded', async (t) => {
  const { ask, origin } = await proxied(t);
  assert.equal((await ask(body('5;name=value\r\nabcde\r\n2;q="a b"\r\nfg\r\n0;last\r\n\r\n'))).status, 200);
  const { connection, body: payload } = await origin.request();
  assert.equal(payload.toString(), 'abcdefg');
  const wire = connection.received.toString('latin1');
  assert.equal(wire.slice(wire.indexOf('\r\n\r\n') + 4), '5\r\nabcde\r\n2\r\nfg\r\n0\r\n\r\n');
});

test('a trailer section is never read as a request, and a broken one is refused', async (t) => {
  await assertAllRefused(await proxied(t), [
    ['a request line in its place', body(`0\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`), 400, 'trailer'],
    ['bytes after the last size', body(`0X\r\n\r\n${smuggled}`), 400, 'chunk'],
    ['a name with a space', body(`0\r\nX-A : 1\r\n\r\n`), 400, 'trailer'],
    ['a folded line', body(`0\r\nX-A: 1\r\n 2\r\n\r\n`), 400, 'trailer'],
    ['a bare LF', body(`0\r\nX-A: 1\nX-B: 2\r\n\r\n`), 400, 'trailer'],
    ['too large', body(`0\r\nX-A: ${'a'.repeat(10_000)}\r\n\r\n`), 431, 'headers_too_large'],
  ]);
});

test('a body whose final CRLF is missing waits for it, and what follows becomes no request', async (t) => {
  const { client, origin } = await proxied(t);
  const one = await client();
  one.send(body('3\r\nabc\r\n0\r\n'));
  await eventually(() => origin.connections[0]?.received.toString('latin1').endsWith('abc\r\n0\r\n') === true);
  assert.equal(origin.requests.length, 0);
  one.send(get('/next'));
  const response = await one.response();
  assert.equal(response.status, 400);
  assert.equal(await one.closed(), 'end');
  await eventually(() => origin.open === 0);
  assert.equal(origin.requests.length, 0);
});

test('trailers reach the upstream as trailers, without fields that frame, route or authorise', async (t) => {
  const { ask, origin } = await proxied(t);
  const trailers = [
    'X-Checksum: abc',
    'Content-Length: 3',
    'Transfer-Encoding: chunked',
    'Host: evil',
    'Authorization: Basic x',
    'X-Forwarded-For: 1.2.3.4',
    'Cookie: a=b',
    'Set-Cookie: a=b',
    'Connection: close',
    'content_length: 3',
    'X-Other: 2',
  ];
  assert.equal((await ask(start + chunked(['abc'], ...trailers))).status, 200);
  const request = await origin.request();
  assert.deepEqual(request.trailers, [
    ['X-Checksum', 'abc'],
    ['X-Other', '2'],
  ]);
  assert.equal(request.header('host'), 'a.test');
  assert.equal(request.header('x-checksum'), undefined);
  assert.equal(request.header('x-forwarded-for'), '127.0.0.1');
});
