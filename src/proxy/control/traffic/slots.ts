/**
 * The last five minutes in slots: seconds for the last ten to twenty, tens before. Windows are read from it. Filled by
 * `traffic.ts`; knows subjects by number only.
 */
import { keys } from './keys.ts';
import { gather, type Slot, SlotBuilder } from './slot.ts';

/** Seconds that become one slot, of which as many more stay single. */
const JOINED = 10;
/** Slots of ten seconds that five minutes need besides the single ones. */
const TENS = 30;

/** The longest window, and some seconds: what has happened longer ago is in no slot. */
export const SLOTS_KEPT_MS = 330_000;

export class Slots {
  readonly #seconds: Slot[] = [];
  readonly #tens: Slot[] = [];
  /** All of them, the newest first. */
  #newest: readonly Slot[] = [];
  readonly #builder = new SlotBuilder();
  readonly #sums = new Float64Array(keys.length);

  /** How much of the newest time is in slots of a second. */
  get singleMs(): number {
    return this.#seconds.reduce((sum, { coveredMs }) => sum + coveredMs, 0);
  }

  /** Adds the newest second. Returns the slot of ten that older ones have become, if so many have come together. */
  push(second: Slot): Slot | null {
    this.#seconds.push(second);
    const ten = this.#seconds.length < 2 * JOINED ? null : this.#join(this.#seconds.splice(0, JOINED));
    if (ten !== null) this.#tens.push(ten);
    if (this.#tens.length > TENS) this.#tens.shift();
    this.#newest = [...this.#tens, ...this.#seconds].reverse();
    return ten;
  }

  /**
   * Adds what happened to `subject` between two windows, of `fromMs` and `toMs` ago, to `into`: whole slots, so that a window
   * is up to five seconds longer or shorter than it is called. Returns the time that lies between.
   */
  gather(subject: number, fromMs: number, toMs: number, into: Float64Array): number {
    let covered = 0;
    let added = 0;
    for (const slot of this.#newest) {
      const middle = covered + slot.coveredMs / 2;
      // The newest one is in every window, however long its stretch was.
      if (middle > toMs && covered > 0) break;
      if (middle > fromMs && (covered > 0 || fromMs === 0)) {
        gather(slot, subject, into);
        added += slot.coveredMs;
      }
      covered += slot.coveredMs;
    }
    return added;
  }

  #join(slots: readonly Slot[]): Slot {
    const sums = this.#sums;
    const subjects = Math.max(...slots.map(({ starts }) => starts.length));
    for (let subject = 0; subject < subjects; subject++) {
      if (slots.every(({ starts, ends }) => starts[subject] === ends[subject])) continue;
      sums.fill(0);
      for (const slot of slots) gather(slot, subject, sums);
      this.#builder.begin(subject);
      for (let key = 0; key < sums.length; key++) {
        const count = sums[key] as number;
        if (count !== 0) this.#builder.add(key, count);
      }
    }
    return this.#builder.build(slots.reduce((sum, { coveredMs }) => sum + coveredMs, 0));
  }
}
