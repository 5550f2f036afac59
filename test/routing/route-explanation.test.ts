/** `route explain`: which route a request takes, and in words why each other one does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainRoute } from '../../src/routing/explain.ts';
import { exact, prefix, regex, request, route } from './route-builder.ts';

const api = route('api', { hosts: ['a.test'], paths: [prefix('/api')] });

test('The route that takes a request says by what it matches.', () => {
  const { route: id, path, summary, routes } = explainRoute([api], request('/x/../api/%7e'));
  assert.deepEqual({ id, path, summary }, { id: 'api', path: '/api/~', summary: 'route "api" takes it' });
  assert.deepEqual(routes, [
    {
      route: 'api',
      priority: 50,
      outcome: 'taken',
      failed: null,
      words: 'matches by host "a.test" and path-prefix "/api"',
    },
  ]);
});

for (const [kind, other, sent, words] of [
  ['host', route('o', { hosts: ['b.test', '*.c.test'] }), {}, 'host "a.test" is not "b.test" or "*.c.test"'],
  [
    'path',
    route('o', { paths: [exact('/x'), prefix('/y'), regex('^/z')] }),
    {},
    'path "/api" does not match path "/x" or path-prefix "/y" or path-regex "^/z"',
  ],
  ['method', route('o', { methods: ['PUT', 'POST'] }), {}, 'method GET is not PUT or POST'],
  ['method', route('o', { methods: ['GET'] }), { method: 'HEAD' }, 'method HEAD is not GET; GET does not include HEAD'],
  ['header', route('o', { headers: [{ name: 'x-env', values: [] }] }), {}, 'header x-env is absent'],
  [
    'header',
    route('o', { headers: [{ name: 'x-env', values: ['prod'] }] }),
    { headers: [['X-Env', 'dev']] as const },
    'header x-env is "dev", not "prod"',
  ],
  [
    'query-param',
    route('o', { queryParams: [{ name: 'v', values: ['1', '2'] }] }),
    {},
    'query parameter "v" is absent, not "1" or "2"',
  ],
  [
    'query-param',
    route('o', { queryParams: [{ name: 'v', values: ['1'] }] }),
    { query: 'v=3' },
    'query parameter "v" is "3", not "1"',
  ],
  ['client-ip', route('o', { clientIps: ['10.0.0.0/8'] }), {}, 'client 192.0.2.1 is not in 10.0.0.0/8'],
] as const) {
  test(`A route that fails on ${kind} says: ${words}.`, () => {
    const found = explainRoute([api, other], request('/api', sent)).routes.find((one) => one.route === 'o');
    assert.deepEqual([found?.outcome, found?.failed, found?.words], ['failed', kind, words]);
  });
}

for (const [other, words] of [
  [route('o', { paths: [prefix('/api')] }, { priority: 10 }), 'priority 50 over 10'],
  [route('o', { paths: [prefix('/api')] }), 'exact host over any host'],
  [route('o', { hosts: ['*.test'] }), 'exact host over wildcard *.test'],
  [route('o', { hosts: ['a.test'], paths: [prefix('/')] }), 'path-prefix "/api" over path-prefix "/"'],
  [route('o', { hosts: ['a.test'], paths: [regex('api')] }), 'path-prefix "/api" over path-regex'],
  [route('o', { hosts: ['a.test'] }), 'path-prefix "/api" over any path'],
  [route('o', { hosts: ['a.test'], paths: [prefix('/api')] }), 'it stands earlier in the file'],
] as const) {
  test(`A route that comes later although it matches says: ${words}.`, () => {
    const found = explainRoute([api, other], request('/api/x')).routes.find((one) => one.route === 'o');
    assert.deepEqual([found?.outcome, found?.words], ['outranked', `would match, but "api" comes first: ${words}`]);
  });
}

test('ACME proofs are asked for before every priority, and the explanation says so.', () => {
  const acme = route('acme', { paths: [prefix('/.well-known/acme-challenge/')] }, { priority: 10 });
  const maintenance = route('maintenance', { paths: [prefix('/')] }, { priority: 1000 });
  const words = (path: string): (readonly [string, string])[] =>
    explainRoute([maintenance, acme], request(path)).routes.map((one) => [one.route, one.words] as const);
  assert.deepEqual(words('/.well-known/acme-challenge/token'), [
    ['acme', 'matches by path-prefix "/.well-known/acme-challenge/", asked before every priority'],
    ['maintenance', 'would match, but "acme" comes first: ACME proofs are asked for before every priority'],
  ]);
  assert.equal(explainRoute([maintenance, acme], request('/.well-known/x')).route, 'maintenance');
});

test('A route that loses by asking for less says by how many matchers.', () => {
  const [less, more] = [
    route('less', { methods: ['GET'] }),
    route('more', { methods: ['GET'], clientIps: ['192.0.2.1'] }),
  ];
  const found = explainRoute([less, more], request('/')).routes.find((one) => one.route === 'less');
  assert.equal(found?.words, 'would match, but "more" comes first: 2 matchers over 1');
});

test('Routes are listed in match order, disabled ones last with their reason.', () => {
  const routes = [
    route('off', {}, { enabled: false, priority: 1000 }),
    route('rest'),
    route('urgent', { paths: [exact('/x')] }, { priority: 100 }),
    api,
  ];
  const explanation = explainRoute(routes, request('/api'));
  assert.deepEqual(
    explanation.routes.map((one) => [one.route, one.outcome]),
    [
      ['urgent', 'failed'],
      ['api', 'taken'],
      ['rest', 'outranked'],
      ['off', 'disabled'],
    ],
  );
});

test('A request that nothing matches gets 404, or the default route of its listener.', () => {
  const none = explainRoute([api], request('/x'));
  assert.deepEqual([none.route, none.summary], [null, 'no route matches: the answer is 404 (cause no_route)']);
  const fallback = explainRoute([api], { ...request('/x'), defaultRoute: 'api' });
  assert.equal(fallback.route, 'api');
  assert.equal(fallback.summary, 'no route matches, so the listener\'s default-route "api" takes it');
});

test('Health and readiness are answered by the proxy, unless a route names their path exactly.', () => {
  const ownPaths = ['/health', '/ready'];
  const rest = route('rest', { paths: [prefix('/')] });
  const { route: id, own, summary, routes } = explainRoute([rest], { ...request('/health'), ownPaths });
  assert.deepEqual([id, own], [null, true]);
  assert.match(summary, /^the proxy answers "\/health" itself/);
  assert.deepEqual(
    [routes[0]?.outcome, routes[0]?.words],
    ['outranked', 'would match, but the proxy answers "/health" itself'],
  );
  const named = route('named', { paths: [exact('/health')] });
  assert.equal(explainRoute([rest, named], { ...request('/health'), ownPaths }).route, 'named');
  assert.equal(explainRoute([rest], { ...request('/health', { method: 'POST' }), ownPaths }).route, 'rest');
  assert.equal(explainRoute([rest], { ...request('/x'), ownPaths }).own, false);
});

test('A path without a safe form is refused before any route is asked.', () => {
  const { route: id, path, summary } = explainRoute([route('rest')], request('/../etc'));
  assert.deepEqual([id, path], [null, null]);
  assert.match(summary, /^"\/\.\.\/etc" is not a safe path: the request is refused with 400/);
});

test('A server-wide OPTIONS is taken by a route that asks for no path.', () => {
  const { route: id, path } = explainRoute([route('root', { paths: [prefix('/')] }), route('rest')], request('*'));
  assert.deepEqual([id, path], ['rest', '*']);
});

test('Host and header names are compared without case, and lines of one header are joined.', () => {
  const one = route('r', { hosts: ['a.test'], headers: [{ name: 'x-a', values: ['1, 2'] }] });
  const sent = request('/', {
    host: 'A.TEST',
    headers: [
      ['X-A', '1'],
      ['x-a', '2'],
    ],
  });
  assert.equal(explainRoute([one], sent).route, 'r');
});
