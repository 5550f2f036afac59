/**
 * HTTP/2 frame by frame, for clients that do what no library would let them: frames are written byte by byte, fields as
 * HPACK literals without indexing, and what the proxy sends is read as frames. Knows nothing of what is allowed.
 */
import type { TLSSocket } from 'node:tls';
import { eventually } from './eventually.ts';

export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flags = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;

export const errorCodes = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const;

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const headBytes = 9;

export type FieldList = readonly (readonly [name: string, value: string])[];

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** One frame. */
export function frame(type: number, flag: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flag;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Unsigned numbers of four bytes. */
export function words(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, index) => void bytes.writeUInt32BE(number >>> 0, index * 4));
  return bytes;
}

/** A field block of literals that enter no table; Latin-1, whatever the bytes are. */
export function block(fields: FieldList): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

/** A string that is not Huffman-coded. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([integer(bytes.length, 7, 0), bytes]);
}

/** An HPACK integer with a prefix of `bits` bits, under `pattern`. */
export function integer(value: number, bits: number, pattern: number): Buffer {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.from([pattern | value]);
  const bytes = [pattern | most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** A GET, or what `overrides` make of it; an override of `undefined` leaves the pseudo-field out. */
export function request(
  overrides: Readonly<Record<string, string | undefined>> = {},
  fields: FieldList = [],
): FieldList {
  const pseudo = { ':method': 'GET', ':scheme': 'https', ':authority': 'localhost', ':path': '/', ...overrides };
  const given = Object.entries(pseudo).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return [...given, ...fields];
}

export function settingsFrame(...pairs: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(pairs.length * 6);
  pairs.forEach(([id, value], index) => {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  });
  return frame(frameTypes.settings, 0, 0, payload);
}

export function headersFrame(stream: number, fields: FieldList, ended = true): Buffer {
  return frame(frameTypes.headers, flags.endHeaders | (ended ? flags.endStream : 0), stream, block(fields));
}

export function dataFrame(stream: number, payload: string | Uint8Array, ended = false): Buffer {
  return frame(frameTypes.data, ended ? flags.endStream : 0, stream, Buffer.from(payload as Uint8Array));
}

export function resetFrame(stream: number, code: number): Buffer {
  return frame(frameTypes.reset, 0, stream, words(code));
}

export function windowFrame(stream: number, increment: number): Buffer {
  return frame(frameTypes.windowUpdate, 0, stream, words(increment));
}

/** The proxy's last word on a connection. */
export interface Goaway {
  readonly lastStream: number;
  readonly code: number;
}

/** A client on a TLS connection that has agreed on h2. Acknowledges settings; does nothing else by itself. */
export class FrameClient {
  readonly socket: TLSSocket;
  readonly frames: Frame[] = [];
  closed = false;
  #rest = Buffer.alloc(0);

  constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    const over = () => {
      this.closed = true;
    };
    socket.on('close', over);
    socket.on('end', over);
    socket.on('error', over);
  }

  /** Says hello with `settings`. No table for what the proxy's fields were before: `statusOf` knows none. */
  begin(...settings: readonly (readonly [id: number, value: number])[]): this {
    this.send(preface, settingsFrame([1, 0], ...settings));
    return this;
  }

  /** Writes everything at once; silent when the connection is gone. */
  send(...parts: readonly Uint8Array[]): void {
    if (!this.closed && this.socket.writable) this.socket.write(Buffer.concat(parts));
  }

  /** Writes, and waits until the kernel has room again; false when the connection is gone. */
  async pour(bytes: Uint8Array): Promise<boolean> {
    if (this.closed || !this.socket.writable) return false;
    if (this.socket.write(bytes)) {
      await new Promise((done) => void setImmediate(done));
      return !this.closed;
    }
    await new Promise<void>((done) => {
      const settle = () => {
        this.socket.off('drain', settle);
        this.socket.off('close', settle);
        done();
      };
      this.socket.on('drain', settle);
      this.socket.on('close', settle);
    });
    return !this.closed;
  }

  of(type: number, stream?: number): Frame[] {
    return this.frames.filter((one) => one.type === type && (stream === undefined || one.stream === stream));
  }

  /** Status of the final answer on `stream`, once its head has come. */
  async status(stream: number): Promise<number> {
    return eventually(() => {
      const final = this.of(frameTypes.headers, stream)
        .map(({ payload }) => statusOf(payload))
        .find((status) => status >= 200);
      if (final === undefined) throw new Error(`no answer on stream ${stream}: ${this.#told()}`);
      return final;
    });
  }

  /** Error code of the reset of `stream`, once it has come. */
  async reset(stream: number): Promise<number> {
    return eventually(() => {
      const found = this.of(frameTypes.reset, stream)[0];
      if (found === undefined) throw new Error(`no reset of stream ${stream}: ${this.#told()}`);
      return found.payload.readUInt32BE(0);
    });
  }

  /** The last GOAWAY, once the connection has been closed. */
  async goaway(): Promise<Goaway> {
    return eventually(() => {
      const found = this.goaways.at(-1);
      if (found === undefined || !this.closed) throw new Error(`not closed by GOAWAY: ${this.#told()}`);
      return found;
    });
  }

  get goaways(): Goaway[] {
    return this.of(frameTypes.goaway).map(({ payload }) => ({
      lastStream: payload.readUInt32BE(0) & 0x7fff_ffff,
      code: payload.readUInt32BE(4),
    }));
  }

  /** Payload of DATA that has come on `stream`. */
  body(stream: number): Buffer {
    return Buffer.concat(this.of(frameTypes.data, stream).map(({ payload }) => payload));
  }

  ended(stream: number): boolean {
    return this.frames.some((one) => one.stream === stream && one.type <= 1 && (one.flags & flags.endStream) !== 0);
  }

  #told(): string {
    const known = this.frames.map((one) => `${one.type}/${one.flags}@${one.stream}`);
    return `${this.closed ? 'closed, ' : ''}frames ${known.slice(-20).join(' ')}`;
  }

  #take(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= headBytes) {
      const length = bytes.readUIntBE(0, 3);
      if (bytes.length < headBytes + length) break;
      const [type, flag] = [bytes[3] as number, bytes[4] as number];
      const stream = bytes.readUInt32BE(5) & 0x7fff_ffff;
      this.frames.push({ type, flags: flag, stream, payload: bytes.subarray(headBytes, headBytes + length) });
      bytes = bytes.subarray(headBytes + length);
      if (type === frameTypes.settings && (flag & flags.ack) === 0) this.send(frame(frameTypes.settings, flags.ack, 0));
    }
    this.#rest = bytes;
  }
}

const indexedStatuses = [200, 204, 206, 304, 400, 404, 500];

/** `:status`, which leads every field block of a response: indexed, or a literal whose digits may be Huffman-coded. */
function statusOf(fields: Buffer): number {
  // The first block says that the table has no room any more.
  const payload = fields[0] === 0x20 ? fields.subarray(1) : fields;
  const first = payload[0] as number;
  if (first >= 0x88 && first <= 0x8e) return indexedStatuses[first - 0x88] as number;
  const length = payload[1] as number;
  const value = payload.subarray(2, 2 + (length & 0x7f));
  if ((length & 0x80) === 0) return Number(value.toString('latin1'));
  let bits = '';
  for (const byte of value) bits += byte.toString(2).padStart(8, '0');
  let digits = '';
  while (digits.length < 3) {
    const short = Number.parseInt(bits.slice(0, 5), 2);
    const coded = short <= 2 ? short : Number.parseInt(bits.slice(0, 6), 2) - 0b011001 + 3;
    digits += coded;
    bits = bits.slice(short <= 2 ? 5 : 6);
  }
  return Number(digits);
}
