/**
 * Sketches of the last five minutes in slots of 20 s, of which those within a window are put together when somebody asks.
 * One per worker; `talkers.ts` fills it. Its memory is bounded by the slots, the sketches of each and the length of keys.
 */
import { distinctRegisters, mergedRegisters, noteKey } from '../../shared/distinct.ts';
import { compareTalkers, longestTalkerWindowMs, mostTalkers, type TalkersSeen } from '../../shared/talkers.ts';
import { longestKey, Sketch } from './sketch.ts';

const SLOT_MS = 20_000;
/** One more than the longest window has: the oldest is written over while the others are whole. */
const slotCount = longestTalkerWindowMs / SLOT_MS + 1;
/** Keys of a sketch: no count of a slot is too high by more than 1/256 of its requests. */
export const sketchKeys = 256;

interface Slot {
  /** Which 20 s since the clock began. */
  number: number;
  requests: number;
  /** Most requests that one stood for. */
  stride: number;
  readonly sketches: readonly Sketch[];
  /** Which keys there were at all; one for each sketch. */
  readonly distinct: readonly Uint8Array[];
}

interface Sum {
  /** In the slots that hold the key: its counts, what of them may be others', and how much of `unlisted` they account for. */
  count: number;
  over: number;
  listed: number;
  errors: number;
  clientErrors: number;
  bytes: number;
}

export class TalkerWindows {
  readonly #sorts: number;
  readonly #begunAt: number;
  readonly #slots: (Slot | undefined)[] = Array.from({ length: slotCount });

  /** @param sorts how many sketches each slot has */
  constructor(sorts: number, now: number) {
    this.#sorts = sorts;
    this.#begunAt = now;
  }

  /** Keys that are held, over all slots. */
  get size(): number {
    return this.#slots.reduce((sum, slot) => sum + (slot?.sketches ?? []).reduce((all, { size }) => all + size, 0), 0);
  }

  /** Counts for one key of each sort; `weight` is how many requests this one stands for. */
  add(now: number, keys: readonly string[], weight: number, errors: number, clientErrors: number, bytes: number): void {
    const { sketches, distinct } = this.#slotAt(now, weight);
    for (let sort = 0; sort < keys.length; sort++) {
      const key = keys[sort] as string;
      sketches[sort]?.add(key, weight, errors, clientErrors, bytes);
      noteKey(distinct[sort] as Uint8Array, key.length > longestKey ? key.slice(0, longestKey) : key);
    }
  }

  /** The slot of now, after counting `weight` requests. */
  #slotAt(now: number, weight: number): Slot {
    const number = Math.floor(now / SLOT_MS);
    const place = number % slotCount;
    let slot = this.#slots[place];
    if (slot === undefined) {
      const sketches = Array.from({ length: this.#sorts }, () => new Sketch(sketchKeys));
      const distinct = sketches.map(() => new Uint8Array(distinctRegisters));
      slot = { number, requests: 0, stride: 1, sketches, distinct };
      this.#slots[place] = slot;
    } else if (slot.number !== number) {
      slot.number = number;
      slot.requests = 0;
      slot.stride = 1;
      for (const sketch of slot.sketches) sketch.clear();
      for (const registers of slot.distinct) registers.fill(0);
    }
    slot.requests += weight;
    if (weight > slot.stride) slot.stride = weight;
    return slot;
  }

  /** What was seen in the last `windowMs`, in whole slots: nothing older, and up to 20 s less. */
  seen(sort: number, windowMs: number, now: number): TalkersSeen {
    const oldest = Math.ceil((now - windowMs) / SLOT_MS);
    const sums = new Map<string, Sum>();
    const oldestKept = Math.ceil((now - longestTalkerWindowMs) / SLOT_MS);
    const within: Uint8Array[] = [];
    const before: Uint8Array[] = [];
    let [requests, stride, unlisted] = [0, 1, 0];
    for (const slot of this.#slots) {
      if (slot === undefined || slot.number < oldestKept || slot.number * SLOT_MS > now) continue;
      (slot.number < oldest ? before : within).push(slot.distinct[sort] as Uint8Array);
      if (slot.number < oldest) continue;
      const sketch = slot.sketches[sort];
      if (sketch === undefined) continue;
      requests += slot.requests;
      stride = Math.max(stride, slot.stride);
      const floor = sketch.unlisted;
      unlisted += floor;
      sketch.each((key, count, over, errors, clientErrors, bytes) => {
        let sum = sums.get(key);
        if (sum === undefined) sums.set(key, (sum = newSum()));
        sum.count += count;
        sum.over += over;
        sum.listed += floor;
        sum.errors += errors;
        sum.clientErrors += clientErrors;
        sum.bytes += bytes;
      });
    }
    const all = [...sums].map(([key, { count, over, listed, errors, clientErrors, bytes }]) => ({
      key,
      least: count - over,
      most: count + unlisted - listed,
      errors,
      clientErrors,
      bytesOut: bytes,
    }));
    all.sort(compareTalkers);
    const talkers = all.slice(0, mostTalkers);
    return {
      coveredMs: Math.max(0, now - Math.max(oldest * SLOT_MS, this.#begunAt)),
      requests,
      stride,
      unlisted: all.slice(mostTalkers).reduce((most, talker) => Math.max(most, talker.most), unlisted),
      talkers,
      distinct: mergedRegisters(within),
      distinctBefore: mergedRegisters(before),
      beforeMs: Math.max(0, oldest * SLOT_MS - Math.max(oldestKept * SLOT_MS, this.#begunAt)),
    };
  }
}

function newSum(): Sum {
  return { count: 0, over: 0, listed: 0, errors: 0, clientErrors: 0, bytes: 0 };
}
