/**
 * The main thread's side of the table of open connections per client: makes it when a configuration first wants it, a larger
 * one when it has become too small, and gives back what dead workers held.
 */
import type { Config } from '../../config/model.ts';
import { clientCapacity, newClientConnections, reclaimClients } from '../shared/client-connections.ts';
import type { LiveSources } from './live-parts.ts';

/** Clients at once where nothing bounds connections. */
const UNBOUNDED = 100_000;

type Source = LiveSources['clients'];

export class ClientTable implements Source {
  readonly #lanes: number;
  readonly #secret: () => number;
  /** The last one is the one for new plans; earlier ones may still be counted in. */
  readonly #tables: SharedArrayBuffer[] = [];

  /** @param secret 32 bits that nobody outside can guess: decides who shares a bucket with whom */
  constructor(lanes: number, secret: () => number) {
    this.#lanes = lanes;
    this.#secret = secret;
  }

  /** @inheritdoc */
  clientConnections({ limits }: Config): SharedArrayBuffer | null {
    if (limits.maxConnectionsPerClient === 0) return null;
    const most = limits.maxTotalConnections === 0 ? UNBOUNDED : limits.maxTotalConnections;
    const present = this.#tables.at(-1);
    if (present !== undefined && clientCapacity(present) >= most) return present;
    const larger = newClientConnections(most, this.#lanes, this.#secret());
    this.#tables.push(larger);
    return larger;
  }

  /** Gives back what a dead worker held. */
  reclaim(lane: number): void {
    for (const table of this.#tables) reclaimClients(table, lane);
  }
}
