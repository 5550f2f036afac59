/**
 * One request and its answer: the facts that the phases of `lifecycle.ts` hand on to each other. Holds state, decides
 * nothing; each field names the phase that writes it.
 */
import { type BodyEnd, unframedEnd } from '../body-end.ts';
import type { CapturedFields } from '../captured-fields.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { Stoppable } from '../../../base/clock.ts';
import type { Cause, RejectReason } from '../../shared/causes.ts';
import type { WorkerSaid } from '../../shared/messages.ts';
import type { Secured } from '../client/arrival.ts';
import type { ListenerRuntime, RouteRuntime, Runtime, UpstreamRuntime } from '../runtime.ts';
import type { TargetRuntime } from '../target-runtime.ts';
import type { SampledTrace } from '../tracing/sampling.ts';
import type { HeldBody } from './held-body.ts';
import type { Trail } from './trail.ts';

/** What an exchange needs of the worker around it. */
export interface ExchangeHost {
  now(): number;
  /** When something that may take `ms` from now is overdue, to the grain of the sweep, never early; 0 = never. Costs no look at the clock. */
  due(ms: number): number;
  /** Time of the last sweep: cheap, and old by its grain at most. */
  readonly tick: number;
  wallMs(): number;
  newCorrelationId(): string;
  newTraceId(): string;
  newSpanId(): string;
  /** Answer of `/ready` on traffic listeners. */
  readiness(): { readonly ready: boolean; readonly body: string };
  readonly draining: boolean;
  /** Something happened that should not be possible: logged with its stack, and with the ids of the request that it happened to. */
  defect(error: unknown, x?: Exchange): void;
  /** Keeps what is to be told of a finished exchange besides its counts. `now` is when it ended. */
  record(x: Exchange, now: number, bytesOut: number): void;
  /** Tells the spans of a sampled exchange that is over, or has become two streams, at `end`. */
  tellSpans(x: Exchange, end: number): void;
  /** Goes on with an exchange that a guard made wait. */
  proceed(x: Exchange): void;
  /** Calls `task` once, after `ms`. */
  after(ms: number, task: () => void): Stoppable;
  /** Tells the main thread. */
  say(said: WorkerSaid): void;
  /** Uniform in [0, 1). */
  random(): number;
  countRequest(route: number, upstream: number, method: string, status: number): void;
  /** Those that must be told before a drain cuts them; they enter and leave by themselves. */
  readonly tunnels: Set<Departing>;
}

/** What lives on through a drain until it is told to go. */
export interface Departing {
  /** Says farewell on both sides and ends, as far as it can. */
  goAway(): void;
}

/** The client's side of an exchange. */
export interface Downstream {
  /** Address of the peer, IPv4-mapped IPv6 unwrapped; empty for unix sockets. */
  readonly peerAddress: string;
  /** What the TLS handshake of its connection settled; null = plain HTTP. */
  readonly secured: Secured | null;
  /** One of many streams: others share its connection. */
  readonly http2: boolean;
  /** Sends an interim response (1xx), if the client's version knows them. */
  interim(head: ResponseHead): void;
  /** Tells a client that waits for it to send its body. */
  sendContinue(): void;
  /**
   * Queues the head of the final response. Status 101 says that the exchange goes on as two streams (an HTTP/2 client is told
   * 200): what the client sends from now on, or has sent already, goes to `bodySink` once `resumeBody` is called, and
   * `end` ends one direction alone.
   */
  begin(head: ResponseStart): void;
  /** Queues payload; `framed` bytes are chunked framing already and go out as they are. */
  body(buffer: Buffer, from: number, to: number, framed: boolean): void;
  /** The response is complete. */
  end(end: BodyEnd): void;
  /** Writes what is queued; true when more may come at once. */
  flush(): boolean;
  /** The response cannot be completed: the client must notice. */
  cut(): void;
  /** The exchange is over and accounted for. */
  finished(x: Exchange): void;
  /** True when the body of the present response leaves in chunks, so that framed spans may go out as they are. */
  readonly takesFraming: boolean;
  /** True while buffers given to `body` are still referred to. */
  readonly retainsSpans: boolean;
  /** Holds the request body back. */
  pauseBody(): void;
  resumeBody(): void;
  /** Bytes written to the client so far, framing included. */
  readonly bytesWritten: number;
}

export interface ResponseStart {
  readonly status: number;
  readonly reason: string;
  /** Field lines, each with its CRLF; framing and connection fields are the downstream's own. */
  readonly fields: string;
  /** Length of the body; -1 = unknown. */
  readonly length: number;
  /** False for answers to HEAD, 204 and 304: `length`, if known, is announced and no body follows. */
  readonly hasBody: boolean;
  /** The client's connection must not be used again; means nothing where others share it. */
  readonly close: boolean;
}

export class Exchange {
  readonly host: ExchangeHost;
  readonly client: Downstream;
  readonly head: RequestHead;
  readonly runtime: Runtime;
  readonly listener: ListenerRuntime;
  /** Head complete. */
  readonly startedAt: number;
  readonly bytesOutBefore: number;
  /** Number that people know it by (`records/request-ids.ts`); 0 = nobody has asked. */
  sequence = 0;

