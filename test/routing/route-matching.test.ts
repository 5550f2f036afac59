/** Which route takes a request: every kind of condition, and every rule of precedence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouteConfig } from '../../src/config/model.ts';
import { Matcher } from '../../src/routing/matcher.ts';
import { compileRoutes } from '../../src/routing/table.ts';
import { exact, matchInput, type PlainRequest, prefix, regex, request, route } from './route-builder.ts';

/** Id of the route that takes the request, as a worker would find it: from a table that was cloned to it. */
function taken(routes: readonly RouteConfig[], plain: PlainRequest): string | null {
  const matcher = new Matcher(structuredClone(compileRoutes(routes)));
  return routes[matcher.match(matchInput(plain))]?.id ?? null;
}

/** Both orders in the file must give the same winner. */
function assertOutranks(winner: RouteConfig, loser: RouteConfig, plain: PlainRequest): void {
  assert.equal(taken([loser], plain), loser.id, 'the loser matches when it is alone');
  assert.equal(taken([winner, loser], plain), winner.id);
  assert.equal(taken([loser, winner], plain), winner.id);
}

test('Nothing matches when there are no routes.', () => {
  assert.equal(taken([], request('/')), null);
});

test('A prefix matches itself and what is under it, by whole segments.', () => {
  const api = [route('r', { paths: [prefix('/api')] })];
  for (const path of ['/api', '/api/', '/api/x', '/api/x/y', '/api//'])
    assert.equal(taken(api, request(path)), 'r', path);
  for (const path of ['/', '/ap', '/apix', '/apix/', '/API', '/x/api'])
    assert.equal(taken(api, request(path)), null, path);
});

test('A prefix that ends in a slash matches what is under it, but not the name without the slash.', () => {
  const api = [route('r', { paths: [prefix('/api/')] })];
  for (const path of ['/api/', '/api/x']) assert.equal(taken(api, request(path)), 'r', path);
  for (const path of ['/api', '/apix', '/']) assert.equal(taken(api, request(path)), null, path);
});

test('The prefix of the root matches every path.', () => {
  const all = [route('r', { paths: [prefix('/')] })];
  for (const path of ['/', '/x', '//x', '/x/']) assert.equal(taken(all, request(path)), 'r', path);
});

test('A configured path is compared in normal form.', () => {
  assert.equal(taken([route('r', { paths: [exact('/%7euser/caf\u00e9')] })], request('/~user/caf%C3%A9')), 'r');
  assert.equal(taken([route('r', { paths: [prefix('/a/./b')] })], request('/a/b/c')), 'r');
});

test('An expression matches anywhere unless it is anchored.', () => {
  assert.equal(taken([route('r', { paths: [regex('\\.php$')] })], request('/a/b.php')), 'r');
  assert.equal(taken([route('r', { paths: [regex('^/v\\d+/')] })], request('/v12/x')), 'r');
  assert.equal(taken([route('r', { paths: [regex('^/v\\d+/')] })], request('/x/v12/')), null);
});

for (const [source, path] of [
  ['^/ab?c', '/ac'],
  ['^/ab*', '/a'],
  ['^/ab{0,1}c', '/ac'],
  ['^/ab+c', '/abbc'],
  ['^/a|^/b', '/b'],
  ['^/(a|b)/c', '/b/c'],
  ['^/a\\.b', '/a.b'],
  ['^/a\\d', '/a7'],
  ['^/a[|]b|c', '/xc'],
  ['^/a(?=b)', '/ab'],
  ['^/a{b', '/a{b'],
  ['^\\/a\\/', '/a/'],
  ['^\\u002fa', '/a'],
  ['^', '/anything'],
] as const) {
  test(`The expression ${source} finds ${path}: looking it up by its literal beginning loses nothing.`, () => {
    assert.match(path, new RegExp(source));
    assert.equal(taken([route('r', { paths: [regex(source)] })], request(path)), 'r');
  });
}

test('A wildcard host matches any depth, but not the name itself and no other that only ends alike.', () => {
  const wild = [route('r', { hosts: ['*.example.com'] })];
  for (const host of ['a.example.com', 'a.b.c.example.com', 'a.example.com.']) {
    assert.equal(taken(wild, request('/', { host })), 'r', host);
  }
  for (const host of ['example.com', '.example.com', 'badexample.com', 'a.example.com.evil', 'a.example', '']) {
    assert.equal(taken(wild, request('/', { host })), null, host);
  }
});

test('A host matches with and without the dot of the root.', () => {
  assert.equal(taken([route('r', { hosts: ['a.test'] })], request('/', { host: 'a.test.' })), 'r');
});

