/**
 * One daemon of the screen: asks it again and again at its own pace, says what came or that nothing did, follows its events and log
 * lines. `createFeed` owns one for each; whatever becomes of one, the others do not notice.
 */
import type { DaemonTarget } from '../../admin/client/address.ts';
import { AdminClient } from '../../admin/client/client.ts';
import type { EventState } from '../../admin/contract/event-shapes.ts';
import type { LogLineState } from '../../admin/contract/log-shapes.ts';
import type { Clock, Stoppable } from '../../base/clock.ts';
import type { Order, OrderResult } from '../actions/action.ts';
import { perform } from '../actions/perform.ts';
import { FollowedTopic } from './followed-topic.ts';
import type { Judge } from './judging.ts';
import { codeOf, lostWords } from './lost-words.ts';
import { Poller } from './poller.ts';
import type { FeedNews, Reading, Wants } from './reading.ts';

export interface DaemonFeedOptions {
  readonly target: DaemonTarget;
  readonly version: string;
  readonly token?: string;
  readonly clock: Clock;
  readonly judge?: Judge;
  readonly wants: Wants;
  readonly onNews: (news: FeedNews) => void;
}

/** A daemon that does not answer in this time does not answer; longer only where it is asked less often. */
const PATIENCE_MS = 3_000;
const LONGEST_PAUSE_MS = 8_000;
const SHORTEST_INTERVAL_MS = 250;
/** What a screen of the past begins with. */
const EVENTS_BEFORE = 500;
const LINES_BEFORE = 2_000;

export class DaemonFeed {
  readonly #node: string;
  readonly #clock: Clock;
  readonly #client: AdminClient;
  readonly #judge: Judge | undefined;
  readonly #tell: (news: FeedNews) => void;
  readonly #poller: Poller;
  readonly #events: FollowedTopic<EventState>;
  readonly #logs: FollowedTopic<LogLineState>;
  #wants: Wants;
  #started = false;
  /** Of the poll that is under way. */
  #asking: { readonly cut: AbortController; readonly over: Promise<void> } | null = null;
  /** Until the next. */
  #pause: Stoppable | null = null;
  /** Ask again as soon as the poll that is under way has ended: it may have begun before what is wanted. */
  #again = false;
  /** Somebody asks for everything: nothing that is kept does for it. */
  #thorough = false;
  #beganMs = Number.NEGATIVE_INFINITY;
  /** Attempts in a row that came to nothing. */
  #failures = 0;
  #judging = false;

