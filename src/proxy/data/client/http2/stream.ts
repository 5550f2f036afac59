/**
 * One stream of a client's HTTP/2 connection: carries one request and its answer. Owns the stream's clocks and its flow
 * control; what happens to the request is the business of `request/`, what concerns the connection that of `connection.ts`.
 */
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Cause } from '../../../shared/causes.ts';
import { type BodyEnd, unframedEnd } from '../../body-end.ts';
import { lateRequest, type RequestFault, requestFault } from '../../http1/faults.ts';
import type { RequestHead } from '../../http1/request-head.ts';
import type { ResponseHead } from '../../http1/response-head.ts';
import { type RawFields, trailersOf } from '../../http2/head-text.ts';
import { finish } from '../../request/account.ts';
import type { Downstream, Exchange, ResponseStart } from '../../request/exchange.ts';
import { respond } from '../../request/respond.ts';
import { lose } from '../../request/spoil.ts';
import type { Secured } from '../arrival.ts';
import { AnswerWriter } from './answer-writer.ts';

/** What a stream needs of its connection. */
export interface StreamCarrier {
  readonly peerAddress: string;
  readonly secured: Secured | null;
  /** How long a client may be silent in a body, ours or its own. */
  readonly silenceMs: number;
  due(ms: number): number;
  /** Payload came. */
  took(bytes: number): void;
  /** Payload goes out. */
  gave(bytes: number): void;
  /** `stream.deadline` is earlier than it was. */
  awaits(stream: ClientStream): void;
  /** A final answer begins. */
  answering(): void;
  /** The stream is gone; `early` = before it was answered. */
  left(stream: ClientStream, early: boolean): void;
  /** We end a stream that the client may still be sending on. */
  closedEarly(): void;
  defect(error: unknown): void;
}

const own = Symbol('client stream');
type Owned = ServerHttp2Stream & { [own]: ClientStream };

const { NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_CANCEL, NGHTTP2_CONNECT_ERROR, NGHTTP2_PROTOCOL_ERROR } =
  constants;

export class ClientStream implements Downstream {
  readonly http2 = true;
  readonly takesFraming = false;
  readonly peerAddress: string;
  readonly secured: Secured | null;
  /** When the client's next step is overdue; `Infinity` = nothing is awaited of it. */
  deadline = Infinity;
  readonly #stream: ServerHttp2Stream;
  readonly #carrier: StreamCarrier;
  readonly #answer: AnswerWriter;
  #exchange: Exchange | null = null;
  /** The client has not ended its side, as far as we have read. */
  #open = false;
  /** The request has a body that has not ended. */
  #receiving = false;
  #held = true;
  /** What was unsent, and what had left on the connection, when it was last looked whether the client reads. */
  #unread = -1;
  #sent = -1;
  /** How the body of the request ended. */
  #received: BodyEnd = unframedEnd;
  /** Payload that waits to be taken, as far as the connection has been told of it. */
  #waiting = 0;
  /** Announced length of the request body; -1 = none. */
  #expected = -1;
  /** The answer has been given to its end. */
  #answered = false;
  /** We have reset it. */
  #cut = false;
  /** We have closed it, as soon as the answer is out. */
  #declined = false;
  #gone = false;

  constructor(stream: ServerHttp2Stream, carrier: StreamCarrier) {
    this.#stream = stream;
    this.#carrier = carrier;
    this.#answer = new AnswerWriter(stream);
    this.peerAddress = carrier.peerAddress;
    this.secured = carrier.secured;
    (stream as Owned)[own] = this;
    stream.on('aborted', aborted);
    stream.on('close', closed);
    stream.on('error', ignored);
    stream.on('drain', drained);
  }

  get bytesWritten(): number {
    return this.#answer.written;
  }

  get exchange(): Exchange | null {
    return this.#exchange;
  }

  /** Takes the exchange that the stream carries; `head` says what body comes. */
  carry(x: Exchange, head: RequestHead, ended: boolean): void {
    this.#exchange = x;
    this.#open = !ended;
    if (head.framing === 'none' || (head.framing === 'length' && head.contentLength === 0)) {
      x.received = true;
      return;
    }
    this.#receiving = true;
    this.#expected = head.contentLength;
    this.#receive();
  }

  /** The request turned out to be none: no body of it is read. */
  carryRefusal(x: Exchange, ended: boolean): void {
    this.#exchange = x;
    this.#open = !ended;
  }

