/**
 * One HTTP/1.1 connection to a target: sends what an attempt gives it, reads responses by the strict parser, and
 * tells its sink. Belongs to a pool, which decides about its life. Never retries, never judges.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../../base/clock.ts';
import type { SocketAddress } from '../../../config/model.ts';
import type { Cause } from '../../shared/causes.ts';
import { type BodyEnd, chunkedEnding, unframedEnd } from '../body-end.ts';
import { descriptorOf, fewDescriptors } from '../descriptor.ts';
import { ChunkDecoder, type ChunkSink } from '../http1/chunked.ts';
import { chunkEnd, chunkHead } from '../http1/encode.ts';
import { findHeadEnd } from '../http1/head-end.ts';
import { ResponseHead } from '../http1/response-head.ts';
import { Outlet } from '../outlet.ts';
import type { Channel, RequestStart, ResponseSink } from './channel.ts';
import { connectCause } from './connect-cause.ts';
import { reusedBuffer } from './read-buffer.ts';
import { MAX_INTERIM, responseLimits } from './response-limits.ts';
import { plainSocket, securedSocket } from './target-socket.ts';
import { type Closure, watchClosure } from './tls-closure.ts';
import type { TargetTls } from '../../../web/target-tls.ts';
import { type TlsFault, tlsFault } from '../../../web/tls-fault.ts';

/** One read: enough for a full socket buffer of the loopback. */
const READ_BYTES = 64 * 1024;

/** One read under TLS: what Node takes out of it at a time. */
const TLS_READ_BYTES = 16 * 1024;

/** What the next bytes are; the names of bodies are those of `ResponseHead.framing`. */
const phases = { none: 0, head: 1, length: 2, chunked: 3, close: 4, stream: 5 } as const;

