/**
 * Puzzles and passes of the challenge: made, signed and checked without keeping anything. A puzzle is a text with the time
 * and the bits that it asks for, signed for the client's address prefix; who finds a number so that the SHA-256 of both
 * begins with so many zero bits gets a pass, which is signed for the same prefix until it expires.
 *
 * All checks are bounded in input and compare signatures in constant time.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readAddress, words } from '../../shared/address.ts';

/** How long a puzzle may be solved: a slow telephone needs less, and nobody can collect solutions for later. */
export const PUZZLE_LIFE_MS = 5 * 60_000;
/** Clocks of several daemons that share a key may differ by this. */
const SKEW_MS = 60_000;
/** Longest puzzle, solution and pass that is looked at. */
const MAX_TEXT = 128;
/** Verified passes that are remembered: a signature costs more than everything else that is done for a request. */
const REMEMBERED = 4096;

const puzzleForm = /^1\.([0-9a-z]{1,9})\.(\d{1,2})\.([0-9a-f]{16})\.([A-Za-z0-9_-]{43})$/;
const counterForm = /^\d{1,15}$/;
const passForm = /^1\.([0-9a-z]{1,9})\.([A-Za-z0-9_-]{43})$/;

export type Solution = 'solved' | 'wrong';

export class Passes {
  readonly #key: Uint8Array;
  /** Pass and prefix → when it expires, wall ms. Good ones only, so that made-up ones displace nothing. */
  readonly #good = new Map<string, number>();

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /**
   * A puzzle for a client.
   * @param salt 16 hex digits that are not foreseen, so that no work can be done in advance or for two at once
   */
  puzzle(prefix: string, wallMs: number, bits: number, salt: string): string {
    const facts = `1.${seconds(wallMs)}.${bits}.${salt}`;
    return `${facts}.${this.#sign(`puzzle ${facts} ${prefix}`)}`;
  }

  /** Whether `counter` solves a puzzle that was given to this prefix, not too long ago. */
  judge(puzzle: string, counter: string, prefix: string, wallMs: number): Solution {
    if (puzzle.length > MAX_TEXT || !counterForm.test(counter)) return 'wrong';
    const found = puzzleForm.exec(puzzle);
    if (found === null) return 'wrong';
    const [, time = '', bits = '', salt = '', signature = ''] = found;
    const age = wallMs - Number.parseInt(time, 36) * 1000;
    if (age > PUZZLE_LIFE_MS || age < -SKEW_MS) return 'wrong';
    if (!this.#isSigned(`puzzle 1.${time}.${bits}.${salt} ${prefix}`, signature)) return 'wrong';
    return zeroBits(`${puzzle}:${counter}`) >= Number(bits) ? 'solved' : 'wrong';
  }

  /** A pass for this prefix until `expiresMs` of the wall clock, rounded up to a second. */
  pass(prefix: string, expiresMs: number): string {
    const time = seconds(expiresMs + 999);
    return `1.${time}.${this.#sign(`pass ${time} ${prefix}`)}`;
  }

  /** Whether this is a pass for the prefix and still good. */
  accepts(pass: string, prefix: string, wallMs: number): boolean {
    if (pass.length > MAX_TEXT) return false;
    const name = `${pass} ${prefix}`;
    const known = this.#good.get(name);
    if (known !== undefined) return wallMs < known;
    const found = passForm.exec(pass);
    if (found === null) return false;
    const [, time = '', signature = ''] = found;
    const expiresMs = Number.parseInt(time, 36) * 1000;
    if (wallMs >= expiresMs || !this.#isSigned(`pass ${time} ${prefix}`, signature)) return false;
    if (this.#good.size >= REMEMBERED) this.#good.clear();
    this.#good.set(name, expiresMs);
    return true;
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }

  #isSigned(text: string, signature: string): boolean {
    const own = createHmac('sha256', this.#key).update(text).digest();
    const given = Buffer.from(signature, 'base64url');
    return given.length === own.length && timingSafeEqual(own, given);
  }
}

/**
 * What passes are bound to: the /24 of an IPv4 address, the /56 of an IPv6 one. Wide enough for a client whose address
 * changes inside its network, narrow enough that a pass is of no use to another customer of the same provider.
 */
export function addressPrefix(address: string): string {
  const family = readAddress(address);
  if (family === 0) return 'local';
  const first = words[0] as number;
  if (family === 4) return `4:${(first >>> 8).toString(16)}`;
  return `6:${first.toString(16)}:${((words[1] as number) >>> 8).toString(16)}`;
}

/** Leading zero bits of the SHA-256 of a text, 32 at most. */
function zeroBits(text: string): number {
  return Math.clz32(createHash('sha256').update(text).digest().readUInt32BE(0));
}

function seconds(wallMs: number): string {
  return Math.floor(wallMs / 1000).toString(36);
}
