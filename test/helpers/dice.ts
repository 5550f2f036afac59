/** What makes disorder the same in every run of a seed, and bodies that tell whose they are. */
import assert from 'node:assert/strict';
import type { OriginConnection, OriginRequest } from './origin.ts';
import { chunked } from './raw-http.ts';

/** Numbers that are the same in every run of a seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 32 bits, as a number from 0. */
  word(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** An integer in [0, sides). */
  roll(sides: number): number {
    return this.word() % sides;
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

/** The bytes of a whole answer to a request, with this status line's end and body, framed in one of the ways. */
export function answerOf(dice: Dice, { method, target }: OriginRequest, status: string, body: string): string {
  const interim = dice.chance(10) ? 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' : '';
  const close = dice.chance(15) ? 'Connection: close\r\n' : '';
  const start = `${interim}HTTP/1.1 ${status}\r\nX-For: ${target}\r\n${close}`;
  if (dice.chance(50)) return `${start}Content-Length: ${body.length}\r\n\r\n${method === 'HEAD' ? '' : body}`;
  const framed = chunked([body.slice(0, 7), body.slice(7)], ...(dice.chance(30) ? ['X-T: 1'] : []));
  return `${start}Transfer-Encoding: chunked\r\n\r\n${method === 'HEAD' ? '' : framed}`;
}

/** Sends an answer in pieces, some of them in turns of the event loop of their own. */
export async function sendInPieces(dice: Dice, connection: OriginConnection, bytes: string): Promise<void> {
  for (const piece of dice.pieces(bytes)) {
    connection.send(piece);
    if (dice.chance(20)) await turn();
  }
}
