/**
 * Where connections come in: counts them, refuses those that are one too many in a few microseconds, waits for the PROXY
 * protocol header where one must come, and gives places back. What a connection then says is not its business.
 */
import type { Socket } from 'node:net';
import { acquireExactly, bump, proxyFields, release } from '../../shared/cells.ts';
import type { ClientConnections } from '../../shared/client-connections.ts';
import type { WorkerSaid } from '../../shared/messages.ts';
import { type ConnectionRejectReason, connectionRejectReasons } from '../../shared/plan.ts';
import { descriptorOf, fewDescriptors } from '../descriptor.ts';
import type { ListenerRuntime, Runtime } from '../runtime.ts';
import { HandshakeLog } from '../tls/handshake-log.ts';
import { Handshakes } from '../tls/handshakes.ts';
import type { Arrival } from './arrival.ts';
import type { OpenConnection } from './open-connection.ts';
import { peerAddress } from './peer-address.ts';
import { ProxyPreface } from './proxy-preface.ts';

/** What the reception needs of the worker. */
export interface ReceptionHost {
  /** The connections that are open. */
  readonly connections: ReadonlySet<OpenConnection>;
  due(ms: number): number;
  wallMs(): number;
  /** Tells the main thread. */
  say(said: WorkerSaid): void;
  /** There are hardly any descriptors left: what can be closed should be. */
  starved(): void;
  /** Serves a connection that has been let in. */
  serve(arrival: Arrival): void;
}

/** Who has a seat: a connection that is open, or one in its handshake. */
type Seated = Pick<OpenConnection, 'seat' | 'peerAddress' | 'listenerId'>;

export class Reception {
  readonly #host: ReceptionHost;
  /** Connections without a header yet. */
  readonly #prefaces = new Set<ProxyPreface>();
  readonly #handshakes: Handshakes;

