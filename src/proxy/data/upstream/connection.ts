/**
 * One HTTP/1.1 connection to a target: sends what an attempt gives it, reads responses by the strict parser, and
 * tells its sink. Belongs to a pool, which decides about its life. Never retries, never judges.
 */
import type { OnReadOpts, Socket } from 'node:net';
import type { Clock } from '../../../base/clock.ts';
import { errnoOf } from '../../../base/errors.ts';
import type { SocketAddress } from '../../../config/model.ts';
import type { Cause } from '../../shared/causes.ts';
import { type BodyEnd, chunkedEnding, unframedEnd } from '../body-end.ts';
import { descriptorOf, fewDescriptors } from '../descriptor.ts';
import { ChunkDecoder, type ChunkSink } from '../http1/chunked.ts';
import { chunkEnd, chunkHead } from '../http1/encode.ts';
import { findHeadEnd, type HeadLimits } from '../http1/head-end.ts';
import { ResponseHead } from '../http1/response-head.ts';
import { Outlet } from '../outlet.ts';
import type { Channel, RequestStart, ResponseSink } from './channel.ts';
import { TargetSocket } from './target-socket.ts';

/** Bounds on what a target may send as a response head; a target is no more trusted than a client. */
const responseLimits: HeadLimits = {
  maxHeaderCount: 1000,
  maxHeaderBytes: 64 * 1024,
  maxHeaderNameBytes: 1024,
  maxHeaderValueBytes: 32 * 1024,
  maxUriBytes: 0,
};

/** One read: enough for a full socket buffer of the loopback and for several TLS records. */
const READ_BYTES = 64 * 1024;

/** Interim responses (1xx) accepted before the final one. */
const MAX_INTERIM = 16;

/** What the next bytes are; the names of bodies are those of `ResponseHead.framing`. */
const phases = { none: 0, head: 1, length: 2, chunked: 3, close: 4 } as const;

export interface ConnectionOwner {
  /** The connection is gone; called once, whatever the reason. */
  closed(connection: UpstreamConnection): void;
  /** Something happened that should not be possible. */
  defect(error: unknown): void;
  readonly connectMs: number;
  /** Numbers of descriptors from this one on are not for connections to targets. */
  readonly descriptorBound: number;
  /** There is no descriptor for a connection, or soon there will not be. */
  starved(): void;
}

