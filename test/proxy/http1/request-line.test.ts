/** What a request line and its Host must be, rule by rule. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { good, parse, refuses, withFields, withLine } from './request-cases.ts';

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
