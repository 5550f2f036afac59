/** Builds routes for the routing tests: only what a test says differs from a plain route to `u`. */
import type { PathMatch, RouteConfig, RouteMatches } from '../../src/config/model.ts';
import type { MatchInput } from '../../src/routing/matcher.ts';

const noOperations = { rename: [], remove: [], set: [], add: [] };

export function route(id: string, matches: Partial<RouteMatches> = {}, rest: Partial<RouteConfig> = {}): RouteConfig {
  return {
    id,
    enabled: true,
    priority: 50,
    matches: { paths: [], hosts: [], methods: [], headers: [], queryParams: [], clientIps: [], ...matches },
    upstream: 'u',
    fallbackUpstream: null,
    circuitBreaker: null,
    retry: null,
    policies: {
      timeoutMs: 0,
      maxBodyBytes: 0,
      requestHeaders: noOperations,
      responseHeaders: noOperations,
      rewrite: { stripPrefix: null, prefix: null },
      hostHeader: { kind: 'preserve' },
      forwarded: 'x-forwarded',
      failureMode: 'closed',
      bufferRequests: false,
      websocket: true,
      websocketIdleMs: 3_600_000,
      rateLimit: null,
    },
    ...rest,
  };
}

export const exact = (path: string): PathMatch => ({ kind: 'exact', path });
export const prefix = (path: string): PathMatch => ({ kind: 'prefix', path });
export const regex = (source: string): PathMatch => ({ kind: 'regex', source });

export interface PlainRequest {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly clientIp: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export function request(path: string, rest: Partial<PlainRequest> = {}): PlainRequest {
  return { method: 'GET', host: 'a.test', path, query: '', clientIp: '192.0.2.1', headers: [], ...rest };
}

export function matchInput(plain: PlainRequest): MatchInput {
  const headers = new Map(plain.headers.map(([name, value]) => [name.toLowerCase(), value]));
  return { ...plain, header: (name) => headers.get(name) };
}
