/**
 * What somebody watches just now: finished exchanges that match one of the filters that the main thread has sent go into a
 * ring that it reads several times a second. There is one only while somebody taps; asked by the ledger for each exchange.
 */
import type { Filter } from '../../../filter/filter.ts';
import { TimeShare } from '../../../filter/patience.ts';
import { RecordRing } from '../../shared/record-ring.ts';
import type { Exchange } from '../request/exchange.ts';
import { Allowance } from './allowance.ts';
import { ExchangeSubject } from './exchange-subject.ts';
import { recordOf } from './recorder.ts';
import type { RequestIds } from './request-ids.ts';

/** More than anybody reads; the rest is counted. The main thread looks as often. */
const RECORDS = 50;
const PERIOD_MS = 100;
/** Of the worker's time, for judging by the filters. */
const SHARE = 0.05;

export class Tap {
  readonly #filters: readonly Filter[];
  readonly #ring: RecordRing;
  readonly #ids: RequestIds;
  readonly #subject: ExchangeSubject;
  readonly #allowance = new Allowance(RECORDS, PERIOD_MS);
  readonly #patience: TimeShare;

  /** @param clockNow what judging takes is told by */
  constructor(filters: readonly Filter[], memory: SharedArrayBuffer, ids: RequestIds, clockNow: () => number) {
    this.#filters = filters;
    this.#ring = new RecordRing(memory);
    this.#ids = ids;
    this.#subject = new ExchangeSubject(ids);
    this.#patience = new TimeShare(SHARE, clockNow);
  }

  /** Whether the exchange that ends `now` is to be shown. One that matches, but is one too many, is counted, and so is one that could not be judged. */
  wants(x: Exchange, now: number): boolean {
    const subject = this.#subject.of(x, now);
    const wanted = this.#patience.some(this.#filters, subject);
    if (wanted === false) return false;
    if (wanted === true && this.#allowance.take(now)) return true;
    this.#ring.skip();
    return false;
  }

  /** @param line of the exchange, as JSON */
  show(x: Exchange, line: string): void {
    this.#ring.append(recordOf(x, line, this.#ids, 'tap'));
  }
}
