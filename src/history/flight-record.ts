/**
 * What a daemon keeps on disk of its traffic and of what happened, as a flight recorder does: it outlives the process, so that
 * the minutes before a crash are known and an outage of hours can be counted. The daemon alone writes; incidents read. Shapes and
 * places only.
 */
import { join } from 'node:path';
import type { EventState } from '../admin/contract/event-shapes.ts';

export const flightSchema = 'sentinel.flight/1';

/** How often traffic is written down. */
export const SAMPLE_MS = 10_000;

/** One file is full at this size; then it becomes the older one. A sample of a quiet proxy has some 300 bytes: days. */
export const FULL_BYTES = 16 << 20;

/** Counts of finished requests in one stretch of time. */
export interface FlightCounts {
  readonly requests: number;
  /** Answers with status 500 and above, whoever made them. */
  readonly errors: number;
  /**
   * Requests that clients did not get a good answer to for a reason that is not their own: `errors`, and those that ended
   * without an answer.
   */
  readonly affected: number;
}

export type FlightLine =
  /** First line of a file. */
  | { readonly kind: 'schema'; readonly schema: typeof flightSchema }
  /**
   * The daemon is up, or ends. Where no `ended` comes before the next `began`, it died. `heir`: it did not end, the process of
   * that number took over, and goes on with these files.
   */
  | { readonly kind: 'began'; readonly at: string; readonly pid: number; readonly version: string }
  | {
      readonly kind: 'ended';
      readonly at: string;
      readonly pid: number;
      readonly version: string;
      readonly heir: number | null;
    }
  | ({
      readonly kind: 'traffic';
      /** When the stretch ended. */
      readonly at: string;
      readonly covered_ms: number;
      readonly generation: number;
      /** Of requests that did not end by a good answer: cause → count. */
      readonly causes: Readonly<Record<string, number>>;
      /** Those with traffic, at most 100: first those that requests failed on, then the busiest. */
      readonly routes: Readonly<Record<string, FlightCounts>>;
      readonly upstreams: Readonly<Record<string, FlightCounts>>;
      readonly p50_ms: number | null;
      readonly p99_ms: number | null;
      readonly connections: number;
      readonly rss_bytes: number;
    } & FlightCounts)
  | { readonly kind: 'event'; readonly event: EventState };

/** So many routes, and as many upstreams, have counts of their own in a line. */
export const MOST_NAMES = 100;

/** Longer lines are no lines of a flight record: a hundred routes and upstreams with the longest names have less. */
export const LONGEST_LINE = 256 << 10;

/** The newer file first; either may be missing. @param instance Folder of the daemon, as `instanceFolder` names it. */
export function flightPaths(instance: string): readonly [newer: string, older: string] {
  return [join(instance, 'flight.ndjson'), join(instance, 'flight.1.ndjson')];
}
