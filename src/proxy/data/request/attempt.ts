/**
 * One try against one target: takes a connection from the target's pool, sends the request as it comes in, and reports how
 * it ended to whoever owns it (`tries.ts`). The only thing that it repeats by itself is what is always safe, on a fresh
 * connection while the body is still at hand: an idempotent request whose reused connection died before a byte of the answer
 * (RFC 9112 §9.3.1), and any that the target says it has not looked at (RFC 9113 §8.7). Never chooses, never answers.
 */
import { bump, targetFields } from '../../shared/cells.ts';
import type { Cause } from '../../shared/causes.ts';
import type { BodyEnd } from '../body-end.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { UpstreamRuntime } from '../runtime.ts';
import type { TargetRuntime } from '../target-runtime.ts';
import type { Channel, PoolClient } from '../upstream/channel.ts';
import { acceptOf, keyFrom } from '../websocket/handshake.ts';
import { Tunnel, type TunnelOwner } from '../websocket/tunnel.ts';
import type { BodySink, Exchange, TryPhase } from './exchange.ts';
import { nextTry, tryFailed } from './failed-try.ts';
import { requestStart } from './forward-request.ts';
import { withoutIdentity } from './identity.ts';
import { finish } from './account.ts';
import { cutResponse, mistakable, relayBody, relayEnd, relayFlush, relayHead, relaySwitch } from './relay.ts';
import { respond } from './respond.ts';

/** Of an answer that nobody wants: read to its end within this, so that its connection can live on. */
const DISCARD_BYTES = 64 * 1024;
const DISCARD_MS = 1000;

/** How far a try had come when it failed: nothing of it sent, sent without an answer, or the answer already going out. */
export type Progress = 'unsent' | 'unanswered' | 'broken';

/** Who a try reports to. */
export interface AttemptOwner {
  /** Keeps what is sent of the body, as long as sending it again may be wanted, for what `connection` is or may yet say. */
  keep(buffer: Buffer, from: number, to: number, framed: boolean, connection: Channel): void;
  /** Whether the request may go out once more because the connection was dead before, or `unprocessed` by the target. */
  resendable(unprocessed: boolean): boolean;
  /** When the head of the answer is overdue; the whole request has just been sent. */
  responseDue(): number;
  interim(head: ResponseHead): void;
  /** The final head has come. False = it is not wanted, `discarded` follows. */
  takes(head: ResponseHead, now: number): boolean;
  /** The attempt is over, its answer is not relayed. */
  discarded(): void;
  /** The attempt is over, its answer is complete. */
  ended(): void;
  /** The attempt is over. */
  failed(progress: Progress, cause: Cause): void;
}

export class Attempt implements PoolClient, BodySink, TunnelOwner {
  waitUntil = Infinity;
  opening: PoolClient['opening'] = null;
  readonly #x: Exchange;
  readonly #target: TargetRuntime;
  readonly #owner: AttemptOwner;
  #connection: Channel | null = null;
  #begunAt = 0;
  /** The connection did not come at once. */
  #waits = false;
  /** The whole request has been handed to the connection. */
  #sent = false;
  #over = false;
  /** The request has gone out once more: this is all. */
  #again = false;
  /** What may still come of an answer that is not wanted. */
  #discards = 0;
  /** What the exchange has become; null = it has not. */
  #tunnel: Tunnel | null = null;

  constructor(x: Exchange, target: TargetRuntime, owner: AttemptOwner) {
    this.#x = x;
    this.#target = target;
    this.#owner = owner;
    bump(target.cell, targetFields.inFlight);
  }

