/** Moves large bodies through a plane with one side slow, and says what arrived and what the process grew by. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import type { TestAuthority } from './certificates.ts';
import { scenery } from './proxied.ts';
import { startPlane } from './data-plane.ts';
import { connectTls, listenerTls, TestCertificates, upstreamTls } from './secured-plane.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

export interface Transfer {
  readonly direction: 'download' | 'upload';
  readonly framing: 'length' | 'chunked';
  readonly bytes: number;
  /** What the slow side reads a second. */
  readonly bytesPerSecond: number;
  /** Issues the certificate of the target, which then speaks TLS. */
  readonly authority?: TestAuthority;
  /** Issues the certificate of the listener, and the client speaks TLS. */
  readonly listenerAuthority?: TestAuthority;
}

export interface Outcome {
  readonly bytes: number;
  /** SHA-256, hex. */
  readonly sent: string;
  readonly arrived: string;
  /** Largest resident size seen above that at the start. */
  readonly grownBytes: number;
}

/** The body is this block, again and again. */
const block = randomBytes(1 << 20);

/** Runs one transfer. The sender is as fast as it can be, the receiver reads at the given pace. */
export async function transfer(t: Cleanup, wanted: Transfer): Promise<Outcome> {
  const sender = new Sender(wanted);
  const receiver = new Receiver(wanted);
  const serve = (socket: Socket): void => {
    socket.on('error', () => {});
    if (wanted.direction === 'download') {
      socket.once('data', () => void sender.run(socket, 'HTTP/1.1 200 OK\r\n'));
    } else {
      void receiver.run(socket).then(() => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
    }
  };
  const { authority, listenerAuthority: shown } = wanted;
  const server =
    authority === undefined
      ? createServer({ noDelay: true }, serve)
      : createTlsServer({ noDelay: true, ...authority.issue() }, serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  const { port } = server.address() as { port: number };
  const tls = authority === undefined ? null : upstreamTls(authority);
  const listener = { tls: shown === undefined ? null : listenerTls(shown.issue()) };
  const settings = scenery([port], { policies: { maxBodyBytes: 0 }, upstream: { tls }, listener });
  const plane = await startPlane(t, settings, undefined, undefined, { certificates: new TestCertificates() });

  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 20);
  try {
    const client =
      shown === undefined
        ? connect({ host: '127.0.0.1', port: plane.port, noDelay: true })
        : await connectTls(t, plane.port, { ca: shown.cert });
    t.after(() => void client.destroy());
    if (shown === undefined) await once(client, 'connect');
    if (wanted.direction === 'download') {
      client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      await receiver.run(client);
    } else {
      const answered = once(client, 'data');
      await sender.run(client, 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n');
      await answered;
    }
  } finally {
    clearInterval(watch);
  }
  return {
    bytes: receiver.bytes,
    sent: sender.digest,
    arrived: receiver.digest,
    grownBytes: most - before,
  };
}

class Sender {
  digest = '';
  readonly #transfer: Transfer;

  constructor(wanted: Transfer) {
    this.#transfer = wanted;
  }

  async run(socket: Socket, start: string): Promise<void> {
    const { bytes, framing } = this.#transfer;
    const hash = createHash('sha256');
    socket.write(`${start}${framing === 'length' ? `Content-Length: ${bytes}` : 'Transfer-Encoding: chunked'}\r\n\r\n`);
    for (let left = bytes; left > 0 && !socket.destroyed; ) {
      const piece = block.subarray(0, Math.min(left, block.length));
      left -= piece.length;
      hash.update(piece);
      if (framing === 'chunked') socket.write(`${piece.length.toString(16)}\r\n`);
      const free = socket.write(piece);
      if (framing === 'chunked') socket.write('\r\n');
      if (!free) await once(socket, 'drain');
    }
    if (framing === 'chunked') socket.write('0\r\n\r\n');
    this.digest = hash.digest('hex');
  }
}

class Receiver {
  bytes = 0;
  digest = '';
  readonly #transfer: Transfer;

  constructor(wanted: Transfer) {
    this.#transfer = wanted;
  }

  /** Reads a whole message at the pace that was asked for. */
  async run(socket: Socket): Promise<void> {
    const { bytesPerSecond, bytes } = this.#transfer;
    const hash = createHash('sha256');
    const payload = new Payload((piece) => {
      this.bytes += piece.length;
      hash.update(piece);
    });
    const started = performance.now();
    let taken = 0;
    for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      payload.write(chunk);
      if (payload.complete(bytes)) break;
      taken += chunk.length;
      const ahead = (taken / bytesPerSecond) * 1000 - (performance.now() - started);
      if (ahead > 10) await pause(ahead);
    }
    this.digest = hash.digest('hex');
  }
}

/** Takes the framing off a message that is known to be good: a head, then a length or chunks. */
class Payload {
  readonly #take: (piece: Buffer) => void;
  #held: Buffer = Buffer.alloc(0);
  #phase: 'head' | 'plain' | 'size' | 'data' | 'end' = 'head';
  #left = 0;
  #total = 0;

  constructor(take: (piece: Buffer) => void) {
    this.#take = take;
  }

  complete(bytes: number): boolean {
    return this.#phase === 'end' || (this.#phase === 'plain' && this.#total === bytes);
  }

  write(chunk: Buffer): void {
    let rest: Buffer = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    while (rest.length > 0 && this.#phase !== 'end') {
      const used = this.#step(rest);
      if (used === 0) {
        this.#held = Buffer.from(rest);
        return;
      }
      rest = rest.subarray(used);
    }
  }

  /** How many bytes of `rest` the present phase takes; 0 = it needs more. */
  #step(rest: Buffer): number {
    switch (this.#phase) {
      case 'head': {
        const end = rest.indexOf('\r\n\r\n');
        if (end === -1) return 0;
        this.#phase = /\r\ntransfer-encoding: chunked\r\n/i.test(rest.toString('latin1', 0, end + 2))
          ? 'size'
          : 'plain';
        return end + 4;
      }
      case 'size': {
        const end = rest.indexOf('\r\n');
        if (end === -1) return 0;
        this.#left = Number.parseInt(rest.toString('latin1', 0, end), 16);
        this.#phase = this.#left === 0 ? 'end' : 'data';
        return end + 2;
      }
      case 'data': {
        if (this.#left === 0) {
          if (rest.length < 2) return 0;
          this.#phase = 'size';
          return 2;
        }
        const used = Math.min(this.#left, rest.length);
        this.#give(rest.subarray(0, used));
        this.#left -= used;
        return used;
      }
      default:
        this.#give(rest);
        return rest.length;
    }
  }

  #give(piece: Buffer): void {
    this.#total += piece.length;
    this.#take(piece);
  }
}