export class UpstreamConnection implements Channel {
  readonly out: Outlet;
  readonly openedAt: number;
  /** Exchanges begun on it. */
  uses = 0;
  idleSince = 0;
  connected = false;
  dead = false;
  /** When the next thing is overdue, and what to call it; `Infinity` = nothing is awaited. */
  deadline: number;
  deadlineCause: Cause = 'connect_timeout';
  /** A byte of the present response has arrived. */
  answered = false;
  /** After a response: the connection may carry another exchange. */
  reusable = false;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #head = new ResponseHead();
  readonly #chunks = new ChunkDecoder();
  #sink: ResponseSink | null = null;
  #phase: number = phases.none;
  #method = '';
  /** The present request's body leaves in chunks. */
  #chunked = false;
  #remaining = 0;
  #interims = 0;
  #pending: Buffer | null = null;
  #searched = 0;
  /** The buffer that reads go into has been given away: the next read needs another. */
  #spent = false;
  /** Chunked framing goes to the sink as it comes. */
  #framed = false;
  readonly #spans: ChunkSink = {
    span: (buffer, from, to) => this.#sink?.body(buffer, from, to, this.#framed),
  };

  constructor(address: SocketAddress, owner: ConnectionOwner, clock: Clock) {
    const now = clock.now();
    this.#owner = owner;
    this.openedAt = now;
    this.deadline = owner.connectMs === 0 ? Infinity : now + owner.connectMs;
    // Reads go into a buffer of the connection's own, again and again, instead of into a new one each time.
    let spare: Buffer | null = Buffer.allocUnsafeSlow(READ_BYTES);
    const onread: OnReadOpts = {
      buffer: () => {
        if (spare !== null) {
          const first = spare;
          spare = null;
          return first;
        }
        // No buffer = read into the same one again.
        return this.#spent ? Buffer.allocUnsafeSlow(READ_BYTES) : (null as unknown as Uint8Array);
      },
      callback: (length, buffer) => {
        this.#spent = false;
        try {
          this.#data(buffer as Buffer, length);
        } catch (error) {
          this.#defect(error);
        }
        return true;
      },
    };
    const socket = TargetSocket.to(address, onread);
    this.#socket = socket;
    this.out = new Outlet(socket);
    socket.on('connect', () => this.#connected());
    socket.on('end', () => this.#targetEnded());
    socket.on('drain', () => {
      this.#socket.setTimeout(0);
      this.#sink?.drained();
    });
    socket.on('timeout', () => this.fail('write_timeout'));
    socket.on('error', (error) => this.fail(this.connected ? 'upstream_reset' : connectCause(error)));
    socket.on('close', () => this.fail(this.connected ? 'upstream_reset' : 'connect_refused'));
  }

  /** Gives the connection to an attempt; `ready` is called at once when it is open. */
  assign(sink: ResponseSink): void {
    this.#sink = sink;
    this.deadlineCause = 'connect_timeout';
    if (this.connected) this.#ready();
  }

  /** @inheritdoc */
  request({ method, target, fields, framing, trailers }: RequestStart): void {
    this.uses++;
    this.#method = method;
    this.#phase = phases.head;
    this.#interims = 0;
    this.answered = false;
    this.#chunked = framing === 'chunked';
    let own = trailers ? 'TE: trailers\r\nConnection: TE\r\n' : '';
    if (framing === 'chunked') own += 'Transfer-Encoding: chunked\r\n';
    this.out.text(`${method} ${target} HTTP/1.1\r\n${fields}${own}\r\n`);
  }

  /** @inheritdoc */
  body(buffer: Buffer, from: number, to: number, framed: boolean): void {
    const chunk = this.#chunked && !framed;
    if (chunk) this.out.text(chunkHead(to - from));
    this.out.bytes(buffer, from, to);
    if (chunk) this.out.text(chunkEnd);
  }

  /** @inheritdoc */
  end(end: BodyEnd): void {
    if (this.#chunked) this.out.text(chunkedEnding(end));
  }

  /** @inheritdoc */
  get unsent(): boolean {
    return this.out.unsent;
  }

  /** Writes what is queued; while the target does not read, silence longer than `silenceMs` ends the connection. */
  flush(silenceMs: number): boolean {
    const free = this.out.flush();
    if (!free) this.#socket.setTimeout(silenceMs);
    return free;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Leaves the attempt without closing. */
  detach(): void {
    this.#sink = null;
  }

  /** Closes at once. The sink is not told. */
  destroy(): void {
    this.#sink = null;
    this.fail('upstream_reset');
  }

  /** Ends the connection and tells the sink why. */
  fail(cause: Cause): void {
    if (this.dead) return;
    this.dead = true;
    this.deadline = Infinity;
    const sink = this.#sink;
    this.#sink = null;
    this.#socket.destroy();
    if (cause === 'no_socket') this.#owner.starved();
    this.#owner.closed(this);
    sink?.failed(cause);
  }

  #connected(): void {
    const free = this.#owner.descriptorBound - descriptorOf(this.#socket);
    if (free <= 0) {
      this.fail('no_socket');
      return;
    }
    if (free <= fewDescriptors) this.#owner.starved();
    this.connected = true;
    this.deadline = Infinity;
    this.#ready();
  }

  #ready(): void {
    try {
      this.#sink?.ready(this);
    } catch (error) {
      this.#defect(error);
    }
  }

  /** A defect in one exchange is that exchange's failure, not the worker's. */
  #defect(error: unknown): void {
    this.#owner.defect(error);
    this.fail('internal');
  }

  /** Takes `chunk[0, length)`; the buffer is read into again unless `#spent` is set before this returns. */
  #data(chunk: Buffer, length: number): void {
    if (this.dead) return;
    const sink = this.#sink;
    if (this.#phase === phases.none || sink === null) {
      // Bytes that nobody asked for: they must never become the answer to the next request.
      this.fail('upstream_protocol_error');
      return;
    }
    this.answered = true;
    let buffer = chunk;
    let dataEnd = length;
    if (this.#pending !== null) {
      buffer = Buffer.concat([this.#pending, chunk.subarray(0, length)]);
      dataEnd = buffer.length;
      this.#pending = null;
    }
    this.#consume(sink, buffer, dataEnd);
    if (sink.retainsSpans) this.#spent = true;
  }

  #consume(sink: ResponseSink, buffer: Buffer, dataEnd: number): void {
    let at = 0;
    while (this.#phase === phases.head && at < dataEnd) {
      const end = findHeadEnd(buffer, at, at + this.#searched, responseLimits, dataEnd);
      if (end === -1) {
        this.#searched = dataEnd - at;
        this.#pending = Buffer.from(buffer.subarray(at, dataEnd));
        break;
      }
      this.#searched = 0;
      if (this.#head.parse(buffer, at, end, responseLimits, this.#method) !== null) {
        this.fail('upstream_protocol_error');
        return;
      }
      at = end;
      if (!this.#took(sink, at < dataEnd)) return;
    }
    if (at < dataEnd && this.#phase !== phases.head) this.#responseBody(sink, buffer, at, dataEnd);
    if (this.#sink === sink) sink.readEnded();
  }

  /** Acts on a parsed head; `more` = bytes follow it. False when the exchange is over. */
  #took(sink: ResponseSink, more: boolean): boolean {
    const head = this.#head;
    if (head.status < 200) {
      if (head.status === 101 || ++this.#interims > MAX_INTERIM) this.fail('upstream_protocol_error');
      else sink.interim(head);
      return this.#sink === sink;
    }
    const empty = head.framing === 'none' || (head.framing === 'length' && head.contentLength === 0);
    if (empty && more) {
      // A body where there cannot be one: whose response those bytes are is anybody's guess.
      this.fail('upstream_protocol_error');
      return false;
    }
    this.reusable = head.keepAlive;
    this.#remaining = head.contentLength;
    this.#phase = phases[head.framing];
    const framed = sink.head(head);
    if (this.#sink !== sink) return false;
    if (empty) {
      this.#ended(sink, unframedEnd);
      return false;
    }
    if (head.framing === 'chunked') {
      this.#framed = framed;
      this.#chunks.reset(framed);
    }
    return true;
  }

  /** Takes body bytes from `at`. */
  #responseBody(sink: ResponseSink, buffer: Buffer, at: number, dataEnd: number): void {
    if (this.#phase === phases.close) {
      sink.body(buffer, at, dataEnd, false);
      return;
    }
    let to: number;
    if (this.#phase === phases.length) {
      to = Math.min(dataEnd, at + this.#remaining);
      this.#remaining -= to - at;
      sink.body(buffer, at, to, false);
      if (this.#remaining > 0) return;
    } else {
      const chunks = this.#chunks;
      to = chunks.write(buffer, at, dataEnd, this.#spans);
      if (to === -1) {
        this.fail('upstream_protocol_error');
        return;
      }
      if (!chunks.complete) return;
    }
    if (to < dataEnd) this.reusable = false;
    if (this.#sink !== sink) return;
    if (this.#phase === phases.length) this.#ended(sink, unframedEnd);
    else {
      const { trailers, terminated } = this.#chunks;
      this.#ended(sink, { trailers, carried: this.#framed ? (terminated ? 'all' : 'last-size') : 'nothing' });
    }
  }

  #ended(sink: ResponseSink, end: BodyEnd): void {
    this.#phase = phases.none;
    sink.ended(end);
  }

  /** The target closed its side. */
  #targetEnded(): void {
    const sink = this.#sink;
    if (this.#phase === phases.close && sink !== null) {
      this.reusable = false;
      this.#ended(sink, unframedEnd);
    }
    this.fail('upstream_reset');
  }
}

function connectCause(error: Error): Cause {
  switch (errnoOf(error)) {
    case 'ETIMEDOUT':
      return 'connect_timeout';
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return 'connect_unreachable';
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
    case 'ENOMEM':
    case 'EADDRNOTAVAIL':
    case 'EAGAIN':
      // Ours, not the target's: it must not be held against it.
      return 'no_socket';
    case 'ENOTFOUND':
    case 'EAI_FAIL':
    case 'ENODATA':
      return 'dns_error';
    case 'EAI_AGAIN':
      return 'dns_timeout';
    default:
      return 'connect_refused';
  }
}
