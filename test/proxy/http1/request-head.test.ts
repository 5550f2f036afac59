/** What the fields of a request must be and what they mean, rule by rule. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fieldIds } from '../../../src/proxy/data/http1/head.ts';
import { RequestHead } from '../../../src/proxy/data/http1/request-head.ts';
import { bytes, usualLimits } from './message-reader.ts';
import { good, parse, refuses, withFields } from './request-cases.ts';

describe('field lines', () => {
  it('keep order, case, repetition and inner white space (RFC 9110 §5.3)', () => {
    const head = good(withFields('X-B: 1', 'x-a:2', 'X-B:  three  four \t', 'Empty:'));
    const fields = Array.from({ length: head.count }, (_, i) => [head.name(i), head.value(i)]);
    assert.deepEqual(fields, [
      ['Host', 'a'],
      ['X-B', '1'],
      ['x-a', '2'],
      ['X-B', 'three  four'],
      ['Empty', ''],
    ]);
    assert.equal(head.lookup('x-b'), '1, three  four');
    assert.equal(head.lookup('empty'), '');
    assert.equal(head.lookup('x-c'), undefined);
  });

  it('can be copied as lines', () => {
    const head = good(withFields('X-B:1 ', 'x-a:2'));
    assert.equal(head.text.substring(head.nameStart[1]!, head.lineEnd[2]!), 'X-B:1 \r\nx-a:2\r\n');
  });

  it('take obs-text and HTAB in values (RFC 9110 §5.5)', () => {
    assert.equal(good(withFields('X: \xe4\t\xff')).lookup('x'), '\xe4\t\xff');
  });

  it('are found by their known names in any case', () => {
    const head = good(withFields('uSeR-aGeNt: x', 'TRACEPARENT: y', 'User-Agent: z'));
    assert.equal(head.find(fieldIds.userAgent), 1);
    assert.equal(head.find(fieldIds.traceparent), 2);
    assert.equal(head.find(fieldIds.cookie), -1);
    assert.equal(head.known(fieldIds.userAgent), 'x, z');
    assert.equal(head.lookup('user-agent'), 'x, z');
  });

  refuses('refuses bad names (RFC 9110 §5.1, RFC 9112 §5.1)', [
    [withFields('X : 1'), '400 field_syntax'],
    [withFields('X\t: 1'), '400 field_syntax'],
    [withFields(': 1'), '400 field_syntax'],
    [withFields('X'), '400 field_syntax'],
    [withFields('X{}: 1'), '400 field_syntax'],
    [withFields('X\xe4: 1'), '400 field_syntax'],
    [withFields('X\x00: 1'), '400 field_syntax'],
    [withFields('"X": 1'), '400 field_syntax'],
  ]);

  refuses('refuses line folding (RFC 9112 §5.2)', [
    [withFields('X: 1', ' 2'), '400 field_syntax'],
    [withFields('X: 1', '\t2'), '400 field_syntax'],
    ['GET / HTTP/1.1\r\n Host: a\r\n\r\n', '400 field_syntax'],
    [withFields('X: 1', ' '), '400 field_syntax'],
  ]);

  refuses('refuses control characters in values (RFC 9110 §5.5)', [
    [withFields('X: a\x00b'), '400 field_syntax'],
    [withFields('X: a\x01'), '400 field_syntax'],
    [withFields('X: \x0b'), '400 field_syntax'],
    [withFields('X: a\x7f'), '400 field_syntax'],
  ]);

  refuses('refuses line ends other than CRLF (RFC 9112 §2.2)', [
    [withFields('X: a\nY: b'), '400 line_ending'],
    [withFields('X: a\rY: b'), '400 line_ending'],
    [withFields('X: a\r\rY: b'), '400 line_ending'],
    [withFields('X\n: a'), '400 line_ending'],
    ['GET / HTTP/1.1\r\nHost: a\n\r\n', '400 line_ending'],
    ['GET / HTTP/1.1\nHost: a\r\n\r\n', '400 version'],
  ]);

  refuses('refuses names that imitate framing and forwarding fields by underscores', [
    [withFields('Content_Length: 5'), '400 underscore'],
    [withFields('transfer_encoding: chunked'), '400 underscore'],
    [withFields('X_Forwarded-For: 1.2.3.4'), '400 underscore'],
    [withFields('x-forwarded_proto: https'), '400 underscore'],
    [withFields('X_REAL_IP: 1.2.3.4'), '400 underscore'],
  ]);

  it('may hold other underscores', () => {
    assert.equal(good(withFields('my_field: 1', '_: 2')).lookup('my_field'), '1');
  });

  refuses(
    'refuses sections over a limit (RFC 6585 §5)',
    [
      [withFields('N1234: 1'), '431 headers_too_large headers_too_large'],
      [withFields('X: 12345678901'), '431 headers_too_large headers_too_large'],
      [withFields('A: 1', 'B: 1', 'C: 1'), '431 headers_too_large headers_too_large'],
      [withFields('A: 1234567890', 'B: 1234567890'), '431 headers_too_large headers_too_large'],
    ],
    { maxHeaderNameBytes: 4, maxHeaderValueBytes: 10, maxHeaderCount: 3, maxHeaderBytes: 40 },
  );

  it('may be just as large as the limits', () => {
    const limits = { maxHeaderNameBytes: 4, maxHeaderValueBytes: 9, maxHeaderCount: 3, maxHeaderBytes: 37 };
    good(withFields('A: 123456789', 'B: 1234567'), limits);
    assert.equal(parse(withFields('A: 123456789', 'B: 12345678'), limits), '431 headers_too_large headers_too_large');
  });

  it('may be many when the limits are off', () => {
    const off = { maxHeaderNameBytes: 0, maxHeaderValueBytes: 0, maxHeaderCount: 0, maxHeaderBytes: 0, maxUriBytes: 0 };
    const lines = Array.from({ length: 1000 }, (_, i) => `X-${i}: ${i}`);
    const head = good(withFields(...lines), off);
    assert.equal(head.count, 1001);
    assert.equal(head.lookup('x-999'), '999');
  });
});

describe('body framing of requests (RFC 9112 §6)', () => {
  it('is none, a length or chunks', () => {
    assert.equal(good(withFields()).framing, 'none');
    const length = good(withFields('Content-Length: 12'));
    assert.deepEqual([length.framing, length.contentLength], ['length', 12]);
    assert.equal(good(withFields('Content-Length: 0')).framing, 'length');
    assert.equal(good(withFields('Content-Length: 9007199254740991')).contentLength, Number.MAX_SAFE_INTEGER);
    for (const value of ['chunked', 'Chunked', ' CHUNKED\t']) {
      assert.equal(good(withFields(`Transfer-Encoding:${value}`)).framing, 'chunked');
    }
  });

  refuses('refuses a Content-Length that is not one number (RFC 9110 §8.6)', [
    ...[
      '',
      '+5',
      '-5',
      '0x5',
      '5 5',
      '5,5',
      '5, 5',
      '5_0',
      '5.0',
      'five',
      '9007199254740992',
      '18446744073709551621',
    ].map((value) => [withFields(`Content-Length: ${value}`), '400 content_length'] as const),
    [withFields('Content-Length: 5', 'Content-Length: 5'), '400 content_length'],
    [withFields('Content-Length: 5', 'content-length: 6'), '400 content_length'],
  ]);

  refuses('refuses Transfer-Encoding with Content-Length (RFC 9112 §6.1)', [
    [withFields('Content-Length: 5', 'Transfer-Encoding: chunked'), '400 te_cl'],
    [withFields('Transfer-Encoding: chunked', 'Content-Length: 0'), '400 te_cl'],
    [withFields('Transfer-Encoding:', 'Content-Length: 5'), '400 te_cl'],
    [withFields('Transfer-Encoding: x', 'Content-Length: x'), '400 te_cl'],
  ]);

  refuses('refuses a Transfer-Encoding other than chunked (RFC 9112 §6.1, §6.3)', [
    [withFields('Transfer-Encoding:'), '400 transfer_encoding'],
    [withFields('Transfer-Encoding: chunked, chunked'), '400 transfer_encoding'],
    [withFields('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), '400 transfer_encoding'],
    [withFields('Transfer-Encoding: chunked', 'Transfer-Encoding:'), '400 transfer_encoding'],
    [withFields('Transfer-Encoding: chunked, gzip'), '400 transfer_encoding'],
    [withFields('Transfer-Encoding: ,chunked'), '400 transfer_encoding'],
    [withFields('Transfer-Encoding: chunked,'), '400 transfer_encoding'],
    [withFields('Transfer-Encoding: chunked;q=1'), '400 transfer_encoding'],
    [withFields('Transfer-Encoding: "chunked"'), '400 transfer_encoding'],
    [withFields('Transfer-Encoding: chun ked'), '400 transfer_encoding'],
    [withFields('Transfer-Encoding: \x0bchunked'), '400 field_syntax'],
    [withFields('Transfer-Encoding: chunked\xa0'), '400 transfer_encoding'],
    [withFields('Transfer-Encoding: gzip, chunked'), '501 unknown_coding'],
    [withFields('Transfer-Encoding: xchunked'), '501 unknown_coding'],
    [withFields('Transfer-Encoding: identity'), '501 unknown_coding'],
    ['GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', '400 transfer_encoding'],
  ]);
});

describe('Connection (RFC 9110 §7.6.1)', () => {
  it('decides whether the connection stays', () => {
    const stays = (version: string, value: string): boolean =>
      good(`GET / HTTP/${version}\r\nHost: a\r\nConnection: ${value}\r\n\r\n`).keepAlive;
    assert.deepEqual(
      ['keep-alive', 'close', 'Close', 'keep-alive, close', 'x', ''].map((value) => stays('1.1', value)),
      [true, false, false, false, true, true],
    );
    assert.deepEqual(
      ['keep-alive', 'Keep-Alive', 'close', 'keep-alive, close', 'x', ''].map((value) => stays('1.0', value)),
      [true, true, false, false, false, false],
    );
  });

  it('names further fields', () => {
    assert.equal(good(withFields('Connection: keep-alive')).connectionOptions, null);
    assert.equal(good(withFields('Connection: close, Upgrade')).connectionOptions, null);
    assert.deepEqual(good(withFields('Connection: close, X-Foo', 'connection: ,te')).connectionOptions, [
      'x-foo',
      'te',
    ]);
  });

  refuses('refuses options that are no tokens and more than a few', [
    [withFields('Connection: x y'), '400 field_syntax'],
    [withFields('Connection: "close"'), '400 field_syntax'],
    [withFields(`Connection: ${'x,'.repeat(32)}`), '431 headers_too_large headers_too_large'],
  ]);

  it('makes Upgrade valid, in HTTP/1.1 alone (RFC 9110 §7.8)', () => {
    assert.equal(good(withFields('Connection: keep-alive, Upgrade', 'Upgrade: websocket')).upgrade, 'websocket');
    assert.equal(good(withFields('Upgrade: websocket')).upgrade, '');
    assert.equal(good(withFields('Connection: upgrade')).upgrade, '');
    assert.equal(good('GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n').upgrade, '');
  });
});

describe('Expect (RFC 9110 §10.1.1)', () => {
  it('asks for 100 when a body follows', () => {
    assert.equal(good(withFields('Expect: 100-Continue', 'Content-Length: 5')).expectContinue, true);
    assert.equal(good(withFields('Expect: 100-continue', 'Transfer-Encoding: chunked')).expectContinue, true);
    assert.equal(good(withFields('Expect: 100-continue')).expectContinue, false);
    assert.equal(good(withFields('Expect: 100-continue', 'Content-Length: 0')).expectContinue, false);
  });

  it('is ignored in HTTP/1.0', () => {
    const head = good('POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
    assert.equal(head.expectContinue, false);
    good('POST / HTTP/1.0\r\nExpect: coffee\r\n\r\n');
  });

  refuses('is refused when it is anything else', [
    [withFields('Expect: coffee'), '417 expect'],
    [withFields('Expect:'), '417 expect'],
    [withFields('Expect: 100-continue, 100-continue'), '417 expect'],
    [withFields('Expect: 100-continue', 'Expect: 100-continue'), '417 expect'],
    [withFields('Expect: y 100-continue'), '417 expect'],
  ]);
});

describe('TE (RFC 9110 §10.1.4)', () => {
  it('tells whether trailers are taken', () => {
    assert.equal(good(withFields('TE: trailers')).acceptsTrailers, true);
    assert.equal(good(withFields('TE: deflate;q=0.5, Trailers')).acceptsTrailers, true);
    assert.equal(good(withFields('TE: gzip')).acceptsTrailers, false);
    assert.equal(good(withFields()).acceptsTrailers, false);
  });
});

describe('a request head object', () => {
  it('holds nothing of the message before', () => {
    const head = new RequestHead();
    const parseInto = (text: string): unknown => head.parse(bytes(text), 0, text.length, usualLimits);
    const full =
      'OPTIONS http://b:1/x?y HTTP/1.1\r\nHost: a\r\nConnection: close, x, upgrade\r\nUpgrade: websocket\r\n' +
      'Expect: 100-continue\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n';
    assert.equal(parseInto(full), null);
    assert.equal(parseInto('GET / HTTP/1.0\r\n\r\n'), null);
    const fresh = new RequestHead();
    fresh.parse(bytes('GET / HTTP/1.0\r\n\r\n'), 0, 18, usualLimits);
    const visible = ({ ids, nameStart, nameEnd, valueStart, valueEnd, lineEnd, ...rest }: RequestHead): object => rest;
    assert.deepEqual({ ...visible(head), seen: 0, repeated: 0 }, { ...visible(fresh), seen: 0, repeated: 0 });
    assert.equal(head.lookup('host'), undefined);
    assert.equal(head.find(fieldIds.transferEncoding), -1);
  });
});
