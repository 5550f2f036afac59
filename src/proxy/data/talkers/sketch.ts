/**
 * Counts of the heaviest keys of a stream in bounded memory: the space-saving sketch (Metwally, Agrawal, El Abbadi 2005). A
 * key that finds no room takes the place of the lightest and begins at its count, so a count is never too low and is too
 * high by `over` at most. Filled by `windows.ts`; knows nothing of requests.
 */

/** Characters of a key that are kept. */
export const longestKey = 160;

export class Sketch {
  readonly #capacity: number;
  readonly #places = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #counts: Float64Array;
  /** What of a count may be another key's. */
  readonly #over: Float64Array;
  readonly #errors: Float64Array;
  readonly #clientErrors: Float64Array;
  readonly #bytes: Float64Array;
  /** No count is less, and where the next walk for the least begins. */
  #floor = 0;
  #hand = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#counts = new Float64Array(capacity);
    this.#over = new Float64Array(capacity);
    this.#errors = new Float64Array(capacity);
    this.#clientErrors = new Float64Array(capacity);
    this.#bytes = new Float64Array(capacity);
  }

  get size(): number {
    return this.#keys.length;
  }

  /** No key that is not held was counted more often. */
  get unlisted(): number {
    return this.#keys.length < this.#capacity ? 0 : (this.#counts[this.#lightest()] as number);
  }

  /** Counts `weight` requests for the key; `errors`, `clientErrors` and `bytes` are those of one of them. */
  add(key: string, weight: number, errors: number, clientErrors: number, bytes: number): void {
    const cut = key.length > longestKey ? `${key.slice(0, longestKey - 1)}…` : key;
    const place = this.#places.get(cut) ?? this.#settle(cut);
    this.#counts[place] = (this.#counts[place] as number) + weight;
    this.#errors[place] = (this.#errors[place] as number) + errors * weight;
    this.#clientErrors[place] = (this.#clientErrors[place] as number) + clientErrors * weight;
    this.#bytes[place] = (this.#bytes[place] as number) + bytes * weight;
  }

  /** The place of a key that has none yet. */
  #settle(key: string): number {
    // Written anew: a slice, which only a longer text is, would keep the whole head that it was cut from.
    const own = key.length > 12 ? Buffer.from(key).toString() : key;
    const place = this.#keys.length < this.#capacity ? this.#keys.length : this.#lightest();
    const former = this.#keys[place];
    const count = former === undefined ? 0 : (this.#counts[place] as number);
    if (former !== undefined) this.#places.delete(former);
    this.#keys[place] = own;
    this.#places.set(own, place);
    this.#counts[place] = count;
    this.#over[place] = count;
    this.#errors[place] = 0;
    this.#clientErrors[place] = 0;
    this.#bytes[place] = 0;
    return place;
  }

  /**
   * A walk from where the last one ended, to the first count that is no more than the least one known. Counts only rise, so
   * what was the least stays a bound: most walks are a step long.
   */
  #lightest(): number {
    const counts = this.#counts;
    let least = Infinity;
    let lightest = 0;
    for (let step = 0, place = this.#hand; step < this.#capacity; step++) {
      const count = counts[place] as number;
      if (count <= this.#floor) {
        this.#hand = place;
        return place;
      }
      if (count < least) {
        least = count;
        lightest = place;
      }
      if (++place === this.#capacity) place = 0;
    }
    this.#floor = least;
    this.#hand = lightest;
    return lightest;
  }

  /** Shows every key that is held. */
  each(
    show: (key: string, count: number, over: number, errors: number, clientErrors: number, bytes: number) => void,
  ): void {
    this.#keys.forEach((key, place) => {
      show(
        key,
        this.#counts[place] as number,
        this.#over[place] as number,
        this.#errors[place] as number,
        this.#clientErrors[place] as number,
        this.#bytes[place] as number,
      );
    });
  }

  clear(): void {
    this.#places.clear();
    this.#keys.length = 0;
    this.#floor = 0;
    this.#hand = 0;
  }
}
