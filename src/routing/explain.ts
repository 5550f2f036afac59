/**
 * Says which route a request takes and why every other route does not: behind `route explain`, also over the admin API.
 * Reads the table entry by entry instead of through the indexes, so that the two can be held against each other.
 */
import type { NamedMatch, PathMatch, RouteConfig } from '../config/model.ts';
import { compileConditions, type FailedCondition, type MatchInput } from './conditions.ts';
import { namesAcmePath } from './acme.ts';
import { normalizePath } from './path.ts';
import { compileRoutes, type HostPattern, matcherCount, type RoutingEntry } from './table.ts';

/** A request as plain data. */
export interface ExplainInput {
  readonly method: string;
  /** Without port; case does not matter. */
  readonly host: string;
  /** As sent, or `*`: it is brought into normal form first. */
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  readonly clientIp: string;
  /** Case of names does not matter; several lines of one name are joined. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** `default-route` of the listener: takes what nothing else matched. */
  readonly defaultRoute?: string | null;
  /** `health-path` and `ready-path`: answered by the proxy itself unless a route names them exactly. */
  readonly ownPaths?: readonly string[];
}

export interface Explanation {
  /** Id of the route that the request takes; `null` = 404, 400 when `path` is `null`, or an answer of the proxy itself. */
  readonly route: string | null;
  /** The path in the form that is matched and forwarded; `null` = it has none and the request is refused with 400. */
  readonly path: string | null;
  /** The proxy answers by itself (health, readiness), and no route is asked. */
  readonly own: boolean;
  /** One sentence. */
  readonly summary: string;
  /** Every route once, in match order, disabled ones last. */
  readonly routes: readonly RouteExplanation[];
}

export type FailedKind = 'host' | 'path' | FailedCondition['kind'];

export interface RouteExplanation {
  readonly route: string;
  readonly priority: number;
  /** `outranked`: it matches too, but comes later. */
  readonly outcome: 'taken' | 'outranked' | 'failed' | 'disabled';
  /** First condition that the request does not meet, in the order host, path, method, header, query-param, client-ip. */
  readonly failed: FailedKind | null;
  /** One sentence for people. */
  readonly words: string;
}

interface Candidate {
  readonly entry: RoutingEntry;
  readonly failure: Failure | null;
}

type Failure = FailedCondition | { readonly kind: 'host' } | { readonly kind: 'path' };

/** The order in which conditions are looked at: of a route's alternatives, the one that got furthest speaks for it. */
const kinds: readonly FailedKind[] = ['host', 'path', 'method', 'header', 'query-param', 'client-ip'];

/** `routes` as configured, disabled ones included. */
export function explainRoute(routes: readonly RouteConfig[], input: ExplainInput): Explanation {
  const enabled = routes.filter((route) => route.enabled);
  const disabled = routes
    .filter((route) => !route.enabled)
    .map((route): RouteExplanation => explained(route, 'disabled', null, 'is switched off (enabled #false)'));
  // The target of a server-wide OPTIONS is no path, and is matched as it is.
  const path = input.path === '*' ? '*' : normalizePath(input.path);
  if (path === null) {
    const summary = `${quote(input.path)} is not a safe path: the request is refused with 400 before any route is asked`;
    return { route: null, path, own: false, summary, routes: disabled };
  }

  const request = matchInput(input, path);
  const table = compileRoutes(enabled);
  const conditions = compileConditions(table.conditions);
  const candidates = table.entries.map((entry): Candidate => {
    const failure = failedPlace(entry, request) ?? conditions[entry.route]?.firstFailure(request) ?? null;
    return { entry, failure };
  });
  const first = candidates.find(({ failure }) => failure === null);
  const own = isOwnAnswer(input, path, first?.entry, table.entries);
  const taken = own ? undefined : first;
  const winner = taken === undefined ? undefined : enabled[taken.entry.route];

  const byRoute = Map.groupBy(candidates, ({ entry }) => entry.route);
  const verdicts = [...byRoute].map(([number, alternatives]): RouteExplanation => {
    const route = enabled[number]!;
    const closest = alternatives.reduce((best, next) => (progress(next) > progress(best) ? next : best));
    if (closest.failure !== null) {
      return explained(route, 'failed', closest.failure.kind, failureWords(closest.failure, route, request));
    }
    if (own) return explained(route, 'outranked', null, `would match, but the proxy answers ${quote(path)} itself`);
    if (route === winner) return explained(route, 'taken', null, entryWords(taken!.entry));
    return explained(route, 'outranked', null, outrankedWords(route, closest.entry, winner!, taken!.entry));
  });

  if (own) {
    const summary = `the proxy answers ${quote(path)} itself; only a route with exactly this \`path\` would come first`;
    return { route: null, path, own, summary, routes: [...verdicts, ...disabled] };
  }
  if (winner !== undefined) {
    return {
      route: winner.id,
      path,
      own,
      summary: `route ${quote(winner.id)} takes it`,
      routes: [...verdicts, ...disabled],
    };
  }
  const fallback = input.defaultRoute ?? null;
  const summary =
    fallback === null
      ? 'no route matches: the answer is 404 (cause no_route)'
      : `no route matches, so the listener's default-route ${quote(fallback)} takes it`;
  return { route: fallback, path, own, summary, routes: [...verdicts, ...disabled] };
}

/** As in the data plane: health and readiness come before every route but one that names their path exactly. */
function isOwnAnswer(
  { method, ownPaths = [] }: ExplainInput,
  path: string,
  first: RoutingEntry | undefined,
  entries: readonly RoutingEntry[],
): boolean {
  if ((method !== 'GET' && method !== 'HEAD') || !ownPaths.includes(path)) return false;
  return !entries.some(
    (entry) => entry.route === first?.route && entry.path?.kind === 'exact' && ownPaths.includes(entry.path.path),
  );
}

