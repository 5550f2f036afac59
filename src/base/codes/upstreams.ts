/** Codes of range U: what is found of upstreams, targets and breakers. */
import type { CodeFacts } from '../code-facts.ts';

export const upstreamCodes = {
  'SNT-U001': {
    title: 'target down',
    meaning:
      'A target takes no requests, because its health check fails or because too many requests to it failed. The others of its upstream take its share.',
    remedy:
      'The reason stands beside it: L4CON means that nothing listens there, L4TMOUT that nothing answers at all, L6TLS that its certificate is not believed or TLS does not come about, L7STS that the application itself says no. `sentinel check UPSTREAM` asks once more, now.',
  },
  'SNT-U002': {
    title: 'upstream has too few targets',
    meaning:
      'No target of an upstream takes requests, so that its routes answer 503 or go to their fallback-upstream; or fewer do than `min-healthy` says.',
    remedy:
      'See why with `sentinel upstreams NAME`. Until a target is back, a `fallback-upstream` in the route, or a critical route to `emergency-static`, answers instead.',
  },
  'SNT-U003': {
    title: 'circuit breaker open',
    meaning:
      'Requests to a target or of a route failed so often in a row that no more are sent; after its timeout a few may try. A breaker that was opened by command stays open until it is reset.',
    remedy: '`sentinel breakers` says why and for how long; `sentinel breakers reset ID` closes one at once.',
  },
  'SNT-U004': {
    title: 'upstream could not be checked',
    meaning:
      'An upstream has no target now, for example because its name has no address, or the proxy had no file descriptor or port left to ask with.',
    remedy:
      'See the addresses of its targets with `sentinel upstreams NAME`, and the log of the daemon for what it lacks.',
  },
} as const satisfies Record<string, CodeFacts>;
