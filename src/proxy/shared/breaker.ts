/**
 * A circuit breaker over all workers: one word that holds state, count and epoch and moves by compare-and-swap, so that
 * it opens after exactly so many failures in a row, whoever saw them. Stands beside the request: asked before, told after.
 * While half-open, requests hold slots with a deadline: one whose end is never reported cannot keep it from closing.
 */
import { bump, type Cell } from './cells.ts';

/** Shared words; a slot holds the time until which it is taken, 0 = free. */
const words = { state: 0, since: 1, slots: 2 } as const;
/** Lane fields. */
export const breakerFields = { trips: 0, laneLength: 1 } as const;

export type BreakerState = 'closed' | 'open' | 'half_open' | 'forced_open';

const kinds = { closed: 0, open: 1, halfOpen: 2, forced: 3 } as const;
const kindNames = ['closed', 'open', 'half_open', 'forced_open'] as const;

const COUNT_BITS = 12;
const EPOCH_MASK = (1 << 18) - 1;
/** Most failures or successes that can be counted. */
export const MAX_COUNT = (1 << COUNT_BITS) - 1;
/** Most slots while half-open. */
export const MAX_SLOTS = 62;
const TIME_MASK = (1 << 28) - 1;
/** Longest timeout; times are compared modulo 2^32 ms. */
const MAX_TIMEOUT_MS = 1 << 30;
/** So far the looks of two threads at the clock may lie apart until they are used. */
const SKEW_MS = 60_000;

/** Shared words of a breaker. Always with all slots: its state outlives a change of how many are used. */
export const breakerWords = words.slots + MAX_SLOTS;

export interface BreakerLimits {
  readonly failureThreshold: number;
  readonly successThreshold: number;
  readonly timeoutMs: number;
  /** At most `MAX_SLOTS`. */
  readonly halfOpenMaxRequests: number;
}

/** What a request holds from `admit` until its end is reported; -1 = it was not let in. */
export type BreakerTicket = number;

/** One worker's view of a breaker. Times are milliseconds of the monotonic clock that all threads share. */
export class Breaker {
  readonly #cell: Cell;
  readonly #failureThreshold: number;
  readonly #successThreshold: number;
  readonly #timeoutMs: number;
  readonly #slots: number;
  readonly #changed: (to: BreakerState, why: string) => void;

  /** @param changed Called by the worker whose request moved the state. */
  constructor(cell: Cell, limits: BreakerLimits, changed: (to: BreakerState, why: string) => void) {
    this.#cell = cell;
    this.#failureThreshold = Math.min(limits.failureThreshold, MAX_COUNT);
    this.#successThreshold = Math.min(limits.successThreshold, MAX_COUNT);
    this.#timeoutMs = Math.min(limits.timeoutMs, MAX_TIMEOUT_MS);
    this.#slots = Math.min(limits.halfOpenMaxRequests, MAX_SLOTS);
    this.#changed = changed;
  }

  /** How long it rests, and how long a trial has its slot. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  /** Whether `admit` would let a request in; takes nothing. */
  allows(now: number): boolean {
    const shared = this.#cell.shared;
    switch (kindOf(Atomics.load(shared, words.state))) {
      case kinds.closed:
        return true;
      case kinds.open:
        return this.#rested(now);
      case kinds.halfOpen:
        return this.#freeSlot(now) !== -1;
      default:
        return false;
    }
  }

