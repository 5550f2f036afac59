/**
 * The attempts of one worker that wait for a channel to one target, the first first, and the counts that bound them over
 * all workers. Owned by a pool, which decides when somebody's turn has come.
 */
import type { Clock } from '../../../base/clock.ts';
import { acquire, type Cell, proxyFields, release, targetFields } from '../../shared/cells.ts';
import type { PoolClient, PoolSettings } from './channel.ts';

export class WaitingQueue {
  readonly #cell: Cell;
  readonly #proxyCell: Cell;
  readonly #clock: Clock;
  readonly #clients = new Set<PoolClient>();

  constructor(cell: Cell, proxyCell: Cell, clock: Clock) {
    this.#cell = cell;
    this.#proxyCell = proxyCell;
    this.#clock = clock;
  }

  get size(): number {
    return this.#clients.size;
  }

  /** Who has waited longest. */
  get first(): PoolClient | undefined {
    for (const client of this.#clients) return client;
    return undefined;
  }

  /** True when another worker's request waits for a connection that this worker could let go. */
  get othersWait(): boolean {
    return Atomics.load(this.#cell.shared, targetFields.pending) > this.#clients.size;
  }

  /** Lets `client` wait, as long as a connection may take to be made; or refuses it, where enough wait already. */
  join(client: PoolClient, { pool, maxQueued, timeouts }: PoolSettings): void {
    if (!acquire(this.#cell, targetFields.pending, pool.maxPending)) {
      client.refused('queue_full');
      return;
    }
    if (!acquire(this.#proxyCell, proxyFields.queued, maxQueued)) {
      release(this.#cell, targetFields.pending);
      client.refused('queue_full');
      return;
    }
    client.waitUntil = timeouts.connectMs === 0 ? Infinity : this.#clock.now() + timeouts.connectMs;
    this.#clients.add(client);
  }

  /** False when it did not wait here. */
  leave(client: PoolClient): boolean {
    if (!this.#clients.delete(client)) return false;
    release(this.#cell, targetFields.pending);
    release(this.#proxyCell, proxyFields.queued);
    return true;
  }

  /** Takes out who has waited longest. */
  next(): PoolClient | undefined {
    const client = this.first;
    if (client !== undefined) this.leave(client);
    return client;
  }

  postpone(ms: number): void {
    for (const client of this.#clients) client.waitUntil += ms;
  }

  /** Refuses those whose patience is over. */
  sweep(now: number): void {
    for (const client of this.#clients) {
      if (now >= client.waitUntil) {
        this.leave(client);
        client.refused('queue_timeout');
      }
    }
  }
}
