/**
 * Who sends the most, as a worker says it and the main thread merges it: what is known of each
 * key. Every key comes from a client: bounded in length, shown redacted, never a label. Types and bounds only.
 */
import { listLimits } from '../../admin/contract/list-limits.ts';

/** Longest window that is kept. */
export const longestTalkerWindowMs = 300_000;

/** Counts are of requests, scaled by the stride at which they were looked at. */
export interface Talker {
  readonly key: string;
  /** No fewer than this were counted for the key, and no more than that. */
  readonly least: number;
  readonly most: number;
  /** Of the `least`: answered with 5xx, with 4xx, and the bytes sent for them. */
  readonly errors: number;
  readonly clientErrors: number;
  readonly bytesOut: number;
}

/** What one worker, or all of them, saw in a window. */
export interface TalkersSeen {
  /** Time that is covered, within the window. */
  readonly coveredMs: number;
  /** All requests of that time. */
  readonly requests: number;
  /** Most requests that one that was looked at stands for; 1 = each was looked at. */
  readonly stride: number;
  /** No key that is not listed has more. */
  readonly unlisted: number;
  /** Most first; at most `mostTalkers`. */
  readonly talkers: readonly Talker[];
  /** Registers of the keys of the window (`distinct.ts`), and of the time before it that is kept. */
  readonly distinct: Uint8Array;
  readonly distinctBefore: Uint8Array;
  /** How long before the window that time began; 0 = the window is all that is kept. */
  readonly beforeMs: number;
}

/** Keys of an answer. */
export const mostTalkers = listLimits.clients.most;

/** By what was certainly counted, then by what may have been; keys make the order the same everywhere. */
export function compareTalkers(a: Talker, b: Talker): number {
  return b.least - a.least || b.most - a.most || (a.key < b.key ? -1 : 1);
}
