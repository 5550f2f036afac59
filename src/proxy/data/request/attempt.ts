/**
 * Fifth phase: one try against one target. Takes a connection from the target's pool, sends the request as it comes in,
 * and hands the response to `relay`. The only try that it repeats is the one that is always safe: on a reused
 * connection that died before a byte of the answer, an idempotent request whose body is still at hand goes out again
 * on a fresh one (RFC 9112 §9.3.1).
 */
import { bump, targetFields } from '../../shared/cells.ts';
import type { Cause } from '../../shared/causes.ts';
import { type BodyEnd, chunkedEnding, unframedEnd } from '../body-end.ts';
import { chunkEnd, chunkHead } from '../http1/encode.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { RouteRuntime, TargetRuntime } from '../runtime.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import type { PoolClient } from '../upstream/pool.ts';
import type { BodySink, Exchange } from './exchange.ts';
import { requestHeadText } from './forward-request.ts';
import { cutResponse, relayBody, relayEnd, relayFlush, relayHead, relayInterim } from './relay.ts';
import { respond } from './respond.ts';

/** Body bytes kept for sending a request again. */
const HELD_BYTES = 64 * 1024;

const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']);

/** Begins an attempt against `target`. */
export function startAttempt(x: Exchange, target: TargetRuntime): void {
  x.target = target;
  bump(target.cell, targetFields.inFlight);
  new Attempt(x, target).begin(false);
}

interface HeldSpan {
  readonly buffer: Buffer;
  readonly from: number;
  readonly to: number;
  readonly framed: boolean;
}

class Attempt implements PoolClient, BodySink {
  waitUntil = Infinity;
  opening: UpstreamConnection | null = null;
  readonly #x: Exchange;
  readonly #target: TargetRuntime;
  #connection: UpstreamConnection | null = null;
  #begunAt = 0;
  /** The connection did not come at once. */
  #waits = false;
  /** The whole request has been handed to the connection. */
  #sent = false;
  /** What was sent of the body; null once it is too much to keep, or when a resend would not be safe anyway. */
  #held: HeldSpan[] | null;
  #heldBytes = 0;
  #end: BodyEnd = unframedEnd;
  #over = false;

  constructor(x: Exchange, target: TargetRuntime) {
    this.#x = x;
    this.#target = target;
    this.#held = idempotent.has(x.head.method) ? [] : null;
  }

  begin(fresh: boolean): void {
    const x = this.#x;
    x.attempts++;
    x.abandon = () => this.#abandon();
    this.#begunAt = x.attempts === 1 ? x.startedAt : x.host.now();
    this.#waits = false;
    this.#target.pool.acquire(this, fresh);
    this.#waits = true;
  }

