/** Identifiers for requests, from a pool of random hex that is refilled in bulk: one call to the generator serves a hundred. */

const POOL_BYTES = 4096;

export class TraceIds {
  readonly #randomHex: (bytes: number) => string;
  #pool = '';
  #at = 0;

  /** @param randomHex Gives that many random bytes as lower-case hex. */
  constructor(randomHex: (bytes: number) => string) {
    this.#randomHex = randomHex;
  }

  /** 24 hex digits. */
  correlationId(): string {
    return this.#take(24);
  }

  /** 32 hex digits, never all zero in practice (W3C Trace Context). */
  traceId(): string {
    return this.#take(32);
  }

  /** 16 hex digits. */
  spanId(): string {
    return this.#take(16);
  }

  #take(digits: number): string {
    if (this.#at + digits > this.#pool.length) {
      this.#pool = this.#randomHex(POOL_BYTES);
      this.#at = 0;
    }
    const id = this.#pool.substring(this.#at, this.#at + digits);
    this.#at += digits;
    return id;
  }
}
