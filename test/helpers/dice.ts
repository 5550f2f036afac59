/** What makes disorder the same in every run of a seed, and bodies that tell whose they are. */
import assert from 'node:assert/strict';

/** Numbers that are the same in every run of a seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** An integer in [0, sides). */
  roll(sides: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  }

  chance(percent: number): boolean {
    return this.roll(100) < percent;
  }

  /** `bytes` in pieces. */
  pieces(bytes: string): string[] {
    const most = [10_000_000, 10_000_000, 3000, 200][this.roll(4)] ?? 1;
    const cut: string[] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = 1 + this.roll(most);
      cut.push(bytes.slice(at, at + size));
      at += size;
    }
    return cut;
  }
}

/** One turn of the event loop. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A body that is its owner's in every byte. */
export const bodyFor = (target: string, size: number) => `${size}:${`${target} `.repeat(size / target.length)}`;

export function assertBodyOf(target: string, body: string): void {
  assert.ok(
    body === bodyFor(target, Number.parseInt(body, 10)),
    `the body of ${target} is another's: ${body.slice(0, 60)}`,
  );
}
