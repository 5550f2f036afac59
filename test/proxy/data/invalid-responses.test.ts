/** Bytes of a target that are no valid HTTP/1.1 response: 502, the connection is not used again, no byte of it reaches the client. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { ok } from '../../helpers/origin.ts';
import { proxied, type Scene } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';

const response = (statusLine: string, ...lines: string[]) => [statusLine, ...lines, '', 'body'].join('\r\n');
const fields = (...lines: string[]) => response('HTTP/1.1 200 OK', ...lines);

/** A plane whose origin answers `/N` with case N and anything else well. */
async function answeringWith(
  t: Parameters<typeof proxied>[0],
  cases: readonly (readonly [string, string])[],
): Promise<Scene> {
  return proxied(t, {
    script: {
      request: ({ connection, target }) => connection.send(cases[Number(target.slice(1))]?.[1] ?? ok()),
    },
  });
}

async function assertAllBad(t: Parameters<typeof proxied>[0], cases: readonly (readonly [string, string])[]) {
  const scene = await answeringWith(t, cases);
  const client = await scene.client();
  for (const [number, [title]] of cases.entries()) {
    client.send(get(`/${number}`));
    const answer = await client.response();
    assert.equal(answer.status, 502, title);
    assert.equal(answer.header('proxy-status'), 'sentinel-feedbeef; error=http_protocol_error', title);
    assert.ok(!answer.head.includes('evil'), title);
    assert.equal(scene.errors('upstream_protocol_error'), number + 1, title);
    await eventually(() => scene.origin.connections.at(-1)?.gone === true);
    client.send(get('/good'));
    assert.equal((await client.response()).text, 'ok', title);
    scene.origin.connections.at(-1)?.end();
    await eventually(() => scene.held().targetConnections === 0);
  }
}

test('garbage, other protocols and HTTP/0.9 are 502', async (t) => {
  await assertAllBad(t, [
    ['a banner of SSH', 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'],
    ['SMTP', '220 mail.test ESMTP\r\n'],
    ['a page without a head', '<html><body>evil</body></html>\r\n'],
    ['TLS', '\x15\x03\x01\x00\x02\x02\x46'],
    ['nothing but line ends', '\r\n\r\n\r\n\r\n'],
    ['a request', get('/evil')],
    ['HTTP/2 settings', '\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64'],
  ]);
});

test('a status line that is not one is 502', async (t) => {
  await assertAllBad(t, [
    ['HTTP/2.0', response('HTTP/2.0 200 OK')],
    ['HTTP/1.2', response('HTTP/1.2 200 OK')],
    ['lower case', response('http/1.1 200 OK')],
    ['status 0', response('HTTP/1.1 0 Evil')],
    ['status 000', response('HTTP/1.1 000 Evil')],
    ['status 99', response('HTTP/1.1 99 Evil')],
    ['status 099', response('HTTP/1.1 099 Evil')],
    ['status 600', response('HTTP/1.1 600 Evil')],
    ['status 999', response('HTTP/1.1 999 Evil')],
    ['status 1000', response('HTTP/1.1 1000 Evil')],
    ['status -200', response('HTTP/1.1 -200 Evil')],
    ['status 2x0', response('HTTP/1.1 2x0 Evil')],
    ['no status', response('HTTP/1.1 OK')],
    ['two spaces', response('HTTP/1.1  200 OK')],
    ['NUL in the reason', response('HTTP/1.1 200 e\0vil')],
    ['CR in the reason', response('HTTP/1.1 200 e\rvil')],
  ]);
});

test('Content-Length that conflicts or is no number is 502', async (t) => {
  await assertAllBad(t, [
    ['differing', fields('Content-Length: 4', 'Content-Length: 5')],
    ['equal twice', fields('Content-Length: 4', 'Content-Length: 4')],
    ['a list', fields('Content-Length: 4, 4')],
    ['signed', fields('Content-Length: +4')],
    ['negative', fields('Content-Length: -1')],
    ['hexadecimal', fields('Content-Length: 0x4')],
    ['empty', fields('Content-Length:')],
    ['too large', fields('Content-Length: 99999999999999999999')],
  ]);
});

test('Transfer-Encoding beside Content-Length, or other than chunked, is 502', async (t) => {
  const chunks = '4\r\nevil\r\n0\r\n\r\n';
  const coded = (...lines: string[]) => `${fields(...lines).slice(0, -4)}${chunks}`;
  await assertAllBad(t, [
    ['both', coded('Transfer-Encoding: chunked', 'Content-Length: 4')],
    ['both, the other way round', coded('Content-Length: 4', 'Transfer-Encoding: chunked')],
    ['unknown', coded('Transfer-Encoding: xchunked')],
    ['gzip, chunked', coded('Transfer-Encoding: gzip, chunked')],
    ['identity', coded('Transfer-Encoding: identity')],
    ['chunked twice', coded('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')],
    ['in HTTP/1.0', coded('Transfer-Encoding: chunked').replace('HTTP/1.1', 'HTTP/1.0')],
  ]);
});

test('control bytes, bare line ends, folding and broken names in fields are 502', async (t) => {
  const framed = (...lines: string[]) => fields('Content-Length: 4', ...lines);
  await assertAllBad(t, [
    ['NUL in a value', framed('X-A: e\0vil')],
    ['NUL in a name', framed('X\0A: evil')],
    ['bare CR', framed('X-A: e\rvil: 1')],
    ['bare LF', framed('X-A: 1\nX-Evil: 1')],
    ['folded', framed('X-A: 1', ' evil')],
    ['space before the colon', framed('X-Evil : 1')],
    ['no colon', framed('evil')],
    ['empty name', framed(': evil')],
    ['LF line ends', 'HTTP/1.1 200 OK\nContent-Length: 4\n\nevil'],
  ]);
});

test('a head that is a bomb is 502 and costs a bounded amount of memory', async (t) => {
  await assertAllBad(t, [
    ['1 MiB in one field', fields(`X-Evil: ${'a'.repeat(1 << 20)}`)],
    ['1 MiB without an end', `HTTP/1.1 200 OK\r\nX-Evil: ${'a'.repeat(1 << 20)}`],
    ['5000 fields', fields(...Array.from({ length: 5000 }, (_, i) => `X-${i}: 1`))],
    ['a reason of 100 KiB', response(`HTTP/1.1 200 ${'a'.repeat(100_000)}`)],
  ]);
});

test('odd but valid responses pass', async (t) => {
  const cases = [
    ['no reason', 'HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok'],
    ['no reason and no space', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok'],
    ['an unknown status', 'HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nok'],
    ['status 599', 'HTTP/1.1 599 Odd\r\nContent-Length: 2\r\n\r\nok'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['a field of 30 KiB', `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: ${'a'.repeat(30_000)}\r\n\r\nok`],
  ] as const;
  const scene = await answeringWith(t, cases);
  for (const [number, [title]] of cases.entries()) {
    const answer = await scene.ask(get(`/${number}`));
    assert.equal(answer.text, 'ok', title);
    assert.notEqual(answer.status, 502, title);
  }
});
