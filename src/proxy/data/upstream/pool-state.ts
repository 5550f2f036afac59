/**
 * What the pools of a worker are alike in, whether they keep connections or sessions: whose they are, their settings, their
 * trust, who waits, and what those that they own may ask. How channels are found and kept is each pool's own.
 */
import type { Clock } from '../../../base/clock.ts';
import type { Cell } from '../../shared/cells.ts';
import { LatencyAverage } from './balance/latency-average.ts';
import type { PoolHost, PoolParts, PoolSettings } from './channel.ts';
import { TargetTls } from '../../../web/target-tls.ts';
import { TlsFaultLog } from './tls-fault-log.ts';
import type { TlsFault } from '../../../web/tls-fault.ts';
import { WaitingQueue } from './waiting-queue.ts';

export abstract class PoolState {
  readonly key: string;
  readonly cell: Cell;
  readonly latency = new LatencyAverage();
  /** Null = plain. */
  readonly tls: TargetTls | null;
  protected readonly clock: Clock;
  protected readonly host: PoolHost;
  protected readonly waiting: WaitingQueue;
  protected settings: PoolSettings;
  protected retired = false;
  /** Time of the last sweep: close enough for ages of seconds. */
  protected tick: number;
  readonly #tlsFaults: TlsFaultLog;

  constructor({ key, cell, proxyCell, clock, host }: PoolParts, settings: PoolSettings) {
    this.key = key;
    this.cell = cell;
    this.waiting = new WaitingQueue(cell, proxyCell, clock);
    this.clock = clock;
    this.tick = clock.now();
    this.settings = settings;
    // The key of the pool holds all that TLS depends on.
    this.tls = TargetTls.of(settings, clock, true);
    this.#tlsFaults = new TlsFaultLog(settings.target, clock, host);
    this.host = host;
  }

  get connectMs(): number {
    return this.settings.timeouts.connectMs;
  }

  get descriptorBound(): number {
    return this.settings.descriptorBound;
  }

  /** Takes the settings of a new plan. */
  configure(settings: PoolSettings): void {
    this.retired = false;
    this.settings = settings;
    if (!settings.keep) this.dropIdle();
  }

  /** Closes what nobody uses. */
  abstract dropIdle(): void;

  /** TLS to the target failed. */
  tlsFailed(fault: TlsFault): void {
    this.tls?.forget();
    this.#tlsFaults.note(fault);
  }

  /** There is no descriptor for a connection, or soon there will not be. */
  starved(): void {
    this.host.starved();
  }

  /** Something happened that should not be possible. */
  defect(error: unknown): void {
    this.host.defect(error);
  }

  /** Whether what was opened then is too old for another exchange. */
  protected outlived(openedAt: number): boolean {
    const lifetime = this.settings.pool.maxLifetimeMs;
    return lifetime !== 0 && this.tick - openedAt >= lifetime;
  }
}
