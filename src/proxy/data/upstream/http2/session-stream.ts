/**
 * One exchange with a target as one stream of an HTTP/2 session (RFC 9113 §8.1): sends what an attempt gives it, lets the
 * strict parser of HTTP/1.1 judge what comes back, and tells its sink. Belongs to a session. Never retries.
 */
import { type ClientHttp2Stream, constants } from 'node:http2';
import { Readable } from 'node:stream';
import type { Cause } from '../../../shared/causes.ts';
import type { BodyEnd } from '../../body-end.ts';
import { ChunkDecoder, type ChunkSink } from '../../http1/chunked.ts';
import type { ResponseHead } from '../../http1/response-head.ts';
import { addField, noFields } from '../../http2/field-list.ts';
import { type RawFields, trailersOf } from '../../http2/head-text.ts';
import type { Channel, RequestStart, ResponseSink } from '../channel.ts';
import { MAX_INTERIM } from '../response-limits.ts';
import { type BodyOwner, RequestBody } from './request-body.ts';
import { requestList } from './request-list.ts';
import { isProtocolCode, responseHead, switchedHead } from './response-reading.ts';

const { NGHTTP2_FLAG_END_STREAM, NGHTTP2_REFUSED_STREAM } = constants;

const own = Symbol('session stream');
type Owned = ClientHttp2Stream & { [own]: SessionStream };
const { push } = Readable.prototype;

/** What a stream needs of its session. */
export interface StreamOwner {
  readonly openedAt: number;
  /** Streams begun so far. */
  uses: number;
  /** The session carries nothing any more. */
  readonly gone: boolean;
  readonly scheme: 'http' | 'https';
  /** The target takes extended CONNECT (RFC 8441). */
  readonly takesConnect: boolean;
  /** Filled anew by each response, read at once. */
  readonly head: ResponseHead;
  now(): number;
  /** Begins a stream. */
  begin(list: string[], ended: boolean, trailers: boolean): ClientHttp2Stream;
  /** Tells the target to forget the stream (RST_STREAM, CANCEL), before the session ends if it does. */
  cancel(stream: ClientHttp2Stream): void;
  /** The stream holds its place no longer; called once. */
  left(stream: SessionStream): void;
  /** The target let a time pass: is it there at all? */
  doubt(): void;
  defect(error: unknown): void;
}

export class SessionStream implements Channel, BodyOwner {
  readonly openedAt: number;
  readonly mayRefuse = true;
  readonly reusable = true;
  uses: number;
  dead = false;
  deadline = Infinity;
  deadlineCause: Cause = 'response_timeout';
  answered = false;
  unprocessed = false;
  readonly #owner: StreamOwner;
  #sink: ResponseSink | null;
  #start: RequestStart | null = null;
  #stream: ClientHttp2Stream | null = null;
  readonly #body = new RequestBody(this);
  /** Takes chunked framing off; null until such bytes come. */
  #chunks: ChunkDecoder | null = null;
  readonly #spans: ChunkSink = { span: (buffer, from, to) => this.#body.add(buffer, from, to) };
  #requestTrailers: BodyEnd['trailers'] = [];
  #trailers: BodyEnd['trailers'] = [];
  #interims = 0;
  #responding = false;
  /** The target has said that its side is complete. */
  complete = false;
  /** What went wrong, where Node says so before the stream closes. */
  fault: Error | null = null;
  /** Silence of a target that does not read is bounded by this. */
  #silenceMs = 0;
  #writeDeadline = Infinity;

  constructor(owner: StreamOwner, sink: ResponseSink) {
    this.#owner = owner;
    this.#sink = sink;
    this.openedAt = owner.openedAt;
    this.uses = owner.uses;
  }

  /** Number of the stream; undefined before it has one. */
  get id(): number | undefined {
    return this.#stream?.id;
  }

  /** @inheritdoc */
  get unsent(): boolean {
    return this.#body.unsent > 0;
  }

  /** @inheritdoc */
  request(start: RequestStart): void {
    this.uses = ++this.#owner.uses;
    this.#start = start;
    this.#body.ended = start.framing === 'none' && start.upgrade === '';
  }

  /** @inheritdoc */
  body(buffer: Buffer, from: number, to: number, framed: boolean): void {
    if (from >= to) return;
    if (!framed) {
      this.#body.add(buffer, from, to);
      return;
    }
    if (this.#chunks === null) {
      this.#chunks = new ChunkDecoder();
      this.#chunks.reset();
    }
    this.#chunks.write(buffer, from, to, this.#spans);
  }

