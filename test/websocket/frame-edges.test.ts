/** Where frames end is known whatever their lengths and masks are, and however their bytes come in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameEdges } from '../../src/proxy/data/websocket/frame-edges.ts';
import { Dice } from '../helpers/dice.ts';

interface Frame {
  readonly bytes: Buffer;
  readonly close: boolean;
}

/** A frame as RFC 6455 §5.2 writes it, its length in any of the forms that it fits. */
function frame(dice: Dice): Frame {
  const opcode = [0, 1, 2, 9, 10, 10, 2, 8][dice.roll(8)] as number;
  const length = [0, 1, dice.roll(126), 126, 65_535, 65_536, dice.roll(3000)][dice.roll(7)] as number;
  const masked = dice.chance(50);
  const form = length > 65_535 || dice.chance(20) ? 8 : length > 125 || dice.chance(20) ? 2 : 0;
  const header = Buffer.alloc(2 + form);
  header[0] = (dice.chance(70) ? 0x80 : 0) | (dice.chance(30) ? 0x40 : 0) | opcode;
  header[1] = (masked ? 0x80 : 0) | (form === 8 ? 127 : form === 2 ? 126 : length);
  if (form === 2) header.writeUInt16BE(length, 2);
  if (form === 8) header.writeBigUInt64BE(BigInt(length), 2);
  const mask = masked ? Buffer.from([dice.roll(256), dice.roll(256), dice.roll(256), dice.roll(256)]) : Buffer.alloc(0);
  return { bytes: Buffer.concat([header, mask, Buffer.alloc(length, 0x88)]), close: opcode === 8 };
}

/** Cuts that fall everywhere, most of them near the beginnings of frames. */
function cuts(dice: Dice, total: number, ends: readonly number[]): number[] {
  const near = ends.flatMap((end) => (dice.chance(50) ? [end + dice.roll(16) - 2] : []));
  const anywhere = Array.from({ length: dice.roll(8) }, () => dice.roll(total));
  return [...new Set([...near, ...anywhere])].filter((at) => at > 0 && at < total).sort((a, b) => a - b);
}

test('the ends of frames are found in streams of any frames, cut anywhere', () => {
  const dice = new Dice(6455);
  for (let run = 0; run < 2000; run++) {
    const frames = Array.from({ length: 1 + dice.roll(6) }, () => frame(dice));
    const stream = Buffer.concat(frames.map(({ bytes }) => bytes));
    let end = 0;
    const ends = frames.map(({ bytes }) => (end += bytes.length));
    const stops: number[] = [];
    const stopping = new FrameEdges();
    const passing = new FrameEdges();
    let from = 0;
    for (const to of [...cuts(dice, stream.length, ends), stream.length]) {
      for (let at = from; at < to; ) {
        at = stopping.advance(stream, at, to, true);
        if (stopping.atEdge) stops.push(at);
      }
      assert.equal(passing.advance(stream, from, to, false), to);
      assert.equal(passing.atEdge, ends.includes(to), `run ${run} at ${to}`);
      from = to;
    }
    assert.deepEqual(stops, ends, `run ${run}`);
    assert.equal(
      passing.closed,
      frames.some(({ close }) => close),
    );
  }
});