export interface ConnectionOwner {
  /** The connection is gone; called once, whatever the reason. */
  closed(connection: UpstreamConnection): void;
  /** Something happened that should not be possible. */
  defect(error: unknown): void;
  readonly connectMs: number;
  /** Numbers of descriptors from this one on are not for connections to targets. */
  readonly descriptorBound: number;
  /** Null = plain text. */
  readonly tls: TargetTls | null;
  /** TLS could not be spoken. */
  tlsFailed(fault: TlsFault): void;
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
  readonly mayRefuse = false;
  readonly unprocessed = false;
  readonly #socket: Socket;
  /** How TLS ends; null = plain text. */
  readonly #closure: Closure | null;
  #handshaking = false;
  readonly #owner: ConnectionOwner;
  readonly #head = new ResponseHead();
  readonly #chunks = new ChunkDecoder();
  #sink: ResponseSink | null = null;
  #phase: number = phases.none;
  #method = '';
  /** The present request's body leaves in chunks. */
  #chunked = false;
  /** The present request asks for an upgrade. */
  #upgrading = false;
  #remaining = 0;
  #interims = 0;
  #pending: Buffer | null = null;
  #searched = 0;
  /** The client does not take what came: nothing more is read. */
  #paused = false;
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
    const { tls } = owner;
    const onread = reusedBuffer(tls === null ? READ_BYTES : TLS_READ_BYTES, (buffer, length) => {
      try {
        return this.#data(buffer, length);
      } catch (error) {
        this.#defect(error);
        return false;
      }
    });
    if (tls === null) {
      this.#socket = plainSocket(address, onread);
      this.#closure = null;
    } else {
      const secured = securedSocket(address, tls, onread);
      this.#socket = secured;
      this.#closure = watchClosure(secured);
      secured.on('secureConnect', () => this.#connected());
    }
    const socket = this.#socket;
    this.out = new Outlet(socket);
    socket.on('connect', () => this.#reached());
    socket.on('end', () => this.#targetEnded());
    socket.on('drain', () => {
      this.#socket.setTimeout(0);
      this.#sink?.drained();
    });
    socket.on('timeout', () => this.fail('write_timeout'));
    socket.on('error', (error) => {
      if (!this.dead) this.fail(this.#causeOf(error));
    });
    socket.on('close', () => this.fail(this.connected ? 'upstream_reset' : 'connect_refused'));
  }

  /** Gives the connection to an attempt; `ready` is called at once when it is open. */
  assign(sink: ResponseSink): void {
    this.#sink = sink;
    this.deadlineCause = 'connect_timeout';
    if (this.connected) this.#ready();
  }

  /** @inheritdoc */
  request({ method, target, fields, framing, trailers, upgrade }: RequestStart): void {
    this.uses++;
    this.#method = method;
    this.#phase = phases.head;
    this.#interims = 0;
    this.answered = false;
    this.#chunked = framing === 'chunked';
    let own = trailers ? 'TE: trailers\r\nConnection: TE\r\n' : '';
    if (framing === 'chunked') own += 'Transfer-Encoding: chunked\r\n';
    this.#upgrading = upgrade !== '';
    if (this.#upgrading) own += `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
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
    if (this.#phase !== phases.stream) return;
    this.out.flushNow();
    this.#socket.end(() => this.#sink?.drained());
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
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
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
    // Says under TLS that nothing more comes, as far as that can be said at once (RFC 8446 §6.1).
    if (this.#closure !== null && this.connected) this.#socket.end();
    this.#socket.destroy();
    if (cause === 'no_socket') this.#owner.starved();
    this.#owner.closed(this);
    sink?.failed(cause);
  }

  /** The connection stands; under TLS the handshake begins. */
  #reached(): void {
    const free = this.#owner.descriptorBound - descriptorOf(this.#socket);
    if (free <= 0) {
      this.fail('no_socket');
      return;
    }
    if (free <= fewDescriptors) this.#owner.starved();
    this.#handshaking = this.#closure !== null;
    if (!this.#handshaking) this.#connected();
  }

  #connected(): void {
    if (this.dead) return;
    this.#handshaking = false;
    this.connected = true;
    this.deadline = Infinity;
    this.#ready();
  }

  #causeOf(error: Error): Cause {
    const fault = this.#closure && tlsFault(this.#socket as TLSSocket, error, this.#handshaking);
    if (fault === null) return this.connected ? 'upstream_reset' : connectCause(error);
    this.#owner.tlsFailed(fault);
    return fault.cause;
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

  /** Takes `chunk[0, length)`; true = the buffer must not be read into again. */
  #data(chunk: Buffer, length: number): boolean {
    if (this.dead) return false;
    const sink = this.#sink;
    if (this.#phase === phases.none || sink === null) {
      // Bytes that nobody asked for: they must never become the answer to the next request.
      this.fail('upstream_protocol_error');
      return false;
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
    return sink.retainsSpans;
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
      if (head.status === 101) this.#switch(sink, head);
      else if (++this.#interims > MAX_INTERIM) this.fail('upstream_protocol_error');
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

  /** Acts on a 101: what follows is no HTTP, if it was asked for. */
  #switch(sink: ResponseSink, head: ResponseHead): void {
    if (!this.#upgrading || head.upgrade.toLowerCase() !== 'websocket') {
      this.fail('upstream_protocol_error');
      return;
    }
    this.#phase = phases.stream;
    this.reusable = false;
    // Each side may end on its own.
    this.#socket.allowHalfOpen = true;
    sink.switched(head);
  }

  /** Takes body bytes from `at`. */
  #responseBody(sink: ResponseSink, buffer: Buffer, at: number, dataEnd: number): void {
    if (this.#phase >= phases.close) {
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
    // Under TLS what had been read already comes in spite of a pause, the end of the response too: the next one must be read.
    if (this.#paused) this.resume();
    sink.ended(end);
  }

  /** The target closed its side. */
  #targetEnded(): void {
    // In the middle of a handshake: the error that says so comes next.
    if (!this.connected) return;
    const sink = this.#sink;
    if (this.#phase === phases.stream && sink !== null) {
      sink.ended(unframedEnd);
      return;
    }
    // Under TLS only the target itself can say that its response is whole (RFC 9112 §9.8).
    if (this.#phase === phases.close && sink !== null && this.#closure?.announced !== false) {
      this.reusable = false;
      this.#ended(sink, unframedEnd);
    }
    this.fail('upstream_reset');
  }
}
