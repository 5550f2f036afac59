/**
 * What stands in the place of hosts, addresses and people: `[HOST:02c1]`. The same value has the same token everywhere in a bundle,
 * two values never share one, and without the key of the bundle nobody gets back. Filled by the scrubber of one bundle.
 */
import { createHmac } from 'node:crypto';

export type TokenKind = 'IP4' | 'IP4p' | 'IP6' | 'IP6p' | 'HOST' | 'USER' | 'MAIL';

/** Hexadecimal digits of a token; more where two values would share one. */
const SHORTEST = 4;

export class Tokens {
  readonly #key: Buffer;
  readonly #byValue = new Map<string, string>();
  readonly #values = new Map<string, string>();

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** @param value As people would compare it: lower case for hosts and mail. */
  of(kind: TokenKind, value: string): string {
    const id = `${kind} ${value}`;
    const known = this.#byValue.get(id);
    if (known !== undefined) return known;
    const digest = createHmac('sha256', this.#key).update(id).digest('hex');
    let length = SHORTEST;
    while (this.#values.has(`[${kind}:${digest.slice(0, length)}]`) && length < digest.length) length += 2;
    const token = `[${kind}:${digest.slice(0, length)}]`;
    this.#byValue.set(id, token);
    this.#values.set(token, value);
    return token;
  }

  /** Token → value. */
  get map(): ReadonlyMap<string, string> {
    return this.#values;
  }

  /** How many of each kind. */
  counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const token of this.#values.keys()) {
      const kind = token.slice(1, token.indexOf(':'));
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  }
}
