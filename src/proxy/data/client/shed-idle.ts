/**
 * After a plan has lowered a limit: closes idle client connections, oldest first, until it holds again. Each worker takes its
 * share, and takes a connection only while the count over all workers is above the limit: never one too many. Requests in
 * flight finish; their connections are closed when they have become idle.
 */
import { proxyFields, releaseAbove } from '../../shared/cells.ts';
import type { Runtime } from '../runtime.ts';
import type { OpenConnection } from './open-connection.ts';

/** The other workers put the plan in force a little later: so long it is looked whether the limits hold. */
const WATCH_MS = 2000;

export class IdleShedder {
  readonly #connections: ReadonlySet<OpenConnection>;
  readonly #closed: (count: number) => void;
  #runtime: Runtime | null = null;
  #watchUntil = 0;
  #unsaid = 0;

  /** @param closed Told how many have been closed, when no more are at present. */
  constructor(connections: ReadonlySet<OpenConnection>, closed: (count: number) => void) {
    this.#connections = connections;
    this.#closed = closed;
  }

  /** A plan is in force. */
  begin(runtime: Runtime, now: number): void {
    this.#runtime = runtime;
    this.#watchUntil = now + WATCH_MS;
    this.sweep(now);
  }

  /** Called several times a second. */
  sweep(now: number): void {
    const runtime = this.#runtime;
    if (runtime === null) return;
    const { maxTotalConnections: most, maxConnectionsPerClient: mostOfOne } = runtime.plan.limits;
    const tooMany = mostOfOne === 0 ? null : this.#clientsAbove(mostOfOne);
    const excess = most === 0 ? 0 : Atomics.load(runtime.cells.proxy.shared, proxyFields.connections) - most;
    const clientsAbove = tooMany !== null && tooMany.size > 0;
    let closed = 0;
    if (clientsAbove || excess > 0) {
      const idle = [...this.#connections].filter((connection) => connection.idle);
      idle.sort((a, b) => a.idleSince - b.idleSince);
      if (clientsAbove) closed += shedClients(idle, tooMany, mostOfOne);
      if (excess > 0) closed += shedTotal(idle, runtime, excess, most);
    } else if (now >= this.#watchUntil) this.#runtime = null;
    this.#unsaid += closed;
    if (closed > 0 || this.#unsaid === 0) return;
    this.#closed(this.#unsaid);
    this.#unsaid = 0;
  }

  /** Clients of this worker with more connections than `most`, with the number that this worker should close of each. */
  #clientsAbove(most: number): Map<string, number> {
    const shares = new Map<string, number>();
    const seen = new Set<string>();
    for (const { seat, peerAddress: peer } of this.#connections) {
      if (seat.table === null || seen.has(peer)) continue;
      seen.add(peer);
      const count = seat.table.count(peer);
      if (count > most) shares.set(peer, Math.ceil(((count - most) * seat.table.held(peer)) / count));
    }
    return shares;
  }
}

function shedClients(idle: readonly OpenConnection[], shares: Map<string, number>, most: number): number {
  let closed = 0;
  for (const connection of idle) {
    const { seat, peerAddress: peer } = connection;
    const share = shares.get(peer) ?? 0;
    if (share === 0 || seat.table?.leaveAbove(peer, most) !== true) continue;
    shares.set(peer, share - 1);
    seat.table = null;
    connection.destroy();
    closed++;
  }
  return closed;
}

function shedTotal(idle: readonly OpenConnection[], runtime: Runtime, excess: number, most: number): number {
  const cell = runtime.cells.proxy;
  const mine = cell.lane[proxyFields.connections] as number;
  const share = Math.ceil((excess * mine) / (excess + most));
  let closed = 0;
  for (const connection of idle) {
    if (closed === share) break;
    const { seat } = connection;
    if (seat.total === null) continue;
    if (!releaseAbove(cell, proxyFields.connections, most)) break;
    seat.total = null;
    connection.destroy();
    closed++;
  }
  return closed;
}