  /** admit */
  inFlight = false;
  path = '';
  trustedPeer = false;
  /** On the allow list: never limited or challenged. */
  allowListed = false;
  clientIp = '';
  correlationId = '';
  traceId = '';
  /** Flags of the trace context that came with the request; empty when the trace begins here. */
  traceFlags: '' | '00' | '01' = '';
  /** For its spans; null = it is not sampled, or they have been told. */
  trace: SampledTrace | null = null;

  /**
   * What the client wants the exchange to become, and may; empty = an exchange like any other. Said by a guard, of a head
   * whose `upgrade` asks for it (that of an extended CONNECT holds its `:protocol`), and whose request is `received` with it.
   */
  upgrade: '' | 'websocket' = '';

  /** match */
  route: RouteRuntime | null = null;

  /** tries: the upstream that the request is for now, and the target that it was last given to. */
  upstream: UpstreamRuntime | null = null;
  target: TargetRuntime | null = null;
  /** `Set-Cookie` of a sticky upstream, with CRLF, for the response of the target that it names; empty = none. */
  stickyField = '';

  /** guard: how many guards have let it pass. */
  guardsPassed = 0;
  /** Field lines that guards add to the response, each with its CRLF; empty = none. */
  guardFields = '';
  /** Bytes of payload that the body may have; Infinity = no bound. */
  bodyLimit = Infinity;
  bytesIn = 0;
  /** The whole request has arrived, and so its body ended. */
  received = false;
  bodyEnd: BodyEnd = unframedEnd;
  /** What is kept of the body; null = nothing. */
  held: HeldBody | null = null;

  /** attempt */
  attempts = 0;
  queueMs = 0;
  connectMs = 0;
  sentAt = 0;
  firstByteAt = 0;
  /** Fields of the response for the access log; null = none were asked for, or none came. */
  captured: CapturedFields | null = null;
  /** When the last try was begun. */
  triedAt = 0;
  /** Span that its request named in `traceparent`; empty = it has not been sent. */
  spanId = '';
  /** The tries that failed; null = none has. */
  trail: Trail | null = null;

  /** respond, relay */
  status = 0;
  cause: Cause | null = null;
  reason: RejectReason | null = null;
  /** The final head has been queued for the client. */
  begun = false;
  /** Nothing more happens in this exchange. */
  done = false;

  /** `100 Continue` has been sent. */
  continued = false;
  /** Who takes the request body now; null while nobody can. */
  bodySink: BodySink | null = null;
  /** Lets go of what a guard waits for; null while none waits. */
  abandon: (() => void) | null = null;
  /** Who asks the targets; null before that. */
  tries: { abandon(): void; readonly phase: TryPhase } | null = null;
  /** The client has read what was held for it: the response may go on. */
  resumeResponse: (() => void) | null = null;

  constructor(host: ExchangeHost, client: Downstream, head: RequestHead, runtime: Runtime, listener: ListenerRuntime) {
    this.host = host;
    this.client = client;
    this.head = head;
    this.runtime = runtime;
    this.listener = listener;
    this.startedAt = host.now();
    this.bytesOutBefore = client.bytesWritten;
  }

  /** The exchange of bytes that are no request: nothing more of it comes, and nobody but the peer can be named. */
  static ofNoRequest(
    host: ExchangeHost,
    client: Downstream,
    blank: RequestHead,
    runtime: Runtime,
    listener: ListenerRuntime,
    reason: RejectReason,
  ): Exchange {
    const x = new Exchange(host, client, blank, runtime, listener);
    x.clientIp = client.peerAddress;
    x.correlationId = host.newCorrelationId();
    x.reason = reason;
    x.received = true;
    return x;
  }

  /** Lets go of whatever it waits for or has taken; what becomes of the exchange itself is the caller's business. */
  letGo(): void {
    this.abandon?.();
    this.tries?.abandon();
  }

  /** True when it has become two streams. */
  get switched(): boolean {
    return this.status === 101;
  }

  /** As people read it: `HTTP/1.1`. */
  get protocol(): string {
    return this.client.http2 ? 'HTTP/2.0' : this.head.minor === 1 ? 'HTTP/1.1' : 'HTTP/1.0';
  }

  /** Of the upstream that it was handed to, or would have been; empty = none. */
  get upstreamName(): string {
    return (this.upstream ?? this.route?.upstream)?.plan.name ?? '';
  }

  /** True when a body was announced. */
  get hasBody(): boolean {
    return this.head.framing !== 'none';
  }
}

/**
 * What the tries of an exchange are at. `pause`: between two of them. `queue`, `connect`: a connection is awaited, or made.
 * `send`: the request goes out. `wait`: for the head of the answer. `relay`: the answer flows.
 */
export type TryPhase = 'pause' | 'queue' | 'connect' | 'send' | 'wait' | 'relay' | 'websocket';

/** Where the request body goes. */
export interface BodySink {
  /** Payload, or, where `framed`, bytes of chunked framing that are good as they are. */
  write(buffer: Buffer, from: number, to: number, framed: boolean): void;
  end(end: BodyEnd): void;
  /** The end of one read from the client. */
  flush(): void;
}
