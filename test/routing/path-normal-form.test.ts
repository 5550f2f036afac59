/** One normal form of a path serves matching and forwarding (RFC 3986 §6.2.2); what has no safe form is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalizePath, normalizePathPattern } from '../../src/routing/path.ts';

const table: readonly (readonly [raw: string, normal: string | null, why: string])[] = [
  ['/', '/', 'the root'],
  ['/a/b', '/a/b', 'nothing to do'],
  ['/a/b/', '/a/b/', 'a trailing slash means something'],
  ['//host/x', '//host/x', 'a path, never an authority'],
  ['/a//b', '/a//b', 'empty segments stay'],
  ['/a;v=1,2/b', '/a;v=1,2/b', 'parameters of a segment stay'],
  ["/!$&'()*+,;=:@", "/!$&'()*+,;=:@", 'RFC 3986 §3.3: pchar'],
  ['/.well-known/x', '/.well-known/x', 'a dot that begins a name'],
  ['/.../..a/a../.a', '/.../..a/a../.a', 'only . and .. are dot segments'],
  ['/a%20b', '/a%20b', 'an escape that stays'],
  ['/caf%C3%A9/%E2%82%AC/%F0%9F%98%80', '/caf%C3%A9/%E2%82%AC/%F0%9F%98%80', 'UTF-8 of two, three and four bytes'],

  ['/%7Euser', '/~user', '§6.2.2.2: unreserved'],
  ['/%41%5a%61%7A%30%2d%5F%2E%7e', '/AZaz0-_.~', '§6.2.2.2: every kind of unreserved'],
  ['/a%2fb', '/a%2Fb', '§6.2.2.1: hex digits; a slash is never decoded'],
  ['/a%3fb%23c', '/a%3Fb%23c', 'reserved characters are never decoded'],
  ['/%25%32%46', '/%252F', 'decoded once, never twice'],
  ['/%2541', '/%2541', 'decoded once, never twice'],
  ['/caf%c3%a9', '/caf%C3%A9', '§6.2.2.1'],

  ['/.', '/', '§5.2.4'],
  ['/./', '/', '§5.2.4'],
  ['/a/.', '/a/', '§5.2.4'],
  ['/a/..', '/', '§5.2.4'],
  ['/a/b/..', '/a/', '§5.2.4'],
  ['/a/b/../', '/a/', '§5.2.4'],
  ['/a/b/c/./../../g', '/a/g', 'the example of §5.2.4'],
  ['/a//../b', '/a/b', '.. takes an empty segment away'],
  ['/%2e/a', '/a', 'an escaped dot segment is one'],
  ['/a/%2e%2e/b', '/b', 'an escaped dot segment is one'],
  ['/a/.%2E/b', '/b', 'a half escaped one too'],
  ['/a/..%2fb', '/a/..%2Fb', 'an escaped slash ends no segment'],

  ['/..', null, 'above the root'],
  ['/../a', null, 'above the root'],
  ['/a/../../b', null, 'above the root'],
  ['/%2e%2e/a', null, 'above the root'],
  ['/a/../%2e./b', null, 'above the root'],
  ['', null, 'not origin-form'],
  ['*', null, 'not origin-form'],
  ['a/b', null, 'not origin-form'],
  ['http://h/a', null, 'not origin-form'],
  ['/a b', null, 'a space'],
  ['/a\tb', null, 'a control character'],
  ['/a\x7fb', null, 'a control character'],
  ['/caf\u00e9', null, 'not ASCII'],
  ['/a#b', null, 'a fragment'],
  ['/a?b', null, 'a query'],
  ['/%', null, 'a cut escape'],
  ['/%4', null, 'a cut escape'],
  ['/%4/', null, 'a malformed escape'],
  ['/%zz', null, 'a malformed escape'],
  ['/%u0041', null, 'a malformed escape'],
  ['/%:0', null, 'a malformed escape'],
  ['/%0g', null, 'a malformed escape'],
  ['/%00', null, 'NUL'],
  ['/a%0d%0aSet-Cookie:x', null, 'an encoded line end'],
  ['/%1f', null, 'an encoded control character'],
  ['/%7F', null, 'an encoded control character'],
  ['/%C2%80', null, 'an encoded C1 control character'],
  ['/%C0%AF', null, 'an overlong slash'],
  ['/%C1%BF', null, 'overlong'],
  ['/%E0%80%AF', null, 'an overlong slash of three bytes'],
  ['/%F0%80%80%AF', null, 'an overlong slash of four bytes'],
  ['/%ED%A0%80', null, 'a surrogate'],
  ['/%F4%90%80%80', null, 'above U+10FFFF'],
  ['/%F5%80%80%80', null, 'above U+10FFFF'],
  ['/%FF', null, 'no UTF-8 byte'],
  ['/%A9', null, 'a continuation without a beginning'],
  ['/%C3', null, 'a beginning without a continuation'],
  ['/%C3a', null, 'a beginning without a continuation'],
  ['/%C3/%A9', null, 'a sequence that a slash interrupts'],
  ['/%C3%C3', null, 'a beginning where a continuation belongs'],
];

for (const [raw, normal, why] of table) {
  const outcome = normal === null ? 'is refused' : `becomes ${JSON.stringify(normal)}`;
  test(`The path ${JSON.stringify(raw)} ${outcome}: ${why}.`, () => assert.equal(normalizePath(raw), normal));
}

/** Characters that matter more often than chance would bring them. */
const piece = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('/', '.', '..', 'a', 'Z', '~', '%2e', '%2E', '%2f', '%41', '%c3%a9', '%C3%A9'),
  },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 255 }).map((byte) => `%${byte.toString(16).padStart(2, '0')}`) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
);
const anyPath = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);