  /** @inheritdoc */
  end({ trailers }: BodyEnd): void {
    this.#requestTrailers = trailers;
    this.#body.ended = true;
    if (this.#stream !== null) this.#body.send(this.#stream);
  }

  /** @inheritdoc */
  flush(silenceMs: number): boolean {
    if (this.dead) return false;
    this.#stream ??= this.#open();
    if (this.#stream === null) return false;
    const free = this.#body.send(this.#stream);
    this.#silenceMs = silenceMs;
    if (free) this.#writeDeadline = Infinity;
    else if (this.#writeDeadline === Infinity) this.#heard();
    return free;
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  /** The exchange is over. A target that answered before it had all of the request is not sent the rest. */
  finish(): void {
    if (!this.#body.ended || this.unsent) this.#cancel();
    this.#leave();
  }

  /** @inheritdoc */
  destroy(): void {
    this.#cancel();
    this.#leave();
  }

  /** The session is about to end: without a reset the target would take what it has of the request for all of it. */
  cutOff(): void {
    this.#cancel();
  }

  /** Ends the exchange and tells the sink why. */
  fail(cause: Cause): void {
    const sink = this.#sink;
    this.#cancel();
    this.#leave();
    sink?.failed(cause);
  }

  /** The target has said that it did not, and will not, look at this request. */
  refuse(): void {
    this.unprocessed = !this.answered;
    this.fail('upstream_reset');
  }

  postpone(ms: number): void {
    this.deadline += ms;
    this.#writeDeadline += ms;
  }

  /** Acts on what is overdue. */
  sweep(now: number): void {
    const cause = now >= this.#writeDeadline ? 'write_timeout' : now >= this.deadline ? this.deadlineCause : null;
    if (cause === null) return;
    // Where neither end of a WebSocket speaks, the session is none the worse for it.
    if (cause !== 'websocket_idle') this.#owner.doubt();
    this.fail(cause);
  }

  /** @inheritdoc */
  took(drained: boolean): void {
    if (this.dead) return;
    if (this.#writeDeadline !== Infinity) this.#heard();
    if (drained) this.#writeDeadline = Infinity;
    if (!drained && (!this.#body.ended || this.#body.unsent > 0)) return;
    try {
      this.#sink?.drained();
    } catch (error) {
      this.broke(error);
    }
  }

  /** The target is there: whatever waits for it to read waits anew. */
  #heard(): void {
    this.#writeDeadline = this.#silenceMs === 0 ? Infinity : this.#owner.now() + this.#silenceMs;
  }

  #cancel(): void {
    const stream = this.#stream;
    // A stream that the target has closed in the meantime stays, too, for as long as something of the request is unsent.
    if (stream?.destroyed === false) this.#owner.cancel(stream);
  }

  #leave(): void {
    if (this.dead) return;
    this.dead = true;
    this.#sink = null;
    this.deadline = Infinity;
    this.#writeDeadline = Infinity;
    this.#owner.left(this);
  }

  /** A defect in one exchange is that exchange's failure, not the session's. */
  broke(error: unknown): void {
    this.#owner.defect(error);
    this.fail('internal');
  }

  /** Sends the head. Null where it cannot be sent. */
  #open(): ClientHttp2Stream | null {
    const start = this.#start as RequestStart;
    const owner = this.#owner;
    if (start.upgrade !== '' && !owner.takesConnect) {
      // Nothing was sent, and nothing else could be.
      this.answered = true;
      this.fail('upgrade_failed');
      return null;
    }
    const { ended, unsent } = this.#body;
    const trailers = start.framing === 'chunked' && (!ended || this.#requestTrailers.length > 0);
    const stream = owner.begin(requestList(start, owner.scheme), ended && unsent === 0 && !trailers, trailers);
    (stream as Owned)[own] = this;
    if (trailers) stream.on('wantTrailers', wantsTrailers);
    stream.on('headers', informed);
    stream.on('response', responded);
    stream.on('trailers', trailed);
    stream.on('error', broke);
    stream.on('close', closed);
    // For Node a stream that is reset with NO_ERROR ends as one that is complete; only here it can be told apart.
    stream.push = pushed;
    return stream;
  }

  interim(flags: number, raw: RawFields): void {
    const sink = this.#sink;
    if (sink === null) return;
    this.answered = true;
    const head = this.#responding ? null : responseHead(this.#owner.head, raw, flags, '');
    if (head === null || head.status === 101 || head.status >= 200 || ++this.#interims > MAX_INTERIM) {
      this.fail('upstream_protocol_error');
      return;
    }
    sink.interim(head);
  }

  respond(stream: ClientHttp2Stream, flags: number, raw: RawFields): void {
    const sink = this.#sink;
    if (sink === null) return;
    this.answered = true;
    this.#heardWhileWriting();
    const { upgrade, fields, method } = this.#start as RequestStart;
    const upgraded = upgrade !== '' && raw[1] === '200';
    const blank = this.#owner.head;
    const head = upgraded ? switchedHead(blank, raw, fields) : responseHead(blank, raw, flags, method);
    if (head === null || this.#responding) {
      this.fail('upstream_protocol_error');
      return;
    }
    this.#responding = true;
    if (upgraded) sink.switched(head);
    else sink.head(head);
    if ((flags & NGHTTP2_FLAG_END_STREAM) !== 0) {
      this.ended();
      return;
    }
    if (this.dead) return;
    stream.on('data', arrived);
    stream.on('end', ended);
    sink.readEnded();
  }

  data(chunk: Buffer): void {
    const sink = this.#sink;
    if (sink === null) return;
    this.#heardWhileWriting();
    sink.body(chunk, 0, chunk.length, false);
    if (this.#sink === sink) sink.readEnded();
  }

  #heardWhileWriting(): void {
    if (this.#writeDeadline !== Infinity) this.#heard();
  }

  /** All of the body has left: the trailers may follow. */
  sendTrailers(stream: ClientHttp2Stream): void {
    const fields = noFields();
    for (const [name, value] of this.#requestTrailers) addField(fields, name, value);
    stream.sendTrailers(fields);
  }

  takeTrailers(raw: RawFields): void {
    const trailers = trailersOf(raw);
    if (trailers === null) this.fail('upstream_protocol_error');
    else this.#trailers = trailers;
  }

  ended(): void {
    if (!this.complete && this.#stream?.closed === true) this.fail('upstream_reset');
    else this.#sink?.ended({ trailers: this.#trailers, carried: 'nothing' });
  }

  /** The stream is over for Node; where the exchange is not, this is why. */
  closed(stream: ClientHttp2Stream): void {
    if (this.dead) return;
    const code = stream.rstCode;
    const gone = this.#owner.gone;
    if (!this.answered) this.unprocessed = code === NGHTTP2_REFUSED_STREAM || stream.id === undefined;
    // A stream that was reset has been answered, after a fashion; of one that went down with its session nobody knows.
    if (!gone && !this.unprocessed) this.answered = true;
    const fault = this.fault as NodeJS.ErrnoException | null;
    const garbage = gone ? fault?.code === 'ERR_HTTP2_ERROR' : isProtocolCode(code);
    this.fail(garbage ? 'upstream_protocol_error' : 'upstream_reset');
  }
}

// One set of listeners for all streams: a closure for each would cost every request.

function informed(this: ClientHttp2Stream, _fields: unknown, flags: number, raw?: RawFields): void {
  const stream = (this as Owned)[own];
  try {
    stream.interim(flags, raw ?? []);
  } catch (error) {
    stream.broke(error);
  }
}

function responded(this: ClientHttp2Stream, _fields: unknown, flags: number, raw?: RawFields): void {
  const stream = (this as Owned)[own];
  try {
    stream.respond(this, flags, raw ?? []);
  } catch (error) {
    stream.broke(error);
  }
}

function arrived(this: ClientHttp2Stream, chunk: Buffer): void {
  const stream = (this as Owned)[own];
  try {
    stream.data(chunk);
  } catch (error) {
    stream.broke(error);
  }
}

function trailed(this: ClientHttp2Stream, _fields: unknown, _flags: number, raw?: RawFields): void {
  const stream = (this as Owned)[own];
  try {
    stream.takeTrailers(raw ?? []);
  } catch (error) {
    stream.broke(error);
  }
}

function ended(this: ClientHttp2Stream): void {
  const stream = (this as Owned)[own];
  try {
    stream.ended();
  } catch (error) {
    stream.broke(error);
  }
}

function wantsTrailers(this: ClientHttp2Stream): void {
  const stream = (this as Owned)[own];
  try {
    stream.sendTrailers(this);
  } catch (error) {
    stream.broke(error);
  }
}

function broke(this: ClientHttp2Stream, error: Error): void {
  (this as Owned)[own].fault = error;
}

function closed(this: ClientHttp2Stream): void {
  const stream = (this as Owned)[own];
  try {
    stream.closed(this);
  } catch (error) {
    stream.broke(error);
  }
}

function pushed(this: ClientHttp2Stream, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk === null && !this.closed) (this as Owned)[own].complete = true;
  return push.call(this, chunk, encoding);
}
