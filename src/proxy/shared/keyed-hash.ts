/**
 * HalfSipHash-1-3 of what a limit tells requests apart by: 64 bits under a secret, so that nobody can choose keys that fall
 * together. Fed by `proxy/data/rates/limiter.ts` for every limited request; allocates nothing.
 */
import { readAddress, words } from './address.ts';

/** One at a time: `start`, then what is hashed, then `end`; the result stands until the next `start`. */
export class KeyedHash {
  /** The two halves of the result, 32 bits each, signed. */
  high = 0;
  low = 0;
  #v0 = 0;
  #v1 = 0;
  #v2 = 0;
  #v3 = 0;

  /** @param key0 and `key1`: the secret, 32 bits each */
  start(key0: number, key1: number): void {
    this.#v0 = key0 | 0;
    this.#v1 = (key1 ^ 0xee) | 0;
    this.#v2 = (0x6c796765 ^ key0) | 0;
    this.#v3 = (0x74656462 ^ key1) | 0;
  }

  /** Takes 32 bits. */
  word(value: number): void {
    this.#v3 ^= value;
    this.#round();
    this.#v0 ^= value;
  }

  /** Takes a text of bytes (latin1) and its length, so that no two sequences of texts are the same. */
  text(text: string): void {
    const length = text.length;
    let at = 0;
    for (; at + 4 <= length; at += 4) {
      this.word(
        text.charCodeAt(at) |
          (text.charCodeAt(at + 1) << 8) |
          (text.charCodeAt(at + 2) << 16) |
          (text.charCodeAt(at + 3) << 24),
      );
    }
    let rest = 0;
    for (let shift = 0; at < length; at++, shift += 8) rest |= text.charCodeAt(at) << shift;
    this.word(rest);
    this.word(length);
  }

  /** Takes the client that an address stands for: all of IPv4, the /64 of IPv6. What is no address is taken as text. */
  client(address: string): void {
    const family = readAddress(address);
    this.word(family);
    if (family === 0) {
      this.text(address);
      return;
    }
    this.word((words[0] as number) | 0);
    if (family === 6) this.word((words[1] as number) | 0);
  }

  end(): void {
    this.#v2 ^= 0xee;
    this.#round();
    this.#round();
    this.#round();
    this.high = this.#v1 ^ this.#v3;
    this.#v1 ^= 0xdd;
    this.#round();
    this.#round();
    this.#round();
    this.low = this.#v1 ^ this.#v3;
  }

  #round(): void {
    let v0 = this.#v0;
    let v1 = this.#v1;
    let v2 = this.#v2;
    let v3 = this.#v3;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    this.#v0 = v0;
    this.#v1 = v1;
    this.#v2 = v2;
    this.#v3 = v3;
  }
}