  begin(start: ResponseStart): void {
    this.#carrier.answering();
    if (start.status === 101) {
      this.#switch(start);
      return;
    }
    this.#answer.begin(start);
    // 200 would tell the client that it has its WebSocket (RFC 8441 §5).
    if (start.status < 300 && (this.#exchange?.head.upgrade ?? '') !== '') this.#reset(NGHTTP2_CONNECT_ERROR);
    // From now on both sides may go on as long as they like, as long as they move.
    if (this.#receiving) this.deadline = Infinity;
  }

  interim(head: ResponseHead): void {
    this.#answer.interim(head);
  }

  sendContinue(): void {
    this.#answer.sendContinue();
  }

  body(buffer: Buffer, from: number, to: number): void {
    this.#answer.body(buffer, from, to);
    this.#carrier.gave(to - from);
  }

  end(end: BodyEnd): void {
    this.#answered = true;
    this.#answer.end(end);
    // What has been given to the stream must be read, too.
    if (!this.#stream.destroyed) this.#await();
  }

  flush(): boolean {
    if (this.#answer.flush()) return true;
    if (!this.#answered) this.#await();
    return false;
  }

  get retainsSpans(): boolean {
    return this.#answer.retainsSpans;
  }

  cut(): void {
    this.#reset(NGHTTP2_INTERNAL_ERROR);
  }

  pauseBody(): void {
    if (!this.#receiving || this.#held) return;
    this.#held = true;
    this.#stream.pause();
    // The client waits for us now: its silence is not its fault.
    if (this.#exchange?.begun !== true) this.deadline = Infinity;
  }

  resumeBody(): void {
    if (!this.#receiving || !this.#held || this.#stream.destroyed) return;
    this.#held = false;
    this.#awaitBody();
    this.#stream.resume();
  }

  finished(x: Exchange): void {
    if (this.#exchange !== x) return;
    this.#exchange = null;
    if (this.#stream.destroyed || !this.#open) return;
    // Nobody wants the rest of the request; once the answer is out, the client is told so (RFC 9113 §8.1).
    this.#open = this.#receiving = false;
    this.#carrier.closedEarly();
    const stream = this.#stream;
    // Closed sooner, Node forgets a stream whose request ends now before its last frame is out, and sends empty ones for ever.
    const tell = () =>
      setImmediate(() => {
        if (stream.destroyed || stream.closed) return;
        this.#declined = true;
        stream.close(NGHTTP2_NO_ERROR);
      });
    if (stream.writableFinished) tell();
    else stream.once('finish', tell);
    stream.resume();
  }

  /**
   * Called several times a second: does what is overdue.
   * @param sent Bytes that have left on the connection, if this stream alone can have sent the last of them; else -1.
   */
  look(now: number, sent: number): void {
    // The same where all of the answer has been given to the stream: then nothing tells of the reset.
    if (this.#stream.closed && !this.#declined) this.#stream.destroy();
    if (this.deadline === Infinity) return;
    const x = this.#exchange;
    if (x !== null && !x.begun) {
      if (now >= this.deadline) this.#fail(x, lateRequest);
      return;
    }
    const unread = this.#stream.writableLength;
    if (unread !== this.#unread || (sent !== -1 && sent !== this.#sent)) {
      this.#unread = unread;
      this.#sent = sent;
      this.deadline = this.#carrier.due(this.#carrier.silenceMs);
    } else if (now >= this.deadline) this.over('client_write_timeout');
  }

  /** Ends the stream, and its exchange with `cause`. */
  over(cause: Cause): void {
    this.deadline = Infinity;
    this.#reset(cause === 'internal' ? NGHTTP2_INTERNAL_ERROR : NGHTTP2_CANCEL);
    this.#finish(cause);
  }

  /** The client, or the connection, is gone. */
  lost(): void {
    // Whoever resets the stream ends the exchange himself.
    if (this.#cut) return;
    this.#finish('client_closed');
    const stream = this.#stream;
    // Reset with NO_ERROR it would stay, and hold one of the client's places, for as long as something of ours is unsent.
    if (!this.#declined) process.nextTick(() => void stream.destroy());
  }

  /** The stream is over; said once. */
  closed(): void {
    this.#finish('client_closed');
    if (this.#gone) return;
    this.#gone = true;
    this.deadline = Infinity;
    this.#carrier.left(this, !this.#answered && !this.#cut);
  }

  /** Says of payload that has come and waits that it has come: the client cannot help that nobody takes it yet. */
  countWaiting(): void {
    const waiting = this.#stream.readableLength;
    if (waiting <= this.#waiting) return;
    this.#carrier.took(waiting - this.#waiting);
    this.#waiting = waiting;
  }

  take(chunk: Buffer): void {
    const told = Math.min(this.#waiting, chunk.length);
    this.#waiting -= told;
    this.#carrier.took(chunk.length - told);
    const x = this.#exchange;
    if (x === null) return;
    this.#awaitBody();
    x.bytesIn += chunk.length;
    const most = x.switched ? Infinity : this.#expected === -1 ? x.bodyLimit : this.#expected;
    if (x.bytesIn > most) {
      this.#fail(x, requestFault(this.#expected === -1 ? 'body_too_large' : 'content_length'));
      return;
    }
    x.bodySink?.write(chunk, 0, chunk.length, false);
    x.bodySink?.flush();
  }

  takeTrailers(fields: RawFields): void {
    const trailers = trailersOf(fields);
    const x = this.#exchange;
    if (trailers !== null) this.#received = { trailers, carried: 'nothing' };
    else if (x !== null) this.#fail(x, requestFault('trailer'));
  }

  takeEnd(): void {
    if (!this.#receiving) return;
    const x = this.#exchange;
    if (x === null) return;
    if (this.#expected !== -1 && x.bytesIn !== this.#expected) {
      this.#fail(x, requestFault('content_length'));
      return;
    }
    this.#open = this.#receiving = false;
    if (!x.begun) this.deadline = Infinity;
    x.received = true;
    x.bodyEnd = this.#received;
    x.bodySink?.end(this.#received);
    x.bodySink?.flush();
  }

  /** What was queued has left. */
  drained(): void {
    if (!this.#answered) this.deadline = Infinity;
    this.#exchange?.resumeResponse?.();
  }

  /** A handler of the stream threw. */
  broke(error: unknown): void {
    this.#carrier.defect(error);
    this.over('internal');
  }

  #receive(): void {
    const stream = this.#stream;
    stream.pause();
    stream.on('data', arrived);
    stream.on('trailers', trailed);
    stream.on('end', ended);
  }

  /** The exchange goes on as two streams: the client is told 200 (RFC 8441 §5), and what it sends from now on has no end. */
  #switch(start: ResponseStart): void {
    this.#answer.begin({ ...start, status: 200, length: -1, hasBody: true });
    this.#answer.flush();
    if (!this.#open) return;
    this.#receiving = this.#held = true;
    this.#expected = -1;
    this.#receive();
  }

  #awaitBody(): void {
    if (this.#exchange?.begun !== false || this.#held) return;
    this.#await();
  }

  #await(): void {
    const before = this.deadline;
    this.deadline = this.#carrier.due(this.#carrier.silenceMs);
    if (this.deadline < before) this.#carrier.awaits(this);
  }

  /** Ends an exchange that the client spoiled after its head. */
  #fail(x: Exchange, fault: RequestFault): void {
    x.letGo();
    x.reason = fault.reason;
    this.deadline = Infinity;
    if (x.begun) {
      x.cause = fault.cause;
      this.#reset(NGHTTP2_PROTOCOL_ERROR);
      finish(x);
    } else respond(x, fault.cause, fault.status);
  }

  #finish(cause: Cause): void {
    if (this.#exchange !== null) lose(this.#exchange, cause);
  }

  #reset(code: number): void {
    this.#cut = true;
    this.#answer.discard();
    const stream = this.#stream;
    if (stream.closed) stream.destroy();
    else stream.close(code);
  }
}

// One set of listeners for all streams: a closure for each would cost every request.

function aborted(this: ServerHttp2Stream): void {
  (this as Owned)[own].lost();
}

function closed(this: ServerHttp2Stream): void {
  (this as Owned)[own].closed();
}

/** What ends a stream is told by its end. */
function ignored(): void {}

function drained(this: ServerHttp2Stream): void {
  const stream = (this as Owned)[own];
  try {
    stream.drained();
  } catch (error) {
    stream.broke(error);
  }
}

function arrived(this: ServerHttp2Stream, chunk: Buffer): void {
  const stream = (this as Owned)[own];
  try {
    stream.take(chunk);
  } catch (error) {
    stream.broke(error);
  }
}

function trailed(this: ServerHttp2Stream, _fields: unknown, _flags: number, raw?: RawFields): void {
  const stream = (this as Owned)[own];
  try {
    stream.takeTrailers(raw ?? []);
  } catch (error) {
    stream.broke(error);
  }
}

function ended(this: ServerHttp2Stream): void {
  const stream = (this as Owned)[own];
  try {
    stream.takeEnd();
  } catch (error) {
    stream.broke(error);
  }
}