  constructor({ target, version, token, clock, judge, wants, onNews }: DaemonFeedOptions) {
    this.#node = target.name;
    this.#clock = clock;
    this.#judge = judge;
    this.#wants = wants;
    this.#client = new AdminClient({
      target,
      version,
      keepAlive: true,
      ...(token === undefined ? {} : { token }),
    });
    this.#poller = new Poller({ node: target.name, client: this.#client, clock });
    this.#tell = (news) => {
      if (this.#started) onNews(news);
    };
    const client = this.#client;
    const node = target.name;
    this.#events = new FollowedTopic<EventState>({
      topic: 'events',
      client,
      clock,
      before: async (signal) => {
        const { data } = await client.call('events', { query: { limit: String(EVENTS_BEFORE) }, signal });
        return { items: data.events, resume: data.resume };
      },
      onItems: (events, gap) => this.#tell({ kind: 'events', node, events, gap }),
    });
    this.#logs = new FollowedTopic<LogLineState>({
      topic: 'logs',
      client,
      clock,
      before: async (signal) => {
        const { data } = await client.call('logs', { query: { limit: String(LINES_BEFORE) }, signal });
        return { items: data.lines, resume: data.resume };
      },
      onItems: (lines, gap) => this.#tell({ kind: 'logs', node, lines, gap }),
    });
  }

  start(): void {
    this.#started = true;
    this.#begin(0);
  }

  want(wants: Wants): void {
    const before = this.#wants;
    this.#wants = { ...wants, intervalMs: Math.max(wants.intervalMs, SHORTEST_INTERVAL_MS) };
    if (!this.#started) return;
    if (wants.paused) return this.#rest();
    if (!wants.logs) this.#logs.stop();
    const more = wants.parts.some((part) => !before.parts.includes(part)) || wants.clientsBy !== before.clientsBy;
    const awake = before.paused || (wants.logs && !before.logs);
    // A daemon that does not answer is not asked more often because somebody looks elsewhere.
    if (before.paused || ((more || awake) && this.#failures === 0)) return this.#soon();
    if (wants.intervalMs !== before.intervalMs && this.#asking === null && this.#failures === 0) {
      this.#begin(this.#beganMs + this.#wants.intervalMs - this.#clock.now());
    }
  }

  refresh(): void {
    this.#thorough = true;
    this.#soon();
  }

  #soon(): void {
    if (!this.#started || this.#wants.paused) return;
    if (this.#asking === null) this.#begin(0);
    else this.#again = true;
  }

  async perform(order: Order): Promise<OrderResult> {
    const result = await perform(this.#client, order);
    this.refresh();
    return result;
  }

  async stop(): Promise<void> {
    this.#started = false;
    const { over } = this.#asking ?? {};
    this.#rest();
    await over;
    this.#client.close();
  }

  /** Asks nothing more until somebody says so. */
  #rest(): void {
    this.#pause?.stop();
    this.#pause = null;
    this.#again = false;
    this.#asking?.cut.abort();
    this.#events.stop();
    this.#logs.stop();
  }

  #begin(delayMs: number): void {
    this.#pause?.stop();
    this.#pause = null;
    const go = (): void => {
      this.#pause = null;
      const cut = new AbortController();
      this.#asking = { cut, over: this.#ask(cut) };
    };
    if (delayMs <= 0) go();
    else this.#pause = this.#clock.after(delayMs, go);
  }

  async #ask(cut: AbortController): Promise<void> {
    const wants = this.#wants;
    const thorough = this.#thorough;
    this.#thorough = false;
    this.#beganMs = this.#clock.now();
    const patienceMs = Math.max(PATIENCE_MS, wants.intervalMs);
    let late = false;
    const limit = this.#clock.after(patienceMs, () => {
      late = true;
      cut.abort();
    });
    let pauseMs = 0;
    try {
      const reading = await this.#poller.poll(wants, cut.signal, patienceMs, thorough);
      if (cut.signal.aborted && !late) return;
      this.#failures = 0;
      this.#tell({ kind: 'reading', reading });
      this.#weigh(reading);
      this.#events.follow();
      if (this.#wants.logs) this.#logs.follow();
      pauseMs = this.#beganMs + this.#wants.intervalMs - this.#clock.now();
    } catch (error) {
      // Somebody wants it to rest: that says nothing of the daemon.
      if (cut.signal.aborted && !late) return;
      pauseMs = this.#lose(error, late ? patienceMs : null);
    } finally {
      limit.stop();
      this.#asking = null;
      if (this.#started && !this.#wants.paused && this.#pause === null) this.#begin(this.#again ? 0 : pauseMs);
      this.#again = false;
    }
  }

  /** @returns when it is tried again */
  #lose(error: unknown, lateMs: number | null): number {
    const retryMs = Math.min(this.#wants.intervalMs * 2 ** this.#failures, LONGEST_PAUSE_MS);
    const why = lostWords(error, lateMs);
    const code = codeOf(error);
    if (this.#failures++ === 0) {
      this.#events.stop();
      this.#logs.stop();
      this.#tell({ kind: 'verdict', node: this.#node, verdict: null, why: `the daemon does not answer: ${why}` });
    }
    this.#tell({
      kind: 'lost',
      node: this.#node,
      atMs: this.#clock.now(),
      why,
      retryMs,
      ...(code === null ? {} : { code }),
    });
    return retryMs;
  }

  #weigh(reading: Reading): void {
    if (this.#judge === undefined || this.#judging) return;
    this.#judging = true;
    this.#judge.judge(reading).then(
      (judged) => {
        this.#judging = false;
        // What was judged of a daemon that is gone since says nothing of now.
        if (this.#failures === 0) this.#tell({ kind: 'verdict', node: this.#node, ...judged });
      },
      (error: unknown) => {
        this.#judging = false;
        this.#tell({ kind: 'verdict', node: this.#node, verdict: null, why: String(error) });
      },
    );
  }
}
