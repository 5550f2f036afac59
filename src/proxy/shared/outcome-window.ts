/**
 * The last N outcomes of a target's requests, over all workers, for passive health. A ring of one word an outcome, written
 * by atomic exchange, so that the number of failures in it is exact whoever writes. Workers record; the main thread clears.
 */
import type { Cell } from './cells.ts';

/** Shared words before the ring. */
const fields = { seen: 0, failures: 1, reported: 2, ring: 3 } as const;
const none = 0;
const success = 1;
const failure = 2;

/** Shared words of a window of `size` outcomes. */
export function windowWords(size: number): number {
  return fields.ring + size;
}

/**
 * Adds an outcome. True once, when the window is full and at least `rate` percent of it are failures; then not again until
 * it was cleared.
 */
export function recordOutcome(cell: Cell, failed: boolean, rate: number): boolean {
  const words = cell.shared;
  const size = words.length - fields.ring;
  const turn = Atomics.add(words, fields.seen, 1) >>> 0;
  const now = failed ? failure : success;
  const before = Atomics.exchange(words, fields.ring + (turn % size), now);
  if (failed && before !== failure) Atomics.add(words, fields.failures, 1);
  else if (!failed && before === failure) Atomics.sub(words, fields.failures, 1);
  if (!failed || turn + 1 < size) return false;
  if (Atomics.load(words, fields.failures) * 100 < rate * size) return false;
  return Atomics.compareExchange(words, fields.reported, 0, 1) === 0;
}

/** How many outcomes the window holds, and how many of them are failures. */
export function readWindow(cell: Cell): { readonly requests: number; readonly failures: number } {
  const size = cell.shared.length - fields.ring;
  const requests = Math.min(size, Atomics.load(cell.shared, fields.seen) >>> 0);
  return { requests, failures: Math.max(0, Atomics.load(cell.shared, fields.failures)) };
}

/** Forgets everything: a target that comes back is judged by what it does from then on. */
export function clearWindow(cell: Cell): void {
  for (let at = fields.ring; at < cell.shared.length; at++) {
    if (Atomics.exchange(cell.shared, at, none) === failure) Atomics.sub(cell.shared, fields.failures, 1);
  }
  Atomics.store(cell.shared, fields.seen, 0);
  Atomics.store(cell.shared, fields.reported, 0);
}
