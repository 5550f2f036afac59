/** The stores of rate limits that this worker talks to, one for each address however many limits name it. Kept by the data plane. */
import type { Clock } from '../../../base/clock.ts';
import type { WorkerSaid } from '../../shared/messages.ts';
import { StoredRates } from './stored-rates.ts';

export class RateStores {
  readonly #clock: Clock;
  readonly #report: (said: WorkerSaid) => void;
  readonly #stores = new Map<string, StoredRates>();

  constructor(clock: Clock, report: (said: WorkerSaid) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  /** The store at `url`; its connection is being made if it is new. */
  at(url: string): StoredRates {
    let store = this.#stores.get(url);
    if (store === undefined) {
      store = new StoredRates({ url, clock: this.#clock, report: this.#report });
      this.#stores.set(url, store);
    }
    return store;
  }

  /** Closes all stores but these. */
  keep(used: ReadonlySet<StoredRates>): void {
    for (const [url, store] of this.#stores) {
      if (used.has(store)) continue;
      this.#stores.delete(url);
      store.close();
    }
  }
}
