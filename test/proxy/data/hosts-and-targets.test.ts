/** Host, request targets and paths: one reading for matching and forwarding, or a refusal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxied } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';
import { assertAllRefused, type Refusal } from '../../helpers/refusal.ts';

const line = (requestLine: string, ...fields: string[]) => [requestLine, ...fields, '', ''].join('\r\n');

test('HTTP/1.1 needs exactly one valid Host', async (t) => {
  const hosts = (...values: string[]) => line('GET / HTTP/1.1', ...values.map((value) => `Host: ${value}`));
  await assertAllRefused(await proxied(t), [
    ['none', hosts(), 400, 'host'],
    ['two', hosts('a', 'b'), 400, 'host'],
    ['two equal', hosts('a', 'a'), 400, 'host'],
    ...[
      '',
      'a b',
      'a,b',
      'a/b',
      'a@b',
      'a#b',
      'a?b',
      'a:80:80',
      'a:x',
      'a:99999',
      '[::1',
      '[x]',
      'a\\b',
      'a%00b',
      '"a"',
    ].map((value): Refusal => [JSON.stringify(value), hosts(value), 400, 'host']),
  ]);
});

test('HTTP/1.0 may lack Host, and the target gets one', async (t) => {
  const { ask, origin } = await proxied(t);
  assert.equal((await ask('GET / HTTP/1.0\r\n\r\n')).status, 200);
  assert.equal((await origin.request()).header('host'), `127.0.0.1:${origin.port}`);
});

test('the authority of an absolute target replaces Host, for routing and for the upstream', async (t) => {
  const { ask, origin } = await proxied(t, {
    route: { matches: { paths: [], hosts: ['b.test'], methods: [], headers: [], queryParams: [], clientIps: [] } },
  });
  assert.equal((await ask(line('GET http://b.test/x HTTP/1.1', 'Host: a.test'))).status, 200);
  const request = await origin.request();
  assert.equal(request.target, '/x');
  assert.equal(request.header('host'), 'b.test');
  assert.equal((await ask(line('GET http://a.test/x HTTP/1.1', 'Host: b.test'))).status, 404);
});

test('no target changes the authority: it is refused or a pure path', async (t) => {
  const scene = await proxied(t);
  const target = (text: string): Refusal => [text, line(`GET ${text} HTTP/1.1`, 'Host: a.test'), 400, 'target'];
  await assertAllRefused(scene, [
    target('@evil/'),
    target(':1@evil/'),
    target('evil'),
    target('evil:80'),
    target('http:/c'),
    target('http:///c'),
    target('http://'),
    target('http://a@evil/'),
    target('ftp://evil/'),
    target('?x'),
    target('*'),
    target('/a#b'),
    target('\\\\evil\\c'),
    ['non-ASCII', line('GET /\xe9 HTTP/1.1', 'Host: a'), 400, 'target'],
    ['DEL', line('GET /\x7f HTTP/1.1', 'Host: a'), 400, 'target'],
    ['a tab', line('GET /\tb HTTP/1.1', 'Host: a'), 400, 'target'],
  ]);
  for (const path of ['//evil/c', '/@evil', '/http://evil/', '//', '///a//']) {
    assert.equal((await scene.ask(get(path))).status, 200);
    const request = scene.origin.requests.at(-1);
    assert.equal(request?.target, path);
    assert.equal(request?.header('host'), 'a.test');
  }
});

test('a path has one normal form, for matching and for the upstream', async (t) => {
  const { ask, origin } = await proxied(t, {
    route: {
      matches: {
        paths: [{ kind: 'prefix', path: '/api' }],
        hosts: [],
        methods: [],
        headers: [],
        queryParams: [],
        clientIps: [],
      },
    },
  });
  const forwarded: readonly (readonly [string, string])[] = [
    ['/api/./a/../b', '/api/b'],
    ['/x/../api/b', '/api/b'],
    ['/%61pi/b', '/api/b'],
    ['/api/%2e%2e/api/c', '/api/c'],
    ['/api/a%2Fb%2fc', '/api/a%2Fb%2Fc'],
    ['/api/%7euser?q=%7e&/../x', '/api/~user?q=%7e&/../x'],
    ['/api/caf%c3%a9', '/api/caf%C3%A9'],
    ['/api/a%3Fb', '/api/a%3Fb'],
  ];
  for (const [sent, seen] of forwarded) {
    assert.equal((await ask(get(sent))).status, 200, sent);
    assert.equal(origin.requests.at(-1)?.target, seen);
  }
  for (const sent of ['/api/../secret', '/api/%2e%2e/secret', '/api%2Fb', '/apix', '//api/b']) {
    assert.equal((await ask(get(sent))).status, 404, sent);
  }
});

test('a path without a safe form is refused', async (t) => {
  const scene = await proxied(t);
  const paths = [
    '/..',
    '/../etc/passwd',
    '/a/../../b',
    '/%2e%2e/b',
    '/a/.%2e/.%2E/b',
    '/%00',
    '/a%0d%0aX:1',
    '/%c0%af',
    '/%e0%80%af',
    '/%zz',
    '/%',
    '/%1',
    '/%ff',
    '/%c2%85',
  ];
  for (const path of paths) {
    const { status, text } = await scene.ask(get(path));
    assert.equal(status, 400, path);
    assert.equal((JSON.parse(text) as { reason: string }).reason, 'target');
  }
  assert.equal(scene.origin.connections.length, 0);
  assert.equal(scene.rejects('target'), paths.length);
});
