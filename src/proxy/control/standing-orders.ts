/** What every worker must know whenever it started: the answer to `/ready`, whether to tell what debugging needs, which requests are watched. */
import type { Filter } from '../../filter/filter.ts';
import type { ToWorker } from '../shared/messages.ts';
import type { Lane } from './lane.ts';
import type { WorkerThread } from './worker-thread.ts';

export class StandingOrders {
  readonly #lanes: readonly Lane[];
  #readiness: ToWorker | null = null;
  #tap: ToWorker = { kind: 'tap', filters: [] };
  #debug: ToWorker = { kind: 'debug', on: false };

  constructor(lanes: readonly Lane[]) {
    this.#lanes = lanes;
  }

  /** What `/ready` answers on traffic listeners. */
  announce(ready: boolean, body: string): void {
    this.#readiness = { kind: 'readiness', ready, body };
    this.#tellAll(this.#readiness);
  }

  /** Which finished requests workers show in their tap rings. */
  tap(filters: readonly Filter[]): void {
    this.#tap = { kind: 'tap', filters };
    this.#tellAll(this.#tap);
  }

  /** Whether workers tell what only debugging needs. */
  setDebug(on: boolean): void {
    this.#debug = { kind: 'debug', on };
    this.#tellAll(this.#debug);
  }

  /** All of it, to one that has just begun to serve. */
  repeatTo(thread: WorkerThread): void {
    if (this.#readiness !== null) thread.post(this.#readiness);
    thread.post(this.#debug);
    thread.post(this.#tap);
  }

  #tellAll(order: ToWorker): void {
    for (const lane of this.#lanes) if (lane.serving) lane.thread?.post(order);
  }
}
