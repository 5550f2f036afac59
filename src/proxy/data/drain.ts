/**
 * The last task of a worker: no request is taken any more, those under way end by themselves until a deadline cuts them. Begun
 * and swept by the data plane, which has closed its listeners before and closes the rest afterwards.
 */
import type { Clock } from '../../base/clock.ts';
import type { OpenConnection } from './client/open-connection.ts';
import type { DrainOrder } from '../shared/messages.ts';
import type { Departing } from './request/exchange.ts';

/** So long before the deadline WebSockets are told to go: time for both ends to take leave. */
const FAREWELL_MS = 1000;

export interface DrainParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly connections: ReadonlySet<OpenConnection>;
  readonly tunnels: ReadonlySet<Departing>;
  /** What has been accepted and is no connection yet. */
  readonly reception: { readonly pending: number; retire(until: number): void; close(): void };
}

interface Goal {
  readonly begun: number;
  /**
   * A connection that has been silent this long since then is taken for idle for good. Silence from before does not count: a
   * pool may use a connection after a minute, and shall hear `Connection: close` in an answer, not in the place of one.
   */
  readonly idleMs: number;
  readonly farewell: number;
  readonly deadline: number;
  readonly done: (cut: number) => void;
}

export class Drain {
  readonly #parts: DrainParts;
  #goal: Goal | null = null;
  #closed = false;
  #cut = 0;

  constructor(parts: DrainParts) {
    this.#parts = parts;
  }

  /** How long a connection may wait for its last request, on the worker's clock; undefined while nothing drains. */
  get idleUntil(): number | undefined {
    return this.#goal === null ? undefined : this.#goal.begun + this.#goal.idleMs;
  }

  /**
   * Resolves with the number of requests that the deadline cut, when nothing is open any more.
   * @param closed When no more connections come
   */
  begin({ deadlineMs, idleMs }: DrainOrder, closed: Promise<unknown>): Promise<number> {
    const { clock, connections, reception } = this.#parts;
    const begun = clock.now();
    reception.retire(begun + idleMs);
    for (const connection of connections) connection.retire(begun + idleMs);
    const deadline = begun + deadlineMs;
    return new Promise((done) => {
      this.#goal = { begun, idleMs, farewell: deadline - Math.min(FAREWELL_MS, deadlineMs / 2), deadline, done };
      this.sweep(begun);
      void closed.then(() => {
        this.#closed = true;
        this.sweep(clock.now());
      });
    });
  }

  /** Asked now and then; does nothing before it has begun. */
  sweep(now: number): void {
    const goal = this.#goal;
    if (goal === null) return;
    const { connections, tunnels, reception } = this.#parts;
    if (now >= goal.farewell) for (const tunnel of [...tunnels]) tunnel.goAway();
    for (const connection of [...connections]) {
      if (now >= goal.deadline) {
        this.#cut += connection.exchanges.length;
        connection.destroy('draining');
      } else if (connection.idle && now - Math.max(connection.idleSince, goal.begun) >= goal.idleMs)
        connection.destroy();
    }
    if (now >= goal.deadline) reception.close();
    if (!this.#closed || connections.size > 0 || reception.pending > 0) return;
    this.#goal = null;
    goal.done(this.#cut);
  }
}
