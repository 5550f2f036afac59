/**
 * Bounds what somebody's filter may cost where it is asked of many things: time that is spent on one filter is time that a
 * thread does nothing else. Used by whoever looks through lists, and by the tap; knows nothing of what is looked at.
 */
import type { Filter } from './filter.ts';
import { type FilterSubject, matches } from './match.ts';

/** The filter has had its time: whoever asked gets nothing rather than everybody else waiting. */
export class FilterTooSlow extends Error {}

/** For one look through a list. */
export class Patience {
  readonly #now: () => number;
  #leftMs: number;

  /** @param now Milliseconds of a clock that never goes back; of processor time, so that a busy machine refuses nothing. */
  constructor(ms: number, now: () => number) {
    this.#leftMs = ms;
    this.#now = now;
  }

  /** @throws FilterTooSlow once the judgements so far have taken longer than they may */
  matches(filter: Filter, subject: FilterSubject): boolean {
    if (this.#leftMs <= 0) throw new FilterTooSlow();
    const begun = this.#now();
    const found = matches(filter, subject);
    this.#leftMs -= this.#now() - begun;
    return found;
  }
}

/** For what goes on for as long as somebody watches: a share of the time, paid back before there is more. */
export class TimeShare {
  readonly #share: number;
  readonly #now: () => number;
  #owedMs = 0;
  #since: number;

  /** @param share of all time, 0–1 */
  constructor(share: number, now: () => number) {
    this.#share = share;
    this.#now = now;
    this.#since = now();
  }

  /** Whether any of the filters matches; null = not judged, as the share is used up. */
  some(filters: readonly Filter[], subject: FilterSubject): boolean | null {
    const begun = this.#now();
    if (this.#owedMs > 0) {
      this.#owedMs = Math.max(0, this.#owedMs - (begun - this.#since) * this.#share);
      this.#since = begun;
      if (this.#owedMs > MOST_OWED_MS) return null;
    } else this.#since = begun;
    const found = filters.some((filter) => matches(filter, subject));
    this.#owedMs += this.#now() - begun;
    return found;
  }
}

/** So much in a row is nobody's trouble. */
const MOST_OWED_MS = 5;
