/**
 * One topic of the stream of a daemon: what it keeps of the past first, then everything that comes, in small batches and without a
 * gap that is not said. A daemon's feed owns one for events and one for log lines, and says when there is somebody to follow.
 */
import type { AdminClient } from '../../admin/client/client.ts';
import type { Clock, Stoppable } from '../../base/clock.ts';

export interface TopicOptions<T> {
  readonly topic: string;
  readonly client: AdminClient;
  readonly clock: Clock;
  /** What is kept, oldest first, and where it goes on. */
  readonly before: (signal: AbortSignal) => Promise<{ readonly items: readonly T[]; readonly resume: string }>;
  /** Oldest first. `gap`: some before these are missing. */
  readonly onItems: (items: readonly T[], gap: boolean) => void;
}

/** What comes within this time is told at once. */
const BATCH_MS = 100;
/** More than a screen keeps; of what comes faster the oldest is left out. */
const MOST_WAITING = 2_000;
/** A daemon that answers, but not this, is asked for it seldom. */
const PAUSE_MS = 8_000;

export class FollowedTopic<T> {
  readonly #options: TopicOptions<T>;
  #following: AbortController | null = null;
  /** After what was told last; null = nothing was. */
  #position: string | null = null;
  #waiting: T[] = [];
  #gap = false;
  #batch: Stoppable | null = null;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(options: TopicOptions<T>) {
    this.#options = options;
  }

  /** Goes on where it was stopped; does nothing while it is followed. */
  follow(): void {
    if (this.#following !== null || this.#options.clock.now() < this.#notBeforeMs) return;
    const end = new AbortController();
    this.#following = end;
    void this.#run(end.signal).finally(() => {
      if (this.#following !== end) return;
      this.#following = null;
      this.#notBeforeMs = this.#options.clock.now() + PAUSE_MS;
    });
  }

  /** What has come by then is told. */
  stop(): void {
    this.#following?.abort();
    this.#following = null;
    this.#notBeforeMs = Number.NEGATIVE_INFINITY;
    this.#flush();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { topic, client, clock, before } = this.#options;
    try {
      if (this.#position === null) {
        const { items, resume } = await before(signal);
        if (signal.aborted) return;
        this.#position = resume;
        this.#waiting.push(...items);
        this.#flush();
      }
      const news = client.stream([topic], {}, { from: this.#position, signal, clock, onGap: () => (this.#gap = true) });
      for await (const { position, data } of news) {
        if (signal.aborted) return;
        if (position !== '') this.#position = position;
        this.#take(data as T);
      }
    } catch {
      // Refused, or gone before it began: the next poll says so, and brings it back when it is over.
    }
  }

  #take(item: T): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#waiting.shift();
      this.#gap = true;
    }
    this.#waiting.push(item);
    this.#batch ??= this.#options.clock.after(BATCH_MS, () => this.#flush());
  }

  #flush(): void {
    this.#batch?.stop();
    this.#batch = null;
    if (this.#waiting.length === 0) return;
    const items = this.#waiting;
    const gap = this.#gap;
    this.#waiting = [];
    this.#gap = false;
    this.#options.onItems(items, gap);
  }
}
