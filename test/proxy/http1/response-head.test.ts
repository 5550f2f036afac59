/** What the head of an upstream's response must be, rule by rule. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fieldIds } from '../../../src/proxy/data/http1/head.ts';
import { ResponseHead } from '../../../src/proxy/data/http1/response-head.ts';
import { bytes, usualLimits } from './message-reader.ts';

function parse(text: string, method = 'GET'): ResponseHead | string {
  const buf = bytes(`junk${text}more`);
  const head = new ResponseHead();
  return head.parse(buf, 4, buf.length - 4, usualLimits, method)?.reason ?? head;
}

function good(text: string, method?: string): ResponseHead {
  const head = parse(text, method);
  if (typeof head === 'string') assert.fail(`${JSON.stringify(text)} was refused: ${head}`);
  return head;
}

/** A 200 response with these field lines. */
function withFields(...lines: string[]): string {
  return ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');
}

function refuses(title: string, cases: readonly (readonly [string, string])[]): void {
  it(title, () => {
    for (const [text, reason] of cases) assert.equal(parse(text), reason, JSON.stringify(text));
  });
}

describe('status line (RFC 9112 §4)', () => {
  it('gives version, status and reason phrase', () => {
    const head = good('HTTP/1.0 404 Not \xe4 Found\r\n\r\n');
    assert.deepEqual([head.minor, head.status, head.reason], [0, 404, 'Not \xe4 Found']);
    assert.equal(good('HTTP/1.1 599 \r\n\r\n').reason, '');
  });

  it('may lack the space before an empty reason phrase', () => {
    assert.deepEqual([good('HTTP/1.1 200\r\n\r\n').status, good('HTTP/1.1 200\r\n\r\n').reason], [200, '']);
  });

  refuses(
    'is refused when it is anything else',
    [
      'HTTP/1.1 99 X',
      'HTTP/1.1 099 X',
      'HTTP/1.1 000 X',
      'HTTP/1.1 600 X',
      'HTTP/1.1 999 X',
      'HTTP/1.1 1000 X',
      'HTTP/1.1 2x0 X',
      'HTTP/1.1  200 OK',
      'HTTP/1.1\t200 OK',
      'HTTP/1.1 200\tOK',
      'HTTP/1.1 200OK',
      'HTTP/1.1 200 O\x00K',
      'HTTP/1.1 200 O\rK',
      'HTTP/1.1 200 O\nK',
      'HTTP/1.1 ',
      'HTTP/1.1',
      'HTTP/1.2 200 OK',
      'HTTP/2.0 200 OK',
      'HTTP/0.9 200 OK',
      'http/1.1 200 OK',
      ' HTTP/1.1 200 OK',
      '\r\nHTTP/1.1 200 OK',
      'ICY 200 OK',
      'SSH-2.0-OpenSSH_9.2',
      '<html>',
      '',
      `HTTP/1.1 200 ${'x'.repeat(1025)}`,
    ].map((line) => [`${line}\r\nContent-Length: 0\r\n\r\n`, 'status_line'] as const),
  );
});

describe('fields of a response', () => {
  it('are in the table', () => {
    const head = good(withFields('Set-Cookie: a', 'sErVer: x', 'Set-Cookie: b'));
    assert.equal(head.count, 3);
    assert.equal(head.value(head.find(fieldIds.server)), 'x');
    assert.equal(head.lookup('set-cookie'), 'a, b');
  });

  refuses('are as strict as those of a request (RFC 9112 §5)', [
    [withFields('X : 1'), 'field_syntax'],
    [withFields('X: 1', ' 2'), 'field_syntax'],
    [withFields('X: a\x00'), 'field_syntax'],
    [withFields('X: a\nY: b'), 'line_ending'],
    [withFields('X: a\rY: b'), 'line_ending'],
    [withFields(`X: ${'a'.repeat(20_000)}`), 'headers_too_large'],
    [withFields(...Array.from({ length: 101 }, () => 'X: 1')), 'headers_too_large'],
    [withFields('Connection: a b'), 'field_syntax'],
  ]);

  it('may have underscores, which imitate nothing towards a client', () => {
    good(withFields('Content_Length: 5'));
  });
});

describe('body framing of responses (RFC 9112 §6.3)', () => {
  it('is a length, chunks, or the end of the connection', () => {
    const length = good(withFields('Content-Length: 12'));
    assert.deepEqual([length.framing, length.contentLength, length.keepAlive], ['length', 12, true]);
    const chunked = good(withFields('Transfer-Encoding: chunked'));
    assert.deepEqual([chunked.framing, chunked.contentLength, chunked.keepAlive], ['chunked', -1, true]);
    const close = good(withFields());
    assert.deepEqual([close.framing, close.contentLength, close.keepAlive], ['close', -1, false]);
    assert.equal(good(withFields('Connection: keep-alive')).keepAlive, false);
  });

  it('is none where status or method forbid a body, whatever the fields say', () => {
    for (const status of [100, 101, 103, 199, 204, 304]) {
      assert.equal(good(`HTTP/1.1 ${status} X\r\nContent-Length: 12\r\n\r\n`).framing, 'none');
      assert.equal(good(`HTTP/1.1 ${status} X\r\nTransfer-Encoding: chunked\r\n\r\n`).framing, 'none');
    }
    const head = good(withFields('Content-Length: 12'), 'HEAD');
    assert.deepEqual([head.framing, head.contentLength, head.keepAlive], ['none', 12, true]);
    assert.equal(good(withFields(), 'HEAD').keepAlive, true);
  });

  refuses('is refused when it is ambiguous', [
    [withFields('Content-Length: 5', 'Content-Length: 5'), 'content_length'],
    [withFields('Content-Length: 5', 'Content-Length: 6'), 'content_length'],
    [withFields('Content-Length: 5, 5'), 'content_length'],
    [withFields('Content-Length: -1'), 'content_length'],
    [withFields('Content-Length:'), 'content_length'],
    [withFields('Content-Length: 5', 'Transfer-Encoding: chunked'), 'te_cl'],
    [withFields('Transfer-Encoding: gzip'), 'unknown_coding'],
    [withFields('Transfer-Encoding: gzip, chunked'), 'unknown_coding'],
    [withFields('Transfer-Encoding: chunked, chunked'), 'transfer_encoding'],
    ['HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'transfer_encoding'],
    ['HTTP/1.1 204 X\r\nContent-Length: x\r\n\r\n', 'content_length'],
  ]);
});

describe('Connection of a response (RFC 9112 §9.3)', () => {
  it('decides whether the connection stays', () => {
    const stays = (version: string, ...lines: string[]): boolean =>
      good([`HTTP/${version} 200 OK`, 'Content-Length: 0', ...lines, '', ''].join('\r\n')).keepAlive;
    assert.equal(stays('1.1'), true);
    assert.equal(stays('1.1', 'Connection: close'), false);
    assert.equal(stays('1.0'), false);
    assert.equal(stays('1.0', 'Connection: Keep-Alive'), true);
  });

  it('names further fields, and the protocol of a 101', () => {
    const head = good('HTTP/1.1 101 X\r\nConnection: Upgrade, X-Foo\r\nUpgrade: websocket\r\n\r\n');
    assert.deepEqual([head.upgrade, head.connectionOptions], ['websocket', ['x-foo']]);
  });
});
