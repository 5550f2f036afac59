/**
 * How many different keys there were, in a kilobyte: HyperLogLog (Flajolet and others 2007) over 32-bit hashes, small numbers by linear
 * counting. Workers fill registers, the main thread puts them together. An estimate for people: whoever knows this source can choose
 * keys that fall together, and then looks like fewer.
 */
import { KeyedHash } from './keyed-hash.ts';

/** The standard error is 1.04 / √1024 = 3.25 %. */
export const distinctRegisters = 1024;
const INDEX_BITS = 10;
const VALUE_BITS = 32 - INDEX_BITS;
/** Correction of the raw estimate for so many registers. */
const ALPHA = 0.7213 / (1 + 1.079 / distinctRegisters);

const hash = new KeyedHash();

/** The same in every worker, or their registers could not be put together. */
const KEYS = [0x5e47_1a2d, 0x0d15_7c43] as const;

export function noteKey(registers: Uint8Array, key: string): void {
  hash.start(...KEYS);
  hash.text(key);
  hash.end();
  const place = hash.high >>> VALUE_BITS;
  // The position of the first bit that is set, among those that did not choose the place.
  const rank = Math.min(VALUE_BITS, Math.clz32((hash.low << INDEX_BITS) >>> 0)) + 1;
  if (rank > (registers[place] as number)) registers[place] = rank;
}

/** What was seen by any of them. */
export function mergedRegisters(all: readonly Uint8Array[]): Uint8Array {
  const merged = new Uint8Array(distinctRegisters);
  for (const registers of all) {
    for (let place = 0; place < distinctRegisters; place++) {
      merged[place] = Math.max(merged[place] as number, registers[place] as number);
    }
  }
  return merged;
}

/** How many different keys were noted. */
export function distinctKeys(registers: Uint8Array): number {
  let sum = 0;
  let empty = 0;
  for (const rank of registers) {
    sum += 2 ** -rank;
    if (rank === 0) empty++;
  }
  const raw = (ALPHA * distinctRegisters ** 2) / sum;
  const few = raw <= 2.5 * distinctRegisters && empty > 0;
  return Math.round(few ? distinctRegisters * Math.log(distinctRegisters / empty) : raw);
}
