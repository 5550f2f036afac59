/**
 * Who sends the most to one worker. Told of every finished exchange by `ledger.ts`, on the hot path: one number is counted
 * down, and only what comes up is looked at, each standing for the requests passed over since the one before. Answers the
 * main thread when it asks.
 */
import { type ClientSort, clientSorts } from '../../../admin/contract/client-shapes.ts';
import type { TalkersSeen } from '../../shared/talkers.ts';
import { fieldIds } from '../http1/head.ts';
import type { Exchange } from '../request/exchange.ts';
import { prefixOf } from './prefix.ts';
import { TalkerWindows } from './windows.ts';

/** Requests that are looked at in a second once the stride has found its length; on the way there up to twice as many. */
const looksPerSecond = 1500;
const SECOND_MS = 1000;

/** What is looked at of an exchange. */
export type Seen = Pick<Exchange, 'clientIp' | 'path' | 'status'> & {
  readonly head: Pick<Exchange['head'], 'known'>;
};

export class Talkers {
  readonly #random: () => number;
  readonly #windows: TalkerWindows;
  /** How many requests the next one that is looked at stands for, and how many of them are still to come. */
  #gap = 1;
  #left = 1;
  #stride = 1;
  /** The second that is being counted: its end, requests up to the last look, and looks. */
  #secondEnd: number;
  #passed = 0;
  #looks = 0;

  /** @param random uniform in [0, 1) */
  constructor(random: () => number, now: number) {
    this.#random = random;
    this.#windows = new TalkerWindows(clientSorts.length, now);
    this.#secondEnd = now + SECOND_MS;
  }

  /** Keys that are held. */
  get size(): number {
    return this.#windows.size;
  }

  note(x: Seen, now: number, bytesOut: number): void {
    if (now >= this.#secondEnd) this.#turnSecond(now);
    if (--this.#left <= 0) this.#look(x, now, bytesOut);
  }

  /** What was seen by one sort of key in the last `windowMs`. */
  seen(sort: ClientSort, windowMs: number, now: number): TalkersSeen {
    return this.#windows.seen(clientSorts.indexOf(sort), windowMs, now);
  }

  #look({ clientIp, path, status, head }: Seen, now: number, bytesOut: number): void {
    const weight = this.#gap;
    const errors = status >= 500 ? 1 : 0;
    const clientErrors = status >= 400 && status < 500 ? 1 : 0;
    const keys = [clientIp, prefixOf(clientIp), path, head.known(fieldIds.userAgent) ?? ''];
    this.#windows.add(now, keys, weight, errors, clientErrors, bytesOut);
    this.#passed += weight;
    if (++this.#looks >= looksPerSecond) {
      this.#stride *= 2;
      this.#looks = looksPerSecond / 2;
    }
    // Of random length, or a pattern in what comes would be looked at always at the same place.
    this.#gap = this.#stride === 1 ? 1 : 1 + Math.floor(this.#random() * (2 * this.#stride - 1));
    this.#left = this.#gap;
  }

  /** Chooses the stride by how many came in the second that is over, or however long it was quiet. */
  #turnSecond(now: number): void {
    const requests = this.#passed + this.#gap - this.#left;
    const seconds = (now - this.#secondEnd + SECOND_MS) / SECOND_MS;
    this.#stride = Math.max(1, Math.ceil(requests / seconds / looksPerSecond));
    this.#secondEnd = now + SECOND_MS;
    this.#passed = this.#left - this.#gap;
    this.#looks = 0;
    // What is left of a gap that was chosen when more came would last too long.
    const tooMany = this.#left - this.#stride;
    if (tooMany > 0) {
      this.#left -= tooMany;
      this.#gap -= tooMany;
    }
  }
}
