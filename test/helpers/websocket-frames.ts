/** Frames of WebSockets as RFC 6455 §5.2 writes them, in every form that a length may have. Random, of a seed. */
import { pick } from './address-maker.ts';
import type { Dice } from './dice.ts';

export interface SocketFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly payload: Buffer;
}

const shortest = (length: number): 0 | 2 | 8 => (length > 65_535 ? 8 : length > 125 ? 2 : 0);

/** The bytes of a frame. @param form Bytes of its extended length. */
export function frameBytes(
  { opcode, fin, payload }: SocketFrame,
  mask: Buffer | null,
  form = shortest(payload.length),
  reserved = 0,
): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(2 + form);
  header[0] = (fin ? 0x80 : 0) | reserved | opcode;
  header[1] = (mask === null ? 0 : 0x80) | (form === 8 ? 127 : form === 2 ? 126 : length);
  if (form === 2) header.writeUInt16BE(length, 2);
  if (form === 8) header.writeBigUInt64BE(BigInt(length), 2);
  if (mask === null) return Buffer.concat([header, payload]);
  return Buffer.concat([header, mask, payload.map((byte, at) => byte ^ (mask[at % 4] as number))]);
}

/** Four bytes to mask with. */
export function anyMask(dice: Dice): Buffer {
  return Buffer.from(Array.from({ length: 4 }, () => dice.roll(256)));
}

/** A form that the length fits, not always the shortest. */
export function anyForm(dice: Dice, length: number): 0 | 2 | 8 {
  const least = shortest(length);
  if (dice.chance(20)) return 8;
  return least === 0 && dice.chance(20) ? 2 : least;
}

/** Lengths at the edges of their forms, and others. */
export function anyLength(dice: Dice): number {
  return pick(dice, [0, 1, dice.roll(126), 126, 65_535, 65_536, dice.roll(3000)]);
}

/** Cuts that fall everywhere in `total` bytes, many of them near `ends`. */
export function cutsNear(dice: Dice, total: number, ends: readonly number[]): number[] {
  const near = ends.flatMap((end) => (dice.chance(50) ? [end + dice.roll(16) - 2] : []));
  const anywhere = Array.from({ length: dice.roll(8) }, () => dice.roll(total));
  return [...new Set([...near, ...anywhere])].filter((at) => at > 0 && at < total).sort((a, b) => a - b);
}
