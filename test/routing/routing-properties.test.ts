/** The indexed matcher, the explanation and a naive reading of the rules agree on every table and request. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PathMatch, RouteConfig } from '../../src/config/model.ts';
import { explainRoute } from '../../src/routing/explain.ts';
import { Matcher } from '../../src/routing/matcher.ts';
import { compileRoutes } from '../../src/routing/table.ts';
import { matchInput, type PlainRequest, route } from './route-builder.ts';

// Small alphabets, so that routes and requests collide in every way that they can.
const segment = fc.constantFrom('a', 'b', 'ab', 'abc', '');
const proofs = '/.well-known/acme-challenge';
const path = fc.oneof(
  { weight: 4, arbitrary: fc.array(segment, { maxLength: 3 }).map((segments) => `/${segments.join('/')}`) },
  { weight: 1, arbitrary: fc.constantFrom('/.well-known', proofs, `${proofs}/`, `${proofs}/a`, `${proofs}/a/b`) },
);
const expression = fc.constantFrom('^/a', '^/ab?', '^/a/b$', 'b$', '^/(a|b)/', '^/a|b', '^/ab+', '', '^/[ab]c');
const host = fc.constantFrom('test', 'a.test', 'b.a.test', 'c.b.a.test', 'a.other');
const method = fc.constantFrom('GET', 'HEAD', 'POST');
const client = fc.constantFrom('10.0.0.1', '10.9.0.1', '2001:db8::1', '::ffff:10.0.0.1');
const named = fc.record({ name: fc.constantFrom('x', 'y'), values: fc.subarray(['1', '2']) });

const pathMatch = fc.oneof<fc.Arbitrary<PathMatch>[]>(
  fc.record({ kind: fc.constant('exact' as const), path }),
  fc.record({ kind: fc.constant('prefix' as const), path }),
  fc.record({ kind: fc.constant('regex' as const), source: expression }),
);
const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant<T[]>([]) }, { weight: 2, arbitrary: fc.array(value, { maxLength: 2 }) });

const routes: fc.Arbitrary<RouteConfig[]> = fc
  .array(
    fc.record({
      priority: fc.constantFrom(10, 50, 50, 50, 100),
      matches: fc.record({
        paths: fc.array(pathMatch, { maxLength: 2 }),
        hosts: some(
          fc.oneof(
            host,
            host.map((name) => `*.${name}`),
          ),
        ),
        methods: some(method),
        headers: some(named),
        queryParams: some(named),
        clientIps: some(fc.constantFrom('10.0.0.0/16', '10.9.0.1', '2001:db8::/32')),
      }),
    }),
    { maxLength: 12 },
  )
  .map((list) => list.map(({ matches, priority }, number) => route(`r${number}`, matches, { priority })));

const requests: fc.Arbitrary<PlainRequest> = fc.record({
  method,
  host,
  path,
  query: fc.constantFrom('', 'x=1', 'x=2&x=1', 'y', 'x=1&y=2', 'x=%31'),
  clientIp: client,
  headers: fc.array(fc.tuple(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2', '3')), { maxLength: 2 }),
});

/** The rules as an operator reads them, alternative by alternative. */
function naiveMatch(list: readonly RouteConfig[], sent: PlainRequest): number {
  const input = matchInput(sent);
  const holding: { key: number[]; number: number }[] = [];
  for (const [number, { matches, priority }] of list.entries()) {
    const params = new URLSearchParams(sent.query);
    const met =
      (matches.methods.length === 0 || matches.methods.includes(sent.method)) &&
      (matches.clientIps.length === 0 || matches.clientIps.some((range) => inRange(sent.clientIp, range))) &&
      matches.headers.every(({ name, values }) => {
        const value = input.header(name);
        return value !== undefined && (values.length === 0 || values.includes(value));
      }) &&
      matches.queryParams.every(({ name, values }) =>
        params.getAll(name).some((value) => values.length === 0 || values.includes(value)),
      );
    if (!met) continue;
    const hostWeights = matches.hosts.length === 0 ? [0] : matches.hosts.flatMap((name) => hostWeight(name, sent.host));
    const asProof = matches.paths.filter(isOfProofs).flatMap((match) => pathWeight(match, sent.path));
    const asAny = matches.paths.length === 0 ? [0] : matches.paths.flatMap((match) => pathWeight(match, sent.path));
    const proof = asProof.length > 0;
    const pathWeights = proof ? asProof : asAny;
    if (hostWeights.length === 0 || pathWeights.length === 0) continue;
    const kinds = [matches.hosts, matches.paths, matches.methods, matches.clientIps].filter((kind) => kind.length > 0);
    const asked = kinds.length + matches.headers.length + matches.queryParams.length;
    const weights = [Math.max(...hostWeights), Math.max(...pathWeights)];
    holding.push({ key: [Number(proof), priority, ...weights, asked, -number], number });
  }
  holding.sort((a, b) => b.key.map((weight, at) => weight - a.key[at]!).find((difference) => difference !== 0) ?? 0);
  return holding[0]?.number ?? -1;
}

