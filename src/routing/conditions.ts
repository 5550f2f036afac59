/**
 * What a route asks of a request besides host and path: method, headers, query parameters, client address. Compiled once
 * per route; `Matcher` asks whether they hold, `explain` which of them fails first.
 */
import { BlockList, isIPv6 } from 'node:net';
import type { NamedMatch } from '../config/model.ts';
import type { RouteConditions } from './table.ts';

/** What a request is matched by. */
export interface MatchInput {
  readonly method: string;
  /** Lower case, without port; a trailing dot is ignored. Empty when the request has none (HTTP/1.0). */
  readonly host: string;
  /** As `normalizePath` gives it. */
  readonly path: string;
  /** Without `?`, as sent. */
  readonly query: string;
  readonly clientIp: string;
  /** Value of a field, its lines joined by `, ` if there are several; `undefined` when it is absent. */
  header(lowerName: string): string | undefined;
}

/** A condition that a request does not meet. */
export type FailedCondition =
  | { readonly kind: 'method' }
  | { readonly kind: 'header'; readonly match: NamedMatch }
  | { readonly kind: 'query-param'; readonly match: NamedMatch }
  | { readonly kind: 'client-ip' };

/** Names and values of query parameters are compared decoded (`+` is a space); of a repeated one, any value counts. */
export class Conditions {
  readonly #methods: readonly string[];
  readonly #headers: readonly NamedMatch[];
  readonly #queryParams: readonly NamedMatch[];
  readonly #clients: BlockList | null;
  readonly #parser: QueryParser;

  constructor(conditions: RouteConditions, parser: QueryParser) {
    this.#parser = parser;
    this.#methods = conditions.methods;
    this.#headers = conditions.headers;
    this.#queryParams = conditions.queryParams;
    this.#clients = conditions.clientIps.length === 0 ? null : addressSet(conditions.clientIps);
  }

  /** The first condition, in the order method, headers, query parameters, client address, that `input` fails; `null` = none. */
  firstFailure(input: MatchInput): FailedCondition | null {
    if (this.#methods.length !== 0 && !this.#methods.includes(input.method)) return { kind: 'method' };
    for (const match of this.#headers) {
      const value = input.header(match.name);
      if (value === undefined) return { kind: 'header', match };
      if (match.values.length !== 0 && !match.values.includes(value)) return { kind: 'header', match };
    }
    if (this.#queryParams.length !== 0) {
      const params = this.#parser.parse(input.query);
      for (const match of this.#queryParams) {
        const values = params.getAll(match.name);
        const met =
          match.values.length === 0 ? values.length !== 0 : values.some((value) => match.values.includes(value));
        if (!met) return { kind: 'query-param', match };
      }
    }
    if (this.#clients !== null && !this.#clients.check(input.clientIp, isIPv6(input.clientIp) ? 'ipv6' : 'ipv4')) {
      return { kind: 'client-ip' };
    }
    return null;
  }
}

/** By route number; `null` for a route that asks nothing, so that the search need not either. */
export function compileConditions(conditions: readonly RouteConditions[]): readonly (Conditions | null)[] {
  const parser = new QueryParser();
  return conditions.map((asked) => {
    const { methods, headers, queryParams, clientIps } = asked;
    const count = methods.length + headers.length + queryParams.length + clientIps.length;
    return count === 0 ? null : new Conditions(asked, parser);
  });
}

/** Remembers the last query, so that routes which differ only in a parameter parse it once between them. */
class QueryParser {
  #query = '';
  #params = new URLSearchParams();

  parse(query: string): URLSearchParams {
    if (query !== this.#query) {
      // The `&` keeps a leading `?`, which the constructor would drop from the first name.
      this.#params = new URLSearchParams(`&${query}`);
      this.#query = query;
    }
    return this.#params;
  }
}

function addressSet(addresses: readonly string[]): BlockList {
  const set = new BlockList();
  for (const written of addresses) {
    const [address = '', prefix] = written.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) set.addAddress(address, family);
    else set.addSubnet(address, Number(prefix), family);
  }
  return set;
}
