/**
 * A WebSocket on its way through: two byte streams between a client and a channel, from the target's 101 to the end of both.
 * Passes on bytes, ends and backpressure, knows one clock (silence in both directions), and says farewell when the proxy
 * stops. Called by the attempt that the target agreed to and by the client's side; looks at headers of frames only.
 */
import { bump, routeFields } from '../../shared/cells.ts';
import type { Cause } from '../../shared/causes.ts';
import { unframedEnd } from '../body-end.ts';
import type { BodySink, Departing, Exchange } from '../request/exchange.ts';
import type { RouteRuntime } from '../runtime.ts';
import type { Channel } from '../upstream/channel.ts';
import { closeFrame, FrameEdges } from './frame-edges.ts';

/** Longest silence of a WebSocket that one side has ended: nobody who speaks the protocol goes on alone for long. */
const HALF_OPEN_MS = 300_000;

/** Who is told how it ends. */
export interface TunnelOwner {
  /** Both sides have ended; `cause` = why, null where nothing is wrong. */
  tunnelEnded(cause: Cause | null): void;
}

export class Tunnel implements BodySink, Departing {
  readonly #x: Exchange;
  readonly #channel: Channel;
  readonly #owner: TunnelOwner;
  readonly #fromClient = new FrameEdges();
  readonly #fromTarget = new FrameEdges();
  /** Nothing more goes there: its side of the stream has been ended. */
  #targetShut = false;
  #clientShut = false;
  /** They have ended theirs. */
  #clientEnded = false;
  #targetEnded = false;
  #leaving = false;
  #over = false;

  constructor(x: Exchange, channel: Channel, owner: TunnelOwner) {
    this.#x = x;
    this.#channel = channel;
    this.#owner = owner;
  }

  /** The client has been told: streams begin, with what it has sent already. */
  begin(): void {
    const x = this.#x;
    const { counts } = x.route as RouteRuntime;
    bump(counts, routeFields.websockets);
    bump(counts, routeFields.websocketsTotal);
    x.host.tunnels.add(this);
    x.bodySink = this;
    this.#channel.deadlineCause = 'websocket_idle';
    this.#moved();
    x.client.resumeBody();
    this.flush();
  }

  /** It is over, whoever ended it; nothing more is passed on. */
  leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#clientShut = true;
    this.#targetShut = true;
    const x = this.#x;
    bump((x.route as RouteRuntime).counts, routeFields.websockets, -1);
    x.host.tunnels.delete(this);
  }

  /** @inheritdoc */
  write(buffer: Buffer, from: number, to: number): void {
    if (this.#targetShut) return;
    this.#moved();
    const at = this.#fromClient.advance(buffer, from, to, this.#leaving);
    this.#channel.body(buffer, from, at, false);
    if (this.#leaving && this.#fromClient.atEdge) this.#dismissTarget();
  }

  /** @inheritdoc */
  end(): void {
    if (this.#clientEnded) return;
    this.#clientEnded = true;
    if (!this.#targetShut) {
      this.#targetShut = true;
      this.#channel.end(unframedEnd);
    }
    this.#settle();
  }

  /** @inheritdoc */
  flush(): void {
    if (!this.#over && !this.#channel.flush(0) && !this.#targetShut) this.#x.client.pauseBody();
  }

  /** The target has read what waited for it. */
  drained(): void {
    if (this.#over) return;
    this.#moved();
    if (this.#targetShut) this.#settle();
    else this.#x.client.resumeBody();
  }

  /** Bytes of the target. */
  body(buffer: Buffer, from: number, to: number): void {
    if (this.#clientShut) return;
    this.#moved();
    const at = this.#fromTarget.advance(buffer, from, to, this.#leaving);
    this.#x.client.body(buffer, from, at, false);
    if (this.#leaving && this.#fromTarget.atEdge) this.#dismissClient();
  }

  /** The end of one read from the target. */
  readEnded(): void {
    const x = this.#x;
    if (this.#over || this.#clientShut || x.client.flush()) return;
    const channel = this.#channel;
    channel.pause();
    x.resumeResponse = () => {
      x.resumeResponse = null;
      this.#moved();
      channel.resume();
    };
  }

  /** The target has ended its side. */
  ended(): void {
    if (this.#over || this.#targetEnded) return;
    this.#targetEnded = true;
    if (!this.#clientShut) {
      this.#clientShut = true;
      this.#x.client.end(unframedEnd);
      this.#x.client.flush();
    }
    this.#settle();
  }

  /** @inheritdoc */
  goAway(): void {
    if (this.#leaving || this.#over) return;
    this.#leaving = true;
    // In the middle of a frame the farewell waits for its end.
    if (!this.#clientShut && this.#fromTarget.atEdge) this.#dismissClient();
    if (!this.#over && !this.#targetShut && this.#fromClient.atEdge) this.#dismissTarget();
  }

  #dismissClient(): void {
    const { client } = this.#x;
    this.#clientShut = true;
    if (!this.#fromTarget.closed) {
      const farewell = closeFrame('');
      client.body(farewell, 0, farewell.length, false);
    }
    client.end(unframedEnd);
    client.flush();
    // What still comes for it is read and dropped.
    this.#x.resumeResponse?.();
  }

  #dismissTarget(): void {
    const x = this.#x;
    const channel = this.#channel;
    this.#targetShut = true;
    if (!this.#fromClient.closed) {
      const farewell = closeFrame(x.host.newSpanId().slice(0, 8));
      channel.body(farewell, 0, farewell.length, false);
    }
    channel.end(unframedEnd);
    x.client.resumeBody();
  }

  /** Something has moved: silence begins anew. */
  #moved(): void {
    const x = this.#x;
    const idleMs = (x.route as RouteRuntime).plan.policies.websocketIdleMs;
    const half = this.#clientEnded || this.#targetEnded;
    this.#channel.deadline = x.host.due(half ? Math.min(HALF_OPEN_MS, idleMs || HALF_OPEN_MS) : idleMs);
  }

  /** After the end of one side: of the other too, once the target has all that is for it? */
  #settle(): void {
    this.#moved();
    if (!this.#clientEnded || !this.#targetEnded || this.#channel.unsent) return;
    this.#owner.tunnelEnded(this.#leaving ? 'draining' : null);
  }
}
