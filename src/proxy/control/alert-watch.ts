/**
 * Compares what the daemon sees with the thresholds of `alerts`, and keeps a standing warning while one is exceeded: what
 * the generated Prometheus rules say, without a Prometheus. Measures nothing itself and changes nothing.
 */
import type { Clock, Stoppable } from '../../base/clock.ts';
import type { AlertsConfig } from '../../config/alerts-model.ts';
import type { StandingWarnings } from './standing-warnings.ts';

const LOOK_MS = 2000;
/** A warning ends below this part of its threshold, so that it does not flutter. */
const ENDS_BELOW = 0.8;
const TRIPS_WINDOW_MS = 60_000;
/** One failure of two requests is no error rate. */
const FEWEST_REQUESTS = 20;

export interface AlertFacts {
  readonly connections: { readonly open: number /** 0 = no limit */; readonly limit: number };
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number };
  /** Openings of the breakers of each upstream since the start. */
  readonly trips: ReadonlyMap<string, number>;
  /** Of the last minute. Null = nothing known yet. */
  readonly traffic: {
    readonly requests: number;
    /** Share that ended with 5xx, 0–1. */
    readonly errorRatio: number;
    readonly p99Ms: number;
  } | null;
}

export interface AlertWatchOptions {
  readonly clock: Clock;
  readonly warnings: StandingWarnings;
  /** Null before the first configuration is in force. */
  readonly alerts: () => AlertsConfig | null;
  readonly facts: () => AlertFacts;
}

interface Seen {
  readonly atMs: number;
  readonly trips: ReadonlyMap<string, number>;
}

export class AlertWatch {
  readonly #options: AlertWatchOptions;
  readonly #standing = new Set<string>();
  /** Trips as they were, oldest first, not much older than the window. */
  #seen: Seen[] = [];
  #timer: Stoppable | null = null;

  constructor(options: AlertWatchOptions) {
    this.#options = options;
  }

  /** From now on it looks; no breaker has opened before the first time. Called again, does nothing. */
  start(): void {
    if (this.#timer !== null) return;
    const { clock } = this.#options;
    this.#seen = [{ atMs: clock.now(), trips: new Map() }];
    this.#timer = clock.every(LOOK_MS, () => this.#look());
  }

  stop(): void {
    this.#timer?.stop();
    this.#timer = null;
  }

  #look(): void {
    const alerts = this.#options.alerts();
    if (alerts === null) return;
    const { connections, memory, trips, traffic } = this.#options.facts();
    this.#judge(
      'alert/connections',
      share(connections.open, connections.limit),
      alerts.connectionsPercent / 100,
      () => {
        const { connectionsPercent } = alerts;
        return `more than ${connectionsPercent} % of the ${connections.limit} client connections allowed are open: see sentinel clients, or raise limits.max-total-connections`;
      },
    );
    this.#judge('alert/memory', share(memory.usedBytes, memory.limitBytes), alerts.memoryPercent / 100, () => {
      return `more than ${alerts.memoryPercent} % of the memory that the process may have is used (${memory.limitBytes} bytes): review limits and request buffering`;
    });
    const enough = traffic !== null && traffic.requests >= FEWEST_REQUESTS;
    this.#judge('alert/errors', enough ? traffic.errorRatio : 0, alerts.errorRatePercent / 100, () => {
      return `more than ${alerts.errorRatePercent} % of the requests of the last minute ended with 5xx: see sentinel upstreams and sentinel requests --filter 'status=5xx'`;
    });
    this.#judge('alert/p99', enough ? traffic.p99Ms : 0, alerts.p99Ms, () => {
      return `the slowest hundredth of the requests of the last minute took longer than ${alerts.p99Ms} ms: see sentinel routes and sentinel upstreams`;
    });
    for (const [upstream, count] of this.#tripsOfWindow(trips)) {
      this.#judge(`alert/trips/${upstream}`, count, alerts.breakerTripsPerMinute, () => {
        return `circuit breakers of upstream ${JSON.stringify(upstream)} opened more than ${alerts.breakerTripsPerMinute} times within a minute: see sentinel breakers`;
      });
    }
  }

  #judge(subject: string, value: number, threshold: number, words: () => string): void {
    const stands = this.#standing.has(subject);
    const exceeded = stands && threshold > 0 ? value >= threshold * ENDS_BELOW : value > threshold;
    if (exceeded) this.#standing.add(subject);
    else this.#standing.delete(subject);
    this.#options.warnings.set(subject, exceeded ? words() : null);
  }

  /** Upstreams that are gone from the configuration are told of once more, with 0: their warning ends. */
  #tripsOfWindow(trips: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const now = this.#options.clock.now();
    this.#seen = this.#seen.filter(({ atMs }) => now - atMs <= TRIPS_WINDOW_MS);
    const oldest = this.#seen[0]?.trips ?? trips;
    const gone = [...oldest.keys()].filter((upstream) => !trips.has(upstream));
    this.#seen.push({ atMs: now, trips });
    return new Map([
      ...gone.map((upstream) => [upstream, 0] as const),
      ...[...trips].map(([upstream, count]) => [upstream, Math.max(0, count - (oldest.get(upstream) ?? 0))] as const),
    ]);
  }
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
