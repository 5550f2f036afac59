/**
 * Fuzz target of HTTP/2 connections of clients: frames that are good, that are out of place and that are none, in any order
 * and in any pieces, each connection left in any state. Nothing may throw, no defect may show, whatever a target sees was
 * asked for, and in the end the proxy holds nothing and an honest client is served.
 */
import { Dice } from '../helpers/dice.ts';
import { pick } from '../helpers/address-maker.ts';
import { fuzz } from '../helpers/fuzz-run.ts';
import {
  block,
  dataFrame,
  errorCodes,
  flags,
  FrameClient,
  frame,
  frameTypes,
  headersFrame,
  request,
  resetFrame,
  settingsFrame,
  windowFrame,
  words,
} from '../helpers/http2-frames.ts';
import { http2Scene } from '../helpers/http2-scene.ts';
import { ok } from '../helpers/origin.ts';

/** Connections at once, and until the scene must be empty. */
const AT_ONCE = 4;

const ends: (() => void | Promise<void>)[] = [];
const scene = await http2Scene(
  { after: (end) => void ends.push(end) },
  {
    accessLog: {},
    script: {
      head: ({ connection, target }) => {
        if (target.startsWith('/early')) connection.send(ok('early'));
      },
      request: ({ connection, target }) => {
        if (target.startsWith('/cut')) connection.reset();
        else if (!target.startsWith('/early')) connection.send(ok(target));
      },
    },
  },
);

const numbers = [0, 1, 2, 3, 5, 7, 101, 0x7fff_ffff];
const payloads = [
  Buffer.alloc(0),
  Buffer.alloc(1),
  words(0),
  words(1, 2),
  Buffer.alloc(100, 'x'),
  Buffer.alloc(16_384),
  Buffer.alloc(20_000),
];
const frameFlags = [
  0,
  flags.endStream,
  flags.endHeaders,
  flags.endHeaders | flags.endStream,
  flags.padded,
  flags.priority,
  0xff,
];

/** Frames of one client; `next` is the number of its next stream. */
class Disorder {
  readonly #dice: Dice;
  #next = 1;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  frame(): Buffer {
    const dice = this.#dice;
    const stream = dice.chance(70) ? Math.max(1, this.#next - 2 * dice.roll(4)) : pick(dice, numbers);
    switch (dice.roll(14)) {
      case 0:
        return frame(dice.roll(12), pick(dice, frameFlags), stream, pick(dice, payloads));
      case 1:
        return frame(pick(dice, [0, 1, 3, 4, 6, 7, 8, 9]), pick(dice, frameFlags), stream, this.#noise(40));
      case 2:
        return resetFrame(stream, pick(dice, Object.values(errorCodes)));
      case 3:
        return windowFrame(dice.chance(50) ? 0 : stream, pick(dice, [0, 1, 1000, 65_535, 0x7fff_ffff]));
      case 4:
        return settingsFrame([1 + dice.roll(8), pick(dice, [0, 1, 100, 16_384, 65_535, 0xffff_ffff])]);
      case 5:
        return frame(frameTypes.ping, dice.chance(80) ? 0 : flags.ack, 0, words(dice.word(), 1));
      case 6:
        return frame(frameTypes.continuation, pick(dice, frameFlags), stream, block([['x-more', 'y']]));
      case 7:
      case 8:
        return dataFrame(stream, 'x'.repeat(dice.roll(3000)), dice.chance(50));
      case 9:
        return headersFrame(stream, [['x-trailer', '1']], dice.chance(70));
      default:
        return this.#request();
    }
  }

  #request(): Buffer {
    const dice = this.#dice;
    const stream = this.#next;
    this.#next += 2;
    const method = pick(dice, ['GET', 'GET', 'POST', 'HEAD', 'OPTIONS']);
    const length = dice.chance(10) ? [['content-length', String(dice.roll(3000))] as const] : [];
    const pseudo = { ':method': method, ':path': pick(dice, ['/', '/early', '/cut', '/a?b']) };
    const fields = request(dice.chance(92) ? pseudo : { ...pseudo, ':scheme': 'x' }, length);
    if (dice.chance(85)) return headersFrame(stream, fields, method !== 'POST' || dice.chance(20));
    // In two frames, the second of which may never come.
    const [whole, at] = [block(fields), 5 + dice.roll(20)];
    const first = frame(frameTypes.headers, flags.endStream, stream, whole.subarray(0, at));
    const rest = frame(frameTypes.continuation, flags.endHeaders, stream, whole.subarray(at));
    return dice.chance(80) ? Buffer.concat([first, rest]) : first;
  }

  #noise(most: number): Buffer {
    return Buffer.from(Array.from({ length: this.#dice.roll(most) }, () => this.#dice.roll(256)));
  }
}

async function disorder(dice: Dice): Promise<void> {
  const client = new FrameClient(await scene.connect({ ALPNProtocols: ['h2'] }));
  if (dice.chance(97)) client.begin();
  const frames = new Disorder(dice);
  for (let left = 1 + dice.roll(40); left > 0 && !client.closed; left--) {
    const bytes = frames.frame();
    if (dice.chance(5)) bytes[dice.roll(Math.min(bytes.length, 12))] = dice.roll(256);
    const cut = dice.chance(20) ? dice.roll(bytes.length) : bytes.length;
    client.send(bytes.subarray(0, cut));
    if (dice.chance(30)) await new Promise((resolve) => void setImmediate(resolve));
    client.send(bytes.subarray(cut));
  }
  if (dice.chance(50)) {
    client.socket.end();
    await new Promise((resolve) => void setImmediate(resolve));
  }
  client.socket.destroy();
}

function complaint(): string | null {
  const odd = scene.reports.splice(0).find((line) => !line.startsWith('HTTP/2 connection closed '));
  if (odd !== undefined) return odd;
  const { requests } = scene.origin;
  const strange = requests
    .splice(0)
    .find(({ startLine }) => !/^(?:GET|POST|HEAD|OPTIONS) \/(?:early|cut|a\?b)? HTTP\/1\.1$/.test(startLine));
  return strange === undefined ? null : `a target was asked for ${JSON.stringify(strange.startLine)}`;
}

try {
  await fuzz('rounds of connections', async (seed) => {
    const dice = new Dice(seed);
    await Promise.all(Array.from({ length: AT_ONCE }, () => disorder(new Dice(dice.word()))));
    await scene.settled();
    const { status } = await scene.fetch({ ':path': '/' });
    await scene.settled();
    return status === 200 ? complaint() : `an honest client got ${status}`;
  });
} finally {
  for (const end of ends.toReversed()) await end();
}
