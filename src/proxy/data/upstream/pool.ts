/**
 * The connections of one worker to one target: reuse (newest first), bounds that hold over all workers, idle and
 * lifetime limits, and the queue of attempts that wait for a connection. Lives across reloads as long as the target does.
 */
import { acquire, bump, release, targetFields } from '../../shared/cells.ts';
import type { Channel, Pool, PoolClient } from './channel.ts';
import { type ConnectionOwner, UpstreamConnection } from './connection.ts';
import { PoolState } from './pool-state.ts';

export class TargetPool extends PoolState implements Pool, ConnectionOwner {
  /** Open and unused, the one used last at the end. */
  readonly #idle: UpstreamConnection[] = [];
  readonly #all = new Set<UpstreamConnection>();

  /** @inheritdoc */
  dropIdle(): void {
    for (const connection of [...this.#idle]) connection.destroy();
  }

  /** @inheritdoc */
  retire(): void {
    this.retired = true;
    this.dropIdle();
  }

  /** @inheritdoc */
  get finished(): boolean {
    return this.retired && this.#all.size === 0 && this.waiting.size === 0;
  }

  /**
   * Gives `client` a connection: an idle one at once, else a new one, else a place in the queue.
   * `fresh` = only a new one will do (the last one died in the hands of this attempt's predecessor).
   */
  acquire(client: PoolClient, fresh: boolean): void {
    bump(this.cell, targetFields.acquired);
    if (this.retired) this.host.revived(this);
    if (!fresh) {
      const connection = this.#idle.pop();
      if (connection !== undefined) {
        release(this.cell, targetFields.idle);
        bump(this.cell, targetFields.reused);
        connection.assign(client);
        return;
      }
    }
    if (this.#open(client)) return;
    // At the bound: an idle connection is better than waiting, and a fresh one can take its place.
    const connection = this.#idle[0];
    if (connection !== undefined) {
      connection.destroy();
      if (this.#open(client)) return;
    }
    this.waiting.join(client, this.settings);
  }

  /** @inheritdoc */
  cancel(client: PoolClient): void {
    if (!this.waiting.leave(client)) client.opening?.destroy();
  }

  /** @inheritdoc */
  release(channel: Channel, reusable: boolean): void {
    const connection = channel as UpstreamConnection;
    connection.detach();
    // Under TLS Node says a turn later than the kernel that a write is done: an answer may be there before.
    if (reusable && connection.unsent) setImmediate(() => this.#takeBack(connection, !connection.unsent));
    else this.#takeBack(connection, reusable);
  }

  #takeBack(connection: UpstreamConnection, reusable: boolean): void {
    if (!reusable || connection.dead || this.retired || !this.settings.keep || this.outlived(connection.openedAt)) {
      connection.destroy();
      return;
    }
    const next = this.waiting.next();
    if (next !== undefined) {
      bump(this.cell, targetFields.reused);
      connection.assign(next);
      return;
    }
    if (this.waiting.othersWait || !acquire(this.cell, targetFields.idle, this.settings.pool.maxIdle)) {
      connection.destroy();
      return;
    }
    connection.idleSince = this.tick;
    this.#idle.push(connection);
  }

  /** @inheritdoc */
  closed(connection: UpstreamConnection): void {
    if (!this.#all.delete(connection)) return;
    const at = this.#idle.indexOf(connection);
    if (at !== -1) {
      this.#idle.splice(at, 1);
      release(this.cell, targetFields.idle);
    }
    release(this.cell, targetFields.connections);
    this.#openForWaiting();
  }

  /** @inheritdoc */
  postpone(ms: number): void {
    for (const connection of this.#all) connection.deadline += ms;
    this.waiting.postpone(ms);
  }

  /** @inheritdoc */
  sweep(now: number): void {
    this.tick = now;
    for (const connection of this.#all) {
      if (now >= connection.deadline) connection.fail(connection.deadlineCause);
    }
    const idleMs = this.settings.pool.idleTimeoutMs;
    const othersWait = this.waiting.othersWait;
    for (const connection of [...this.#idle]) {
      const aged = idleMs !== 0 && now - connection.idleSince >= idleMs;
      if (othersWait || aged || this.outlived(connection.openedAt)) connection.destroy();
    }
    this.waiting.sweep(now);
    this.#openForWaiting();
  }

  /** @inheritdoc */
  destroy(): void {
    for (const connection of [...this.#all]) connection.fail('upstream_reset');
  }

  #open(client: PoolClient): boolean {
    if (!acquire(this.cell, targetFields.connections, this.settings.pool.maxConnections)) return false;
    bump(this.cell, targetFields.opened);
    const connection = new UpstreamConnection(this.settings.socket, this, this.clock);
    this.#all.add(connection);
    client.opening = connection;
    connection.assign(client);
    return true;
  }

  /** Opens connections for those who wait, the first first, as far as the bound over all workers allows. */
  #openForWaiting(): void {
    for (let client = this.waiting.first; client !== undefined; client = this.waiting.first) {
      if (!this.#open(client)) return;
      this.waiting.leave(client);
    }
  }
}
