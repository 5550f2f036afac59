/**
 * A rate limit over all workers: the generic cell rate algorithm for bounded keys in shared memory. A key is one word that
 * says when its quota will be whole again and moves by compare-and-swap, so that what is admitted is exact whoever asks.
 * Made and swept by the main thread (`proxy/control/rate-tables.ts`), asked by the guards; knows nothing of requests.
 */
import type { KeyedHash } from './keyed-hash.ts';

// Time is counted in ticks, a whole number of them per request, so that the rate is exact. Keys lie in buckets of slots: a
// fingerprint and a time. A slot whose time has passed is free, whoever it belonged to: that key has its whole quota again.
// A key has two buckets to be in; where both are full of others, nothing can be said of it.

export interface RateTableSettings {
  /** May have decimals; above a million it counts as a million. */
  readonly requestsPerSecond: number;
  /** Quota that a key has at once; at least 1. */
  readonly burst: number;
  /** Keys that surely have room while they are no more than this. */
  readonly maxKeys: number;
  /** How long before its turn a request may be taken; 0 = it is refused until it conforms. */
  readonly maxDelayMs: number;
}

/** What a table says. `delayed`: taken, and to go on after `waitMs`. `undecided`: no room for another key. */
export const rateVerdicts = { admitted: 0, delayed: 1, refused: 2, undecided: 3 } as const;
export type RateVerdict = (typeof rateVerdicts)[keyof typeof rateVerdicts];

/** What goes with a verdict. Times in ms. */
export interface RateAnswer {
  /** Refused: until the same request conforms; delayed: until it may go on; else 0. */
  readonly waitMs: number;
  /** Requests that the key may still send at once. */
  readonly remaining: number;
  /** Until the key has its whole quota again. */
  readonly resetMs: number;
}

/** Doubles at the front of a table. */
const times = { origin: 0, tick: 1, length: 2 } as const;
/** 32-bit words that follow them. */
const facts = { cost: 4, burst: 5, patience: 6, buckets: 7, slots: 8, key0: 9, key1: 10, length: 16 } as const;
/** Words of one slot. */
const slotFields = { fingerprint: 0, time: 1, length: 2 } as const;

const BUCKET_SLOTS = 16;
/** Room per key: with half of it empty, two buckets are hardly ever both full. */
const ROOM = 2.5;
/** No tick is shorter for it: a word then holds more than half an hour. */
const MIN_INTERVAL_MS = 0.001;
/** Burst and delay together are no more ticks than this. */
const SPAN = 2 ** 29;
/** A time further ahead than any can be has passed, and was not looked at for long. */
const FARTHEST = 2 ** 30;
/** Times that passed this many ticks ago are renewed by a sweep. */
const STALE = 2 ** 28;
/** `#charge`: the slot went to another key meanwhile. */
const AGAIN = -1;

/** How often each table must be swept at least: times wrap around after 2^32 ticks, none shorter than 2/3 µs. */
export const SWEEP_WITHIN_MS = 20 * 60_000;

/**
 * A table in which every key has its whole quota.
 * @param secret two random 32-bit words
 * @param now of the monotonic clock that all threads share
 */
export function newRateTable(
  settings: RateTableSettings,
  secret: readonly [number, number],
  now: number,
): SharedArrayBuffer {
  const { requestsPerSecond, maxKeys, maxDelayMs } = settings;
  const burst = Math.max(1, Math.min(Math.floor(settings.burst), SPAN / 2));
  const interval = Math.max(1000 / requestsPerSecond, MIN_INTERVAL_MS);
  const wanted = Math.round(interval / MIN_INTERVAL_MS);
  const cost = Math.max(1, Math.min(wanted, Math.floor((interval * SPAN) / (burst * interval + maxDelayMs))));
  const slots = Math.min(maxKeys, BUCKET_SLOTS);
  const buckets = maxKeys <= BUCKET_SLOTS ? 1 : Math.ceil((maxKeys * ROOM) / BUCKET_SLOTS);
  const buffer = new SharedArrayBuffer((facts.length + buckets * slots * slotFields.length) * 4);
  const clock = new Float64Array(buffer, 0, times.length);
  const tick = interval / cost;
  clock[times.origin] = now;
  clock[times.tick] = tick;
  const words = new Int32Array(buffer);
  words[facts.cost] = cost;
  words[facts.burst] = burst * cost;
  words[facts.patience] = Math.min(Math.floor(maxDelayMs / tick), FARTHEST - burst * cost);
  words[facts.buckets] = buckets;
  words[facts.slots] = slots;
  words[facts.key0] = secret[0];
  words[facts.key1] = secret[1];
  return buffer;
}

/** One thread's view of a table. */
export class RateTable implements RateAnswer {
  /** Of the last verdict but `undecided`. */
  waitMs = 0;
  remaining = 0;
  resetMs = 0;
  readonly #words: Int32Array;
  readonly #origin: number;
  readonly #tick: number;
  readonly #cost: number;
  readonly #burst: number;
  readonly #patience: number;
  readonly #buckets: number;
  readonly #slots: number;

