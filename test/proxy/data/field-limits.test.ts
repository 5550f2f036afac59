/** Syntax and size of request fields: what is malformed or too much is refused, nothing is dropped silently. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxied } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';
import { assertAllRefused, assertRefused, type Refusal } from '../../helpers/refusal.ts';

test('white space before a colon, folding, control bytes and bare line ends in a field are refused', async (t) => {
  await assertAllRefused(await proxied(t), [
    ['space before the colon', get('/', 'X-A : 1'), 400, 'field_syntax'],
    ['tab before the colon', get('/', 'X-A\t: 1'), 400, 'field_syntax'],
    ['folded', get('/', 'X-A: 1', ' 2'), 400, 'field_syntax'],
    ['folded first', get('/').replace('Host', ' Host'), 400, 'field_syntax'],
    ['empty name', get('/', ': 1'), 400, 'field_syntax'],
    ['no colon', get('/', 'X-A'), 400, 'field_syntax'],
    ['NUL in a value', get('/', 'X-A: 1\x002'), 400, 'field_syntax'],
    ['NUL in a name', get('/', 'X\x00A: 1'), 400, 'field_syntax'],
    ['ESC in a value', get('/', 'X-A: \x1b[31m'), 400, 'field_syntax'],
    ['DEL in a value', get('/', 'X-A: \x7f'), 400, 'field_syntax'],
    ['bare CR in a value', get('/', 'X-A: 1\rX-B: 2'), 400, 'line_ending'],
    ['bare LF after a value', 'GET / HTTP/1.1\r\nHost: a\nX-A: 1\r\n\r\n', 400, 'line_ending'],
    ['bare LF after the request line', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 400, 'version'],
    ['bare LF as the empty line', 'GET / HTTP/1.1\r\nHost: a\r\n\n', 400, 'line_ending'],
    ['non-ASCII in a name', get('/', 'X-\xe9: 1'), 400, 'field_syntax'],
    ['a bracket in a name', get('/', 'X[0]: 1'), 400, 'field_syntax'],
  ]);
});

test('an underscore name that imitates a framing or forwarding field is refused, others pass', async (t) => {
  const scene = await proxied(t);
  const imitations = ['content_length', 'Transfer_Encoding', 'X_Forwarded_For', 'x-forwarded_proto', 'X_Real_IP'];
  await assertAllRefused(
    scene,
    imitations.map((name): Refusal => [name, get('/', `${name}: 1`), 400, 'underscore']),
  );
  assert.equal((await scene.ask(get('/', 'my_field: 1'))).status, 200);
  assert.equal(scene.origin.requests.at(-1)?.header('my_field'), '1');
});

test('a target, a section, a name, a value or a count above its limit is refused as soon as it is plain', async (t) => {
  const scene = await proxied(t, {
    limits: {
      maxUriBytes: 200,
      maxHeaderBytes: 1000,
      maxHeaderCount: 10,
      maxHeaderNameBytes: 50,
      maxHeaderValueBytes: 300,
    },
  });
  const many = Array.from({ length: 11 }, (_, i) => `X-${i}: 1`);
  await assertAllRefused(scene, [
    ['target', get(`/${'a'.repeat(200)}`), 414, 'uri_too_long'],
    ['target with query', get(`/?${'a'.repeat(200)}`), 414, 'uri_too_long'],
    ['name', get('/', `${'N'.repeat(51)}: 1`), 431, 'headers_too_large'],
    ['value', get('/', `X-A: ${'v'.repeat(301)}`), 431, 'headers_too_large'],
    ['count', get('/', ...many), 431, 'headers_too_large'],
    ['section', get('/', ...many.slice(0, 5).map((line) => `${line}${'x'.repeat(250)}`)), 431, 'headers_too_large'],
    ['a target without end', `GET /${'a'.repeat(3000)}`, 414, 'uri_too_long'],
    ['a section without end', `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(2000)}`, 431, 'headers_too_large'],
  ]);
  const atTheLimit = get(`/${'a'.repeat(199)}`, `${'N'.repeat(50)}: 1`, `X-A: ${'v'.repeat(300)}`);
  assert.equal((await scene.ask(atTheLimit)).status, 200);
  assert.equal(scene.origin.requests.at(-1)?.header('x-a')?.length, 300);
});

test('the usual limits turn away a head of 64 KiB, a thousand fields and a target of 64 KiB', async (t) => {
  const scene = await proxied(t);
  const thousand = Array.from({ length: 1000 }, (_, i) => `X-${i}: 1`);
  await assertRefused(scene, get('/', `X-A: ${'a'.repeat(65_536)}`), 431, 'headers_too_large');
  await assertRefused(scene, get('/', ...thousand), 431, 'headers_too_large');
  await assertRefused(scene, get(`/${'a'.repeat(65_536)}`), 414, 'uri_too_long');
  await scene.settled();
});
