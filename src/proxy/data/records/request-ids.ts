/**
 * Names of requests for people: `worker-sequence`. A request gets its number when somebody first asks for it, so that the
 * others cost nothing. The count lies in the worker's cell and outlives it: no id is ever given twice.
 */
import type { Exchange } from '../request/exchange.ts';

export class RequestIds {
  readonly #worker: number;
  readonly #lane: Float64Array;
  readonly #field: number;

  /** @param field of `lane`: the last number given */
  constructor(worker: number, lane: Float64Array, field: number) {
    this.#worker = worker;
    this.#lane = lane;
    this.#field = field;
  }

  idOf(x: Exchange): string {
    if (x.sequence === 0) x.sequence = this.#lane[this.#field] = (this.#lane[this.#field] as number) + 1;
    return `${this.#worker}-${x.sequence}`;
  }
}
