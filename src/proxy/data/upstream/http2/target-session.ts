/**
 * One HTTP/2 connection to a target, from the first SYN to the last stream: opens the socket, waits for the target's
 * SETTINGS (only they show that it speaks HTTP/2), carries streams as far as the target allows, heeds GOAWAY, and asks a
 * silent target whether it is still there. Belongs to a pool, which decides about its life.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { connect as connectPlain, type Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../../../base/clock.ts';
import { errnoOf } from '../../../../base/errors.ts';
import type { SocketAddress } from '../../../../config/model.ts';
import type { Cause } from '../../../shared/causes.ts';
import { descriptorOf, fewDescriptors } from '../../descriptor.ts';
import { ResponseHead } from '../../http1/response-head.ts';
import type { PoolClient } from '../channel.ts';
import { connectCause } from '../connect-cause.ts';
import { responseLimits } from '../response-limits.ts';
import type { TargetTls } from '../../../../web/target-tls.ts';
import { type TlsFault, tlsFault } from '../../../../web/tls-fault.ts';
import { SessionStream, type StreamOwner } from './session-stream.ts';

/** A stream that is destroyed by it is reset with CANCEL. */
const aborted = AbortSignal.abort();
/** Attempts that wait for one session to be opened: what the target allows is not yet known. */
const ASSUMED_STREAMS = 100;
/** Streams at once, whatever the target allows. */
const MOST_STREAMS = 1000;
/** Streams in all: numbers end at 2^31 (RFC 9113 §5.1.1). */
const MOST_USES = 1_000_000_000;
/** How long a target may take to answer a PING. */
const DOUBT_MS = 5000;
/** Bytes of one response that may wait in this process for a slow client, and of all that may be on their way. */
const STREAM_WINDOW = 128 * 1024;
const SESSION_WINDOW = 4 * 1024 * 1024;
/** A request head that is larger than this ends its session: far above what `limits` let in. */
const HEAD_BYTES = 1024 * 1024;
/** MiB that node:http2 may hold for one session. */
const SESSION_MEMORY = 64;

const sessionOptions = {
  settings: {
    enablePush: false,
    initialWindowSize: STREAM_WINDOW,
    maxHeaderListSize: responseLimits.maxHeaderBytes,
  },
  maxHeaderListPairs: responseLimits.maxHeaderCount,
  maxSessionMemory: SESSION_MEMORY,
  maxSendHeaderBlockLength: HEAD_BYTES,
  peerMaxConcurrentStreams: MOST_STREAMS,
  // Which fields may come twice is judged where they come in.
  strictSingleValueFields: false,
};

export interface SessionOwner {
  /** The target's settings are there: streams may be begun. */
  opened(session: TargetSession): void;
  /** A stream has left, or more are allowed. */
  freed(session: TargetSession): void;
  /** The session is gone; called once, whatever the reason. */
  closed(session: TargetSession): void;
  defect(error: unknown): void;
  readonly connectMs: number;
  readonly descriptorBound: number;
  readonly tls: TargetTls | null;
  tlsFailed(fault: TlsFault): void;
  /** What came from the target is no HTTP/2. */
  misspoke(reason: string): void;
  starved(): void;
}

export class TargetSession implements StreamOwner {
  readonly openedAt: number;
  readonly head = new ResponseHead();
  readonly scheme: 'http' | 'https';
  uses = 0;
  idleSince = 0;
  dead = false;
  readonly #owner: SessionOwner;
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #streams = new Set<SessionStream>();
  readonly #joined = new Set<Joined>();
  /** Resets that have not gone out yet. */
  #resets = 0;
  #session: ClientHttp2Session | null = null;
  /** Streams that the target allows at once; -1 = its settings have not come. */
  #most = -1;
  /** No stream is begun any more. */
  #retired = false;
  /** A PING is on its way because the target let a time pass. */
  #doubted = false;
  #deadline: number;

