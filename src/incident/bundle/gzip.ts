/**
 * The gzip container (RFC 1952) of a bundle, put together from pieces that are compressed apart from each other, so that what
 * stands first can be made last and nothing but the compressed pieces has to be kept. Pure but for zlib.
 */
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';

const deflate = promisify(deflateRaw) as (content: Buffer, options: object) => Promise<Buffer>;

/** Neither name, time nor system: the same content gives the same bytes. */
const head = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** An empty block that says that it is the last. */
const last = Buffer.from([0x03, 0x00]);
const TRAILER = 8;

/** A stretch of the content. */
export interface Piece {
  /** Deflated, ending at a byte, without a last block. */
  readonly deflated: Buffer;
  readonly crc: number;
  /** Bytes of the content. */
  readonly size: number;
}

/** @param level 1 (quick) … 9 */
export async function pieceOf(content: Buffer, level: number): Promise<Piece> {
  const deflated = await deflate(content, { level, finishFlush: constants.Z_SYNC_FLUSH });
  return { deflated, crc: crc32(content), size: content.length };
}

/** Bytes of the file that `gzipOf` makes of pieces. */
export function gzipSize(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { deflated }) => sum + deflated.length, head.length + last.length + TRAILER);
}

/** The file, part by part. */
export function gzipOf(pieces: readonly Piece[]): readonly Buffer[] {
  let crc = 0;
  let size = 0;
  for (const piece of pieces) {
    crc = joinedCrc(crc, piece.crc, piece.size);
    size += piece.size;
  }
  const trailer = Buffer.alloc(TRAILER);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  return [head, ...pieces.map(({ deflated }) => deflated), last, trailer];
}

/**
 * The CRC-32 of two stretches, from those of each: the first is what it would be with as many zeros behind it as the second is
 * long. Adding a zero bit is a linear map over GF(2), a matrix of 32 columns; squaring it doubles the zeros.
 * @param length Bytes of the second.
 */
export function joinedCrc(first: number, second: number, length: number): number {
  let crc = first;
  let zeros = square(square(square(oneZeroBit)));
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) crc = times(zeros, crc);
    zeros = square(zeros);
  }
  return (crc ^ second) >>> 0;
}

/** Bits are kept reflected, as CRC-32 does. */
const oneZeroBit: readonly number[] = Array.from({ length: 32 }, (_, bit) => (bit === 0 ? 0xedb88320 : 2 ** (bit - 1)));

function times(matrix: readonly number[], vector: number): number {
  let sum = 0;
  for (let bit = 0; bit < 32; bit++) if ((vector >>> bit) & 1) sum ^= matrix[bit] as number;
  return sum >>> 0;
}

function square(matrix: readonly number[]): readonly number[] {
  return matrix.map((column) => times(matrix, column));
}
