/**
 * The rate tables of this daemon: each lives as long as what it counts keeps its meaning, over reloads and the death of
 * workers. A source of live parts; the applier asks it for every plan. Also sweeps the tables.
 */
import type { Clock, Stoppable } from '../../base/clock.ts';
import { randomHex } from '../../base/ids.ts';
import type { Config, RateLimitConfig, RouteConfig } from '../../config/model.ts';
import type { PlanRateLimit, PlanStoredRate, PlanTables } from '../shared/plan.ts';
import { newRateTable, RateTable, SWEEP_WITHIN_MS } from '../shared/rate-table.ts';

/** How often some tables are swept; all of them have their turn in half the time that there is. */
const SWEEP_MS = 1000;
const SWEEPS_A_ROUND = SWEEP_WITHIN_MS / 2 / SWEEP_MS;

/** Clients that the limits for each client tell apart. */
const CLIENT_KEYS = 100_000;

interface Kept {
  readonly table: SharedArrayBuffer;
  readonly view: RateTable;
  /** The last configuration that asked for it. */
  round: number;
}

export class RateTables {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  readonly #sweeper: Stoppable;
  #round = 0;
  /** Where the next sweep begins. */
  #at = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sweeper = clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** A configuration comes: what it asks for is told from what only others asked for. */
  async prepare(): Promise<void> {
    this.#round++;
  }

  /** It is in force: what it did not ask for can go. Requests under way keep what they have. */
  adopt(): void {
    for (const [identity, kept] of this.#kept) if (kept.round !== this.#round) this.#kept.delete(identity);
  }

  rateTable(route: RouteConfig): PlanRateLimit | PlanStoredRate | null {
    const limit = route.policies.rateLimit;
    if (limit === null) return null;
    return limit.backend.kind === 'redis' ? { limit, table: null } : this.keyed(`route ${route.id}`, limit);
  }

  limits({ limits }: Config): Pick<PlanTables, 'globalRate' | 'clientRate'> {
    const all = limits.maxRequestsPerSecondGlobal;
    const each = limits.maxRequestsPerSecondPerClient;
    return {
      // No single client is to blame for what all of them ask together: 503.
      globalRate:
        all === 0 ? null : this.keyed('global', { ...refusing(all), key: { kind: 'route' }, statusCode: 503 }),
      clientRate: each === 0 ? null : this.keyed('client', refusing(each)),
    };
  }

  /** What counts requests of a client without a pass against `challenge-threshold`, which is by the minute. */
  threshold({ security }: Config): PlanRateLimit {
    const { challengeThreshold } = security;
    return this.keyed('challenge', { ...refusing(challengeThreshold / 60), burst: challengeThreshold });
  }

  /**
   * The table of `limit` for what `scope` names, the one that it has already where the limit is the same. What happens to
   * requests above it may change: only rate, burst, key, number of keys and the length of delays give the counts their meaning.
   */
  keyed(scope: string, limit: RateLimitConfig): PlanRateLimit {
    const maxKeys = limit.key.kind === 'route' ? 1 : limit.maxKeys;
    const maxDelayMs = limit.action === 'delay' ? limit.maxDelayMs : 0;
    const { requestsPerSecond, burst, key } = limit;
    const identity = JSON.stringify([scope, requestsPerSecond, burst, key, maxKeys, maxDelayMs]);
    let kept = this.#kept.get(identity);
    if (kept === undefined) {
      const settings = { requestsPerSecond, burst, maxKeys, maxDelayMs };
      const table = newRateTable(settings, [randomWord(), randomWord()], this.#clock.now());
      kept = { table, view: new RateTable(table), round: this.#round };
      this.#kept.set(identity, kept);
    }
    kept.round = this.#round;
    return { limit, table: kept.table };
  }

  /** Sweeps no more. */
  close(): void {
    this.#sweeper.stop();
  }

  #sweep(): void {
    const all = [...this.#kept.values()];
    const now = this.#clock.now();
    for (let count = Math.ceil(all.length / SWEEPS_A_ROUND); count > 0; count--) {
      this.#at = (this.#at + 1) % all.length;
      all[this.#at]?.view.sweep(now);
    }
  }
}

/** A limit of each client that lets a second's worth come at once. */
function refusing(requestsPerSecond: number): RateLimitConfig {
  return {
    requestsPerSecond,
    burst: Math.max(1, requestsPerSecond),
    key: { kind: 'client_ip' },
    action: 'block',
    statusCode: 429,
    maxDelayMs: 0,
    maxKeys: CLIENT_KEYS,
    backend: { kind: 'local' },
  };
}

function randomWord(): number {
  return Number.parseInt(randomHex(4), 16) | 0;
}