  constructor(address: SocketAddress, owner: SessionOwner, clock: Clock) {
    const now = clock.now();
    this.#owner = owner;
    this.#clock = clock;
    this.openedAt = now;
    this.#deadline = owner.connectMs === 0 ? Infinity : now + owner.connectMs;
    this.scheme = owner.tls === null ? 'http' : 'https';
    const { tls } = owner;
    const socket = tls === null ? plainSocket(address) : tls.connect(address, ['h2']);
    this.#socket = socket;
    let handshaking = false;
    socket.on('connect', () => {
      handshaking = tls !== null;
      if (this.#mayStay() && tls === null) this.#speak();
    });
    socket.on('secureConnect', () => {
      handshaking = false;
      this.#secured(socket as TLSSocket);
    });
    socket.on('error', (error) => {
      const fault = tls === null ? null : tlsFault(socket as TLSSocket, error, handshaking);
      if (fault !== null) {
        owner.tlsFailed(fault);
        this.fail(fault.cause);
      } else if (this.#session === null) this.fail(connectCause(error));
      else this.#broke(error);
    });
    // Once there is a session it says more of an end than its socket does.
    socket.on('close', () => {
      if (this.#session === null) this.fail('connect_refused');
    });
  }

  /** The target's settings have come. */
  get open(): boolean {
    return this.#most !== -1;
  }

  /** Streams that may be begun now; of a session that is being opened, attempts that may wait for it. */
  get room(): number {
    if (this.#retired || this.gone || this.spent) return 0;
    if (!this.open) return ASSUMED_STREAMS - this.#joined.size;
    return this.#doubted || this.#session?.closed === true ? 0 : this.#most - this.#streams.size;
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** No number is left for another stream. */
  get spent(): boolean {
    return this.uses >= MOST_USES;
  }

  /** @inheritdoc */
  get gone(): boolean {
    return this.dead || this.#session?.destroyed === true;
  }

  /** @inheritdoc */
  get takesConnect(): boolean {
    return this.#session?.remoteSettings.enableConnectProtocol === true;
  }

  /** Lets `client` wait until the session is open. */
  join(client: PoolClient): void {
    const joined = new Joined(this, client, this.#joined);
    this.#joined.add(joined);
    client.opening = joined;
  }

  /** Who waits for it to open; they wait no longer. */
  takeJoined(): PoolClient[] {
    const clients = [...this.#joined].map(({ client }) => client);
    this.#joined.clear();
    return clients;
  }

  /** Gives `client` a stream. */
  assign(client: PoolClient): void {
    const stream = new SessionStream(this, client);
    this.#streams.add(stream);
    try {
      client.ready(stream);
    } catch (error) {
      this.defect(error);
      stream.fail('internal');
    }
  }

  /** Takes no more streams: says so (GOAWAY), lets those that are open end, and closes. */
  retire(): void {
    this.#retired = true;
    if (this.#streams.size === 0) this.#endWhenRetired();
    else this.#session?.close();
  }

  /** Closes at once; streams that are open fail. */
  destroy(): void {
    this.fail('upstream_reset');
  }

  /** Ends the session and tells all who use it, or wait for it, why. */
  fail(cause: Cause): void {
    if (this.dead) return;
    this.dead = true;
    this.#deadline = Infinity;
    if (this.#session === null) this.#socket.destroy();
    else {
      for (const stream of this.#streams) stream.cutOff();
      if (this.#resets === 0) this.#end(this.#session);
    }
    if (cause === 'no_socket') this.#owner.starved();
    const joined = this.takeJoined();
    const streams = [...this.#streams];
    this.#owner.closed(this);
    for (const stream of streams) stream.fail(cause);
    for (const client of joined) client.failed(cause);
  }

  postpone(ms: number): void {
    this.#deadline += ms;
    for (const stream of this.#streams) stream.postpone(ms);
  }

  /** Acts on what is overdue. */
  sweep(now: number): void {
    for (const stream of [...this.#streams]) stream.sweep(now);
    if (now >= this.#deadline) this.fail(this.open ? 'upstream_reset' : 'connect_timeout');
    else if (this.gone) this.fail('upstream_reset');
  }

  /** @inheritdoc */
  now(): number {
    return this.#clock.now();
  }

  /** @inheritdoc */
  begin(list: string[], endStream: boolean, waitForTrailers: boolean): ClientHttp2Stream {
    return (this.#session as ClientHttp2Session).request(list, { endStream, waitForTrailers });
  }

  /**
   * Node's `close` would end the request before it resets it, as if all of it had been sent; a reset would be lost while what came
   * from the target is handled; and a session that ends sends none any more, so that a target could take a part for all of it.
   */
  cancel(stream: ClientHttp2Stream): void {
    this.#resets++;
    setImmediate(() => {
      if (!stream.destroyed) addAbortSignal(aborted, stream);
      // By then it has been written.
      setImmediate(() => {
        if (--this.#resets > 0) return;
        if (this.dead) this.#end(this.#session as ClientHttp2Session);
        else this.#endWhenRetired();
      });
    });
  }

  #end(session: ClientHttp2Session): void {
    session.destroy();
    // Whatever is queued, a GOAWAY among it, still goes out, as far as that can be done at once.
    this.#socket.destroySoon();
    setImmediate(() => this.#socket.destroy());
  }

  /** A session that takes no more streams ends with its last one, once that has been told. */
  #endWhenRetired(): void {
    if (this.#retired && this.#streams.size === 0 && this.#resets === 0) this.destroy();
  }

  /** @inheritdoc */
  left(stream: SessionStream): void {
    if (!this.#streams.delete(stream) || this.dead) return;
    if (this.#retired && this.#streams.size === 0) this.#endWhenRetired();
    else this.#owner.freed(this);
  }

  /** @inheritdoc */
  doubt(): void {
    const session = this.#session;
    if (session === null || this.#doubted || this.gone) return;
    this.#doubted = true;
    this.#deadline = this.#clock.now() + DOUBT_MS;
    const asked = session.ping((error: Error | null) => {
      if (error !== null || this.dead) return;
      this.#doubted = false;
      this.#deadline = Infinity;
      this.#owner.freed(this);
    });
    if (!asked) this.fail('upstream_reset');
  }

  /** @inheritdoc */
  defect(error: unknown): void {
    this.#owner.defect(error);
  }

  /** The connection stands: whether there are descriptors enough for it. */
  #mayStay(): boolean {
    const free = this.#owner.descriptorBound - descriptorOf(this.#socket);
    if (free <= 0) this.fail('no_socket');
    else if (free <= fewDescriptors) this.#owner.starved();
    return !this.dead;
  }

  #secured(socket: TLSSocket): void {
    if (this.dead) return;
    if (socket.alpnProtocol === 'h2') {
      this.#speak();
      return;
    }
    this.#owner.tlsFailed({
      cause: 'tls_handshake',
      reason: 'the target does not speak HTTP/2 (ALPN): `http-version "2"` is not for it',
    });
    this.fail('tls_handshake');
  }

  #speak(): void {
    const session = connect('http://target', { ...sessionOptions, createConnection: () => this.#socket });
    this.#session = session;
    session.on('remoteSettings', ({ maxConcurrentStreams }) => this.#allowed(maxConcurrentStreams));
    session.on('goaway', (_code, lastStream) => this.#goneAway(lastStream));
    session.on('error', (error: Error) => this.#broke(error));
    session.on('close', () => this.fail('upstream_reset'));
    session.setLocalWindowSize(SESSION_WINDOW);
  }

  #broke(error: Error): void {
    if (this.dead) return;
    const garbage = errnoOf(error) === 'ERR_HTTP2_ERROR';
    const never = this.open ? '' : 'it may speak HTTP/1.1 alone, which is `http-version "1.1"`: ';
    if (garbage) this.#owner.misspoke(`${never}${error.message}`);
    this.fail(garbage ? 'upstream_protocol_error' : 'upstream_reset');
  }

  #allowed(streams: number | undefined): void {
    if (this.dead) return;
    const first = !this.open;
    this.#most = Math.min(streams ?? MOST_STREAMS, MOST_STREAMS);
    if (!first) {
      this.#owner.freed(this);
      return;
    }
    this.#deadline = Infinity;
    this.#owner.opened(this);
  }

  /** The target takes no more streams, and has not looked at those above `lastStream` (RFC 9113 §6.8). */
  #goneAway(lastStream: number): void {
    this.#retired = true;
    if (this.#streams.size === 0 && this.open) {
      this.#endWhenRetired();
      return;
    }
    for (const stream of [...this.#streams]) if (stream.id === undefined || stream.id > lastStream) stream.refuse();
  }
}

/** An attempt that waits for a session. */
class Joined {
  readonly client: PoolClient;
  readonly #session: TargetSession;
  readonly #all: Set<Joined>;

  constructor(session: TargetSession, client: PoolClient, all: Set<Joined>) {
    this.#session = session;
    this.client = client;
    this.#all = all;
  }

  get openedAt(): number {
    return this.#session.openedAt;
  }

  /** Waits no longer; a session that nobody waits for is not opened. */
  destroy(): void {
    if (this.#all.delete(this) && this.#all.size === 0) this.#session.destroy();
  }
}

function plainSocket(to: SocketAddress): Socket {
  return to.kind === 'unix'
    ? connectPlain({ path: to.path })
    : connectPlain({ host: to.host, port: to.port, noDelay: true, autoSelectFamily: false });
}
