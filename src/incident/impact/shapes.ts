/**
 * What an incident did to traffic, as values: what goes in and what comes out. Each number says where it comes from. Types and
 * names only.
 */
import type { FlightCounts, FlightLine } from '../../history/flight-record.ts';

export const impactSchema = 'sentinel.impact/1';

/** Finished requests of one stretch of time, as the daemon wrote them down. */
export type TrafficSample = Extract<FlightLine, { readonly kind: 'traffic' }>;

/** A stretch in which nobody counted. Its requests are not known: it is never taken for one without errors. */
export interface Gap {
  /** RFC 3339. */
  readonly from: string;
  /** Null = it goes on. */
  readonly to: string | null;
  /** `down`: no daemon ran, so that connections were refused. `blind`: one ran, or may have run, and wrote nothing down. */
  readonly kind: 'down' | 'blind';
  readonly words: string;
}

/** The moments of an incident as its journal has them, RFC 3339; null = not said. */
export interface ImpactTimes {
  readonly alert: string | null;
  readonly opened: string | null;
  readonly acked: string | null;
  readonly mitigated: string | null;
  readonly resolved: string | null;
}

/** A value and the place where it stands, or why it is not known. */
export type Measured<T> = { readonly value: T; readonly from: string } | { readonly value: null; readonly why: string };

export interface Share {
  readonly requests: number;
  /** Of them without a good answer, by no fault of the client. */
  readonly affected: number;
  /** 0–1. */
  readonly ratio: number;
}

export interface Part extends FlightCounts {
  readonly name: string;
  /** Of its own requests, 0–1; null where it had none. */
  readonly ratio: number | null;
}

export interface Impact {
  readonly schema: typeof impactSchema;
  /** What told when it began: the share of affected requests, the absence of a daemon, or latency; null = nothing did. */
  readonly basis: 'affected' | 'down' | 'latency' | null;
  /** The 15 minutes before the onset; of an incident without one those before it was reported. */
  readonly baseline: Measured<Share>;
  /** Begin of the first stretch that is clearly above the baseline, RFC 3339. */
  readonly onset: Measured<string>;
  /** End of the last such stretch before traffic stayed normal. */
  readonly end: Measured<string>;
  /** Of all requests between onset and end; until the last stretch that is written down where it goes on. */
  readonly during: Measured<Share>;
  /** From opening to resolution, or until now. */
  readonly declared: Measured<Share>;
  /** Of the clock, from its beginning on. */
  readonly worst_minute: Measured<Share & { readonly at: string }>;
  /** Between onset and end, the most affected first. */
  readonly by_upstream: Measured<readonly Part[]>;
  readonly by_route: Measured<readonly Part[]>;
  readonly by_cause: Measured<readonly { readonly cause: string; readonly requests: number }[]>;
  /** Milliseconds: medians of the stretches, as percentiles of stretches cannot be added. */
  readonly p99_before_ms: Measured<number>;
  readonly p99_during_ms: Measured<number>;
  /** Within what was looked at, oldest first. */
  readonly gaps: readonly Gap[];
  /** Milliseconds, never negative. */
  readonly times: {
    /** From the onset to the first alert, or to the opening where none fired. */
    readonly detect_ms: Measured<number>;
    /** From the first alert, or the opening, to the acknowledgement. */
    readonly acknowledge_ms: Measured<number>;
    /** From the onset. */
    readonly mitigate_ms: Measured<number>;
    readonly resolve_ms: Measured<number>;
  };
  /** What somebody who quotes these numbers has to know. */
  readonly notes: readonly string[];
}
