/**
 * Pieces of log lines that come again from line to line, kept ready by `access-line.ts`: a line is cheap when it is made
 * of few and long ones. Bounded in number and in bytes, whatever clients send; knows no field.
 */

const PIECES = 2000;
/** Pieces around what clients send: so many places, none for a longer value. Powers of two. */
const PLACES = 512;
const MAX_VALUE = 256;

/** Pieces by what of the configuration, or of a small set of values, they are made of; forgotten when they become many, as after many reloads. */
export class KnownPieces<K> {
  readonly #make: (key: K) => string;
  readonly #known = new Map<K, string>();

  constructor(make: (key: K) => string) {
    this.#make = make;
  }

  of(key: K): string {
    return this.#known.get(key) ?? this.#keep(key);
  }

  #keep(key: K): string {
    if (this.#known.size >= PIECES) this.#known.clear();
    const piece = this.#make(key);
    this.#known.set(key, piece);
    return piece;
  }
}

/** Pieces made of two such things. */
export class KnownPairs<K> {
  readonly #make: (first: string, second: K) => string;
  readonly #known = new Map<string, Map<K, string>>();
  #count = 0;

  constructor(make: (first: string, second: K) => string) {
    this.#make = make;
  }

  of(first: string, second: K): string {
    return this.#known.get(first)?.get(second) ?? this.#keep(first, second);
  }

  #keep(first: string, second: K): string {
    if (++this.#count > PIECES) {
      this.#known.clear();
      this.#count = 1;
    }
    const inner = this.#known.get(first) ?? new Map<K, string>();
    const piece = this.#make(first, second);
    this.#known.set(first, inner.set(second, piece));
    return piece;
  }
}

/**
 * What clients send, quoted, between two fixed texts. Each value has one place, which the next with the same place takes:
 * nobody can make it grow. Only what needs no escape is kept, so that a kept piece can be told by the value inside it,
 * and no value (which would hold on to the head that it was cut out of) has to be kept beside it.
 */
export class QuotedPieces {
  readonly #before: string;
  readonly #after: string;
  readonly #extra: number;
  readonly #quote: (value: string) => string;
  readonly #kept = Array.from({ length: PLACES }, () => '');

  constructor(before: string, after: string, quote: (value: string) => string) {
    this.#before = before;
    this.#after = after;
    this.#extra = before.length + after.length + 2;
    this.#quote = quote;
  }

  of(value: string): string {
    const { length } = value;
    const place =
      (length * 31 + value.charCodeAt(length - 1) * 7 + value.charCodeAt(length >> 1) + value.charCodeAt(length >> 2)) &
      (PLACES - 1);
    const kept = this.#kept[place] as string;
    if (kept.length === length + this.#extra && kept.startsWith(value, this.#before.length + 1)) return kept;
    const quoted = this.#quote(value);
    const piece = `${this.#before}${quoted}${this.#after}`;
    if (length <= MAX_VALUE && quoted.length === length + 2 && plain.test(value)) this.#kept[place] = flat(piece);
    return piece;
  }
}

const plain = /^[ -~]*$/;

/** The same text in one run of memory, apart from the texts that it was put together from. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
