/**
 * One stream of bytes put to the parsers and to Node: whatever way it is cut, it must read the same, and where it reads
 * otherwise than with llhttp, a known difference must explain that. Shared by the differential test and the fuzz target.
 */
import { compare } from './comparison.ts';
import { explain, type KnownDifference } from './known-differences.ts';
import { bytes, readPieces } from './message-reader.ts';
import { readRequestsWithNode, readResponseWithNode } from './node-reader.ts';

export interface Trial {
  readonly text: string;
  /** The method that the response answers; null when the stream holds requests. */
  readonly answering: string | null;
}

/** What is wrong with how the parsers read `trial` cut at each boundary and byte by byte; null when nothing is. */
export function splitComplaint({ text, answering }: Trial): string | null {
  const buf = bytes(text);
  const whole = JSON.stringify(readPieces(answering, [buf]));
  for (let at = 1; at < buf.length; at++) {
    const cut = JSON.stringify(readPieces(answering, [buf.subarray(0, at), buf.subarray(at)]));
    if (cut !== whole) return `cut at ${at}, ${JSON.stringify(text)} reads as ${cut}, whole as ${whole}`;
  }
  const singly = JSON.stringify(
    readPieces(
      answering,
      Array.from(buf, (byte) => Buffer.of(byte)),
    ),
  );
  return singly === whole ? null : `byte by byte, ${JSON.stringify(text)} reads as ${singly}, whole as ${whole}`;
}

/** What is wrong with how the parsers read `trial` cut at all of `cuts`; null when nothing is. */
export function cutComplaint({ text, answering }: Trial, cuts: readonly number[]): string | null {
  const buf = bytes(text);
  const whole = JSON.stringify(readPieces(answering, [buf]));
  const cut = JSON.stringify(readPieces(answering, cutAt(buf, cuts)));
  return cut === whole ? null : `cut at ${cuts.join(' ')}, ${JSON.stringify(text)} reads as ${cut}, whole as ${whole}`;
}

export interface Comparison {
  readonly complaint: string | null;
  readonly explanation: KnownDifference | null;
}

/** Compares the parsers with Node, which gets the bytes cut at `cuts`. */
export async function compareWithNode({ text, answering }: Trial, cuts: readonly number[]): Promise<Comparison> {
  const buf = bytes(text);
  const pieces = cutAt(buf, cuts);
  const ours = readPieces(answering, [buf]);
  const node = answering === null ? await readRequestsWithNode(pieces) : await readResponseWithNode(answering, pieces);
  const difference = compare(text, answering, ours, node);
  if (difference === null) return { complaint: null, explanation: null };
  const explanation = explain(difference);
  if (explanation !== null) return { complaint: null, explanation };
  const { kind, ourFault, nodeFault, detail } = difference;
  const verdicts = `ours: ${ourFault ?? 'good'}, llhttp: ${nodeFault ?? 'good'}`;
  return {
    complaint: `${kind} ${detail} (${verdicts}) cut at ${cuts.join(' ')}: ${JSON.stringify(text)}`,
    explanation,
  };
}

function cutAt(buf: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [0, ...[...cuts].sort((a, b) => a - b), buf.length];
  return edges.slice(1).map((edge, i) => buf.subarray(edges[i], edge));
}