  get phase(): TryPhase {
    if (this.#connection === null) return this.opening === null ? 'queue' : 'connect';
    if (this.#tunnel !== null) return 'websocket';
    if (this.#x.begun) return 'relay';
    return this.#sent ? 'wait' : 'send';
  }

  /** @param fresh Only a new connection will do. */
  begin(now: number, fresh = false): void {
    this.#x.attempts++;
    this.#x.triedAt = now;
    this.#begunAt = now;
    this.#waits = false;
    this.#target.pool.acquire(this, fresh);
    this.#waits = true;
  }

  /** @inheritdoc */
  ready(connection: Channel): void {
    const x = this.#x;
    this.#connection = connection;
    x.sentAt = this.#begunAt;
    if (this.#waits) {
      x.sentAt = x.host.now();
      this.#waited(x.sentAt, connection.uses === 0 ? connection : null);
    }
    connection.request(requestStart(x, this.#target));
    if (!x.hasBody) {
      this.#requestSent(connection);
      connection.flush(this.#writeMs);
      return;
    }
    const held = x.held;
    if (held !== null) for (const piece of held.pieces) connection.body(piece, 0, piece.length, held.framed);
    if (x.received) {
      this.#finishBody(connection, x.bodyEnd);
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
    const now = this.#x.host.now();
    this.#waited(now, null);
    tryFailed(this.#x, now, cause, 0);
    this.#leave();
    this.#owner.failed('unsent', cause);
  }

  /** @inheritdoc */
  write(buffer: Buffer, from: number, to: number, framed: boolean): void {
    const connection = this.#connection;
    if (connection === null) return;
    this.#owner.keep(buffer, from, to, framed, connection);
    connection.body(buffer, from, to, framed);
  }

  /** @inheritdoc */
  end(end: BodyEnd): void {
    this.#x.bodyEnd = end;
    if (this.#connection !== null) this.#finishBody(this.#connection, end);
  }

  /** @inheritdoc */
  flush(): void {
    const connection = this.#connection;
    if (connection === null) return;
    if (!connection.flush(this.#writeMs) && !this.#x.received) this.#x.client.pauseBody();
    this.#flowed();
  }

  /** @inheritdoc */
  drained(): void {
    if (this.#tunnel !== null) this.#tunnel.drained();
    else if (!this.#over && !this.#x.received) {
      this.#flowed();
      this.#x.client.resumeBody();
    }
  }

  /** @inheritdoc */
  interim(head: ResponseHead): void {
    this.#owner.interim(head);
  }

  /** @inheritdoc */
  head(head: ResponseHead): boolean {
    const connection = this.#connection as Channel;
    const x = this.#x;
    const now = x.host.now();
    if (!this.#owner.takes(head, now)) {
      this.#discard(connection, head);
      this.#owner.discarded();
      return false;
    }
    if (x.upgrade !== '' && mistakable(x, head)) {
      this.#discard(connection, head);
      this.#owner.ended();
      respond(x, 'upgrade_failed');
      return false;
    }
    this.#awaitBytes(connection);
    relayHead(x, head, now);
    return x.client.takesFraming;
  }

  /** @inheritdoc */
  switched(head: ResponseHead): void {
    const connection = this.#connection as Channel;
    const x = this.#x;
    if (x.client.http2 && head.lookup('sec-websocket-accept') !== acceptOf(keyFrom(x.traceId))) {
      connection.destroy();
      this.failed('upstream_protocol_error');
      return;
    }
    const now = x.host.now();
    if (!this.#owner.takes(head, now)) {
      this.#discard(connection, head);
      this.#owner.discarded();
      return;
    }
    relaySwitch(x, head, now);
    if (x.trace !== null) x.host.tellSpans(x, now);
    this.#tunnel = new Tunnel(x, connection, this);
    this.#tunnel.begin();
  }

  /** @inheritdoc */
  tunnelEnded(cause: Cause | null): void {
    const connection = this.#connection as Channel;
    const x = this.#x;
    this.#leave();
    this.#target.pool.release(connection, false);
    this.#owner.ended();
    x.cause = cause;
    finish(x);
  }

  /** @inheritdoc */
  body(buffer: Buffer, from: number, to: number, framed: boolean): void {
    if (this.#tunnel !== null) this.#tunnel.body(buffer, from, to);
    else if (!this.#over) relayBody(this.#x, buffer, from, to, framed);
    else if ((this.#discards -= to - from) < 0) this.#connection?.destroy();
  }

  /** @inheritdoc */
  ended(end: BodyEnd): void {
    if (this.#tunnel !== null) {
      this.#tunnel.ended();
      return;
    }
    const connection = this.#connection as Channel;
    connection.deadline = Infinity;
    const wanted = !this.#over;
    this.#leave();
    // Who answered before it had taken the whole request may never take the rest.
    this.#target.pool.release(connection, connection.reusable && this.#sent);
    if (!wanted) return;
    this.#owner.ended();
    relayEnd(this.#x, end);
  }

  /** @inheritdoc */
  readEnded(): void {
    if (this.#tunnel !== null) {
      this.#tunnel.readEnded();
      return;
    }
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
    // An answer that nobody wants may break off.
    if (this.#over) return;
    const x = this.#x;
    if (this.#tunnel !== null) {
      this.#leave();
      this.#owner.ended();
      cutResponse(x, cause);
      return;
    }
    const connection = this.#connection;
    const diedReused = connection !== null && connection.uses > 1 && !connection.answered && cause === 'upstream_reset';
    const unprocessed = connection?.unprocessed === true && this.#owner.resendable(true);
    const resend = !this.#again && (unprocessed || (diedReused && !x.begun && this.#owner.resendable(false)));
    const now = x.host.now();
    if (connection === null) this.#waited(now, this.opening);
    if (!x.begun) tryFailed(x, now, cause, 0);
    this.#connection = null;
    if (unprocessed && !x.received) x.client.pauseBody();
    if (resend) {
      this.#again = true;
      x.bodySink = null;
      this.#sent = false;
      if (!x.received) x.client.pauseBody();
      nextTry(x, 'resend');
      this.begin(now, true);
      return;
    }
    this.#leave();
    this.#owner.failed(connection === null || unprocessed ? 'unsent' : x.begun ? 'broken' : 'unanswered', cause);
  }

  /** The exchange goes on, or ends, without this try. Its owner is not told. */
  abandon(): void {
    if (this.#over) return;
    const connection = this.#connection;
    this.#leave();
    this.#target.pool.cancel(this);
    connection?.destroy();
  }

  /** Reads what is left of an answer for nobody, where that is little and the connection is worth it. */
  #discard(connection: Channel, head: ResponseHead): void {
    this.#leave();
    const small = head.framing === 'none' || head.contentLength <= DISCARD_BYTES;
    const worthwhile = this.#sent && connection.reusable && small;
    if (!worthwhile) {
      connection.destroy();
      return;
    }
    this.#discards = DISCARD_BYTES;
    connection.deadlineCause = 'read_timeout';
    connection.deadline = this.#x.host.due(DISCARD_MS);
  }

  /** Accounts for the time until `now`: in the queue first, then for `opened` to be made, unless it was there already. */
  #waited(now: number, opened: { readonly openedAt: number } | null): void {
    const connecting = opened === null ? 0 : now - Math.max(this.#begunAt, opened.openedAt);
    this.#x.connectMs += connecting;
    this.#x.queueMs += now - this.#begunAt - connecting;
  }

  #finishBody(connection: Channel, end: BodyEnd): void {
    connection.end(withoutIdentity(end, this.#x.runtime.identityFields));
    this.#requestSent(connection);
  }

  #requestSent(connection: Channel): void {
    this.#sent = true;
    const x = this.#x;
    if (x.hasBody) x.sentAt = x.host.now();
    if (x.begun) return;
    connection.deadlineCause = 'response_timeout';
    connection.deadline = this.#owner.responseDue();
  }

  /** From now on the target's silence is bounded. */
  #awaitBytes(connection: Channel): void {
    connection.deadlineCause = 'read_timeout';
    connection.deadline = this.#x.host.due((this.#x.upstream as UpstreamRuntime).timeouts.readMs);
  }

  /** Bytes of the request have moved while the answer is under way: no clock cuts what flows, in whatever direction. */
  #flowed(): void {
    const x = this.#x;
    const connection = this.#connection;
    if (connection === null || !x.begun || x.received || x.resumeResponse !== null || this.#over) return;
    this.#awaitBytes(connection);
  }

  get #writeMs(): number {
    return (this.#x.upstream as UpstreamRuntime).timeouts.writeMs;
  }

  #leave(): void {
    if (this.#over) return;
    this.#over = true;
    const x = this.#x;
    x.resumeResponse = null;
    x.bodySink = null;
    this.#tunnel?.leave();
    bump(this.#target.cell, targetFields.inFlight, -1);
  }
}
