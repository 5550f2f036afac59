/**
 * What has been counted of one subject since the last look: its cells, compared with what they held then. Asked by
 * `traffic.ts` each second. Where the coarse buckets and the status classes stand still, nothing else is read.
 */
import { type CellRef, type CellRegistry, durationBounds, histogramFields, targetFields } from '../../shared/cells.ts';
import { sketchBucket, sketchLength } from '../../shared/duration-sketch.ts';
import { outcomeFields } from '../../shared/outcome-counts.ts';
import { keys } from './keys.ts';

export interface SubjectCells {
  /** A histogram. */
  readonly durations: CellRef;
  /** `outcomeFields`; null for a target. */
  readonly outcomes: CellRef | null;
  /** `targetFields`; null for anything else. */
  readonly target: CellRef | null;
}

/** Takes what has changed: numbers of `keys.ts` in rising order. */
export type Change = (key: number, count: number) => void;

const COARSE = durationBounds.length + 1;
const { causes, classes, laneLength: outcomeLength } = outcomeFields;

/** For each coarse bucket the first and the last of the fine ones that it may share durations with. */
const fineOf = Array.from({ length: COARSE }, (_, coarse) => ({
  first: coarse === 0 ? 0 : sketchBucket(durationBounds[coarse - 1] as number),
  last: coarse === COARSE - 1 ? sketchLength - 1 : sketchBucket(durationBounds[coarse] as number),
}));

const sums = new Float64Array(Math.max(outcomeLength, sketchLength));

export class CellChanges {
  readonly #registry: CellRegistry;
  readonly #cells: SubjectCells;
  /** 32 bits of each count are enough to know by how much it has risen. */
  readonly #outcomes: Uint32Array | null;
  readonly #coarse = new Uint32Array(COARSE);
  readonly #fine = new Uint32Array(sketchLength);
  #bytesIn = 0;
  #bytesOut = 0;
  #tries = 0;
  #failedTries = 0;

  /** What the cells hold now is not news. */
  constructor(registry: CellRegistry, cells: SubjectCells) {
    this.#registry = registry;
    this.#cells = cells;
    this.#outcomes = cells.outcomes === null ? null : new Uint32Array(outcomeLength);
    this.collect(() => {});
  }

  /** Tells what is new, and remembers it. */
  collect(change: Change): void {
    const { outcomes, target, durations } = this.#cells;
    if (outcomes !== null) this.#collectOutcomes(outcomes, this.#outcomes as Uint32Array, change);
    if (target !== null) this.#collectTries(target, change);
    this.#collectDurations(durations, change);
  }

  #collectOutcomes(ref: CellRef, seen: Uint32Array, change: Change): void {
    this.#registry.sumRange(ref, classes, causes - classes, sums);
    let moved = false;
    for (let at = 0; at < causes - classes; at++) moved ||= (sums[at] as number) >>> 0 !== seen[classes + at];
    if (!moved) return;
    this.#registry.sumRange(ref, 0, outcomeLength, sums);
    const bytesIn = sums[outcomeFields.bytesIn] as number;
    const bytesOut = sums[outcomeFields.bytesOut] as number;
    if (bytesIn > this.#bytesIn) change(keys.bytesIn, bytesIn - this.#bytesIn);
    if (bytesOut > this.#bytesOut) change(keys.bytesOut, bytesOut - this.#bytesOut);
    this.#bytesIn = bytesIn;
    this.#bytesOut = bytesOut;
    for (let field: number = classes; field < outcomeLength; field++)
      tell(seen, field, sums[field] as number, field, change);
  }

  #collectTries(ref: CellRef, change: Change): void {
    const tries = this.#registry.sum(ref, targetFields.requests);
    const failed = this.#registry.sum(ref, targetFields.errors);
    if (tries > this.#tries) change(keys.tries, tries - this.#tries);
    if (failed > this.#failedTries) change(keys.failedTries, failed - this.#failedTries);
    this.#tries = tries;
    this.#failedTries = failed;
  }

  #collectDurations(ref: CellRef, change: Change): void {
    this.#registry.sumRange(ref, histogramFields.buckets, COARSE, sums);
    let moved = 0;
    for (let coarse = 0; coarse < COARSE; coarse++) {
      const now = (sums[coarse] as number) >>> 0;
      if (now !== this.#coarse[coarse]) moved |= 1 << coarse;
      this.#coarse[coarse] = now;
    }
    for (let coarse = 0, from = 0; coarse < COARSE; coarse++) {
      if ((moved & (1 << coarse)) === 0) continue;
      const { first, last } = fineOf[coarse] as (typeof fineOf)[number];
      const begin = Math.max(first, from);
      this.#registry.sumRange(ref, histogramFields.sketch + begin, last + 1 - begin, sums);
      for (let fine = begin; fine <= last; fine++) {
        tell(this.#fine, fine, sums[fine - begin] as number, keys.sketch + fine, change);
      }
      from = last + 1;
    }
  }
}

/** A count that has fallen is one that began again: how much of it is new cannot be known. */
function tell(seen: Uint32Array, at: number, now: number, key: number, change: Change): void {
  const risen = (now - (seen[at] as number)) >>> 0;
  if (risen === 0) return;
  seen[at] = now;
  if (risen < 0x8000_0000) change(key, risen);
}
