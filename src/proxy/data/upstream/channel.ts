/**
 * What an attempt knows of its way to a target, whatever the protocol: a channel carries one exchange. An HTTP/1.1
 * connection is its own channel; of an HTTP/2 session each stream is one. Shapes, and what pools are told apart by.
 */
import type { Clock } from '../../../base/clock.ts';
import type {
  PoolConfig,
  SocketAddress,
  UpstreamConfig,
  UpstreamTimeouts,
  UpstreamTlsConfig,
} from '../../../config/model.ts';
import type { Cell } from '../../shared/cells.ts';
import type { Cause } from '../../shared/causes.ts';
import type { WorkerSaid } from '../../shared/messages.ts';
import type { PlanUpstreamIdentity } from '../../shared/plan.ts';
import type { BodyEnd } from '../body-end.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { LatencyAverage } from './balance/latency-average.ts';
import { certifiedName } from '../../../web/target-tls.ts';

/** The head of a request as the phases before have made it; what only this hop needs is added by the channel. */
export interface RequestStart {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Field lines, each with its CRLF, `Host` and, where `framing` is `length`, `Content-Length` among them. */
  readonly fields: string;
  readonly framing: 'none' | 'length' | 'chunked';
  /** The client takes trailers. */
  readonly trailers: boolean;
  /** What the exchange is to become; empty = an exchange like any other. The fields hold the `Sec-WebSocket-Key`, but not `Connection` and `Upgrade`. */
  readonly upgrade: '' | 'websocket';
}

export interface Channel {
  /** When what carries it began to be opened. */
  readonly openedAt: number;
  /** Exchanges begun on what carries it, its own included. */
  readonly uses: number;
  readonly dead: boolean;
  /** A byte of the response has arrived. */
  readonly answered: boolean;
  /** After the response: what carries it may carry another exchange. */
  readonly reusable: boolean;
  /** The target has a way to say that it has not looked at a request. */
  readonly mayRefuse: boolean;
  /** After `failed`: it has said so. */
  readonly unprocessed: boolean;
  /** Something that was queued has not been taken by the kernel. */
  readonly unsent: boolean;
  /** When the next thing is overdue, and what to call it; `Infinity` = nothing is awaited. */
  deadline: number;
  deadlineCause: Cause;
  /** Queues the head. */
  request(start: RequestStart): void;
  /** Queues payload, or, where `framed`, bytes of HTTP/1.1 chunked framing that are good as they are. */
  body(buffer: Buffer, from: number, to: number, framed: boolean): void;
  /** The request is complete. Not called where `framing` is `none`; after `switched` it ends our direction of the stream. */
  end(end: BodyEnd): void;
  /** Writes what is queued; false = wait for `drained`. While the target does not read, silence longer than `silenceMs` ends the channel. */
  flush(silenceMs: number): boolean;
  /** Holds the response back. */
  pause(): void;
  resume(): void;
  /** Gives up at once. The sink is not told. */
  destroy(): void;
}

/** What an attempt hears from its channel. After `failed` or `ended` nothing more comes. */
export interface ResponseSink {
  /** The channel is open and takes the request. */
  ready(channel: Channel): void;
  interim(head: ResponseHead): void;
  /** The final head. True when chunked framing may come as it is. */
  head(head: ResponseHead): boolean;
  /**
   * The target agrees to the upgrade that was asked for, by a 101 with `Upgrade: websocket` (one that answers in another
   * way is shown like that, with the `Sec-WebSocket-Accept` of the key). From now on `body`, `readEnded` and `ended` tell of
   * bytes of the stream, and `ended` of the end of the target's direction alone: the other may go on.
   */
  switched(head: ResponseHead): void;
  /** Payload of the body, or, where `framed`, bytes of chunked framing that are good as they are. */
  body(buffer: Buffer, from: number, to: number, framed: boolean): void;
  ended(end: BodyEnd): void;
  /** The end of one read: whatever the calls before it queued may be written now. */
  readEnded(): void;
  /** True while spans that `body` gave are still referred to: their buffer must not be read into again. */
  readonly retainsSpans: boolean;
  failed(cause: Cause): void;
  drained(): void;
}

/** Who waits for a channel. */
export interface PoolClient extends ResponseSink {
  /** No channel can be had. */
  refused(cause: Cause): void;
  /** When the wait is over without a channel; set by the pool. */
  waitUntil: number;
  /** The connection that is made for it, from its beginning on; set by the pool. */
  opening: { readonly openedAt: number; destroy(): void } | null;
}

export interface PoolSettings {
  /** `PlanTarget.id`. */
  readonly target: string;
  readonly socket: SocketAddress;
  /** The target as it is written, for the name in its certificate. */
  readonly written: string;
  readonly tls: UpstreamTlsConfig | null;
  readonly identity: PlanUpstreamIdentity | null;
  readonly httpVersion: UpstreamConfig['httpVersion'];
  readonly pool: PoolConfig;
  readonly timeouts: UpstreamTimeouts;
  /** `limits.max-queued-requests`; 0 = off. */
  readonly maxQueued: number;
  /** `Plan.descriptorBound`. */
  readonly descriptorBound: number;
  /** False for weight 0: no connection outlives its request, so that whoever watches the sockets sees the target drain. */
  readonly keep: boolean;
}

/** What a pool needs of the worker. */
export interface PoolHost {
  /** Something happened that should not be possible. */
  defect(error: unknown): void;
  /** A request of an old plan uses a retired pool, which may have been forgotten: it must be swept again. */
  revived(pool: Pool): void;
  /** Tells the main thread. */
  say(said: WorkerSaid): void;
  /** Descriptors run out: idle connections to all targets must go. */
  starved(): void;
}

export interface PoolParts {
  /** What the worker keeps it by (`poolKey`). */
  readonly key: string;
  readonly cell: Cell;
  readonly proxyCell: Cell;
  readonly clock: Clock;
  readonly host: PoolHost;
}

/** The connections of one worker to one target. */
export interface Pool {
  readonly key: string;
  /** Lives as long as the pool does: a new plan does not forget how fast a target is. */
  readonly latency: LatencyAverage;
  /** True when nothing of a retired pool is left. */
  readonly finished: boolean;
  /** Gives `client` a channel: at once, or when there is one. `fresh` = only one of a new connection will do. */
  acquire(client: PoolClient, fresh: boolean): void;
  /** The client is no longer interested: leaves the queue, or gives up the connection that is being made for it. */
  cancel(client: PoolClient): void;
  /** Takes back a channel whose exchange is over; what stays `unsent` on it says that it is of no further use. */
  release(channel: Channel, reusable: boolean): void;
  /** Takes the settings of a new plan. */
  configure(settings: PoolSettings): void;
  /** The plan no longer has this target: what is in flight finishes, nothing is kept. */
  retire(): void;
  /** Closes what nobody uses. */
  dropIdle(): void;
  /** Gives everybody who is awaited `ms` more. */
  postpone(ms: number): void;
  /** Called several times a second: what is overdue, aged, or can go on. */
  sweep(now: number): void;
  /** Closes everything at once. */
  destroy(): void;
}

/** Equal keys share a pool: the same target, spoken to in the same way with the same trust in the same name. */
export function poolKey(id: string, { httpVersion, identity, tls, written, socket }: PoolSettings): string {
  if (httpVersion === '1.1' && tls === null) return id;
  const trust = tls === null ? 'plain' : `${identity?.digest} ${certifiedName(tls, written, socket)}`;
  return `${id} ${httpVersion} ${trust}`;
}