/** Whether what the pattern names is the folder of ACME proofs, or lies in it. */
function isOfProofs(match: PathMatch): boolean {
  if (match.kind === 'regex') return false;
  return match.path.startsWith(`${proofs}/`) || (match.kind === 'prefix' && match.path === proofs);
}

function hostWeight(pattern: string, name: string): number[] {
  if (!pattern.startsWith('*')) return pattern === name ? [1000] : [];
  return name.endsWith(pattern.slice(1)) ? [pattern.length] : [];
}

function pathWeight(match: PathMatch, sent: string): number[] {
  if (match.kind === 'exact') return match.path === sent ? [1000] : [];
  if (match.kind === 'regex') return new RegExp(match.source).test(sent) ? [1] : [];
  const under = match.path.endsWith('/') ? match.path : `${match.path}/`;
  return sent === match.path || sent.startsWith(under) ? [1 + match.path.length] : [];
}

function inRange(client: string, range: string): boolean {
  const address = client.replace('::ffff:', '');
  if (range === '10.0.0.0/16') return address.startsWith('10.0.');
  return range === '2001:db8::/32' ? address.startsWith('2001:db8:') : address === range;
}

test('The indexed matcher agrees with a sorted list read from its beginning.', () => {
  fc.assert(
    fc.property(routes, fc.array(requests, { minLength: 1, maxLength: 5 }), (list, sent) => {
      const matcher = new Matcher(structuredClone(compileRoutes(list)));
      for (const one of sent) assert.equal(matcher.match(matchInput(one)), naiveMatch(list, one));
    }),
    { numRuns: 4_000 },
  );
});

test('The explanation agrees with the matcher and speaks of every route once.', () => {
  fc.assert(
    fc.property(routes, requests, (list, sent) => {
      const lastOfName = new Map(sent.headers);
      const explanation = explainRoute(list, { ...sent, headers: [...lastOfName] });
      const number = new Matcher(compileRoutes(list)).match(matchInput(sent));
      assert.equal(explanation.route, list[number]?.id ?? null);
      assert.deepEqual(explanation.routes.map((one) => one.route).toSorted(), list.map((one) => one.id).toSorted());
      const taken = explanation.routes.filter((one) => one.outcome === 'taken').map((one) => one.route);
      assert.deepEqual(taken, number < 0 ? [] : [list[number]!.id]);
      assert.deepEqual(structuredClone(explanation), explanation);
    }),
    { numRuns: 2_000 },
  );
});

test('Alone, a route that the explanation says would match does match, and one that fails does not.', () => {
  fc.assert(
    fc.property(routes, requests, (list, sent) => {
      const lastOfName = new Map(sent.headers);
      for (const { route: id, outcome } of explainRoute(list, { ...sent, headers: [...lastOfName] }).routes) {
        const alone = list.filter((one) => one.id === id);
        assert.equal(new Matcher(compileRoutes(alone)).match(matchInput(sent)) === 0, outcome !== 'failed');
      }
    }),
    { numRuns: 1_000 },
  );
});
