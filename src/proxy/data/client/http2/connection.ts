/**
 * One HTTP/2 connection of a client: a session of node:http2 on its TLS socket, each of whose streams is an exchange like
 * any other. Owns the connection's clocks and bounds, and how it ends (RFC 9113 §6.8); what a stream carries is the
 * business of `stream.ts`.
 */
import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Stoppable } from '../../../../base/clock.ts';
import { bump, listenerFields, pressureFields, proxyFields } from '../../../shared/cells.ts';
import { connectionRejectReasons } from '../../../shared/plan.ts';
import type { RequestFault } from '../../http1/faults.ts';
import { RequestHead } from '../../http1/request-head.ts';
import { type RawFields, requestText } from '../../http2/head-text.ts';
import { Exchange } from '../../request/exchange.ts';
import { run } from '../../request/lifecycle.ts';
import { respond } from '../../request/respond.ts';
import type { ListenerRuntime, Runtime } from '../../runtime.ts';
import type { Arrival, Seat, Secured } from '../arrival.ts';
import type { ClientHost } from '../client-host.ts';
import type { OpenConnection } from '../open-connection.ts';
import { Conduct } from './conduct.ts';
import { CONNECTION_WINDOW, sessionOptions } from './session-options.ts';
import { ClientStream, type StreamCarrier } from './stream.ts';

const { NGHTTP2_NO_ERROR, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_FLAG_END_STREAM } = constants;

/** How often it is looked what a connection has done, while it does something and while it does not. */
const LOOK_MS = 100;
const QUIET_LOOK_MS = 1000;
/** How long a client has to take our last words. */
const LAST_WORDS_MS = 3000;

type Cause = 'client_closed' | 'client_write_timeout' | 'draining' | 'internal';

export class Http2Connection implements OpenConnection, StreamCarrier {
  readonly peerAddress: string;
  readonly seat: Seat;
  readonly secured: Secured | null;
  deadline: number;
  idleSince: number;
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #host: ClientHost;
  readonly #openedAs: ListenerRuntime;
  readonly #openedUnder: Runtime;
  readonly #streams = new Set<ClientStream>();
  readonly #conduct: Conduct;
  /** What `deadline` was set to; it may have been put off since. */
  #looksAt = 0;
  /** When the connection as a whole is overdue: no request has come, a head has begun and does not end, it is idle. */
  #due: number;
  /** The last stream whose head has come whole, and the one whose head seems to come. */
  #lastHead = 0;
  #headInParts = 0;
  #headDue = Infinity;
  #served = 0;
  #bytesRead = 0;
  #finished = false;
  #lastWords: Stoppable | null = null;

