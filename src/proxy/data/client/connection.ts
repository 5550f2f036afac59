/**
 * One HTTP/1.x connection of a client: reads requests by the strict parser, one exchange at a time (pipelined ones wait
 * in order), and carries their responses back. Owns the client's clocks and bounds; what happens to a request is the
 * business of `request/`.
 */
import type { Socket } from 'node:net';
import { bump, listenerFields, pressureFields, proxyFields } from '../../shared/cells.ts';
import { type BodyEnd, unframedEnd } from '../body-end.ts';
import { lateRequest, type RequestFault } from '../http1/faults.ts';
import { RequestHead } from '../http1/request-head.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import { Outlet } from '../outlet.ts';
import { type Downstream, Exchange, type ResponseStart } from '../request/exchange.ts';
import { run } from '../request/lifecycle.ts';
import { respond } from '../request/respond.ts';
import { lose, spoil } from '../request/spoil.ts';
import type { ListenerRuntime, Runtime } from '../runtime.ts';
import type { Arrival, Seat, Secured } from './arrival.ts';
import type { ClientHost } from './client-host.ts';
import { states } from './connection-states.ts';
import { HeadReader } from './head-reader.ts';
import { Linger } from './linger.ts';
import type { OpenConnection } from './open-connection.ts';
import { ReceivedBytes } from './received-bytes.ts';
import { RequestBody } from './request-body.ts';
import { resetConnection } from './reset.ts';
import { ResponseWriter } from './response-writer.ts';
import { UnreadAnswers } from './unread-answers.ts';

/**
 * A connection that takes no more requests is taken for idle for good when it is silent this long from then on. Silence from before
 * does not count: whoever used it after a minute shall hear `Connection: close` in an answer, not in the place of one.
 */
const RETIRED_IDLE_MS = 1000;

export class ClientConnection implements Downstream, OpenConnection {
  readonly http2 = false;
  readonly secured: Secured | null;
  readonly peerAddress: string;
  readonly seat: Seat;
  deadline: number;
  idleSince: number;
  readonly #socket: Socket;
  readonly #wire: Socket;
  readonly #host: ClientHost;
  readonly #out: Outlet;
  readonly #writer: ResponseWriter;
  readonly #heads = new HeadReader();
  readonly #head = this.#heads.head;
  readonly #body = new RequestBody();
  readonly #received: ReceivedBytes;
  readonly #lingering: Linger;
  readonly #unread: UnreadAnswers;
  readonly #openedAs: ListenerRuntime;
  readonly #openedUnder: Runtime;
  #state: number = states.head;
  #exchange: Exchange | null = null;
  #served = 0;
  #keepAlive = true;
  /** Nobody takes the request body at present. */
  #bodyHeld = false;
  /** Longest silence inside bodies; 0 = no bound. */
  #silenceMs: number;
  /** The exchange has become two streams, of which the client has ended its own. */
  #switched = false;
  #ended = false;
  #processing = false;
  #finished = false;
  /** No request is taken after the present one: the listener is gone. */
  #retired = false;