  /** Lets a request in, or not: -1. */
  admit(now: number): BreakerTicket {
    const shared = this.#cell.shared;
    for (;;) {
      const state = Atomics.load(shared, words.state);
      switch (kindOf(state)) {
        case kinds.closed:
          return epochOf(state);
        case kinds.open: {
          if (!this.#rested(now)) return -1;
          const next = pack(kinds.halfOpen, 0, epochOf(state) + 1);
          if (Atomics.compareExchange(shared, words.state, state, next) === state) {
            this.#changed('half_open', 'the timeout is over: the next requests try the target');
          }
          break;
        }
        case kinds.halfOpen: {
          const slot = this.#freeSlot(now);
          if (slot === -1) return -1;
          const until = stamp(now + this.#timeoutMs) || 1;
          const at = words.slots + slot;
          const before = Atomics.load(shared, at);
          if (this.#holds(before, now)) break;
          if (Atomics.compareExchange(shared, at, before, until) !== before) break;
          const ticket = ((until & TIME_MASK) * 64 + slot + 1) * (EPOCH_MASK + 1) + epochOf(state);
          // Another request may have ended the trial meanwhile: then this one asks again.
          if (this.#stillTrying(state)) return ticket;
          this.withdrawn(ticket);
          break;
        }
        default:
          return -1;
      }
    }
  }

  /** The request got an answer that speaks for the target. Each ticket is given back once, by this, `failed` or `withdrawn`. */
  succeeded(ticket: BreakerTicket): void {
    if (isTrial(ticket)) this.withdrawn(ticket);
    const shared = this.#cell.shared;
    for (;;) {
      const state = Atomics.load(shared, words.state);
      if (epochOf(state) !== epochOfTicket(ticket)) return;
      const kind = kindOf(state);
      const count = countOf(state);
      if (kind === kinds.closed && count === 0) return;
      const closes = kind === kinds.halfOpen && count + 1 >= this.#successThreshold;
      let next: number;
      if (closes) next = pack(kinds.closed, 0, epochOf(state) + 1);
      else if (kind === kinds.halfOpen) next = pack(kind, count + 1, epochOf(state));
      else if (kind === kinds.closed) next = pack(kind, 0, epochOf(state));
      else return;
      if (Atomics.compareExchange(shared, words.state, state, next) !== state) continue;
      if (closes) this.#changed('closed', `${count + 1} requests in a row succeeded`);
      return;
    }
  }

  /** @param why The cause, for the event. */
  failed(ticket: BreakerTicket, now: number, why: string): void {
    if (isTrial(ticket)) this.withdrawn(ticket);
    const shared = this.#cell.shared;
    for (;;) {
      const since = Atomics.load(shared, words.since);
      const state = Atomics.load(shared, words.state);
      if (epochOf(state) !== epochOfTicket(ticket)) return;
      const kind = kindOf(state);
      if (kind !== kinds.closed && kind !== kinds.halfOpen) return;
      const failures = countOf(state) + 1;
      const opens = kind === kinds.halfOpen || failures >= this.#failureThreshold;
      // Before the state: who sees it open must find the right time. Not where it has been opened since the look above.
      if (opens && Atomics.compareExchange(shared, words.since, since, stamp(now)) !== since) continue;
      const next = opens ? pack(kinds.open, 0, epochOf(state) + 1) : pack(kind, failures, epochOf(state));
      if (Atomics.compareExchange(shared, words.state, state, next) !== state) continue;
      if (opens) {
        bump(this.#cell, breakerFields.trips);
        this.#changed(
          'open',
          kind === kinds.halfOpen ? `a trial failed: ${why}` : `${failures} failures in a row: ${why}`,
        );
      }
      return;
    }
  }

  /** The request ended in a way that says nothing of the target. */
  withdrawn(ticket: BreakerTicket): void {
    const rest = Math.floor(ticket / (EPOCH_MASK + 1));
    const slot = (rest % 64) - 1;
    if (slot < 0) return;
    const shared = this.#cell.shared;
    const held = Atomics.load(shared, words.slots + slot);
    if ((held & TIME_MASK) === Math.floor(rest / 64)) Atomics.compareExchange(shared, words.slots + slot, held, 0);
  }

  /** The timeout is over. A time that lies ahead is another thread's later look at the clock. */
  #rested(now: number): boolean {
    const open = (stamp(now) - Atomics.load(this.#cell.shared, words.since)) >>> 0;
    return open >= this.#timeoutMs && open < 2 ** 32 - SKEW_MS;
  }

  #freeSlot(now: number): number {
    const shared = this.#cell.shared;
    for (let slot = 0; slot < this.#slots; slot++) {
      if (!this.#holds(Atomics.load(shared, words.slots + slot), now)) return slot;
    }
    return -1;
  }

  /** Whether a slot with this deadline is taken: it lies ahead, and no further than one can. */
  #holds(until: number, now: number): boolean {
    if (until === 0) return false;
    const left = (until - stamp(now)) >>> 0;
    return left > 0 && left <= this.#timeoutMs + SKEW_MS;
  }

  /** The same trial goes on, though its count has changed. */
  #stillTrying(state: number): boolean {
    const now = Atomics.load(this.#cell.shared, words.state);
    return kindOf(now) === kinds.halfOpen && epochOf(now) === epochOf(state);
  }
}

/** Whether a request with this ticket was let in to try the target. */
export function isTrial(ticket: BreakerTicket): boolean {
  return ticket > EPOCH_MASK;
}

/** The state as it stands; `count` = failures in a row while closed, successes while half-open. `sinceMs` says when it opened. */
export function readBreaker(cell: Cell): {
  readonly state: BreakerState;
  readonly count: number;
  readonly sinceMs: number;
} {
  const state = Atomics.load(cell.shared, words.state);
  return {
    state: kindNames[kindOf(state)] as BreakerState,
    count: countOf(state),
    sinceMs: Atomics.load(cell.shared, words.since),
  };
}

/** By order of the operator: closes it, or holds it open until it is reset. What is under way no longer counts. */
export function setBreaker(cell: Cell, to: 'closed' | 'forced_open', now: number): void {
  const kind = to === 'closed' ? kinds.closed : kinds.forced;
  Atomics.store(cell.shared, words.since, stamp(now));
  for (;;) {
    const state = Atomics.load(cell.shared, words.state);
    if (Atomics.compareExchange(cell.shared, words.state, state, pack(kind, 0, epochOf(state) + 1)) === state) return;
  }
}

function pack(kind: number, count: number, epoch: number): number {
  return ((epoch & EPOCH_MASK) << (COUNT_BITS + 2)) | (Math.min(count, MAX_COUNT) << 2) | kind;
}

function kindOf(state: number): number {
  return state & 3;
}

function countOf(state: number): number {
  return (state >>> 2) & MAX_COUNT;
}

function epochOf(state: number): number {
  return state >>> (COUNT_BITS + 2);
}

function epochOfTicket(ticket: BreakerTicket): number {
  return ticket % (EPOCH_MASK + 1);
}

/** A time as a word; wraps, so that only differences mean something. */
function stamp(ms: number): number {
  return Math.floor(ms) | 0;
}
