/** What is kept from readers of logs: names that promise a secret, values that look like one, and the secrets that are known. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isSecretHeader,
  isSecretName,
  KnownSecrets,
  redactHeader,
  redactQuery,
  redactText,
  redactUrl,
  redactValue,
} from '../../src/base/redaction.ts';

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const pem = '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq\nabc==\n-----END RSA PRIVATE KEY-----';

test('names promise a secret in any spelling, and words that only hold such letters do not', () => {
  for (const name of [
    'password',
    'Passwd',
    'api_key',
    'apiKey',
    'x-api.key',
    'access_token',
    '%74oken',
    'user[auth]',
    'sid',
    'client-secret',
  ])
    assert.ok(isSecretName(name), name);
  for (const name of ['design', 'author', 'inside', 'monkey', 'page', 'q', 'signal'])
    assert.ok(!isSecretName(name), name);
  for (const name of ['Cookie', 'SET-COOKIE', 'authorization', 'X-Api-Key', 'X-Session-Id', 'X-Auth-Token'])
    assert.ok(isSecretHeader(name), name);
  for (const name of ['X-Tenant', 'Accept', 'Content-Type']) assert.ok(!isSecretHeader(name), name);
});

test('a query keeps its names and loses secret values, by name and by shape', () => {
  assert.equal(redactQuery('a=1&token=abc&b=2'), 'a=1&token=[redacted]&b=2');
  assert.equal(redactQuery('%74%6Fken=abc'), '%74%6Fken=[redacted]');
  assert.equal(redactQuery('code=4abc&page=1'), 'code=[redacted]&page=1');
  assert.equal(redactQuery('zipcode=4711&encode=1'), 'zipcode=4711&encode=1');
  assert.equal(redactQuery(`x=${jwt}`), 'x=[redacted]');
  assert.equal(redactQuery('h=Bearer%20abcdef'), 'h=[redacted]');
  assert.equal(redactQuery('h=Bearer+abcdef&z'), 'h=[redacted]&z');
  assert.equal(redactQuery('to=redis%3A%2F%2Fuser%3Apw%40host'), 'to=[redacted]');
  assert.equal(redactQuery(jwt), '[redacted]');
  for (const plain of ['', 'a', 'a=1&b=%20', 'q=monkey', 'back=http%3A%2F%2Fshop.example%2F'])
    assert.equal(redactQuery(plain), plain);
});

test('nothing hides a secret in a query: not `;`, not encoding twice, not a URL or JSON as value', () => {
  assert.equal(redactQuery('a=1;token=abc;b=2'), 'a=1;token=[redacted];b=2');
  assert.equal(redactQuery('to%256ben=abc'), 'to%256ben=[redacted]');
  assert.equal(redactQuery('q=Bearer%2520abcdefgh'), 'q=[redacted]');
  assert.equal(redactQuery('to=https%3A%2F%2Fapp%2Fcb%3Faccess_token%3Dabc%26x%3D1'), 'to=[redacted]');
  assert.equal(redactQuery('data=%7B%22password%22%3A%22abc%22%7D'), 'data=[redacted]');
  assert.equal(redactQuery('a=%26token%3Dabc'), 'a=[redacted]');
});

test('what a path, a fragment or a user agent says of a secret goes, by its name', () => {
  assert.equal(redactValue('/a;jsessionid=abc/b;c=d'), '/a;jsessionid=[redacted];c=d');
  assert.equal(redactValue('/reset/token=abc/next'), '/reset/token=[redacted]');
  assert.equal(redactValue('tool token=abc x=1'), 'tool token=[redacted] x=1');
  assert.equal(redactValue('/a;v=1/design=2'), '/a;v=1/design=2');
  assert.equal(redactUrl('https://a/b#access_token=abc&x=1'), 'https://a/b#access_token=[redacted]&x=1');
  assert.equal(redactUrl('https://a/b?c=d#id_token=abc'), 'https://a/b?c=d#id_token=[redacted]');
});

test('beginnings of secrets that a client repeats are no work: each is looked at once', () => {
  const units = ['eyJ-', 'eyJ-.', 'a://', 'http://x:', 'xoxb-', '-----BEGIN A', 'aa.', 'token="', '%25=', 'bearer '];
  for (const unit of units) {
    const text = unit.repeat(Math.ceil((1 << 18) / unit.length));
    const before = process.cpuUsage();
    redactText(redactValue(text) + redactQuery(text));
    // Some milliseconds; were each tried to the end of the text, half a minute.
    assert.ok(process.cpuUsage(before).user < 5_000_000, unit);
  }
});

test('a URL loses user and password, and secrets in path and query', () => {
  assert.equal(
    redactUrl('https://me:p@ss@shop.example/a?x=1&sig=9'),
    'https://[redacted]@shop.example/a?x=1&sig=[redacted]',
  );
  assert.equal(redactUrl(`/reset/${jwt}?a=b`), '/reset/[redacted]?a=b');
  assert.equal(redactUrl('/a/b?c=d'), '/a/b?c=d');
});

test('values of a known shape go wherever they stand, and the words around them stay', () => {
  const cases: readonly (readonly [string, string])[] = [
    [`before ${pem} after`, 'before [redacted] after'],
    [JSON.stringify(pem), '"[redacted]"'],
    ['cut -----BEGIN PRIVATE KEY-----\nMIIE', 'cut [redacted]'],
    [`got ${jwt}, refused`, 'got [redacted], refused'],
    ['bearer abc.def-ghi refused', 'bearer [redacted] refused'],
    ['Basic dXNlcjpwYXNz', 'Basic [redacted]'],
    ['connect redis://:hunter2@10.0.0.5:6379/0 failed', 'connect redis://[redacted]@10.0.0.5:6379/0 failed'],
    ['key AKIAIOSFODNN7EXAMPLE', 'key [redacted]'],
    [`ghp_${'a1'.repeat(18)}`, '[redacted]'],
  ];
  for (const [text, expected] of cases) {
    assert.equal(redactValue(text), expected);
    assert.equal(redactText(text), expected);
  }
  for (const plain of [
    'curl/8.5',
    'basic authentication is off',
    'the bearer token is unknown',
    'http://a.example/@home',
    'Mozilla/5.0 (X11; Linux x86_64)',
  ])
    assert.equal(redactText(plain), plain);
});

test('free text loses the values of named secrets, as pairs, as JSON and as header lines', () => {
  assert.equal(redactText('GET /x?password=abc&b=1 failed'), 'GET /x?password=[redacted]&b=1 failed');
  assert.equal(redactText('{"api_key":"abc","n":1}'), '{"api_key":"[redacted]","n":1}');
  assert.equal(redactText('sent Cookie: sid=1; theme=dark\nHost: a'), 'sent Cookie: [redacted]\nHost: a');
  assert.equal(redactText('unexpected token: "x"'), 'unexpected token: "x"');
  assert.equal(redactHeader('Cookie', 'a=b'), '[redacted]');
  assert.equal(redactHeader('X-Tenant', 'blue'), 'blue');
  assert.equal(redactHeader('X-Tenant', `blue ${jwt}`), 'blue [redacted]');
});

test('redacting twice changes nothing more', () => {
  for (const text of [
    `token=abc ${pem} ${jwt} Bearer abcdef https://u:p@h/`,
    'Authorization: Bearer abc',
    '"secret":"x"',
  ]) {
    const once = redactText(text);
    assert.equal(redactText(once), once);
  }
});

test('known secrets go in every form that they take, the longer of two first, and short ones are no secrets', () => {
  const known = new KnownSecrets(['s3cr3t"/x', 's3cr3t"/x-long', 'abc', 'a.c+(d', 's3cr3t"/x']);
  assert.equal(known.replaceIn('is s3cr3t"/x-long!'), 'is [redacted]!');
  assert.equal(known.replaceIn(JSON.stringify({ a: 's3cr3t"/x' })), '{"a":"[redacted]"}');
  assert.equal(known.replaceIn(encodeURIComponent('s3cr3t"/x')), '[redacted]');
  assert.equal(known.replaceIn(`Basic ${Buffer.from('s3cr3t"/x').toString('base64')}`), 'Basic [redacted]');
  assert.equal(known.replaceIn('abc a.c+(d aXc+(d'), 'abc [redacted] aXc+(d');
  assert.equal(new KnownSecrets([]).replaceIn('same'), 'same');
});

test('a text made to keep the rules busy is over soon', () => {
  const hostile = [
    'a://'.repeat(20_000),
    'eyJ'.repeat(30_000),
    `${'x%'.repeat(40_000)}=`,
    '-----BEGIN A-----'.repeat(4000),
    'bearer '.repeat(12_000),
  ];
  for (const text of hostile) assert.ok(redactText(text).length <= text.length * 2);
});
