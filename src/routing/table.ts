/**
 * The compiled routing table: every way into every route, sorted so that the first entry that matches wins. Plain data
 * that is cloned to the workers; `Matcher` builds its indexes from it. Knows the order of precedence, not how to search.
 */
import type { NamedMatch, PathMatch, RouteConfig, RouteMatches } from '../config/model.ts';
import { namesAcmePath } from './acme.ts';
import { normalizePathPattern } from './path.ts';

export interface RoutingTable {
  /** In match order: an entry's index is its rank, and the smallest rank that matches wins. */
  readonly entries: readonly RoutingEntry[];
  /** What a request must meet besides host and path, by route number. */
  readonly conditions: readonly RouteConditions[];
}

/** One alternative of a route: hosts and paths are ORed, so a route with two hosts and three paths has six. */
export interface RoutingEntry {
  /** Index into the routes that were compiled. */
  readonly route: number;
  /** `null` = any host. */
  readonly host: HostPattern | null;
  /** In normal form; `null` = any path. */
  readonly path: PathMatch | null;
}

export type HostPattern =
  | { readonly kind: 'exact'; readonly name: string }
  /** `*.example.com`: any name that ends in `.example.com`, at any depth, but not `example.com` itself. */
  | { readonly kind: 'wildcard'; readonly suffix: string };

/** The kinds that all alternatives of a route share; different kinds, headers and query parameters are ANDed. */
export interface RouteConditions {
  /** Exact tokens; empty = any. `GET` does not take in `HEAD` (as in the Gateway API): a route that wants both lists both. */
  readonly methods: readonly string[];
  readonly headers: readonly NamedMatch[];
  readonly queryParams: readonly NamedMatch[];
  /** Addresses or CIDRs; empty = any. */
  readonly clientIps: readonly string[];
}

/**
 * Sorts all alternatives of all routes: what names the place of ACME proofs, then priority (higher first), then host
 * (exact, longer wildcard, any), then path (exact, longer prefix, regex, any), then more matchers, then file order. So a
 * route without `matches` comes after every route of its priority that has one, and one that takes everything (for
 * maintenance, say) does not keep certificates from being renewed. The route number is the index into `routes`: pass
 * enabled routes only.
 */
export function compileRoutes(routes: readonly RouteConfig[]): RoutingTable {
  const ranked = routes.flatMap((route, number) =>
    alternatives(route.matches).map(({ host, path }) => ({
      entry: { route: number, host, path },
      priority: route.priority,
      matchers: matcherCount(route.matches),
    })),
  );
  ranked.sort(
    (a, b) =>
      Number(namesAcmePath(b.entry.path)) - Number(namesAcmePath(a.entry.path)) ||
      b.priority - a.priority ||
      hostWeight(b.entry.host) - hostWeight(a.entry.host) ||
      pathWeight(b.entry.path) - pathWeight(a.entry.path) ||
      b.matchers - a.matchers ||
      a.entry.route - b.entry.route,
  );
  return {
    entries: ranked.map(({ entry }) => entry),
    conditions: routes.map(({ matches }) => ({
      methods: matches.methods,
      headers: matches.headers,
      queryParams: matches.queryParams,
      clientIps: matches.clientIps,
    })),
  };
}

function alternatives(matches: RouteMatches): { host: HostPattern | null; path: PathMatch | null }[] {
  const hosts = matches.hosts.length === 0 ? [null] : matches.hosts.map(hostPattern);
  const paths = matches.paths.length === 0 ? [null] : matches.paths.map(normalPath);
  return hosts.flatMap((host) => paths.map((path) => ({ host, path })));
}

function hostPattern(host: string): HostPattern {
  return host.startsWith('*.') ? { kind: 'wildcard', suffix: host.slice(2) } : { kind: 'exact', name: host };
}

function normalPath(match: PathMatch): PathMatch {
  // A pattern without a normal form matches nothing, as no request has such a path; `validate` reports it.
  return match.kind === 'regex' ? match : { kind: match.kind, path: normalizePathPattern(match.path) ?? match.path };
}

/** Exact above every wildcard, a longer suffix above a shorter one, any host last. */
function hostWeight(host: HostPattern | null): number {
  if (host === null) return -1;
  return host.kind === 'exact' ? Number.MAX_SAFE_INTEGER : host.suffix.length;
}

/** Exact above every prefix, a longer prefix above a shorter one, then regex, any path last. */
function pathWeight(path: PathMatch | null): number {
  if (path === null) return -1;
  if (path.kind === 'regex') return 0;
  return path.kind === 'exact' ? Number.MAX_SAFE_INTEGER : path.path.length;
}

/** How many different things the route asks of a request: ORed values count once, ANDed ones each. */
export function matcherCount(matches: RouteMatches): number {
  return (
    Math.min(matches.hosts.length, 1) +
    Math.min(matches.paths.length, 1) +
    Math.min(matches.methods.length, 1) +
    Math.min(matches.clientIps.length, 1) +
    matches.headers.length +
    matches.queryParams.length
  );
}