  constructor(host: ReceptionHost) {
    this.#host = host;
    const log = new HandshakeLog((said) => host.say(said));
    this.#handshakes = new Handshakes(
      {
        wallMs: () => host.wallMs(),
        secured: ({ wire, runtime, listener, peerAddress: peer, seat }, socket, secured) =>
          host.serve({ socket, wire, runtime, listener, peer, seat, secured }),
        failed: (handshake) => this.left(handshake),
      },
      log,
    );
  }

  /** Connections that are let in and not served yet. */
  get pending(): number {
    return this.#handshakes.count + this.#prefaces.size;
  }

  /** Takes a new connection, or turns it away. */
  accept(socket: Socket, runtime: Runtime, listener: ListenerRuntime): void {
    const { limits, descriptorBound } = runtime.plan;
    const free = descriptorBound - descriptorOf(socket);
    if (free <= fewDescriptors) this.#host.starved();
    if (free <= 0 || !acquireExactly(runtime.cells.proxy, proxyFields.connections, limits.maxTotalConnections)) {
      refuse(socket, runtime, listener, 'connection_limit');
      return;
    }
    if (!listener.plan.proxyProtocol) {
      this.#letIn(socket, runtime, listener, peerAddress(socket.remoteAddress));
      return;
    }
    const deadline = this.#host.due(listener.plan.headerTimeoutMs);
    const preface = new ProxyPreface(socket, deadline, (over, client) => {
      this.#prefaces.delete(over);
      if (client === undefined) {
        release(runtime.cells.proxy, proxyFields.connections);
        bump(runtime.cells.connectionRejects, connectionRejectReasons.indexOf('proxy_protocol'));
      } else this.#letIn(socket, runtime, listener, client ?? peerAddress(socket.remoteAddress));
    });
    this.#prefaces.add(preface);
  }

  /** Gives back what a connection held. */
  left(connection: Seated): void {
    const { seat, peerAddress: peer } = connection;
    if (seat.total !== null) release(seat.total, proxyFields.connections);
    seat.table?.leave(peer);
    seat.total = null;
    seat.table = null;
  }

  /** A plan is in force: from now on connections are counted as it wants, those included that are open already. */
  adopt(runtime: Runtime): void {
    for (const connection of [...this.#host.connections, ...this.#handshakes.all]) {
      const { seat, peerAddress: peer, listenerId } = connection;
      const listener = runtime.listeners.get(listenerId);
      const wanted = listener === undefined ? seat.table : seatTable(runtime, listener, peer);
      const before = seat.table;
      if (wanted === before || (wanted !== null && before?.isSame(wanted) === true)) continue;
      // Counted in the new table before it leaves the old one: in between nobody gets in for it.
      seat.table = wanted?.enter(peer, 0) === true ? wanted : null;
      before?.leave(peer);
    }
  }

  /** Closes what has waited too long for its header, or for its handshake; `blind` = time that this worker could not look, counted for nobody. */
  sweep(now: number, blind: number): void {
    for (const preface of this.#prefaces) {
      if (blind > 0) preface.deadline += blind;
      if (now >= preface.deadline) preface.close();
    }
    this.#handshakes.sweep(now, blind);
  }

  /** Takes no more: what is open may be done until `deadline`. */
  retire(deadline: number): void {
    for (const preface of this.#prefaces) preface.deadline = Math.min(preface.deadline, deadline);
    this.#handshakes.hasten(deadline);
  }

  /** Closes everything that is not a connection yet. */
  close(): void {
    for (const preface of this.#prefaces) preface.close();
    this.#handshakes.close();
  }

  #letIn(socket: Socket, runtime: Runtime, listener: ListenerRuntime, peer: string): void {
    const table = seatTable(runtime, listener, peer);
    const reason = isBlocked(runtime, listener, peer)
      ? 'blocked'
      : table !== null && !table.enter(peer, runtime.plan.limits.maxConnectionsPerClient)
        ? 'client_limit'
        : null;
    if (reason !== null) {
      release(runtime.cells.proxy, proxyFields.connections);
      refuse(socket, runtime, listener, reason);
      return;
    }
    const seat = { total: runtime.cells.proxy, table };
    const { terminator, plan } = listener;
    if (terminator === null) {
      this.#host.serve({ socket, wire: socket, runtime, listener, peer, seat, secured: null });
      return;
    }
    const deadline = this.#host.due(plan.headerTimeoutMs);
    const handshake = { wire: socket, runtime, listener, listenerId: plan.id, peerAddress: peer, seat, deadline };
    this.#handshakes.begin(handshake, terminator);
  }
}

/** Where a connection of `peer` is counted for its client. Trusted proxies speak for many clients: they are none themselves. */
function seatTable(runtime: Runtime, listener: ListenerRuntime, peer: string): ClientConnections | null {
  const table = runtime.clientConnections;
  if (table === null || peer === '') return null;
  return runtime.allowed?.has(peer) === true || isTrusted(listener, peer) ? null : table;
}

function isBlocked(runtime: Runtime, listener: ListenerRuntime, peer: string): boolean {
  const { blocked, allowed } = runtime;
  return blocked?.has(peer) === true && allowed?.has(peer) !== true && !isTrusted(listener, peer);
}

function isTrusted({ trusted }: ListenerRuntime, peer: string): boolean {
  return trusted?.has(peer) === true;
}

const unavailable = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n';
const forbidden = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n';

/** The whole answer to a connection that is turned away: a few microseconds, then it is gone. */
function refuse(
  socket: Socket,
  runtime: Runtime,
  { terminator }: ListenerRuntime,
  reason: Exclude<ConnectionRejectReason, 'proxy_protocol' | 'http2_abuse'>,
): void {
  bump(runtime.cells.connectionRejects, connectionRejectReasons.indexOf(reason));
  if (terminator !== null) {
    // It waits for a handshake: plain text would be garbage to it, and a handshake is what a refusal must not cost.
    socket.on('error', () => {});
    socket.destroy();
    return;
  }
  const answer = reason === 'blocked' ? forbidden : unavailable;
  const error = reason === 'blocked' ? 'http_request_denied' : 'connection_limit_reached';
  socket.on('error', () => {});
  socket.end(`${answer}Proxy-Status: ${runtime.viaName}; error=${error}; details="${reason}"\r\n\r\n`);
  socket.destroySoon();
}