  constructor(host: ClientHost, { socket, wire, runtime, listener, peer, seat, secured }: Arrival) {
    this.#socket = socket;
    this.#wire = wire;
    this.#host = host;
    this.#openedAs = listener;
    this.#openedUnder = runtime;
    this.#out = new Outlet(socket);
    this.#writer = new ResponseWriter(this.#out);
    this.#received = new ReceivedBytes(socket);
    this.#lingering = new Linger(socket, host);
    this.#unread = new UnreadAnswers(socket);
    this.peerAddress = peer;
    this.seat = seat;
    this.secured = secured;
    this.idleSince = host.tick;
    this.deadline = host.due(listener.plan.headerTimeoutMs);
    this.#silenceMs = listener.plan.bodyIdleTimeoutMs;
    bump(listener.cell, listenerFields.open);
    bump(listener.cell, listenerFields.accepted);
    bump(runtime.cells.proxy, proxyFields.connectionsTotal);
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#take(chunk);
      } catch (error) {
        host.defect(error);
        this.#over('internal');
      }
    });
    socket.on('end', () => this.#clientEnded());
    socket.on('drain', () => this.#drained());
    socket.on('timeout', () => this.#over('client_write_timeout'));
    socket.on('error', () => this.#over('client_closed'));
    socket.on('close', () => this.#over('client_closed'));
  }

  get bytesWritten(): number {
    return this.#out.written;
  }

  /** @inheritdoc */
  get idle(): boolean {
    const unheard = this.#state === states.head && this.#received.buffer === null;
    return unheard && this.#exchange === null && this.#socket.writableLength === 0;
  }

  get listenerId(): string {
    return this.#openedAs.plan.id;
  }

  get exchanges(): readonly Exchange[] {
    return this.#exchange === null ? [] : [this.#exchange];
  }

  /** @inheritdoc */
  expire(): void {
    const x = this.#exchange;
    if (x !== null) this.#fail(x, lateRequest);
    else if (this.#state === states.head && this.#received.buffer !== null) this.#refuse(lateRequest);
    else if (this.#state === states.head && this.#unread.shrink()) this.deadline = this.#host.due(this.#silenceMs);
    else this.destroy();
  }

  /** @inheritdoc */
  retire(until = this.#host.due(RETIRED_IDLE_MS)): void {
    this.#retired = true;
    const waits = this.#state === states.head && this.#received.buffer === null && this.#exchange === null;
    if (waits) this.deadline = Math.min(this.deadline, until);
  }

  /** @inheritdoc */
  destroy(cause: 'client_closed' | 'draining' = 'client_closed'): void {
    this.#over(cause);
  }

  kill(): void {
    this.#over('killed');
  }

  interim(head: ResponseHead): void {
    if (this.#head.minor === 0) return;
    this.#writer.interim(head);
    this.#out.flush();
  }

  sendContinue(): void {
    this.#writer.sendContinue();
    this.#out.flush();
  }

  begin(start: ResponseStart): void {
    if (start.status === 101) {
      this.#switch(start);
      return;
    }
    const kept = this.#keepAlive && !start.close && !this.#early() && !this.#host.draining && !this.#retired;
    // An idle connection is memory too.
    const wanted = kept && Atomics.load(this.#openedUnder.cells.pressure.shared, pressureFields.shedding) === 0;
    this.#keepAlive = this.#writer.begin(start, this.#head.minor, wanted);
  }

  get takesFraming(): boolean {
    return this.#writer.form === 'chunked';
  }

  body(buffer: Buffer, from: number, to: number, framed: boolean): void {
    this.#writer.body(buffer, from, to, framed);
  }

  end(end: BodyEnd): void {
    this.#writer.end(end);
    if (!this.#switched) return;
    this.#out.flushNow();
    this.#socket.end();
  }

  flush(): boolean {
    if (this.#out.flush()) return true;
    this.#socket.setTimeout(this.#silenceMs);
    return false;
  }

  get retainsSpans(): boolean {
    return this.#out.retains;
  }

  cut(): void {
    if (this.#writer.form === 'until-close') resetConnection(this.#wire);
    else {
      this.#out.flushNow();
      this.#socket.destroySoon();
    }
    this.#keepAlive = false;
    this.#state = states.lingering;
    this.deadline = this.#lingering.deadline;
  }

  pauseBody(): void {
    this.#bodyHeld = true;
    // The client waits for us now: its silence is not its fault.
    if (this.#state === states.body) this.deadline = Infinity;
  }

  resumeBody(): void {
    this.#bodyHeld = false;
    if (this.#state === states.body) {
      this.deadline = this.#host.due(this.#silenceMs);
      this.#takeBody();
      this.#exchange?.bodySink?.flush();
      if (this.#ended) this.#streamEnded();
    }
    if (!this.#bodyHeld) this.#received.resume();
  }

  finished(x: Exchange): void {
    if (this.#exchange !== x) return;
    this.#exchange = null;
    this.idleSince = this.#host.tick;
    if (this.#state === states.dead || this.#state === states.lingering) return;
    if (!this.#keepAlive) {
      this.#linger();
      return;
    }
    this.#bodyHeld = false;
    // A request body that nobody wanted is still on its way: it is read to its end before the next head.
    if (this.#state === states.waiting) this.#nextRequest();
    else this.deadline = this.#host.due(this.#silenceMs);
    this.#received.resume();
    if (this.#received.buffer !== null) this.#process();
  }

  #nextRequest(): void {
    this.#state = states.head;
    this.#heads.restart();
    this.#unread.restart();
    const { keepaliveTimeoutMs, headerTimeoutMs } = this.#openedAs.plan;
    // While the client has answers to read, the time that it takes for them is bounded by the socket's own clock.
    if (this.#socket.writableNeedDrain) this.#awaitReader();
    else this.deadline = this.#host.due(this.#received.buffer === null ? keepaliveTimeoutMs : headerTimeoutMs);
  }

  #take(chunk: Buffer): void {
    if (this.#state >= states.lingering) {
      if (this.deadline !== Infinity) this.deadline = this.#lingering.deadline;
      return;
    }
    if (this.#state === states.head && this.#received.buffer === null) {
      this.deadline = this.#host.due(this.#openedAs.plan.headerTimeoutMs);
    }
    this.#received.add(chunk);
    this.#process();
  }

  /** Consumes what has come, as far as the present state can. */
  #process(): void {
    if (this.#processing) return;
    this.#processing = true;
    let waits = false;
    while (this.#received.buffer !== null) {
      const before = this.#received.at;
      const state = this.#state;
      if (state === states.head) {
        // A client that does not read its answers gets no more of them made.
        waits = this.#socket.writableNeedDrain;
        if (waits) this.#awaitReader();
        if (waits || !this.#readHead()) break;
      } else if (state === states.body && !this.#bodyHeld) {
        this.#takeBody();
        this.#exchange?.bodySink?.flush();
        if (this.#received.at === before && this.#state === state) break;
      } else {
        waits = true;
        break;
      }
    }
    this.#processing = false;
    if (this.#state >= states.lingering) this.#received.clear();
    else if (waits) this.#received.hold();
  }

  /** What the next request runs under: the plan in force, or the one that this connection came in with. */
  #current(): { readonly runtime: Runtime; readonly listener: ListenerRuntime } {
    return this.#host.current(this.#openedAs.plan.id) ?? { runtime: this.#openedUnder, listener: this.#openedAs };
  }

  /** True when a head was complete and its exchange has begun. */
  #readHead(): boolean {
    const { runtime, listener } = this.#current();
    const read = this.#heads.read(this.#received, runtime.plan.limits);
    if (read === false) return false;
    if (read !== true) {
      this.#refuse(read);
      return false;
    }
    const head = this.#head;
    const most = listener.plan.maxRequestsPerConnection;
    this.#keepAlive = head.keepAlive && (++this.#served < most || most === 0);
    const x = new Exchange(this.#host, this, head, runtime, listener);
    this.#exchange = x;
    this.deadline = Infinity;
    if (this.#body.begin(head)) {
      this.#state = states.body;
      this.#bodyHeld = true;
    } else {
      this.#state = states.waiting;
      x.received = true;
    }
    run(x);
    return true;
  }

  /** Hands on, or drops, the body bytes that wait. */
  #takeBody(): void {
    const buffer = this.#received.buffer;
    if (buffer === null) return;
    const x = this.#exchange;
    this.deadline = this.#host.due(this.#silenceMs);
    const at = this.#body.take(buffer, this.#received.at, x);
    if (at === -1) {
      this.#received.clear();
      if (x === null) this.destroy();
      else this.#fail(x, this.#body.fault as RequestFault);
      return;
    }
    this.#received.consume(at);
    if (this.#body.ended === null) return;
    if (x === null) {
      this.#nextRequest();
      return;
    }
    this.#state = states.waiting;
    this.deadline = Infinity;
    x.received = true;
    x.bodySink?.end(this.#body.ended);
  }

  /** The client has more answers than it reads: only the socket's own clock runs, until its `drain`. */
  #awaitReader(): void {
    this.deadline = Infinity;
    this.#socket.setTimeout(this.#silenceMs);
  }

  #drained(): void {
    this.#socket.setTimeout(0);
    if (this.#exchange !== null) this.#exchange.resumeResponse?.();
    else if (this.#state === states.head) {
      this.#nextRequest();
      this.#received.resume();
      this.#process();
    }
  }

  /** Answers bytes that are not a request. */
  #refuse(fault: RequestFault): void {
    const { runtime, listener } = this.#current();
    const x = Exchange.ofNoRequest(this.#host, this, new RequestHead(), runtime, listener, fault.reason);
    this.#keepAlive = false;
    this.#received.clear();
    this.#exchange = x;
    this.#state = states.waiting;
    respond(x, fault.cause, fault.status);
  }

  /** Ends an exchange that the client spoiled after its head. */
  #fail(x: Exchange, fault: RequestFault): void {
    this.#keepAlive = false;
    spoil(x, fault);
  }

  /** Ends our side, and goes on reading for a while. */
  #linger(): void {
    this.#state = states.lingering;
    this.#received.clear();
    // As long as the answer is on its way, only a client that stops reading it is left.
    this.deadline = Infinity;
    this.#received.resume();
    this.#out.flushNow();
    this.#lingering.begin(this.#openedAs.plan.bodyIdleTimeoutMs, () => {
      if (!this.#finished) this.deadline = this.#lingering.deadline;
    });
  }

  /** True when bytes have come that are perhaps for the protocol that the client hoped for: they are never read as a request. */
  #early(): boolean {
    return this.#head.upgrade !== '' && this.#state === states.waiting && this.#received.buffer !== null;
  }

  /** The request has become a stream without end, the response another. */
  #switch(start: ResponseStart): void {
    this.#keepAlive = false;
    this.#switched = true;
    this.#silenceMs = 0;
    this.#state = states.body;
    this.#bodyHeld = true;
    this.#body.beginStream();
    this.#writer.switched(start);
  }

  /** Tells of the end of the client's stream, once what came before it has been taken. */
  #streamEnded(): void {
    this.#ended = true;
    if (!this.#bodyHeld && this.#received.buffer === null) this.#exchange?.bodySink?.end(unframedEnd);
  }

  #clientEnded(): void {
    if (this.#switched && this.#exchange !== null) this.#streamEnded();
    else if (this.#exchange !== null || this.#state === states.lingering) this.destroy();
    else {
      // What still waits for its turn is left with its client.
      this.#state = states.lingering;
      this.#received.clear();
      this.#out.flushNow();
      this.#socket.end();
    }
  }

  /** The connection is over, from either side. */
  #over(cause: 'client_closed' | 'client_write_timeout' | 'draining' | 'internal' | 'killed'): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#state = states.dead;
    this.deadline = Infinity;
    this.#received.clear();
    const x = this.#exchange;
    if (x !== null) lose(x, cause);
    // Else the client would take what it has for all of the answer.
    if (x?.begun === true && this.#writer.form === 'until-close') resetConnection(this.#wire);
    else this.#socket.destroy();
    bump(this.#openedAs.cell, listenerFields.open, -1);
    this.#host.forget(this);
  }
}
