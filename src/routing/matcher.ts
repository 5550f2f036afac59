/**
 * Finds the route of a request at a cost that does not grow with the number of routes: hosts by hash, path prefixes by
 * one walk down a trie, expressions by their literal beginning. Built from a `RoutingTable` in each worker at each
 * reload; also used by `validate`. Only routes that share host and path are tried one after another.
 */
import { compileConditions, type Conditions, type MatchInput } from './conditions.ts';
import { TrieNode } from './path-trie.ts';
import { regexLiteralPrefix } from './regex-prefix.ts';
import type { RoutingEntry, RoutingTable } from './table.ts';

export type { MatchInput } from './conditions.ts';

/** The entries of one host, wildcard or of any host, by path. */
interface PathIndex {
  /** Smallest rank in here: nothing better can come of looking further. */
  first: number;
  readonly exact: Map<string, number[]>;
  readonly prefixes: TrieNode;
  /** By literal beginning; `null` when there are none, so that most requests skip the second walk. */
  regexes: TrieNode | null;
  readonly anyPath: number[];
}

/** What is left to check of an entry once host and literal path have led to it. */
interface Remainder {
  readonly route: number;
  readonly regex: RegExp | null;
  readonly conditions: Conditions | null;
}

const slash = 0x2f;

export class Matcher {
  /** By rank. */
  readonly #remainders: readonly Remainder[];
  readonly #hosts = new Map<string, PathIndex>();
  /** By suffix without its leading dot. */
  readonly #wildcards = new Map<string, PathIndex>();
  /** Labels of the longest wildcard suffix: bounds the look-ups that a host of many dots can cause. */
  #deepestWildcard = 0;
  readonly #anyHost = emptyIndex();

  /** Throws when an expression or a client address of the table is malformed; a checked configuration has none. */
  constructor(table: RoutingTable) {
    const conditions = compileConditions(table.conditions);
    this.#remainders = table.entries.map(({ route, path }) => ({
      route,
      regex: path?.kind === 'regex' ? new RegExp(path.source) : null,
      conditions: conditions[route] ?? null,
    }));
    for (const [rank, entry] of table.entries.entries()) insert(this.#indexOf(entry), entry, rank);
  }

  /** Number of the route that takes the request, or -1. */
  match(input: MatchInput): number {
    const none = this.#remainders.length;
    let best = none;
    const host = input.host.endsWith('.') ? input.host.slice(0, -1) : input.host;
    const exact = this.#hosts.get(host);
    if (exact !== undefined) best = this.#search(exact, input, best);
    let dot = host.length;
    for (let labels = 0; labels < this.#deepestWildcard && dot > 0; labels++) {
      dot = host.lastIndexOf('.', dot - 1);
      if (dot <= 0) break;
      const index = this.#wildcards.get(host.slice(dot + 1));
      if (index !== undefined) best = this.#search(index, input, best);
    }
    best = this.#search(this.#anyHost, input, best);
    return best === none ? -1 : this.#remainders[best]!.route;
  }

  /** The smallest rank below `best` that `index` has for the request, else `best`. */
  #search(index: PathIndex, input: MatchInput, best: number): number {
    if (index.first >= best) return best;
    const { path } = input;
    const exact = index.exact.get(path);
    if (exact !== undefined) best = this.#firstHolding(exact, input, best);

    let at = 0;
    for (let node = index.prefixes.next(path, 0); node !== undefined; node = node.next(path, at)) {
      at += node.label.length;
      // `/api` ends a segment here, or the prefix itself ends in a slash; `/apix` does neither.
      if (at === path.length || path.charCodeAt(at) === slash || path.charCodeAt(at - 1) === slash) {
        best = this.#firstHolding(node.ranks, input, best);
      }
    }

    // Last, because what was found so far usually outranks them, and running them costs most.
    if (index.regexes !== null) {
      at = 0;
      for (let node: TrieNode | undefined = index.regexes; node !== undefined; node = node.next(path, at)) {
        at += node.label.length;
        best = this.#firstHolding(node.ranks, input, best);
      }
    }
    return this.#firstHolding(index.anyPath, input, best);
  }

  /** The first of `ranks` (ascending) below `best` whose remaining conditions hold, else `best`. */
  #firstHolding(ranks: readonly number[], input: MatchInput, best: number): number {
    for (const rank of ranks) {
      if (rank >= best) return best;
      const { regex, conditions } = this.#remainders[rank]!;
      if (regex !== null && !regex.test(input.path)) continue;
      if (conditions === null || conditions.firstFailure(input) === null) return rank;
    }
    return best;
  }

  #indexOf({ host }: RoutingEntry): PathIndex {
    if (host === null) return this.#anyHost;
    const [map, key] = host.kind === 'exact' ? [this.#hosts, host.name] : [this.#wildcards, host.suffix];
    if (host.kind === 'wildcard') {
      this.#deepestWildcard = Math.max(this.#deepestWildcard, host.suffix.split('.').length);
    }
    let index = map.get(key);
    if (index === undefined) map.set(key, (index = emptyIndex()));
    return index;
  }
}

function emptyIndex(): PathIndex {
  return { first: Infinity, exact: new Map(), prefixes: new TrieNode(''), regexes: null, anyPath: [] };
}

/** Ranks arrive in ascending order, so every list in the index stays sorted. */
function insert(index: PathIndex, { path }: RoutingEntry, rank: number): void {
  index.first = Math.min(index.first, rank);
  if (path === null) {
    index.anyPath.push(rank);
  } else if (path.kind === 'exact') {
    const ranks = index.exact.get(path.path);
    if (ranks === undefined) index.exact.set(path.path, [rank]);
    else ranks.push(rank);
  } else if (path.kind === 'prefix') {
    index.prefixes.insert(path.path, rank);
  } else {
    index.regexes ??= new TrieNode('');
    index.regexes.insert(regexLiteralPrefix(path.source), rank);
  }
}
