/**
 * What happened in one stretch of time, for every subject: a list of keys and counts, sparse, in a few typed arrays however
 * many subjects there are. Built by `traffic.ts` each second and by `slots.ts` when seconds become tens; never changed.
 */

export interface Slot {
  /** How long the stretch really was. */
  readonly coveredMs: number;
  /** Where the entries of each subject begin and end; a subject with a higher number has none. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Numbers of `keys.ts`; several entries of one key add up. */
  readonly keys: Uint16Array;
  readonly counts: Uint32Array;
}

const MOST = 0xffff_ffff;

/** Fills one slot after the other with the same working memory. */
export class SlotBuilder {
  #starts = new Uint32Array(64);
  #ends = new Uint32Array(64);
  #keys = new Uint16Array(1024);
  #counts = new Uint32Array(1024);
  #subjects = 0;
  #subject = 0;
  #length = 0;

  /** What is added from now on is of `subject`; once a slot for each. */
  begin(subject: number): void {
    while (subject >= this.#starts.length) {
      this.#starts = grown(this.#starts);
      this.#ends = grown(this.#ends);
    }
    this.#subject = subject;
    this.#subjects = Math.max(this.#subjects, subject + 1);
    this.#starts[subject] = this.#length;
    this.#ends[subject] = this.#length;
  }

  add(key: number, count: number): void {
    for (let left = count; left > 0; left -= MOST) {
      if (this.#length === this.#keys.length) {
        this.#keys = grown(this.#keys);
        this.#counts = grown(this.#counts);
      }
      this.#keys[this.#length] = key;
      this.#counts[this.#length] = Math.min(left, MOST);
      this.#length++;
    }
    this.#ends[this.#subject] = this.#length;
  }

  /** Ends the slot and makes room for the next. */
  build(coveredMs: number): Slot {
    const slot = {
      coveredMs,
      starts: this.#starts.slice(0, this.#subjects),
      ends: this.#ends.slice(0, this.#subjects),
      keys: this.#keys.slice(0, this.#length),
      counts: this.#counts.slice(0, this.#length),
    };
    this.#starts.fill(0, 0, this.#subjects);
    this.#ends.fill(0, 0, this.#subjects);
    this.#subjects = 0;
    this.#length = 0;
    return slot;
  }
}

/** Adds what a slot has of a subject to one count for each key. */
export function gather(slot: Slot, subject: number, into: Float64Array): void {
  if (subject >= slot.starts.length) return;
  const end = slot.ends[subject] as number;
  for (let at = slot.starts[subject] as number; at < end; at++) {
    const key = slot.keys[at] as number;
    into[key] = (into[key] as number) + (slot.counts[at] as number);
  }
}

function grown<T extends Uint16Array | Uint32Array>(array: T): T {
  const larger = array instanceof Uint16Array ? new Uint16Array(array.length * 2) : new Uint32Array(array.length * 2);
  larger.set(array);
  return larger as T;
}
