/**
 * One rate limit as a worker asks it: makes the key of a request, asks the shared table or the store, and words the answer
 * for the client. Asked by `guards/rate-limit.ts`, which acts on it.
 */
import { createHash } from 'node:crypto';
import type { RateLimitConfig } from '../../../config/model.ts';
import { readAddress, words } from '../../shared/address.ts';
import { KeyedHash } from '../../shared/keyed-hash.ts';
import type { PlanRateLimit, PlanStoredRate } from '../../shared/plan.ts';
import { type RateAnswer, RateTable, type RateVerdict, rateVerdicts } from '../../shared/rate-table.ts';
import type { StoredRates } from './stored-rates.ts';

/** Of a request, what limits tell it apart by. */
export interface RateSubject {
  readonly clientIp: string;
  readonly path: string;
  readonly head: { lookup(lowerName: string): string | undefined };
}

/** How often at most a worker notes requests that `action "log"` lets pass. */
const NOTE_MS = 10_000;

/** A worker is one thread, and no key is half made when another is begun. */
const hash = new KeyedHash();

export class RateLimiter {
  readonly limit: RateLimitConfig;
  /** Where the state is when it is not in this process. */
  readonly store: StoredRates | null;
  /** What the table said last; valid until it is asked again. */
  readonly answer: RateAnswer;
  readonly #table: RateTable | null;
  readonly #name: string;
  /** `RateLimit-Policy`, and `RateLimit` up to its numbers. */
  readonly #fieldsBegin: string;
  #fields = '';
  #fieldsRemaining = -1;
  #fieldsReset = -1;
  #unnoted = 0;
  #notedAt = -NOTE_MS;

  /** @param name of the policy for clients and of the keys in a store: a route's id */
  constructor(rate: PlanRateLimit | PlanStoredRate, name: string, store: StoredRates | null) {
    const { limit } = rate;
    this.limit = limit;
    this.store = store;
    this.#table = rate.table === null ? null : new RateTable(rate.table);
    this.answer = this.#table ?? { waitMs: 0, remaining: 0, resetMs: 0 };
    this.#name = name;
    const window = Math.max(1, Math.ceil(limit.burst / limit.requestsPerSecond));
    this.#fieldsBegin = `RateLimit-Policy: "route";q=${limit.burst};w=${window}\r\nRateLimit: "route";r=`;
  }

  /** Counts one request in the table; more of the verdict is in `answer`. */
  ask(subject: RateSubject, now: number): RateVerdict {
    const table = this.#table;
    if (table === null) return rateVerdicts.undecided;
    table.begin(hash);
    const { key } = this.limit;
    switch (key.kind) {
      case 'client_ip':
        hash.client(subject.clientIp);
        break;
      case 'path':
        hash.text(subject.path);
        break;
      case 'header': {
        const value = subject.head.lookup(key.name);
        // Who leaves the field out shares no quota with others who do, and escapes none.
        if (value === undefined) hash.client(subject.clientIp);
        else hash.text(value);
        break;
      }
      case 'client_ip+path':
        hash.client(subject.clientIp);
        hash.text(subject.path);
        break;
      case 'route':
        break;
    }
    hash.end();
    return table.ask(hash, now);
  }

  /** One more request was let pass above the limit. How many there are to note, if it is time to, else 0. */
  passed(now: number): number {
    this.#unnoted++;
    if (now - this.#notedAt < NOTE_MS) return 0;
    const count = this.#unnoted;
    this.#unnoted = 0;
    this.#notedAt = now;
    return count;
  }

  /** The key of a request in the store, the same in every daemon: names the limit, hides the client. */
  storedKey({ clientIp, path, head }: RateSubject): string {
    const { key } = this.limit;
    const family = readAddress(clientIp);
    const client = family === 0 ? clientIp : `${family} ${words[0]} ${family === 6 ? words[1] : 0}`;
    let parts: readonly string[];
    if (key.kind === 'header') {
      const value = head.lookup(key.name);
      parts = value === undefined ? ['client_ip', client] : [`header ${key.name}`, value];
    } else if (key.kind === 'client_ip') parts = [key.kind, client];
    else if (key.kind === 'path') parts = [key.kind, path];
    else if (key.kind === 'client_ip+path') parts = [key.kind, client, path];
    else parts = [key.kind];
    const digest = createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
    return `sentinel:rate:${this.#name}:${digest}`;
  }

  /** The field lines that tell a client of its quota (draft-ietf-httpapi-ratelimit-headers), the last ones while they hold. */
  fields(remaining: number, resetSeconds: number): string {
    if (remaining !== this.#fieldsRemaining || resetSeconds !== this.#fieldsReset) {
      this.#fieldsRemaining = remaining;
      this.#fieldsReset = resetSeconds;
      this.#fields = `${this.#fieldsBegin}${remaining};t=${resetSeconds}\r\n`;
    }
    return this.#fields;
  }
}