test('A normal form is its own normal form, and nothing makes normalizePath throw.', () => {
  fc.assert(
    fc.property(anyPath, (raw) => {
      const normal = normalizePath(raw);
      if (normal !== null) assert.equal(normalizePath(normal), normal);
    }),
    { numRuns: 5_000 },
  );
});

test('A normal form means what the path meant: every byte of it, slashes and dot segments apart.', () => {
  fc.assert(
    fc.property(anyPath, (raw) => {
      const normal = normalizePath(raw);
      if (normal === null) return;
      // An escaped slash is data, so it is kept apart from the ones that separate.
      const marked = (path: string): string => path.replace(/%2f/gi, '\0').split('/').map(decodeURIComponent).join('/');
      assert.equal(marked(normal), removeDotSegments(marked(raw)));
    }),
    { numRuns: 5_000 },
  );
});

/** RFC 3986 §5.2.4, step by step as it is written there. */
function removeDotSegments(path: string): string {
  let input = path;
  let output = '';
  while (input !== '') {
    if (input.startsWith('/./')) input = input.slice(2);
    else if (input === '/.') input = '/';
    else if (input.startsWith('/../')) {
      input = input.slice(3);
      output = output.slice(0, output.lastIndexOf('/'));
    } else if (input === '/..') {
      input = '/';
      output = output.slice(0, output.lastIndexOf('/'));
    } else {
      const end = input.indexOf('/', 1);
      const segment = end < 0 ? input : input.slice(0, end);
      output += segment;
      input = input.slice(segment.length);
    }
  }
  return output;
}

test('A path in the configuration may hold spaces and letters as they are, and means their escapes.', () => {
  assert.equal(normalizePathPattern('/caf\u00e9 bar/%7euser'), '/caf%C3%A9%20bar/~user');
  assert.equal(normalizePathPattern('/a/../b/'), '/b/');
  assert.equal(normalizePathPattern('no-slash'), null);
  assert.equal(normalizePathPattern('/..'), null);
  assert.equal(normalizePathPattern('/\ud800'), null);
});
