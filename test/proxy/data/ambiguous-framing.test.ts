/** Requests that two parsers could frame differently: none of them reaches an upstream. */
import { test } from 'node:test';
import { proxied } from '../../helpers/proxied.ts';
import { head } from '../../helpers/raw-http.ts';
import { assertAllRefused } from '../../helpers/refusal.ts';

const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
const posted = (...lines: string[]) => head('POST', '/', ...lines);

test('Content-Length together with Transfer-Encoding is refused', async (t) => {
  const chunks = `0\r\n\r\n${smuggled}`;
  await assertAllRefused(await proxied(t), [
    ['length first', posted('Content-Length: 5', 'Transfer-Encoding: chunked') + chunks, 400, 'te_cl'],
    ['coding first', posted('Transfer-Encoding: chunked', 'Content-Length: 5') + chunks, 400, 'te_cl'],
    ['length zero', posted('Content-Length: 0', 'Transfer-Encoding: chunked') + chunks, 400, 'te_cl'],
    ['empty coding', posted('Transfer-Encoding:', 'Content-Length: 5') + chunks, 400, 'te_cl'],
    ['a GET', head('GET', '/', 'Content-Length: 5', 'Transfer-Encoding: chunked') + chunks, 400, 'te_cl'],
  ]);
});

test('a Content-Length that is repeated, a list, signed, hexadecimal, empty or too large is refused', async (t) => {
  const withLength = (value: string) => `${posted(`Content-Length: ${value}`)}12345${smuggled}`;
  await assertAllRefused(await proxied(t), [
    ['differing twice', `${posted('Content-Length: 5', 'Content-Length: 6')}12345`, 400, 'content_length'],
    ['equal twice', `${posted('Content-Length: 5', 'Content-Length: 5')}12345`, 400, 'content_length'],
    ['a list', withLength('5, 6'), 400, 'content_length'],
    ['an equal list', withLength('5, 5'), 400, 'content_length'],
    ['plus', withLength('+5'), 400, 'content_length'],
    ['minus', withLength('-5'), 400, 'content_length'],
    ['hexadecimal', withLength('0x5'), 400, 'content_length'],
    ['empty', withLength(''), 400, 'content_length'],
    ['a fraction', withLength('5.0'), 400, 'content_length'],
    ['exponent', withLength('5e0'), 400, 'content_length'],
    ['a space inside', withLength('5 5'), 400, 'content_length'],
    ['an underscore inside', withLength('5_0'), 400, 'content_length'],
    ['2^64 + 5', withLength('18446744073709551621'), 400, 'content_length'],
    ['2^53', withLength('9007199254740992'), 400, 'content_length'],
  ]);
});

test('a Transfer-Encoding other than one final chunked is refused', async (t) => {
  const coded = (...lines: string[]) => `${posted(...lines)}0\r\n\r\n${smuggled}`;
  await assertAllRefused(await proxied(t), [
    ['an unknown coding', coded('Transfer-Encoding: xchunked'), 501, 'unknown_coding'],
    ['gzip alone', coded('Transfer-Encoding: gzip'), 501, 'unknown_coding'],
    ['gzip before chunked', coded('Transfer-Encoding: gzip, chunked'), 501, 'unknown_coding'],
    ['identity', coded('Transfer-Encoding: identity'), 501, 'unknown_coding'],
    ['chunked not last', coded('Transfer-Encoding: chunked, gzip'), 400, 'transfer_encoding'],
    ['chunked twice in one field', coded('Transfer-Encoding: chunked, chunked'), 400, 'transfer_encoding'],
    [
      'chunked in two fields',
      coded('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'),
      400,
      'transfer_encoding',
    ],
    [
      'chunked and identity',
      coded('Transfer-Encoding: chunked', 'Transfer-Encoding: identity'),
      400,
      'transfer_encoding',
    ],
    ['in quotes', coded('Transfer-Encoding: "chunked"'), 400, 'transfer_encoding'],
    ['a vertical tab', coded('Transfer-Encoding: \x0bchunked'), 400, 'field_syntax'],
    ['empty', coded('Transfer-Encoding:'), 400, 'transfer_encoding'],
    ['a comma before', coded('Transfer-Encoding: ,chunked'), 400, 'transfer_encoding'],
    ['a space before the colon', coded('Transfer-Encoding : chunked'), 400, 'field_syntax'],
    ['folded', coded('Transfer-Encoding:\r\n chunked'), 400, 'field_syntax'],
    ['a bare CR before', coded('X: 1\rTransfer-Encoding: chunked'), 400, 'line_ending'],
  ]);
});

test('Transfer-Encoding in HTTP/1.0 is refused', async (t) => {
  const request = `POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n${smuggled}`;
  await assertAllRefused(await proxied(t), [['HTTP/1.0', request, 400, 'transfer_encoding']]);
});
