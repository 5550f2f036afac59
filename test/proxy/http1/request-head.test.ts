/** What a request head must be, rule by rule. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fieldIds, type HeadLimits } from '../../../src/proxy/data/http1/head.ts';
import { RequestHead } from '../../../src/proxy/data/http1/request-head.ts';
import { bytes, usualLimits } from './message-reader.ts';

function parse(text: string, limits: Partial<HeadLimits> = {}): RequestHead | string {
  const buf = bytes(`junk${text}more`);
  const head = new RequestHead();
  const fault = head.parse(buf, 4, buf.length - 4, { ...usualLimits, ...limits });
  return fault === null
    ? head
    : `${fault.status} ${fault.cause === 'bad_request' ? '' : `${fault.cause} `}${fault.reason}`;
}

function good(text: string, limits?: Partial<HeadLimits>): RequestHead {
  const head = parse(text, limits);
  if (typeof head === 'string') assert.fail(`${JSON.stringify(text)} was refused: ${head}`);
  return head;
}

/** A GET with these field lines after Host. */
function withFields(...lines: string[]): string {
  return ['GET / HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n');
}

function withLine(line: string): string {
  return `${line}\r\nHost: a\r\n\r\n`;
}

function refuses(title: string, cases: readonly (readonly [string, string])[], limits?: Partial<HeadLimits>): void {
  it(title, () => {
    for (const [text, answer] of cases) assert.equal(parse(text, limits), answer, JSON.stringify(text));
  });
}

describe('request line', () => {
  it('gives method, path, query and version as sent', () => {
    const head = good(withLine('DELETE /a%2Fb/../c?x=1?y&z= HTTP/1.1'));
    assert.equal(head.method, 'DELETE');
    assert.equal(head.form, 'origin');
    assert.equal(head.rawPath, '/a%2Fb/../c');
    assert.equal(head.query, 'x=1?y&z=');
    assert.equal(head.hasQuery, true);
    assert.equal(head.minor, 1);
  });

  it('tells an empty query from none', () => {
    assert.deepEqual(
      [good(withLine('GET /? HTTP/1.1')).hasQuery, good(withLine('GET / HTTP/1.1')).hasQuery],
      [true, false],
    );
    assert.equal(good(withLine('GET /? HTTP/1.1')).query, '');
  });

  it('takes any token as a method (RFC 9110 §9.1)', () => {
    for (const method of ['GET', 'get', 'GETS', 'G', 'X-!#$%&', 'PRI', 'A'.repeat(64)]) {
      assert.equal(good(withLine(`${method} / HTTP/1.1`)).method, method);
    }
  });

  refuses('refuses what is no method (RFC 9110 §9.1)', [
    [withLine(' / HTTP/1.1'), '400 method'],
    [withLine('G{T / HTTP/1.1'), '400 method'],
    [withLine('GE\tT / HTTP/1.1'), '400 method'],
    [withLine('G\xc9T / HTTP/1.1'), '400 method'],
    [withLine('GET'), '400 method'],
    [`${'A'.repeat(65)} / HTTP/1.1\r\nHost: a\r\n\r\n`, '501 method'],
    ['\x16\x03\x01\x02', '400 method'],
  ]);

  refuses('refuses CONNECT whatever its target (RFC 9110 §9.3.6)', [
    ['CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', '405 connect_method'],
    [withLine('CONNECT / HTTP/1.1'), '405 connect_method'],
  ]);

  it('takes a path that looks like an authority for a path (RFC 9112 §3.2.1)', () => {
    for (const path of ['//evil/x', '/@evil', '/:1@evil', '/http://evil/']) {
      const head = good(withLine(`GET ${path} HTTP/1.1`));
      assert.deepEqual([head.form, head.rawPath, head.host], ['origin', path, 'a']);
    }
  });

  refuses('refuses a target in no known form (RFC 9112 §3.2)', [
    [withLine('GET @evil HTTP/1.1'), '400 target'],
    [withLine('GET evil/x HTTP/1.1'), '400 target'],
    [withLine('GET a:80 HTTP/1.1'), '400 target'],
    [withLine('GET http:/c HTTP/1.1'), '400 target'],
    [withLine('GET http:// HTTP/1.1'), '400 target'],
    [withLine('GET http:///x HTTP/1.1'), '400 target'],
    [withLine('GET http://u@a/ HTTP/1.1'), '400 target'],
    [withLine('GET http://a:b/ HTTP/1.1'), '400 target'],
    [withLine('GET ftp://a/ HTTP/1.1'), '400 target'],
    [withLine('GET ?x HTTP/1.1'), '400 target'],
    [withLine('GET * HTTP/1.1'), '400 target'],
    [withLine('OPTIONS *x HTTP/1.1'), '400 target'],
    [withLine('OPTIONS *?x HTTP/1.1'), '400 target'],
    [withLine('GET  HTTP/1.1'), '400 target'],
    [withLine('GET  / HTTP/1.1'), '400 target'],
  ]);

  refuses('refuses control characters, white space, fragments and non-ASCII in the target (RFC 9112 §3.2)', [
    [withLine('GET /a\x00b HTTP/1.1'), '400 target'],
    [withLine('GET /a\tb HTTP/1.1'), '400 target'],
    [withLine('GET /a\x7fb HTTP/1.1'), '400 target'],
    [withLine('GET /\xe4 HTTP/1.1'), '400 target'],
    [withLine('GET /a#b HTTP/1.1'), '400 target'],
    [withLine('GET /a b HTTP/1.1'), '400 version'],
    [withLine('GET /a\rb HTTP/1.1'), '400 line_ending'],
  ]);

  refuses('takes HTTP/1.1 and HTTP/1.0 alone (RFC 9112 §2.3)', [
    [withLine('GET /'), '400 version'],
    [withLine('GET / '), '400 version'],
    [withLine('GET / http/1.1'), '400 version'],
    [withLine('GET / HTTP/1.1 '), '400 version'],
    [withLine('GET /  HTTP/1.1'), '400 version'],
    [withLine('GET / HTTP/1'), '400 version'],
    [withLine('GET / HTTP/1.10'), '400 version'],
    [withLine('GET / HTTP/x.1'), '400 version'],
    [withLine('GET / RTSP/1.0'), '400 version'],
    [withLine('GET / HTTP/2.0'), '505 version'],
    [withLine('GET / HTTP/0.9'), '505 version'],
    [withLine('GET / HTTP/1.2'), '505 version'],
    ['PRI * HTTP/2.0\r\n\r\n', '505 version'],
  ]);

  it('skips one empty line before the request line (RFC 9112 §2.2)', () => {
    assert.equal(good(`\r\n${withFields()}`).text, withFields());
    assert.equal(parse(`\r\n\r\n${withFields()}`), '400 method');
    assert.equal(parse(`\n${withFields()}`), '400 line_ending');
  });

  refuses(
    'refuses a target over the limit, whatever follows (RFC 9110 §15.5.15)',
    [
      [withLine(`GET /${'a'.repeat(10)} HTTP/1.1`), '414 uri_too_long uri_too_long'],
      [withLine(`GET /${'a'.repeat(10)}\x00 HTTP/1.1`), '414 uri_too_long uri_too_long'],
      [withLine(`GET /${'a'.repeat(8)}\x00 HTTP/1.1`), '400 target'],
    ],
    { maxUriBytes: 10 },
  );

  it('takes a target of just the limit', () => {
    good(withLine(`GET /${'a'.repeat(9)} HTTP/1.1`), { maxUriBytes: 10 });
  });
});

