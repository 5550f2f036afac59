/**
 * What clients sent and got, window by window, with the proxy's own answers (health, readiness) taken out of it, and whether that
 * is enough to say something of. Read by answers and rules; thresholds are theirs.
 */
import type { TrafficWindow, WindowState, WindowStates } from '../admin/contract/traffic-shapes.ts';
import type { Case } from './case.ts';

export interface ClientTraffic {
  readonly window: TrafficWindow;
  readonly coveredMs: number;
  readonly requests: number;
  /** Answers with status 500 and above. */
  readonly errors: number;
  /** 0 where there was no request. */
  readonly ratio: number;
  /** How often by cause, 4xx of the proxy among them; the most frequent first. */
  readonly causes: readonly { readonly cause: string; readonly count: number; readonly ratio: number }[];
  readonly p99Ms: number | null;
  readonly p50Ms: number | null;
}

/** Fewer requests say nothing of a ratio: one failure of three at night is no outage. */
const FEWEST_REQUESTS = 20;
/** Fewer failures are chance. */
const FEWEST_FAILURES = 3;
/** So many are enough where every one has failed: a service that is dead is asked little. */
const FEWEST_ALL_FAILED = 5;

/** Of everything that clients sent in a window; null where the window is not there, or traffic is not known. */
export function clientTraffic(of: Case, window: TrafficWindow): ClientTraffic | null {
  const reply = of.traffic?.traffic;
  const total = reply?.total.windows[window];
  if (reply === undefined || total === undefined) return null;
  return reading(window, total, ownAnswers(reply.unrouted.windows[window]));
}

/** The same of one route, upstream or target, which never gets the proxy's own answers. */
export function trafficOf(windows: WindowStates, window: TrafficWindow): ClientTraffic | null {
  const one = windows[window];
  return one === undefined ? null : reading(window, one, 0);
}

/**
 * The window in which more than `share` of the requests are what `count` counts, if that can be said: the last minute first; where
 * it has too few requests the last five, and where it just began the last ten seconds.
 */
export function tooMany(
  of: Case,
  share: number,
  count: (traffic: ClientTraffic) => number,
): {
  readonly traffic: ClientTraffic;
  readonly count: number;
  readonly ratio: number;
  readonly goesOn: boolean;
} | null {
  const [ten, minute, five] = [clientTraffic(of, '10s'), clientTraffic(of, '1m'), clientTraffic(of, '5m')];
  const over = (traffic: ClientTraffic | null, factor: number) =>
    traffic !== null && isMuch(traffic.requests, count(traffic)) && count(traffic) / traffic.requests > share * factor;
  const sparse = minute !== null && minute.requests < FEWEST_REQUESTS;
  const chosen = over(minute, 1) ? minute : over(ten, 2) ? ten : sparse && over(five, 1) ? five : null;
  if (chosen === null) return null;
  const goesOn = ten === null || ten.requests < FEWEST_REQUESTS || count(ten) / ten.requests > share;
  return { traffic: chosen, count: count(chosen), ratio: count(chosen) / chosen.requests, goesOn };
}

/** So many failures of so many requests are more than chance. */
export function isMuch(requests: number, failures: number): boolean {
  if (requests >= FEWEST_REQUESTS) return failures >= FEWEST_FAILURES;
  return failures >= FEWEST_ALL_FAILED && failures >= requests;
}

/** The widest window with anything in it: what is said of quiet traffic. */
export function latestTraffic(of: Case): ClientTraffic | null {
  return clientTraffic(of, '1m') ?? clientTraffic(of, '10s') ?? clientTraffic(of, '5m');
}

export function countOf(traffic: ClientTraffic, causes: readonly string[]): number {
  return traffic.causes.reduce((sum, one) => sum + (causes.includes(one.cause) ? one.count : 0), 0);
}

function ownAnswers(unrouted: WindowState | undefined): number {
  if (unrouted === undefined) return 0;
  return Math.max(0, unrouted.requests - unrouted.causes.reduce((sum, { count }) => sum + count, 0));
}

function reading(window: TrafficWindow, state: WindowState, own: number): ClientTraffic {
  const requests = Math.max(0, state.requests - own);
  const share = (count: number) => (requests === 0 ? 0 : Math.min(1, count / requests));
  return {
    window,
    coveredMs: state.covered_ms,
    requests,
    errors: state.errors,
    ratio: share(state.errors),
    causes: state.causes.map(({ cause, count }) => ({ cause, count, ratio: share(count) })),
    p50Ms: state.p50_ms,
    p99Ms: state.p99_ms,
  };
}
