/** Which route a request takes, seen from outside: the matcher has tests of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouteMatches } from '../../../src/config/model.ts';
import { listener, route, upstream } from '../../helpers/data-plane.ts';
import { answering, ok, startOrigin } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get, head } from '../../helpers/raw-http.ts';

const matches = (given: Partial<RouteMatches>): RouteMatches => ({
  paths: [],
  hosts: [],
  methods: [],
  headers: [],
  queryParams: [],
  clientIps: [],
  ...given,
});

test('path, host, method, header, query and client address each choose a route', async (t) => {
  const other = await startOrigin(t, answering(ok('special')));
  const kinds: readonly (readonly [Partial<RouteMatches>, string])[] = [
    [{ paths: [{ kind: 'exact', path: '/x' }] }, get('/x')],
    [{ paths: [{ kind: 'prefix', path: '/p/' }] }, get('/p/q')],
    [{ paths: [{ kind: 'regex', source: '^/v[0-9]+/' }] }, get('/v12/x')],
    [{ hosts: ['b.test'] }, get('/').replace('a.test', 'B.Test:8080')],
    [{ hosts: ['*.c.test'] }, get('/').replace('a.test', 'x.c.test')],
    [{ methods: ['DELETE'] }, head('DELETE', '/')],
    [{ headers: [{ name: 'x-env', values: ['prod'] }] }, get('/', 'X-ENV: prod')],
    [{ queryParams: [{ name: 'debug', values: ['1'] }] }, get('/?a=b&debug=1')],
  ];
  for (const [kind, request] of kinds) {
    const scene = await proxied(t);
    await scene.apply({
      ...scene.config,
      routes: [route(), route({ id: 'special', upstream: 'other', priority: 60, matches: matches(kind) })],
      upstreams: [...scene.config.upstreams, upstream([other.port], { name: 'other' })],
    });
    assert.equal((await scene.ask(request)).text, 'special', JSON.stringify(kind));
    assert.equal((await scene.ask(get('/other'))).text, 'ok', JSON.stringify(kind));
  }
});

test('a request that no route matches is 404 with its cause', async (t) => {
  const scene = await proxied(t, { route: { matches: matches({ hosts: ['b.test'] }) }, accessLog: {} });
  const response = await scene.ask(get('/x'));
  assert.equal(response.status, 404);
  assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=destination_not_found');
  assert.equal(scene.errors('no_route'), 1);
  const line = await scene.line();
  assert.deepEqual([line['cause'], line['route'], line['upstream']], ['no_route', '', '']);
});

test('the default route of the listener takes what nothing else matched', async (t) => {
  const fallback = await startOrigin(t, answering(ok('fallback')));
  const scene = await proxied(t);
  await scene.apply({
    ...scene.config,
    listeners: [listener({ defaultRoute: 'last' })],
    routes: [
      route({ matches: matches({ hosts: ['b.test'] }) }),
      route({ id: 'last', upstream: 'fallback', matches: matches({ hosts: ['never.test'] }) }),
    ],
    upstreams: [...scene.config.upstreams, upstream([fallback.port], { name: 'fallback' })],
  });
  assert.equal((await scene.ask(get('/').replace('a.test', 'b.test'))).text, 'ok');
  assert.equal((await scene.ask(get('/'))).text, 'fallback');
});

test('a disabled route takes nothing, not even as the default', async (t) => {
  const { ask } = await proxied(t, { route: { enabled: false }, listener: { defaultRoute: 'all' } });
  assert.equal((await ask(get('/'))).status, 404);
});