  /** @inheritdoc */
  ready(connection: UpstreamConnection): void {
    const x = this.#x;
    this.#connection = connection;
    x.sentAt = this.#begunAt;
    if (this.#waits) {
      x.sentAt = x.host.now();
      this.#waited(x.sentAt, connection.uses === 0 ? connection : null);
    }
    connection.expect(x.head.method);
    connection.out.text(requestHeadText(x, this.#target));
    if (!x.hasBody) {
      this.#requestSent(connection);
      connection.flush(this.#writeMs);
      return;
    }
    const held = this.#held;
    if (held !== null) for (const span of held) this.#send(connection, span.buffer, span.from, span.to, span.framed);
    if (x.received) {
      this.#finishBody(connection, this.#end);
      connection.flush(this.#writeMs);
      return;
    }
    x.bodySink = this;
    if (x.head.expectContinue && !x.continued) {
      x.continued = true;
      x.client.sendContinue();
    }
    // What the client has already sent comes synchronously and leaves with the head.
    x.client.resumeBody();
    if (!connection.dead) this.flush();
  }

  /** @inheritdoc */
  refused(cause: Cause): void {
    this.#waited(this.#x.host.now(), null);
    this.#leave();
    respond(this.#x, cause);
  }

  /** @inheritdoc */
  write(buffer: Buffer, from: number, to: number, framed: boolean): void {
    const connection = this.#connection;
    if (connection === null) return;
    if (this.#held !== null) {
      this.#heldBytes += to - from;
      if (this.#heldBytes > HELD_BYTES || connection.uses === 1) this.#held = null;
      else this.#held.push({ buffer, from, to, framed });
    }
    this.#send(connection, buffer, from, to, framed);
  }

  /** @inheritdoc */
  end(end: BodyEnd): void {
    this.#end = end;
    if (this.#connection !== null) this.#finishBody(this.#connection, end);
  }

  /** @inheritdoc */
  flush(): void {
    const connection = this.#connection;
    if (connection !== null && !connection.flush(this.#writeMs) && !this.#x.received) this.#x.client.pauseBody();
  }

  /** @inheritdoc */
  drained(): void {
    if (!this.#x.received) this.#x.client.resumeBody();
  }

  /** @inheritdoc */
  interim(head: ResponseHead): void {
    relayInterim(this.#x, head);
  }

  /** @inheritdoc */
  head(head: ResponseHead): boolean {
    const connection = this.#connection as UpstreamConnection;
    this.#held = null;
    this.#awaitBytes(connection);
    relayHead(this.#x, head);
    return this.#x.client.takesFraming;
  }

  /** @inheritdoc */
  body(buffer: Buffer, from: number, to: number, framed: boolean): void {
    relayBody(this.#x, buffer, from, to, framed);
  }

  /** @inheritdoc */
  ended(end: BodyEnd): void {
    const connection = this.#connection as UpstreamConnection;
    connection.deadline = Infinity;
    this.#leave();
    // Who answered before it had taken the whole request may never take the rest.
    this.#target.pool.release(connection, connection.reusable && this.#sent && !connection.out.unsent);
    relayEnd(this.#x, end);
  }

  /** @inheritdoc */
  readEnded(): void {
    const connection = this.#connection;
    if (connection === null || this.#over) return;
    if (relayFlush(this.#x)) {
      if (this.#x.begun) this.#awaitBytes(connection);
      return;
    }
    // The client is slow: the target must wait, and its silence is not its fault.
    connection.deadline = Infinity;
    connection.pause();
    this.#x.resumeResponse = () => {
      this.#x.resumeResponse = null;
      if (this.#over) return;
      this.#awaitBytes(connection);
      connection.resume();
    };
  }

  /** @inheritdoc */
  get retainsSpans(): boolean {
    return this.#x.client.retainsSpans;
  }

  /** @inheritdoc */
  failed(cause: Cause): void {
    const x = this.#x;
    const connection = this.#connection;
    const resend =
      connection !== null &&
      connection.uses > 1 &&
      !connection.answered &&
      !x.begun &&
      cause === 'upstream_reset' &&
      this.#resendable();
    if (connection === null) this.#waited(x.host.now(), this.opening);
    this.#connection = null;
    if (resend) {
      x.bodySink = null;
      this.#sent = false;
      if (!x.received) x.client.pauseBody();
      this.begin(true);
      return;
    }
    this.#leave();
    if (x.begun) cutResponse(x, cause === 'upstream_reset' ? 'upstream_truncated' : cause);
    else respond(x, cause);
  }

  /** Accounts for the time until `now`: in the queue first, then for `opened` to be made, unless it was there already. */
  #waited(now: number, opened: UpstreamConnection | null): void {
    const connecting = opened === null ? 0 : now - Math.max(this.#begunAt, opened.openedAt);
    this.#x.connectMs += connecting;
    this.#x.queueMs += now - this.#begunAt - connecting;
  }

  #resendable(): boolean {
    return this.#held !== null;
  }

  #send(connection: UpstreamConnection, buffer: Buffer, from: number, to: number, framed: boolean): void {
    const chunk = this.#x.head.framing === 'chunked' && !framed;
    if (chunk) connection.out.text(chunkHead(to - from));
    connection.out.bytes(buffer, from, to);
    if (chunk) connection.out.text(chunkEnd);
  }

  #finishBody(connection: UpstreamConnection, end: BodyEnd): void {
    if (this.#x.head.framing === 'chunked') connection.out.text(chunkedEnding(end));
    this.#requestSent(connection);
  }

  #requestSent(connection: UpstreamConnection): void {
    this.#sent = true;
    const x = this.#x;
    if (x.hasBody) x.sentAt = x.host.now();
    if (x.begun) return;
    const { responseMs } = x.route as RouteRuntime;
    connection.deadlineCause = 'response_timeout';
    connection.deadline = x.host.due(responseMs);
  }

  /** From now on the target's silence is bounded. */
  #awaitBytes(connection: UpstreamConnection): void {
    const { readMs } = (this.#x.route as RouteRuntime).upstream.timeouts;
    connection.deadlineCause = 'read_timeout';
    connection.deadline = this.#x.host.due(readMs);
  }

  get #writeMs(): number {
    return (this.#x.route as RouteRuntime).upstream.timeouts.writeMs;
  }

  /** The exchange goes on without this attempt. */
  #abandon(): void {
    if (this.#over) return;
    const connection = this.#connection;
    this.#leave();
    this.#target.pool.cancel(this);
    connection?.destroy();
  }

  #leave(): void {
    if (this.#over) return;
    this.#over = true;
    const x = this.#x;
    this.#connection = null;
    x.abandon = null;
    x.resumeResponse = null;
    x.bodySink = null;
    bump(this.#target.cell, targetFields.inFlight, -1);
  }
}
