/**
 * What a balancing policy sees of targets and of a request, and what it gives back. Asked by the tries of a request for
 * each try anew; implemented by one policy a file in this folder. Nothing here reads sockets, cells or the plan.
 */
import type { LatencyAverage } from './latency-average.ts';

/** What a policy may know of a target. */
export interface Candidate {
  /** Unique among the targets of an upstream, and the same as long as the target is: hashing and stickiness go by it. */
  readonly id: string;
  /** As it is configured; 0 = takes no new request. */
  readonly fullWeight: number;
  /** What of `fullWeight` it gets now: less while slow start withholds a part, 0 when it may take nothing. May have decimals. */
  readonly weight: number;
  /** Requests in flight to it, over all workers. */
  inFlight(): number;
  /** How long its answers take, as this worker sees it. */
  readonly latency: LatencyAverage;
}

/** What a policy may know of the request that wants a target. */
export interface BalanceRequest {
  /** Without brackets or port; empty for a client on a unix socket. */
  readonly clientIp: string;
  /** Normalised, without query. */
  readonly path: string;
  /** Value of a field by its lower-case name, several joined by `, `. */
  header(name: string): string | undefined;
  /** Milliseconds of the monotonic clock, to the grain of the sweep. */
  readonly now: number;
  /** True for targets, by index, that this request has tried already and does not want again. */
  skips(at: number): boolean;
  /** The response should carry this field line, CRLF included; a later line replaces the one before. */
  stick(line: string): void;
}

export interface Balancer {
  /** Index of the target that takes the request; -1 = none can. Targets of weight 0 and skipped ones are never given. */
  pick(targets: readonly Candidate[], request: BalanceRequest): number;
}
