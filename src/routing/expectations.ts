/**
 * Route tests held against the routes: which requests the file expects to go where, and which of them would go elsewhere. Asked
 * by `validate`, by reloads and by `sentinel test`; sends nothing.
 */
import { type Diagnostic, diagnostic, sortDiagnostics } from '../config/diagnostic.ts';
import type { LoadedConfig, LoadResult } from '../config/load.ts';
import type { Config } from '../config/model.ts';
import type { Setting } from '../config/tree.ts';
import type { Span } from '../kdl/source.ts';
import { explainRoute, type Explanation } from './explain.ts';
import { Matcher } from './matcher.ts';
import { normalizePath } from './path.ts';
import { compileRoutes } from './table.ts';

/** One `expect` of a route that is switched on. */
export interface Expectation {
  /** The route that it stands in. */
  readonly standsIn: string;
  readonly method: string;
  /** As it is written: a path with its query, or a URL. */
  readonly url: string;
  /** In lower case and without port; empty = none. */
  readonly host: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Null = whoever asks. */
  readonly clientIp: string | null;
  /** Null = the first. */
  readonly listener: string | null;
  readonly route: string;
  /** Null = any. */
  readonly upstream: string | null;
  /** Null = anything below 500. */
  readonly status: number | null;
  /** The path of the request in the file. */
  readonly span: Span | null;
}

export interface ExpectedOutcome {
  readonly expectation: Expectation;
  readonly explanation: Explanation;
  /** The upstream of the route that takes it; null = no route does. */
  readonly upstream: string | null;
  /** Why it does not hold, a sentence each; empty = it does. */
  readonly faults: readonly string[];
}

type Route = LoadedConfig['settled']['routes'][number];

/** In the order of the file. A route that is switched off takes nothing, and its tests wait with it. */
export function expectationsOf({ settled }: Pick<LoadedConfig, 'settled'>): readonly Expectation[] {
  return settled.routes.flatMap(({ id, keys }) =>
    keys.enabled.value && id !== null ? keys.expect.map((expect) => expectationOf(id.value, expect.keys)) : [],
  );
}

function expectationOf(standsIn: string, keys: Route['keys']['expect'][number]['keys']): Expectation {
  const [request] = keys.request;
  const target = request?.values[0];
  const url = target?.value ?? '/';
  const authority = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '';
  return {
    standsIn,
    method: request?.name.value ?? 'GET',
    url,
    host: (keys.host.value ?? authority.replace(/:\d*$/, '')).toLowerCase(),
    headers: keys.header.map(({ name, values }) => [name.value, values[0]?.value ?? ''] as const),
    clientIp: keys['client-ip'].value,
    listener: keys.listener.value,
    route: keys.route.value ?? standsIn,
    upstream: keys.upstream.value,
    status: keys.status.value,
    span: target?.span ?? null,
  };
}

