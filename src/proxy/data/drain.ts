/**
 * The last task of a worker: no request is taken any more, those under way end by themselves until a deadline cuts them. Begun
 * and swept by the data plane, which has closed its listeners before and closes the rest afterwards.
 */
import type { Clock } from '../../base/clock.ts';
import type { OpenConnection } from './client/open-connection.ts';
import type { Departing } from './request/exchange.ts';

/** A connection that has been silent this long is taken for idle for good. */
const IDLE_MS = 1000;
/** So long before the deadline WebSockets are told to go: time for both ends to take leave. */
const FAREWELL_MS = 1000;

export interface DrainParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly connections: ReadonlySet<OpenConnection>;
  readonly tunnels: ReadonlySet<Departing>;
  /** What has been accepted and is no connection yet. */
  readonly reception: { readonly pending: number; retire(until: number): void; close(): void };
}

export class Drain {
  readonly #parts: DrainParts;
  #goal: { readonly farewell: number; readonly deadline: number; readonly done: (cut: number) => void } | null = null;

  constructor(parts: DrainParts) {
    this.#parts = parts;
  }

  /** Resolves with the number of requests that the deadline cut, when nothing is open any more. */
  begin(deadlineMs: number): Promise<number> {
    const { clock, connections, reception } = this.#parts;
    const now = clock.now();
    reception.retire(now + IDLE_MS);
    for (const connection of connections) connection.retire();
    const deadline = now + deadlineMs;
    return new Promise((done) => {
      this.#goal = { farewell: deadline - Math.min(FAREWELL_MS, deadlineMs / 2), deadline, done };
      this.sweep(clock.now());
    });
  }

  /** Asked now and then; does nothing before it has begun. */
  sweep(now: number): void {
    const goal = this.#goal;
    if (goal === null) return;
    const { connections, tunnels, reception } = this.#parts;
    if (now >= goal.farewell) for (const tunnel of [...tunnels]) tunnel.goAway();
    let cut = 0;
    for (const connection of [...connections]) {
      if (now >= goal.deadline) {
        cut += connection.exchanges.length;
        connection.destroy('draining');
      } else if (connection.idle && now - connection.idleSince >= IDLE_MS) connection.destroy();
    }
    if (now >= goal.deadline) reception.close();
    if (connections.size > 0 || reception.pending > 0) return;
    this.#goal = null;
    goal.done(cut);
  }
}
