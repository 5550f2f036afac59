/** Other protocols and methods that a reverse proxy does not serve: refused without touching an upstream. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxied } from '../../helpers/proxied.ts';
import { head } from '../../helpers/raw-http.ts';
import { assertAllRefused } from '../../helpers/refusal.ts';

test('HTTP/0.9, other versions, HTTP/2 and TLS on a plain port are refused', async (t) => {
  const scene = await proxied(t);
  const hello = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03';
  await assertAllRefused(scene, [
    ['HTTP/0.9', 'GET /\r\n', 400, 'version'],
    ['HTTP/0.9 with version', 'GET / HTTP/0.9\r\n\r\n', 505, 'version'],
    ['HTTP/2.0 as text', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505, 'version'],
    ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: a\r\n\r\n', 505, 'version'],
    ['HTTP/1.10', 'GET / HTTP/1.10\r\nHost: a\r\n\r\n', 400, 'version'],
    ['lower-case name', 'GET / http/1.1\r\nHost: a\r\n\r\n', 400, 'version'],
    ['RTSP', 'DESCRIBE /x RTSP/1.0\r\nCSeq: 2\r\n\r\n', 400, 'version'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 'version'],
    ['a TLS hello', hello, 400, 'method'],
    ['nothing but lines', '\r\n\r\n\r\n', 400, 'method'],
    ['two spaces', 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'target'],
    ['a space after the version', 'GET / HTTP/1.1 \r\nHost: a\r\n\r\n', 400, 'version'],
  ]);
  assert.equal(scene.origin.requests.length, 1, 'only the good request at the end reached the origin');
});

test('a method that is no token is refused with 400, one that is endless with 501', async (t) => {
  await assertAllRefused(await proxied(t), [
    ['brackets', head('GE(T)', '/'), 400, 'method'],
    ['empty', head('', '/'), 400, 'method'],
    ['65 letters', head('A'.repeat(65), '/'), 501, 'method'],
  ]);
});

test('CONNECT and TRACE are refused with 405 and the methods that are served', async (t) => {
  const scene = await proxied(t);
  await assertAllRefused(scene, [
    ['CONNECT', 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n', 405, 'connect_method'],
    ['CONNECT with a path', head('CONNECT', '/'), 405, 'connect_method'],
    ['TRACE', head('TRACE', '/', 'Max-Forwards: 1'), 405, 'method'],
  ]);
  const allow = (await scene.ask(head('TRACE', '/'))).header('allow')?.split(', ') ?? [];
  assert.ok(allow.includes('GET') && !allow.includes('TRACE') && !allow.includes('CONNECT'));
});

test('a method that nobody knows is forwarded', async (t) => {
  const { ask, origin } = await proxied(t);
  assert.equal((await ask(head('PURGE', '/x'))).status, 200);
  assert.equal((await origin.request()).method, 'PURGE');
});
