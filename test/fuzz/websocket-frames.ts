/**
 * Fuzz target of the farewell between WebSocket frames: a stream of good messages, cut anywhere and ended anywhere by the
 * proxy's own Close, must read to the receiver of the `ws` package as the messages so far and 1001. Bytes that are no
 * frames must neither throw nor lead anywhere else when they come in other pieces.
 */
import type { Writable } from 'node:stream';
import * as ws from 'ws';
import { closeFrame, FrameEdges } from '../../src/proxy/data/websocket/frame-edges.ts';
import { pick } from '../helpers/address-maker.ts';
import { Dice } from '../helpers/dice.ts';
import { fuzz } from '../helpers/fuzz-run.ts';
import { anyForm, anyLength, anyMask, cutsNear, frameBytes, type SocketFrame } from '../helpers/websocket-frames.ts';

/** Not in the types of the package. */
const { Receiver } = ws as unknown as { readonly Receiver: new (options: { readonly isServer: boolean }) => Writable };

/** Messages in one frame or in several, with pings among them. */
function goodFrames(dice: Dice): SocketFrame[] {
  const frames: SocketFrame[] = [];
  const control = () => {
    if (dice.chance(20))
      frames.push({ opcode: pick(dice, [9, 10]), fin: true, payload: Buffer.alloc(dice.roll(126), 'p') });
  };
  for (let left = 1 + dice.roll(4); left > 0; left--) {
    const parts = dice.chance(60) ? 1 : 2 + dice.roll(3);
    const opcode = pick(dice, [1, 2]);
    for (let part = 0; part < parts; part++) {
      control();
      const payload = Buffer.alloc(anyLength(dice), 'm');
      frames.push({ opcode: part === 0 ? opcode : 0, fin: part === parts - 1, payload });
    }
  }
  control();
  if (dice.chance(10)) frames.push({ opcode: 8, fin: true, payload: Buffer.from([3, 0xe8]) });
  return frames;
}

/** What a receiver makes of whole frames, as `text` says it below. */
function heardOf(frames: readonly SocketFrame[]): string[] {
  let message = 0;
  return frames.flatMap(({ opcode, fin, payload }) => {
    if (opcode === 9) return [`ping ${payload.length}`];
    if (opcode === 10) return [`pong ${payload.length}`];
    if (opcode === 8) return ['conclude 1000'];
    message = (opcode === 0 ? message : 0) + payload.length;
    return fin ? [`message ${message}`] : [];
  });
}

function heardBy(isServer: boolean, pieces: readonly Buffer[]): string[] {
  const heard: string[] = [];
  const receiver = new Receiver({ isServer });
  for (const event of ['message', 'ping', 'pong'] as const) {
    receiver.on(event, (payload: Buffer) => heard.push(`${event} ${payload.length}`));
  }
  receiver.on('conclude', (code: number) => heard.push(`conclude ${code}`));
  receiver.on('error', (error: Error) => heard.push(`error ${error.message}`));
  for (const piece of pieces) receiver.write(piece);
  return heard;
}

/** The pieces of `bytes` between cuts. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  return [...cuts, bytes.length].map((to, index) => bytes.subarray(cuts[index - 1] ?? 0, to));
}

function farewellComplaint(dice: Dice): string | null {
  const isServer = dice.chance(50);
  const frames = goodFrames(dice);
  const written = frames.map((frame) => {
    const form = frame.opcode > 7 ? 0 : anyForm(dice, frame.payload.length);
    return frameBytes(frame, isServer ? anyMask(dice) : null, form);
  });
  const stream = Buffer.concat(written);
  let end = 0;
  const ends = written.map((bytes) => (end += bytes.length));
  const cuts = cutsNear(dice, stream.length, ends);
  const drainAt = pick(dice, [0, ...cuts, ...ends]);
  const edges = new FrameEdges();
  let at = 0;
  for (const to of [...cuts.filter((one) => one < drainAt), drainAt]) at = edges.advance(stream, at, to, false);
  for (const to of [...cuts.filter((one) => one > drainAt), stream.length]) {
    if (edges.atEdge) break;
    at = edges.advance(stream, at, to, true);
  }
  const whole = ends.filter((one) => one <= at).length;
  if (at !== 0 && ends[whole - 1] !== at) return `${at} is no end of a frame: ${ends.join(' ')}`;
  const passed = stream.subarray(0, at);
  const expected = heardOf(frames.slice(0, whole));
  const closed = expected.includes('conclude 1000');
  if (edges.closed !== closed) return `a Close ${closed ? 'was missed' : 'was seen'} in ${expected.join(', ')}`;
  if (!closed) expected.push('conclude 1001');
  const farewell = closed ? [] : [closeFrame(isServer ? anyMask(dice).toString('hex') : '')];
  const heard = heardBy(
    isServer,
    cut(
      Buffer.concat([passed, ...farewell]),
      cuts.filter((one) => one < at),
    ),
  );
  return heard.join() === expected.join() ? null : `heard ${heard.join(', ')}, expected ${expected.join(', ')}`;
}

/** Where a stream of any bytes stands, piece by piece. */
function standings(bytes: Buffer, cuts: readonly number[]): string {
  const edges = new FrameEdges();
  const stops: number[] = [];
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    for (let at = from; at < to; ) {
      const next = edges.advance(bytes, at, to, true);
      if (next <= at || next > to) return `went from ${at} to ${next} of ${to}`;
      at = next;
      if (edges.atEdge) stops.push(at);
    }
    from = to;
  }
  return `${stops.join(' ')} ${edges.atEdge} ${edges.closed}`;
}

function garbageComplaint(dice: Dice): string | null {
  const bytes = Buffer.from(Array.from({ length: 1 + dice.roll(200) }, () => dice.roll(dice.chance(70) ? 130 : 256)));
  const [whole, cutUp] = [standings(bytes, []), standings(bytes, cutsNear(dice, bytes.length, []))];
  return whole === cutUp && !whole.startsWith('went')
    ? null
    : `${bytes.toString('hex')} is ${whole}, in pieces ${cutUp}`;
}

await fuzz('streams', (seed) => {
  const dice = new Dice(seed);
  return garbageComplaint(dice) ?? farewellComplaint(dice);
});
