/**
 * The connections of one worker to one target: reuse (newest first), bounds that hold over all workers, idle and
 * lifetime limits, and the queue of attempts that wait for a connection. Lives across reloads as long as the target does.
 */
import type { Clock } from '../../../base/clock.ts';
import { acquire, bump, type Cell, release, targetFields } from '../../shared/cells.ts';
import { LatencyAverage } from './balance/latency-average.ts';
import type { Channel, Pool, PoolClient, PoolHost, PoolParts, PoolSettings } from './channel.ts';
import { type ConnectionOwner, UpstreamConnection } from './connection.ts';
import { TargetTls } from './tls-connect.ts';
import { TlsFaultLog } from './tls-fault-log.ts';
import type { TlsFault } from './tls-fault.ts';
import { WaitingQueue } from './waiting-queue.ts';

export class TargetPool implements Pool, ConnectionOwner {
  readonly key: string;
  readonly cell: Cell;
  readonly latency = new LatencyAverage();
  readonly tls: TargetTls | null;
  readonly #tlsFaults: TlsFaultLog;
  readonly #clock: Clock;
  readonly #host: PoolHost;
  #settings: PoolSettings;
  #retired = false;
  /** Time of the last sweep: close enough for ages of seconds. */
  #tick: number;
  /** Open and unused, the one used last at the end. */
  readonly #idle: UpstreamConnection[] = [];
  readonly #all = new Set<UpstreamConnection>();
  readonly #waiting: WaitingQueue;

  constructor({ key, cell, proxyCell, clock, host }: PoolParts, settings: PoolSettings) {
    this.key = key;
    this.cell = cell;
    this.#waiting = new WaitingQueue(cell, proxyCell, clock);
    this.#clock = clock;
    this.#tick = clock.now();
    this.#settings = settings;
    // The key of the pool holds all that TLS depends on.
    this.tls = TargetTls.of(settings, clock, true);
    this.#tlsFaults = new TlsFaultLog(settings.target, clock, host);
    this.#host = host;
  }

  get connectMs(): number {
    return this.#settings.timeouts.connectMs;
  }

  get descriptorBound(): number {
    return this.#settings.descriptorBound;
  }

  /** @inheritdoc */
  tlsFailed(fault: TlsFault): void {
    this.tls?.forget();
    this.#tlsFaults.note(fault);
  }

  /** @inheritdoc */
  starved(): void {
    this.#host.starved();
  }

  /** @inheritdoc */
  dropIdle(): void {
    for (const connection of [...this.#idle]) connection.destroy();
  }

  /** @inheritdoc */
  configure(settings: PoolSettings): void {
    this.#retired = false;
    this.#settings = settings;
    if (!settings.keep) this.dropIdle();
  }

  /** @inheritdoc */
  retire(): void {
    this.#retired = true;
    this.dropIdle();
  }

  /** @inheritdoc */
  get finished(): boolean {
    return this.#retired && this.#all.size === 0 && this.#waiting.size === 0;
  }

  /**
   * Gives `client` a connection: an idle one at once, else a new one, else a place in the queue.
   * `fresh` = only a new one will do (the last one died in the hands of this attempt's predecessor).
   */
  acquire(client: PoolClient, fresh: boolean): void {
    bump(this.cell, targetFields.acquired);
    if (this.#retired) this.#host.revived(this);
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
    this.#waiting.join(client, this.#settings);
  }

  /** @inheritdoc */
  cancel(client: PoolClient): void {
    if (!this.#waiting.leave(client)) client.opening?.destroy();
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
    const now = this.#tick;
    if (!reusable || connection.dead || this.#retired || !this.#settings.keep || this.#outlived(connection, now)) {
      connection.destroy();
      return;
    }
    const next = this.#waiting.next();
    if (next !== undefined) {
      bump(this.cell, targetFields.reused);
      connection.assign(next);
      return;
    }
    if (this.#waiting.othersWait || !acquire(this.cell, targetFields.idle, this.#settings.pool.maxIdle)) {
      connection.destroy();
      return;
    }
    connection.idleSince = now;
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
  defect(error: unknown): void {
    this.#host.defect(error);
  }

  /** @inheritdoc */
  postpone(ms: number): void {
    for (const connection of this.#all) connection.deadline += ms;
    this.#waiting.postpone(ms);
  }

  /** @inheritdoc */
  sweep(now: number): void {
    this.#tick = now;
    for (const connection of this.#all) {
      if (now >= connection.deadline) connection.fail(connection.deadlineCause);
    }
    const idleMs = this.#settings.pool.idleTimeoutMs;
    const othersWait = this.#waiting.othersWait;
    for (const connection of [...this.#idle]) {
      const aged = idleMs !== 0 && now - connection.idleSince >= idleMs;
      if (othersWait || aged || this.#outlived(connection, now)) connection.destroy();
    }
    this.#waiting.sweep(now);
    this.#openForWaiting();
  }

  /** @inheritdoc */
  destroy(): void {
    for (const connection of [...this.#all]) connection.fail('upstream_reset');
  }

  #open(client: PoolClient): boolean {
    if (!acquire(this.cell, targetFields.connections, this.#settings.pool.maxConnections)) return false;
    bump(this.cell, targetFields.opened);
    const connection = new UpstreamConnection(this.#settings.socket, this, this.#clock);
    this.#all.add(connection);
    client.opening = connection;
    connection.assign(client);
    return true;
  }

  /** Opens connections for those who wait, the first first, as far as the bound over all workers allows. */
  #openForWaiting(): void {
    for (let client = this.#waiting.first; client !== undefined; client = this.#waiting.first) {
      if (!this.#open(client)) return;
      this.#waiting.leave(client);
    }
  }

  #outlived(connection: UpstreamConnection, now: number): boolean {
    const lifetime = this.#settings.pool.maxLifetimeMs;
    return lifetime !== 0 && now - connection.openedAt >= lifetime;
  }
}