  constructor(host: ClientHost, { socket, runtime, listener, peer, seat, secured }: Arrival) {
    this.#socket = socket;
    this.#host = host;
    this.#openedAs = listener;
    this.#openedUnder = runtime;
    this.peerAddress = peer;
    this.seat = seat;
    this.secured = secured;
    this.idleSince = host.tick;
    this.#conduct = new Conduct(host.tick);
    this.#due = host.due(listener.plan.headerTimeoutMs);
    this.deadline = this.#looksAt = host.due(LOOK_MS);
    bump(listener.cell, listenerFields.open);
    bump(listener.cell, listenerFields.accepted);
    bump(runtime.cells.proxy, proxyFields.connectionsTotal);
    // After the session has said why, if it knows.
    socket.on('close', () => process.nextTick(() => this.#over('client_closed')));
    socket.on('end', () => this.#over('client_closed'));
    const session = performServerHandshake(socket, sessionOptions(listener.plan, runtime.plan.limits));
    this.#session = session;
    session.on('connect', () => void (session.destroyed || session.setLocalWindowSize(CONNECTION_WINDOW)));
    session.on('stream', (stream, _fields, flags, raw) => this.#begin(stream, flags, raw as unknown as RawFields));
    session.on('error', (error: NodeJS.ErrnoException) => this.#failed(error));
    session.on('close', () => this.#over('client_closed'));
  }

  get listenerId(): string {
    return this.#openedAs.plan.id;
  }

  get exchanges(): readonly Exchange[] {
    return [...this.#streams].flatMap(({ exchange }) => exchange ?? []);
  }

  /** @inheritdoc */
  get idle(): boolean {
    return this.#streams.size === 0 && this.#headInParts === 0;
  }

  get silenceMs(): number {
    return this.#openedAs.plan.bodyIdleTimeoutMs;
  }

  /** @inheritdoc */
  expire(): void {
    if (this.#session.destroyed) {
      this.#hearLastWords();
      this.deadline = Infinity;
      return;
    }
    const now = this.#host.now();
    this.#putOff(this.deadline - this.#looksAt);
    const read = this.#socket.bytesRead;
    const moved = read !== this.#bytesRead;
    this.#bytesRead = read;
    const written = this.#socket.bytesWritten;
    for (const stream of this.#streams) stream.countWaiting();
    if (this.#conduct.look(now, read, written)) {
      this.#calmDown('more bytes than requests');
      return;
    }
    if (moved) this.#lookForHead();
    for (const stream of this.#streams) stream.look(now, this.#streams.size === 1 ? written : -1);
    if (this.#finished) return;
    if (now >= this.#headDue) this.#calmDown('a head that does not end');
    else if (this.#streams.size === 0 && now >= this.#due) this.retire();
    this.#schedule(this.#host.due(moved ? LOOK_MS : QUIET_LOOK_MS));
  }

  /**
   * Says GOAWAY, which names the last request that is served: a client sends those after it again, elsewhere. That it is
   * not announced beforehand (RFC 9113 §6.8), see docs/decisions/0018.
   */
  retire(): void {
    if (this.#session.closed || this.#session.destroyed) return;
    this.#due = Infinity;
    this.#session.close();
    if (this.#streams.size === 0) this.#hearLastWords();
  }

  /** @inheritdoc */
  destroy(cause: 'client_closed' | 'draining' = 'client_closed'): void {
    this.#over(cause);
  }

  /** @inheritdoc */
  kill(x: Exchange): void {
    for (const stream of this.#streams) if (stream.exchange === x) stream.over('killed');
  }

  due(ms: number): number {
    return this.#host.due(ms);
  }

  took(bytes: number): void {
    this.#conduct.body(bytes);
  }

  gave(bytes: number): void {
    this.#conduct.answer(bytes);
  }

  awaits(stream: ClientStream): void {
    if (stream.deadline < this.deadline) this.#schedule(stream.deadline);
  }

  answering(): void {
    // An idle connection is memory too.
    if (Atomics.load(this.#openedUnder.cells.pressure.shared, pressureFields.shedding) !== 0) this.retire();
  }

  left(stream: ClientStream, early: boolean): void {
    this.#streams.delete(stream);
    if (!early) this.#conduct.answered();
    else if (!this.#finished && this.#conduct.reset()) this.#calmDown('requests that it resets');
    if (this.#streams.size > 0) return;
    this.idleSince = this.#host.tick;
    if (this.#session.closed) this.#hearLastWords();
    else this.#due = this.#host.due(this.#openedAs.plan.keepaliveTimeoutMs);
  }

  closedEarly(): void {
    this.#conduct.closedEarly();
  }

  defect(error: unknown): void {
    this.#host.defect(error);
  }

  #begin(stream: ServerHttp2Stream, flags: number, fields: RawFields): void {
    this.#conduct.head(fields);
    this.#lastHead = Math.max(this.#lastHead, stream.id ?? 0);
    // Its reset came in the same read: nobody is asked for an answer that nobody wants.
    if (stream.destroyed || stream.closed) {
      stream.on('error', () => {});
      if (!this.#finished && this.#conduct.reset()) this.#calmDown('requests that it resets');
      return;
    }
    const carried = new ClientStream(stream, this);
    this.#streams.add(carried);
    try {
      this.#request(carried, fields, (flags & NGHTTP2_FLAG_END_STREAM) !== 0);
    } catch (error) {
      carried.broke(error);
    }
    const most = this.#openedAs.plan.maxRequestsPerConnection;
    const last = ++this.#served >= most && most !== 0;
    // Whoever shows a certificate that is not good gets the same answer to everything.
    if (last || (this.secured?.clientFault ?? '') !== '') this.retire();
  }

  #request(stream: ClientStream, fields: RawFields, ended: boolean): void {
    const { runtime, listener } = this.#current();
    const head = new RequestHead();
    const text = requestText(fields, ended);
    const fault = 'text' in text ? parse(head, text.text, runtime) : text;
    if (fault !== null) {
      this.#refuse(stream, fault, ended, runtime, listener);
      return;
    }
    if ('text' in text) head.upgrade = text.protocol;
    const x = new Exchange(this.#host, stream, head, runtime, listener);
    stream.carry(x, head, ended);
    run(x);
  }

  #refuse(
    stream: ClientStream,
    fault: RequestFault,
    ended: boolean,
    runtime: Runtime,
    listener: ListenerRuntime,
  ): void {
    const x = Exchange.ofNoRequest(this.#host, stream, new RequestHead(), runtime, listener, fault.reason);
    stream.carryRefusal(x, ended);
    respond(x, fault.cause, fault.status);
  }

  /** What the next request runs under: the plan in force, or the one that this connection came in with. */
  #current(): { readonly runtime: Runtime; readonly listener: ListenerRuntime } {
    return this.#host.current(this.#openedAs.plan.id) ?? { runtime: this.#openedUnder, listener: this.#openedAs };
  }

  /**
   * node:http2 tells of a head when it is whole. One that has begun shows in the state of the session; it may also be that
   * of a request that was refused there, after which the client can answer a PING: within a head it cannot (RFC 9113 §4.3).
   */
  #lookForHead(): void {
    const session = this.#session;
    const last = session.state.lastProcStreamID ?? 0;
    if (last <= this.#lastHead) {
      this.#headInParts = 0;
      this.#headDue = Infinity;
      return;
    }
    if (last === this.#headInParts) return;
    this.#headInParts = last;
    this.#headDue = this.#host.due(this.#openedAs.plan.headerTimeoutMs);
    session.ping((error) => {
      if (error !== null || this.#headInParts !== last) return;
      this.#lastHead = last;
      this.#headInParts = 0;
      this.#headDue = Infinity;
    });
  }

  /** Looks again at `at`, or before if something is due before. */
  #schedule(at: number): void {
    let next = Math.min(at, this.#headDue);
    if (this.#streams.size === 0) next = Math.min(next, this.#due);
    for (const { deadline } of this.#streams) if (deadline < next) next = deadline;
    this.deadline = this.#looksAt = next;
  }

  /** The worker could not look for so long: that counts against nobody. */
  #putOff(ms: number): void {
    if (ms <= 0) return;
    this.#due += ms;
    this.#headDue += ms;
    for (const stream of this.#streams) stream.deadline += ms;
  }

  /** The client costs more than its requests are worth. */
  #calmDown(why: string): void {
    if (this.#finished) return;
    this.#abusive(why);
    this.#over('client_closed', NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** node:http2 has given the connection up. */
  #failed(error: NodeJS.ErrnoException): void {
    if (this.#finished) return;
    // Errors of the socket, and a client that says goodbye with an error, are nobody's offence.
    const { code = '' } = error;
    if (code.startsWith('ERR_HTTP2') && code !== 'ERR_HTTP2_SESSION_ERROR') this.#abusive(error.message);
    this.#over('client_closed');
  }

  #abusive(why: string): void {
    bump(this.#openedUnder.cells.connectionRejects, connectionRejectReasons.indexOf('http2_abuse'));
    this.#host.say({
      kind: 'log',
      level: 'info',
      message: 'HTTP/2 connection closed',
      fields: { client: this.peerAddress, listener: this.listenerId, reason: why },
    });
  }

  /** The connection is over, from either side. */
  #over(cause: Cause, code: number = NGHTTP2_NO_ERROR): void {
    if (this.#finished) {
      if (this.#socket.destroyed) this.#lastWords?.stop();
      return;
    }
    this.#finished = true;
    this.deadline = Infinity;
    for (const stream of [...this.#streams]) stream.over(cause);
    if (!this.#session.destroyed) this.#session.destroy(code as never);
    this.#hearLastWords();
    bump(this.#openedAs.cell, listenerFields.open, -1);
    this.#host.forget(this);
  }

  /** node:http2 waits for as long as the client likes until it has read the last GOAWAY. */
  #hearLastWords(): void {
    if (this.#socket.destroyed || this.#lastWords !== null) return;
    this.#lastWords = this.#host.after(LAST_WORDS_MS, () => void this.#socket.destroy());
  }
}

/** Heads are parsed one at a time, and nothing of the bytes is kept. */
let bytes = Buffer.alloc(64 * 1024);

function parse(head: RequestHead, text: string, { plan }: Runtime): RequestFault | null {
  if (text.length > bytes.length) bytes = Buffer.alloc(text.length * 2);
  return head.parse(bytes, 0, bytes.write(text, 'latin1'), plan.limits);
}