test('Hosts, paths and methods are ORed among themselves and ANDed with each other.', () => {
  const one = [
    route('r', { hosts: ['a.test', 'b.test'], paths: [exact('/x'), prefix('/y')], methods: ['GET', 'POST'] }),
  ];
  assert.equal(taken(one, request('/y/1', { host: 'b.test', method: 'POST' })), 'r');
  assert.equal(taken(one, request('/x', { host: 'a.test' })), 'r');
  assert.equal(taken(one, request('/x', { host: 'c.test' })), null);
  assert.equal(taken(one, request('/z')), null);
  assert.equal(taken(one, request('/x', { method: 'PUT' })), null);
});

test('A method is compared as it is: GET takes in neither HEAD nor get.', () => {
  const get = [route('r', { methods: ['GET'] })];
  assert.equal(taken(get, request('/')), 'r');
  assert.equal(taken(get, request('/', { method: 'HEAD' })), null);
  assert.equal(taken(get, request('/', { method: 'get' })), null);
});

test('Values of one header are ORed, headers are ANDed, and a header without values must only be there.', () => {
  const headers = [
    { name: 'x-env', values: ['prod', 'stage'] },
    { name: 'x-debug', values: [] },
  ];
  const one = [route('r', { headers })];
  const sent = (...fields: [string, string][]) => taken(one, request('/', { headers: fields }));
  assert.equal(sent(['X-Env', 'stage'], ['X-Debug', '']), 'r');
  assert.equal(sent(['X-Env', 'stage']), null);
  assert.equal(sent(['X-Env', 'Prod'], ['X-Debug', '1']), null, 'values are exact');
  assert.equal(sent(['X-Env', 'prod, x'], ['X-Debug', '1']), null, 'values are whole');
});

test('Query parameters are compared decoded, names by case, and any value of a repeated one counts.', () => {
  const one = [route('r', { queryParams: [{ name: 'd\u00e9bug me', values: ['a b'] }] })];
  const sent = (query: string) => taken(one, request('/', { query }));
  for (const query of ['d%C3%A9bug+me=a%20b', 'x=1&d%c3%a9bug%20me=no&d%c3%a9bug%20me=a+b&y'])
    assert.equal(sent(query), 'r', query);
  for (const query of [
    '',
    'd%C3%A9bug+me',
    'D%C3%A9bug+me=a+b',
    '?d%C3%A9bug+me=a+b',
    'd%C3%A9bug+me=a%2520b',
    '%ZZ=%',
  ]) {
    assert.equal(sent(query), null, query);
  }
  const present = [route('r', { queryParams: [{ name: 'flag', values: [] }] })];
  assert.equal(taken(present, request('/', { query: 'flag' })), 'r');
  assert.equal(taken(present, request('/', { query: 'flags=1' })), null);
});

