/** An upstream that writes HTTP/2 frame by frame, for targets that do what no library would let them. Reads frames, understands no fields. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { eventually } from './eventually.ts';
import { block, type FieldList, flags, type Frame, frame, frameTypes, settingsFrame } from './http2-frames.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

const prefaceBytes = 24;

export interface FrameScript {
  /** A connection has been made. Default: sends empty SETTINGS. */
  connected?(peer: FramePeer): void;
  /** The head of a request has come. */
  head?(peer: FramePeer, stream: number, ended: boolean): void;
  /** Any frame but SETTINGS and PING, which are acknowledged. */
  frame?(peer: FramePeer, received: Frame): void;
}

export interface FrameOriginOptions {
  /** Answer PINGs. Default true. */
  readonly pongs?: boolean;
  /** Acknowledge SETTINGS. Default true. */
  readonly acknowledges?: boolean;
}

/** The proxy's side of one connection, as the target sees it. */
export class FramePeer {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  gone = false;
  bytes = 0;
  #rest: Buffer = Buffer.alloc(0);
  #greeted = false;

  constructor(socket: Socket, script: FrameScript, { pongs = true, acknowledges = true }: FrameOriginOptions) {
    this.socket = socket;
    const leave = () => {
      this.gone = true;
    };
    socket.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length;
      this.#rest = Buffer.concat([this.#rest, chunk]);
      this.#take(script, pongs, acknowledges);
    });
    socket.on('end', leave);
    socket.on('close', leave);
    socket.on('error', leave);
  }

  send(...parts: readonly Uint8Array[]): void {
    if (this.socket.writable) this.socket.write(Buffer.concat(parts));
  }

  /** Frames of one type, on one stream where that is given. */
  of(type: number, stream?: number): Frame[] {
    return this.frames.filter((one) => one.type === type && (stream === undefined || one.stream === stream));
  }

  /** The error code of the reset of `stream`, once it has come. */
  async resetOf(stream: number): Promise<number> {
    return eventually(() => {
      const [reset] = this.of(frameTypes.reset, stream);
      if (reset === undefined) throw new Error(`stream ${stream} was not reset`);
      return reset.payload.readUInt32BE(0);
    });
  }

  #take(script: FrameScript, pongs: boolean, acknowledges: boolean): void {
    if (!this.#greeted) {
      if (this.#rest.length < prefaceBytes) return;
      this.#greeted = true;
      this.#rest = this.#rest.subarray(prefaceBytes);
    }
    while (this.#rest.length >= 9) {
      const length = this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < 9 + length) return;
      const received: Frame = {
        type: this.#rest[3] as number,
        flags: this.#rest[4] as number,
        stream: this.#rest.readUInt32BE(5) & 0x7fff_ffff,
        payload: Buffer.from(this.#rest.subarray(9, 9 + length)),
      };
      this.#rest = this.#rest.subarray(9 + length);
      this.frames.push(received);
      const acknowledgement = (received.flags & flags.ack) !== 0;
      if (received.type === frameTypes.settings) {
        if (!acknowledgement && acknowledges) this.send(frame(frameTypes.settings, flags.ack, 0));
      } else if (received.type === frameTypes.ping) {
        if (!acknowledgement && pongs) this.send(frame(frameTypes.ping, flags.ack, 0, received.payload));
      } else {
        if (received.type === frameTypes.headers) {
          script.head?.(this, received.stream, (received.flags & flags.endStream) !== 0);
        }
        script.frame?.(this, received);
      }
    }
  }
}

export class FrameOrigin {
  port = 0;
  readonly peers: FramePeer[] = [];

  /** Heads of requests that reached it, over all connections. */
  get requests(): number {
    return this.peers.reduce((sum, peer) => sum + peer.of(frameTypes.headers).length, 0);
  }

  /** Connection number `number`, from 0, once it has been made. */
  async peer(number = 0): Promise<FramePeer> {
    return eventually(() => {
      const peer = this.peers[number];
      if (peer === undefined) throw new Error(`only ${this.peers.length} connections were made`);
      return peer;
    });
  }
}

/** The head of a response as a field list. */
export function response(status: string | number, ...fields: FieldList): FieldList {
  return [[':status', String(status)], ...fields];
}

/** A HEADERS frame and as many CONTINUATION frames as its block needs. */
export function longHeaders(stream: number, fields: FieldList, ended: boolean, pieceBytes = 16_384): Buffer {
  const whole = block(fields);
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < whole.length; at += pieceBytes) {
    const last = at + pieceBytes >= whole.length ? flags.endHeaders : 0;
    const first = at === 0;
    const flag = last | (first && ended ? flags.endStream : 0);
    frames.push(
      frame(first ? frameTypes.headers : frameTypes.continuation, flag, stream, whole.subarray(at, at + pieceBytes)),
    );
  }
  return Buffer.concat(frames);
}

/** Starts one on loopback. */
export async function startFrameOrigin(
  t: Cleanup,
  script: FrameScript,
  options: FrameOriginOptions = {},
): Promise<FrameOrigin> {
  const origin = new FrameOrigin();
  const server = createServer({ noDelay: true }, (socket) => {
    const peer = new FramePeer(socket, script, options);
    origin.peers.push(peer);
    if (script.connected === undefined) peer.send(settingsFrame());
    else script.connected(peer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin.port = (server.address() as AddressInfo).port;
  t.after(() => {
    for (const { socket } of origin.peers) socket.destroy();
    server.close();
  });
  return origin;
}
