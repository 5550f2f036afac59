/**
 * The last N outcomes of a target's requests, over all workers, for passive health. A ring of one word an outcome, written
 * by atomic exchange: who takes an outcome's place accounts for it, so the counts are exact whoever writes. Workers record;
 * the main thread clears.
 */
import type { Cell } from './cells.ts';

/** Shared words before the ring. `report`: the round, which each clearing begins anew, and the turn that was told of, if any. */
const fields = { turn: 0, filled: 1, failures: 2, report: 3, ring: 4 } as const;
const ROUND_SHIFT = 24;
const TOLD = 1 << 23;
const TURN_MASK = TOLD - 1;
const none = 0;
const success = 1;
const failure = 2;

/** Shared words of a window of `size` outcomes. */
export function windowWords(size: number): number {
  return fields.ring + size;
}

/**
 * Adds an outcome. True once, when the window is full and at least `rate` percent of it are failures; then not again until
 * it was cleared, or has filled anew: what was told may have been lost with its worker.
 */
export function recordOutcome(cell: Cell, failed: boolean, rate: number): boolean {
  const words = cell.shared;
  const size = words.length - fields.ring;
  const report = Atomics.load(words, fields.report);
  const turn = Atomics.add(words, fields.turn, 1) >>> 0;
  const before = Atomics.exchange(words, fields.ring + (turn % size), failed ? failure : success);
  if (failed && before !== failure) Atomics.add(words, fields.failures, 1);
  else if (!failed && before === failure) Atomics.sub(words, fields.failures, 1);
  const filled = before === none ? Atomics.add(words, fields.filled, 1) + 1 : size;
  // Only a failure, or the outcome that fills the window, can bring it to the mark.
  if (!failed && before !== none) return false;
  if (filled < size || Atomics.load(words, fields.filled) < size) return false;
  if (Atomics.load(words, fields.failures) * 100 < rate * size) return false;
  if ((report & TOLD) !== 0 && ((turn - report) & TURN_MASK) < size) return false;
  const next = ((report >>> ROUND_SHIFT) << ROUND_SHIFT) | TOLD | (turn & TURN_MASK);
  return Atomics.compareExchange(words, fields.report, report, next) === report;
}

/** How many outcomes the window holds, and how many of them are failures. */
export function readWindow(cell: Cell): { readonly requests: number; readonly failures: number } {
  const size = cell.shared.length - fields.ring;
  const requests = Math.min(size, Math.max(0, Atomics.load(cell.shared, fields.filled)));
  return { requests, failures: Math.min(requests, Math.max(0, Atomics.load(cell.shared, fields.failures))) };
}

/** Forgets everything: a target that comes back is judged by what it does from then on. */
export function clearWindow(cell: Cell): void {
  const words = cell.shared;
  for (let at = fields.ring; at < words.length; at++) {
    const before = Atomics.exchange(words, at, none);
    if (before !== none) Atomics.sub(words, fields.filled, 1);
    if (before === failure) Atomics.sub(words, fields.failures, 1);
  }
  // Who judged by what is gone now finds another round, and says nothing.
  const round = Atomics.load(words, fields.report) >>> ROUND_SHIFT;
  Atomics.store(words, fields.report, (round + 1) << ROUND_SHIFT);
}