test('A client is matched by address or network, of both families, and mapped addresses count as IPv4.', () => {
  const one = [route('r', { clientIps: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'] })];
  for (const clientIp of ['10.1.2.3', '192.0.2.7', '2001:db8::9', '::ffff:10.1.2.3']) {
    assert.equal(taken(one, request('/', { clientIp })), 'r', clientIp);
  }
  for (const clientIp of ['11.0.0.1', '192.0.2.8', '2001:db9::1', '::ffff:11.0.0.1', '']) {
    assert.equal(taken(one, request('/', { clientIp })), null, clientIp);
  }
});

test('Priority comes before everything else.', () => {
  assertOutranks(
    route('w', {}, { priority: 100 }),
    route('l', { hosts: ['a.test'], paths: [exact('/x')], methods: ['GET'] }),
    request('/x'),
  );
});

test('An exact host comes before a wildcard, a longer wildcard before a shorter one, any host last.', () => {
  const at = request('/x', { host: 'a.b.test' });
  const wide = route('wide', { hosts: ['*.test'], paths: [exact('/x')] });
  const narrow = route('narrow', { hosts: ['*.b.test'], paths: [prefix('/')] });
  assertOutranks(route('exact', { hosts: ['a.b.test'] }), narrow, at);
  assertOutranks(narrow, wide, at);
  assertOutranks(route('wild', { hosts: ['*.test'] }), route('any', { paths: [exact('/x')], methods: ['GET'] }), at);
});

test('An exact path comes before the longest prefix, a prefix before an expression, any path last.', () => {
  const at = request('/api/v1/x');
  assertOutranks(route('e', { paths: [exact('/api/v1/x')] }), route('p', { paths: [prefix('/api/v1/x')] }), at);
  assertOutranks(route('long', { paths: [prefix('/api/v1')] }), route('short', { paths: [prefix('/api/')] }), at);
  assertOutranks(route('slash', { paths: [prefix('/api/')] }), route('bare', { paths: [prefix('/api')] }), at);
  assertOutranks(
    route('p', { paths: [prefix('/')] }),
    route('r', { paths: [regex('^/api/v1/x$')], methods: ['GET'] }),
    at,
  );
  assertOutranks(route('r', { paths: [regex('x')] }), route('any', { methods: ['GET'], clientIps: ['192.0.2.1'] }), at);
});

test('More matchers come before fewer; ORed values count once.', () => {
  const fields = { headers: [['X-A', '1']] as const };
  assertOutranks(
    route('w', { methods: ['GET'], headers: [{ name: 'x-a', values: ['1'] }] }),
    route('l', { methods: ['GET', 'PUT', 'POST'] }),
    request('/', fields),
  );
  assertOutranks(route('w', { methods: ['GET'] }), route('l'), request('/'));
});

test('Of equals the first in the file wins.', () => {
  const routes = [route('a', { paths: [prefix('/x')] }), route('b', { paths: [prefix('/x')] })];
  assert.equal(taken(routes, request('/x/1')), 'a');
  assert.equal(taken(routes.toReversed(), request('/x/1')), 'b');
});

test('What names the place of ACME proofs comes before every priority, by its path alone.', () => {
  const maintenance = route('maintenance', { hosts: ['a.test'], paths: [prefix('/')] }, { priority: 1000 });
  const proof = request('/.well-known/acme-challenge/token');
  for (const path of [
    prefix('/.well-known/acme-challenge'),
    prefix('/.well-known/acme-challenge/'),
    exact('/.well-known/acme-challenge/token'),
    prefix('/%2ewell-known/acme-challenge/'),
  ]) {
    assertOutranks(route('acme', { paths: [path] }, { priority: 10 }), maintenance, proof);
  }
  for (const path of [prefix('/.well-known/'), prefix('/'), regex('^/\\.well-known/acme-challenge/')]) {
    assertOutranks(maintenance, route('other', { paths: [path] }, { priority: 10 }), proof);
  }
  const both = route('both', { paths: [prefix('/.well-known/acme-challenge/'), prefix('/')] }, { priority: 10 });
  assert.equal(taken([maintenance, both], proof), 'both');
  assert.equal(taken([maintenance, both], request('/x')), 'maintenance');
  const high = route('high', { paths: [prefix('/.well-known/acme-challenge/')] }, { priority: 100 });
  assertOutranks(high, route('low', { paths: [exact('/.well-known/acme-challenge/token')] }), proof);
});

test('A route without matches takes what is left, after every route of its priority and before lower ones.', () => {
  const routes = [
    route('rest'),
    route('low', { paths: [exact('/x')] }, { priority: 10 }),
    route('x', { clientIps: ['192.0.2.1'] }),
  ];
  assert.equal(taken(routes, request('/x')), 'x');
  assert.equal(taken(routes, request('/x', { clientIp: '192.0.2.2' })), 'rest');
});

test('A better place whose other conditions fail gives way to the next.', () => {
  const routes = [
    route('post', { hosts: ['a.test'], paths: [exact('/a/b')], methods: ['POST'] }),
    route('deep', { hosts: ['a.test'], paths: [prefix('/a/b')], methods: ['PUT'] }),
    route('shallow', { hosts: ['*.test'], paths: [prefix('/a')] }),
  ];
  assert.equal(taken(routes, request('/a/b', { method: 'POST' })), 'post');
  assert.equal(taken(routes, request('/a/b', { method: 'PUT' })), 'deep');
  assert.equal(taken(routes, request('/a/b', { method: 'GET' })), 'shallow');
});

test('The last of a thousand routes is found by looking at one, wherever they differ.', () => {
  // Each route asks for a header, so the look-ups of headers count the routes that were looked at.
  const headers = [{ name: 'x-a', values: [] }];
  const kinds: Record<string, (n: number) => RouteConfig['matches']> = {
    host: (n) => route('', { hosts: [`h${n}.test`], headers }).matches,
    wildcard: (n) => route('', { hosts: [`*.h${n}.test`], headers }).matches,
    path: (n) => route('', { paths: [exact(`/svc-${n}/x`)], headers }).matches,
    prefix: (n) => route('', { paths: [prefix(`/svc-${n}/`)], headers }).matches,
    regex: (n) => route('', { paths: [regex(`^/svc-${n}/x`)], headers }).matches,
  };
  for (const [kind, matches] of Object.entries(kinds)) {
    const routes = Array.from({ length: 1000 }, (_, n) => route(`r${n}`, matches(n)));
    const matcher = new Matcher(compileRoutes(routes));
    let looked = 0;
    const host = kind === 'wildcard' ? 'www.h999.test' : 'h999.test';
    const header = (): string => String(++looked);
    assert.equal(matcher.match({ ...matchInput(request('/svc-999/x', { host })), header }), 999, kind);
    assert.equal(looked, 1, kind);
  }
});
