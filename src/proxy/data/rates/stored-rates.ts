/**
 * Rate limits that several daemons share: their state is in Redis, moved by one script under the clock of that server.
 * Bounded in time and in requests under way; while it is away nobody waits for it. Asked by `guards/rate-limit.ts`.
 */
import { createHash } from 'node:crypto';
import type { Clock, Stoppable } from '../../../base/clock.ts';
import type { RateLimitConfig } from '../../../config/model.ts';
import type { WorkerSaid } from '../../shared/messages.ts';
import { type RateAnswer, type RateVerdict, rateVerdicts } from '../../shared/rate-table.ts';
import { Redis, wordsOf } from './redis.ts';

/** Longest time that a request waits for an answer. */
const ANSWER_MS = 100;
/** Questions under way at once, of one worker. */
const MOST_ASKED = 1000;
/** So many failures in a row, and the connection is given up for a while. */
const FAILURES = 3;
const REST_MS = 1000;

/**
 * KEYS[1] = when the quota will be whole again, µs; ARGV = µs per request, µs of the burst, µs of the longest delay.
 * Returns 0 refused or 1 taken, µs to wait, µs until the quota is whole. Times count from 2020, so that a double holds
 * them to a fraction of a microsecond.
 */
const script = `
local time = redis.call('TIME')
local now = (tonumber(time[1]) - 1577836800) * 1000000 + tonumber(time[2])
local cost = tonumber(ARGV[1])
local whole = tonumber(redis.call('GET', KEYS[1]) or '0')
if whole < now then whole = now end
local wait = whole + cost - now - tonumber(ARGV[2])
if wait > tonumber(ARGV[3]) then return {0, math.ceil(wait), math.ceil(whole - now)} end
whole = whole + cost
redis.call('SET', KEYS[1], string.format('%.3f', whole), 'PX', math.ceil((whole - now) / 1000) + 1)
return {1, math.max(0, math.ceil(wait)), math.ceil(whole - now)}
`;
const scriptDigest = createHash('sha1').update(script).digest('hex');

export interface StoredAnswer extends RateAnswer {
  readonly verdict: RateVerdict;
}

export interface StoredRatesOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly report: (said: WorkerSaid) => void;
}

interface Question {
  readonly words: readonly string[];
  readonly limit: RateLimitConfig;
  readonly answer: (answer: StoredAnswer | null) => void;
  timer: Stoppable | null;
}

export class StoredRates {
  readonly #options: StoredRatesOptions;
  #redis: Redis | null = null;
  /** `new`: the first connection is being made, questions wait for it. */
  #state: 'new' | 'ready' | 'away' = 'new';
  #rest: Stoppable | null = null;
  #waiting: Question[] = [];
  #asked = 0;
  #failures = 0;

  constructor(options: StoredRatesOptions) {
    this.#options = options;
    this.#connect();
  }

  /**
   * Counts one request of `key`, if it may come.
   * @param answer is called once, later; null = it could not be decided
   * @returns what stops the question, or null when it is not even asked
   */
  ask(key: string, limit: RateLimitConfig, answer: (answer: StoredAnswer | null) => void): Stoppable | null {
    if (this.#state === 'away' || this.#asked >= MOST_ASKED) return null;
    const cost = 1e6 / limit.requestsPerSecond;
    const patience = limit.action === 'delay' ? limit.maxDelayMs * 1000 : 0;
    const words = ['1', key, String(cost), String(cost * Math.max(1, limit.burst)), String(patience)];
    const question: Question = { words, limit, answer, timer: null };
    question.timer = this.#options.clock.after(ANSWER_MS, () => this.#late(question));
    this.#asked++;
    if (this.#state === 'ready') void this.#send(question);
    else this.#waiting.push(question);
    return {
      stop: () => {
        question.timer?.stop();
        question.timer = null;
      },
    };
  }

  /** Asks no more. Questions under way are answered: not decided. */
  close(): void {
    this.#rest?.stop();
    this.#state = 'away';
    this.#redis?.close();
    this.#giveUpWaiting();
  }

  #connect(): void {
    this.#redis = new Redis(this.#options.url, {
      ready: () => this.#ready(),
      away: (why) => this.#away(why),
    });
  }

  #ready(): void {
    if (this.#state === 'away') this.#say('info', 'The store of rate limits is back', { event: 'rate_store_back' });
    this.#state = 'ready';
    this.#failures = 0;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const question of waiting) void this.#send(question);
  }

  #away(why: string): void {
    if (this.#state !== 'away') {
      this.#say('warn', 'The store of rate limits cannot be asked', { event: 'rate_store_away', error: why });
    }
    this.#state = 'away';
    this.#giveUpWaiting();
  }

  #giveUpWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const question of waiting) {
      this.#asked--;
      settle(question, null);
    }
  }

  async #send(question: Question): Promise<void> {
    const redis = this.#redis as Redis;
    try {
      settle(question, read(await this.#run(redis, question.words), question.limit));
      this.#failures = 0;
    } catch (error) {
      if (redis === this.#redis) this.#failed(wordsOf(error));
      settle(question, null);
    } finally {
      this.#asked--;
    }
  }

  async #run(redis: Redis, words: readonly string[]): Promise<unknown> {
    try {
      return await redis.command(['EVALSHA', scriptDigest, ...words]);
    } catch (error) {
      if (wordsOf(error) !== 'NOSCRIPT') throw error;
      return await redis.command(['EVAL', script, ...words]);
    }
  }

  #late(question: Question): void {
    question.timer = null;
    if (this.#state === 'new') this.#away('ETIMEDOUT');
    else this.#failed('ETIMEDOUT');
    question.answer(null);
  }

  /** A server that hangs, or refuses what is asked, is left alone for a while. */
  #failed(why: string): void {
    if (++this.#failures < FAILURES || this.#state === 'away') return;
    this.#away(why);
    this.#redis?.close();
    this.#redis = null;
    this.#rest = this.#options.clock.after(REST_MS, () => this.#connect());
  }

  #say(level: 'info' | 'warn', message: string, fields: Readonly<Record<string, string>>): void {
    this.#options.report({ kind: 'log', level, message, fields });
  }
}

/** Answers, unless time or the asker has ended it. */
function settle(question: Question, answer: StoredAnswer | null): void {
  const { timer } = question;
  if (timer === null) return;
  timer.stop();
  question.timer = null;
  question.answer(answer);
}

/** @throws where it is not what the script returns */
function read(reply: unknown, limit: RateLimitConfig): StoredAnswer {
  const [taken, wait, ahead] = Array.isArray(reply) ? reply.map(Number) : [];
  if (taken === undefined || wait === undefined || ahead === undefined) throw new Error('an answer of another kind');
  const cost = 1e6 / limit.requestsPerSecond;
  const remaining = Math.max(0, Math.floor((cost * Math.max(1, limit.burst) - ahead) / cost));
  const verdict = taken === 0 ? rateVerdicts.refused : wait > 0 ? rateVerdicts.delayed : rateVerdicts.admitted;
  return { verdict, waitMs: wait / 1000, remaining, resetMs: ahead / 1000 };
}