describe('absolute target (RFC 9112 §3.2.2)', () => {
  it('replaces Host', () => {
    const head = good(withLine('GET HTTP://B.Example:81/p?q HTTP/1.1'));
    assert.equal(head.form, 'absolute');
    assert.equal(head.scheme, 'http');
    assert.equal(head.host, 'b.example');
    assert.equal(head.authority, 'B.Example:81');
    assert.equal(head.rawPath, '/p');
    assert.equal(head.query, 'q');
  });

  it('has the path / when it names none', () => {
    assert.equal(good(withLine('GET http://b HTTP/1.1')).rawPath, '/');
    const head = good(withLine('GET https://b?q=/x HTTP/1.1'));
    assert.deepEqual([head.scheme, head.host, head.rawPath, head.query], ['https', 'b', '/', 'q=/x']);
  });

  it('means the server itself when an OPTIONS has no path (RFC 9112 §3.2.4)', () => {
    assert.equal(good(withLine('OPTIONS http://b HTTP/1.1')).rawPath, '*');
    assert.equal(good(withLine('OPTIONS http://b/ HTTP/1.1')).rawPath, '/');
    const head = good(withLine('OPTIONS * HTTP/1.1'));
    assert.deepEqual([head.form, head.rawPath], ['asterisk', '*']);
  });

  refuses('still needs one valid Host (RFC 9112 §3.2)', [
    ['GET http://b/ HTTP/1.1\r\n\r\n', '400 host'],
    ['GET http://b/ HTTP/1.1\r\nHost: a b\r\n\r\n', '400 host'],
    ['GET http://b/ HTTP/1.1\r\nHost: b\r\nHost: b\r\n\r\n', '400 host'],
  ]);
});

describe('Host (RFC 9112 §3.2, RFC 9110 §7.2)', () => {
  it('gives the name in lower case, without port, and the authority as sent', () => {
    const cases: [string, string][] = [
      ['Example.COM', 'example.com'],
      ['example.com:8080', 'example.com'],
      ['example.com:', 'example.com'],
      ['a_b.c-d', 'a_b.c-d'],
      ['127.0.0.1:80', '127.0.0.1'],
      ['[::1]', '[::1]'],
      ['[FE80::1]:443', '[fe80::1]'],
      ['[::ffff:127.0.0.1]', '[::ffff:127.0.0.1]'],
    ];
    for (const [authority, host] of cases) {
      const head = good(`GET / HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
      assert.deepEqual([head.authority, head.host], [authority, host]);
    }
  });

  refuses(
    'refuses a junk Host',
    [
      '',
      'a b',
      'a,b',
      'a/b',
      'a?b',
      'a#b',
      'a@b',
      'a\\b',
      'a%41',
      'a\xe4',
      ':80',
      'a:b',
      'a:80:80',
      'a:-1',
      'a:65536',
      'a:000080',
      '[::1',
      '::1',
      '[::1]x',
      '[1.2.3.4]',
      '[fe80::1%25eth0]',
      '[fe80::1%eth0]',
      '[v1.x]',
      '[]',
      '"a"',
      'a'.repeat(256),
    ].map((host) => [`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, '400 host'] as const),
  );

  refuses('refuses none and several', [
    ['GET / HTTP/1.1\r\n\r\n', '400 host'],
    ['GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', '400 host'],
    ['GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nhOST: b\r\n\r\n', '400 host'],
    ['GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n', '400 host'],
  ]);

  it('may be missing in HTTP/1.0', () => {
    const head = good('GET / HTTP/1.0\r\n\r\n');
    assert.deepEqual([head.minor, head.host, head.authority, head.keepAlive], [0, '', '', false]);
  });
});

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