function matchInput(input: ExplainInput, path: string): MatchInput {
  const headers = new Map<string, string>();
  for (const [name, value] of input.headers) {
    const key = name.toLowerCase();
    const earlier = headers.get(key);
    headers.set(key, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  const host = input.host.toLowerCase().replace(/\.$/, '');
  return { ...input, host, path, header: (name) => headers.get(name) };
}

function failedPlace({ host, path }: RoutingEntry, input: MatchInput): Failure | null {
  if (host !== null && !hostHolds(host, input.host)) return { kind: 'host' };
  return path !== null && !pathHolds(path, input.path) ? { kind: 'path' } : null;
}

function hostHolds(pattern: HostPattern, host: string): boolean {
  if (pattern.kind === 'exact') return host === pattern.name;
  return host.length > pattern.suffix.length + 1 && host.endsWith(`.${pattern.suffix}`);
}

function pathHolds(pattern: PathMatch, path: string): boolean {
  if (pattern.kind === 'exact') return path === pattern.path;
  if (pattern.kind === 'regex') return new RegExp(pattern.source).test(path);
  return path === pattern.path || path.startsWith(pattern.path.endsWith('/') ? pattern.path : `${pattern.path}/`);
}

function progress({ failure }: Candidate): number {
  return failure === null ? kinds.length : kinds.indexOf(failure.kind);
}

function explained(
  { id, priority }: RouteConfig,
  outcome: RouteExplanation['outcome'],
  failed: FailedKind | null,
  words: string,
): RouteExplanation {
  return { route: id, priority, outcome, failed, words };
}

function failureWords(failure: Failure, { matches }: RouteConfig, input: MatchInput): string {
  switch (failure.kind) {
    case 'host':
      return `host ${quote(input.host)} is not ${oneOf(matches.hosts)}`;
    case 'path':
      return `path ${quote(input.path)} does not match ${matches.paths.map(pathWords).join(' or ')}`;
    case 'method': {
      const hint = input.method === 'HEAD' && matches.methods.includes('GET') ? '; GET does not include HEAD' : '';
      return `method ${input.method} is not ${matches.methods.join(' or ')}${hint}`;
    }
    case 'header':
      return namedWords(`header ${failure.match.name}`, input.header(failure.match.name), failure.match);
    case 'query-param': {
      const values = new URLSearchParams(`&${input.query}`).getAll(failure.match.name);
      return namedWords(`query parameter ${quote(failure.match.name)}`, values[0], failure.match);
    }
    case 'client-ip':
      return `client ${input.clientIp} is not in ${matches.clientIps.join(' or ')}`;
  }
}

function namedWords(what: string, value: string | undefined, { values }: NamedMatch): string {
  if (values.length === 0) return `${what} is absent`;
  return value === undefined
    ? `${what} is absent, not ${oneOf(values)}`
    : `${what} is ${quote(value)}, not ${oneOf(values)}`;
}

function entryWords({ host, path }: RoutingEntry): string {
  const parts = [...(host === null ? [] : [hostWords(host)]), ...(path === null ? [] : [pathWords(path)])];
  if (namesAcmePath(path)) return `matches by ${parts.join(' and ')}, asked before every priority`;
  return parts.length === 0 ? 'matches any host and path' : `matches by ${parts.join(' and ')}`;
}

/** Why `entry` of `route` comes after the entry that was taken: the first rule of precedence in which they differ. */
function outrankedWords(route: RouteConfig, entry: RoutingEntry, winner: RouteConfig, taken: RoutingEntry): string {
  const before = `would match, but ${quote(winner.id)} comes first:`;
  if (namesAcmePath(taken.path) && !namesAcmePath(entry.path))
    return `${before} ACME proofs are asked for before every priority`;
  if (winner.priority !== route.priority) return `${before} priority ${winner.priority} over ${route.priority}`;
  const [host, otherHost] = [hostRule(taken.host), hostRule(entry.host)];
  if (host !== otherHost) return `${before} ${host} over ${otherHost}`;
  const [path, otherPath] = [pathRule(taken.path), pathRule(entry.path)];
  if (path !== otherPath) return `${before} ${path} over ${otherPath}`;
  const [count, otherCount] = [matcherCount(winner.matches), matcherCount(route.matches)];
  if (count !== otherCount) return `${before} ${count} matchers over ${otherCount}`;
  return `${before} it stands earlier in the file`;
}

function hostRule(host: HostPattern | null): string {
  if (host === null) return 'any host';
  return host.kind === 'exact' ? 'exact host' : `wildcard *.${host.suffix}`;
}

function pathRule(path: PathMatch | null): string {
  if (path === null) return 'any path';
  if (path.kind === 'prefix') return `path-prefix ${quote(path.path)}`;
  return path.kind === 'exact' ? 'exact path' : 'path-regex';
}

function hostWords(host: HostPattern): string {
  return `host ${quote(host.kind === 'exact' ? host.name : `*.${host.suffix}`)}`;
}

function pathWords(match: PathMatch): string {
  if (match.kind === 'regex') return `path-regex ${quote(match.source)}`;
  return `${match.kind === 'exact' ? 'path' : 'path-prefix'} ${quote(match.path)}`;
}

function oneOf(values: readonly string[]): string {
  return values.map(quote).join(' or ');
}

function quote(text: string): string {
  return JSON.stringify(text);
}
