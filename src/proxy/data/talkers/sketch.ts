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
    // Written anew: a slice would keep the whole head that it was cut from.
    const own = Buffer.from(key).toString();
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

  /** A walk over 256 numbers: less than what a heap costs each time that a known key is counted. */
  #lightest(): number {
    const counts = this.#counts;
    let lightest = 0;
    let least = counts[0] as number;
    for (let place = 1; place < this.#capacity; place++) {
      const count = counts[place] as number;
      if (count < least) {
        least = count;
        lightest = place;
      }
    }
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
  }
}
