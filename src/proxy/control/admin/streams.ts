/**
 * The live streams of the admin API: how many there may be, which topics there are, when each is looked after. The handler
 * of `GET /admin/stream` opens one; the admin server ends all when it closes. What one client gets is in `stream.ts`.
 */
import type { Clock, Stoppable } from '../../../base/clock.ts';
import { AdminProblem } from './problem.ts';
import { type ResumePoint, Stream } from './stream.ts';
import type { StreamTopic } from './stream-topic.ts';

/** With a mebibyte waiting for each, what slow clients can hold stays small. */
const MAX_STREAMS = 32;
const LOOK_MS = 1_000;
/** Of a `Last-Event-ID`: what we make is far shorter. */
const MAX_ID_LENGTH = 1_024;

export interface StreamsOptions {
  readonly clock: Clock;
  /** Names this run of the daemon: another one means that positions mean nothing any more. */
  readonly boot: string;
  readonly startedAtMs: number;
  readonly topics: readonly StreamTopic[];
}

export class Streams {
  readonly #options: StreamsOptions;
  readonly #open = new Set<Stream>();
  #looking: Stoppable | null = null;

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /** The `Last-Event-ID` by which a client goes on right after `position` of a topic. */
  resumeId(topic: string, position: string): string {
    return `${this.#options.boot};${topic}=${encodeURIComponent(position)}`;
  }

  /**
   * A stream that waits for its response.
   * @param lastEventId as the client sent it; null = it begins now
   * @throws AdminProblem 400 for topics or parameters that do not exist, 503 when there are too many streams
   */
  open(query: URLSearchParams, lastEventId: string | null): Stream {
    const topics = this.#topics(query.get('topics') ?? '');
    if (this.#open.size >= MAX_STREAMS) {
      throw new AdminProblem(503, 'SNT-A015', `${MAX_STREAMS} streams are open already`, {
        headers: { 'retry-after': '10' },
        hint: 'end one of them: each `-f`, `tap` and `top` holds one',
      });
    }
    const stream: Stream = new Stream({ ...this.#options, onClosed: () => this.#closed(stream) });
    this.#open.add(stream);
    this.#looking ??= this.#options.clock.every(LOOK_MS, () => {
      for (const one of this.#open) one.look();
    });
    stream.follow(topics, query, lastEventId === null ? null : readId(lastEventId));
    return stream;
  }

  /** The daemon stops. */
  close(): void {
    for (const stream of this.#open) stream.end('stopping');
  }

  #closed(stream: Stream): void {
    this.#open.delete(stream);
    if (this.#open.size > 0) return;
    this.#looking?.stop();
    this.#looking = null;
  }

  #topics(names: string): readonly StreamTopic[] {
    const { topics } = this.#options;
    const known = topics.map(({ name }) => name).join(', ');
    const wanted = [...new Set(names.split(',').map((name) => name.trim()))];
    return wanted.map((name) => {
      const topic = topics.find((one) => one.name === name);
      if (topic !== undefined) return topic;
      const what = name === '' ? 'no topic was asked for' : `there is no topic ${JSON.stringify(name)}`;
      throw new AdminProblem(400, 'SNT-A008', `${what}; \`?topics=\` takes some of ${known}`);
    });
  }
}

/** What is none of ours is of another run, so that its client is told that something may be missing. */
function readId(text: string): ResumePoint {
  const [boot = '', ...parts] = text.slice(0, MAX_ID_LENGTH).split(';');
  const positions = new Map<string, string>();
  for (const part of parts) {
    const mark = part.indexOf('=');
    try {
      positions.set(part.slice(0, mark), decodeURIComponent(part.slice(mark + 1)));
    } catch {
      return { boot: '', positions: new Map() };
    }
  }
  return { boot, positions };
}
