/** Where frames end is known whatever their lengths and masks are, and however their bytes come in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameEdges } from '../../src/proxy/data/websocket/frame-edges.ts';
import { pick } from '../helpers/address-maker.ts';
import { Dice } from '../helpers/dice.ts';
import { anyForm, anyLength, anyMask, cutsNear, frameBytes } from '../helpers/websocket-frames.ts';

interface Frame {
  readonly bytes: Buffer;
  readonly close: boolean;
}

function frame(dice: Dice): Frame {
  const opcode = pick(dice, [0, 1, 2, 9, 10, 10, 2, 8]);
  const payload = Buffer.alloc(anyLength(dice), 0x88);
  const form = anyForm(dice, payload.length);
  const reserved = dice.chance(30) ? 0x40 : 0;
  const bytes = frameBytes(
    { opcode, fin: dice.chance(70), payload },
    dice.chance(50) ? anyMask(dice) : null,
    form,
    reserved,
  );
  return { bytes, close: opcode === 8 };
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
    for (const to of [...cutsNear(dice, stream.length, ends), stream.length]) {
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
