/**
 * Where the order of routes in the file decides: two that ask for the same host and path with as many conditions in one
 * priority. The rules are those of the routing table, which sorts by them; this only says whether file order is what is left.
 */
import type { PathMatch, RouteConfig, RouteMatches } from '../model.ts';

/** Pairs looked at at most: a file of thousands of equal routes would keep a daemon busy. */
const MAX_PAIRS = 200_000;

/**
 * Routes of `after` that have come before another one, which they came after in `before`, where that decides.
 * @returns the one that is asked first now, and the one that was
 */
export function turnedRoutes(
  before: readonly RouteConfig[],
  after: readonly RouteConfig[],
): readonly (readonly [first: string, then: string])[] {
  const places = new Map(before.map(({ id }, index) => [id, index]));
  const known = after.filter(({ id, enabled }) => enabled && places.has(id));
  const rising = known.every(({ id }, index) => index === 0 || place(places, known[index - 1]) < (places.get(id) ?? 0));
  if (rising) return [];
  const turned: (readonly [string, string])[] = [];
  let looked = 0;
  for (const group of Map.groupBy(known, ({ priority }) => priority).values()) {
    for (const [index, first] of group.entries()) {
      for (const then of group.slice(index + 1)) {
        if (++looked > MAX_PAIRS) return turned;
        if (place(places, first) > place(places, then) && tied(first.matches, then.matches))
          turned.push([first.id, then.id]);
      }
    }
  }
  return turned;
}

function place(places: ReadonlyMap<string, number>, route: RouteConfig | undefined): number {
  return route === undefined ? -1 : (places.get(route.id) ?? -1);
}

/** Whether a request can meet both at the same rank. */
function tied(a: RouteMatches, b: RouteMatches): boolean {
  if (conditionCount(a) !== conditionCount(b)) return false;
  if (a.methods.length > 0 && b.methods.length > 0 && !a.methods.some((one) => b.methods.includes(one))) return false;
  return meet(a.hosts, b.hosts, (one, other) => one === other) && meet(a.paths, b.paths, samePath);
}

function meet<T>(a: readonly T[], b: readonly T[], same: (one: T, other: T) => boolean): boolean {
  if (a.length === 0 || b.length === 0) return a.length === b.length;
  return a.some((one) => b.some((other) => same(one, other)));
}

function samePath(a: PathMatch, b: PathMatch): boolean {
  // All expressions have one rank, and whether two of them can meet nobody knows.
  if (a.kind === 'regex' || b.kind === 'regex') return a.kind === b.kind;
  return a.kind === b.kind && a.path === b.path;
}

function conditionCount({ hosts, paths, methods, clientIps, headers, queryParams }: RouteMatches): number {
  const kinds = [hosts, paths, methods, clientIps].filter((kind) => kind.length > 0).length;
  return kinds + headers.length + queryParams.length;
}