  constructor(table: SharedArrayBuffer) {
    const words = new Int32Array(table);
    const clock = new Float64Array(table, 0, times.length);
    this.#words = words;
    this.#origin = clock[times.origin] as number;
    this.#tick = clock[times.tick] as number;
    this.#cost = words[facts.cost] as number;
    this.#burst = words[facts.burst] as number;
    this.#patience = words[facts.patience] as number;
    this.#buckets = words[facts.buckets] as number;
    this.#slots = words[facts.slots] as number;
  }

  /** Begins the hash of a key, under the secret of this table. */
  begin(hash: KeyedHash): void {
    hash.start(this.#words[facts.key0] as number, this.#words[facts.key1] as number);
  }

  /**
   * Counts one request of the key whose hash has been ended, if it may come.
   * @param now of the monotonic clock that all threads share, ms
   */
  ask(hash: KeyedHash, now: number): RateVerdict {
    const ticks = this.#ticks(now);
    const fingerprint = hash.low === 0 ? 1 : hash.low;
    for (;;) {
      const slot = this.#slotOf(hash.high, fingerprint, ticks);
      if (slot === -1) return rateVerdicts.undecided;
      const verdict = this.#charge(slot, fingerprint, ticks);
      if (verdict !== AGAIN) return verdict;
    }
  }

  /** Renews times that passed long ago, before they wrap around and look as if they were still to come. */
  sweep(now: number): void {
    const words = this.#words;
    const ticks = this.#ticks(now);
    for (let at = facts.length; at < words.length; at += slotFields.length) {
      // What was never used is left alone: touching it would give it memory.
      if (Atomics.load(words, at) === 0) continue;
      const time = Atomics.load(words, at + slotFields.time);
      if (this.#ahead(time, ticks) === 0 && (ticks - time) >>> 0 > STALE) {
        Atomics.compareExchange(words, at + slotFields.time, time, ticks);
      }
    }
  }

  #ticks(now: number): number {
    return Math.floor((now - this.#origin) / this.#tick) | 0;
  }

  /** Ticks until `time`; 0 when it has passed. */
  #ahead(time: number, ticks: number): number {
    const ahead = (time - ticks) | 0;
    return ahead < 0 || ahead > FARTHEST ? 0 : ahead;
  }

  /** Where the key's slot begins, taken for it if it had none; -1 = there is none to take. */
  #slotOf(position: number, fingerprint: number, ticks: number): number {
    const words = this.#words;
    for (;;) {
      let free = -1;
      let freeOwner = 0;
      let freeTime = 0;
      for (let choice = 0; choice < (this.#buckets === 1 ? 1 : 2); choice++) {
        const first = this.#bucketOf(choice === 0 ? position : Math.imul(position, 0x9e3779b1) ^ fingerprint);
        const end = first + this.#slots * slotFields.length;
        for (let at = first; at < end; at += slotFields.length) {
          // The time before its owner: it is that owner's, or of one before.
          const time = Atomics.load(words, at + slotFields.time);
          const owner = Atomics.load(words, at);
          if (owner === fingerprint) return at;
          if (free === -1 && (owner === 0 || this.#ahead(time, ticks) === 0)) {
            free = at;
            freeOwner = owner;
            freeTime = time;
          }
        }
      }
      if (free === -1) return -1;
      // A slot that nobody had yet was never swept: its time may have wrapped around.
      if (this.#ahead(freeTime, ticks) !== 0) {
        const before = Atomics.compareExchange(words, free + slotFields.time, freeTime, ticks);
        if (before !== freeTime) continue;
      }
      const owner = Atomics.compareExchange(words, free, freeOwner, fingerprint);
      if (owner === freeOwner || owner === fingerprint) return free;
    }
  }

  #bucketOf(hash: number): number {
    const bucket = Math.floor(((hash >>> 0) / 2 ** 32) * this.#buckets);
    return facts.length + bucket * this.#slots * slotFields.length;
  }

  #charge(slot: number, fingerprint: number, ticks: number): RateVerdict | typeof AGAIN {
    const words = this.#words;
    const at = slot + slotFields.time;
    for (;;) {
      const time = Atomics.load(words, at);
      const ahead = this.#ahead(time, ticks);
      const next = ahead + this.#cost;
      const over = next - this.#burst;
      if (over > this.#patience) {
        if (Atomics.load(words, slot) !== fingerprint) return AGAIN;
        this.#tell(over, ahead);
        return rateVerdicts.refused;
      }
      const moved = Atomics.compareExchange(words, at, time, (ticks + next) | 0) === time;
      if (Atomics.load(words, slot) !== fingerprint) {
        // What was counted belongs to another key now.
        if (moved) Atomics.sub(words, at, this.#cost);
        return AGAIN;
      }
      if (!moved) continue;
      this.#tell(over, next);
      return over > 0 ? rateVerdicts.delayed : rateVerdicts.admitted;
    }
  }

  #tell(over: number, ahead: number): void {
    this.waitMs = over > 0 ? over * this.#tick : 0;
    this.remaining = ahead >= this.#burst ? 0 : Math.floor((this.#burst - ahead) / this.#cost);
    this.resetMs = ahead * this.#tick;
  }
}