/** Path and query of a request, as they are sent. */
export function targetOf({ url }: Pick<Expectation, 'url'>): { readonly path: string; readonly query: string } {
  const rest = url.replace(/^https?:\/\/[^/?#]*/i, '');
  const mark = rest.indexOf('?');
  const path = mark === -1 ? rest : rest.slice(0, mark);
  return { path: path === '' ? '/' : path, query: mark === -1 ? '' : rest.slice(mark + 1) };
}

/** Holds one against the routes. */
export function outcomeOf(config: Config, expectation: Expectation): ExpectedOutcome {
  const { method, host, headers, clientIp, listener } = expectation;
  const entered = config.listeners.find(({ id }) => id === listener) ?? config.listeners[0];
  const explanation = explainRoute(config.routes, {
    method,
    host,
    ...targetOf(expectation),
    clientIp: clientIp ?? '127.0.0.1',
    headers,
    defaultRoute: entered?.defaultRoute ?? null,
    ownPaths: [config.server.healthPath, config.server.readyPath],
  });
  const upstream = config.routes.find(({ id }) => id === explanation.route)?.upstream ?? null;
  return { expectation, explanation, upstream, faults: faultsOf(expectation, explanation, upstream) };
}

function faultsOf(expected: Expectation, explanation: Explanation, upstream: string | null): readonly string[] {
  if (explanation.route === null) return [`expected route "${expected.route}", but ${explanation.summary}`];
  const wrongRoute = explanation.route !== expected.route;
  const wrongUpstream = expected.upstream !== null && expected.upstream !== upstream;
  return [
    ...(wrongRoute ? [`route "${explanation.route}" takes it, expected "${expected.route}"`] : []),
    ...(wrongUpstream ? [`it goes to upstream "${upstream}", expected "${expected.upstream}"`] : []),
  ];
}

/** `GET https://api.example.com/x`, `GET /x (host api.example.com)`. */
export function requestWords({ method, url, host }: Expectation): string {
  const named = host !== '' && url.startsWith('/');
  return `${method} ${url}${named ? ` (host ${host})` : ''}`;
}

/** An error (SNT-C189) for each that does not hold, at its place in the file, with the route that takes the request instead. */
export function wrongExpectations(loaded: LoadedConfig): readonly Diagnostic[] {
  const expectations = expectationsOf(loaded);
  if (expectations.length === 0) return [];
  const holds = quickLook(loaded.config);
  return expectations.flatMap((expectation) => {
    if (holds(expectation)) return [];
    const { span } = expectation;
    const { explanation, faults } = outcomeOf(loaded.config, expectation);
    const [first, ...more] = faults;
    if (first === undefined || span === null) return [];
    const taken = loaded.settled.routes.find(({ id }) => id?.value === explanation.route)?.id;
    const expected = explanation.routes.find(({ route }) => route === expectation.route);
    return [
      diagnostic('error', 'SNT-C189', span, `${requestWords(expectation)}: ${[first, ...more].join('; ')}`, {
        secondary: [...labelled(taken ?? null, 'takes the request')],
        help:
          expected === undefined || expected.outcome === 'taken'
            ? null
            : `route "${expected.route}": ${expected.words}`,
      }),
    ];
  });
}

/**
 * Whether a test holds for certain, at the cost of one request: to say why not takes a look at every route, which a reload with
 * thousands of tests has no time for.
 */
function quickLook(config: Config): (expectation: Expectation) => boolean {
  const routes = config.routes.filter(({ enabled }) => enabled);
  const matcher = new Matcher(compileRoutes(routes));
  const own = [config.server.healthPath, config.server.readyPath];
  return ({ method, host, headers, clientIp, route, upstream, ...request }) => {
    const { path: sent, query } = targetOf(request);
    const path = normalizePath(sent);
    if (path === null || own.includes(path)) return false;
    const fields = Map.groupBy(headers, ([name]) => name.toLowerCase());
    const header = (name: string): string | undefined =>
      fields
        .get(name)
        ?.map(([, value]) => value)
        .join(', ');
    const taken = routes[matcher.match({ method, host, path, query, clientIp: clientIp ?? '127.0.0.1', header })];
    return taken?.id === route && (upstream === null || taken.upstream === upstream);
  };
}

function labelled(
  id: Setting<string> | null,
  label: string,
): readonly { readonly span: Span; readonly label: string }[] {
  return id === null || id.span === null ? [] : [{ span: id.span, label }];
}

/** The same, where its route tests hold; else a configuration with mistakes. */
export function verified(result: LoadResult): LoadResult {
  if (result.kind !== 'ok') return result;
  const wrong = wrongExpectations(result);
  if (wrong.length === 0) return result;
  const found = [...result.diagnostics, ...wrong];
  // Known by name: the sources themselves are those that the spans point into.
  const order = result.sources.map(({ file }) => file);
  const sources = [...new Set(found.map(({ span }) => span.source))].sort(
    (a, b) => order.indexOf(a.name) - order.indexOf(b.name),
  );
  return {
    kind: 'invalid',
    diagnostics: sortDiagnostics(found, sources),
    digest: result.digest,
    sources: result.sources,
    includes: result.includes,
    reads: result.reads,
    unservable: null,
    settled: null,
  };
}
