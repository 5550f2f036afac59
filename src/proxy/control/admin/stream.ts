/**
 * One client of `GET /admin/stream`: what waits for it, up to a bound, and what it could not have. Made by `streams.ts`,
 * which also looks after it; topics tell it their news. Never waits for the client: what does not fit is dropped and told.
 */
import type { ServerResponse } from 'node:http';
import { heartbeatMs, type StreamBye, type StreamGap, streamEvents } from '../../../admin/contract/stream-shapes.ts';
import type { Clock } from '../../../base/clock.ts';
import { plainJson } from '../../../base/plain-json.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { MissedNews, StreamNews, StreamTopic } from './stream-topic.ts';

/** Characters that may wait for a client besides what its socket holds. */
const MAX_WAITING = 1 << 20;
/** A client that has not read anything for so long is given up. */
const PATIENCE_MS = 60_000;
/** For reading what is on its way when the stream ends. */
const FAREWELL_MS = 5_000;

/** What a `Last-Event-ID` says: of which run of the daemon, and where each topic stood. */
export interface ResumePoint {
  readonly boot: string;
  readonly positions: ReadonlyMap<string, string>;
}

/** How a client begins with a topic. */
interface Beginning {
  readonly position: string | null;
  readonly gap: StreamGap | null;
}

export interface StreamOptions {
  readonly clock: Clock;
  readonly boot: string;
  readonly startedAtMs: number;
  readonly onClosed: () => void;
}

export class Stream {
  readonly #options: StreamOptions;
  /** Topic → where the client stands in it. */
  readonly #positions = new Map<string, string>();
  readonly #endings: (() => void)[] = [];
  /** Whole events as they go out, oldest first. */
  #waiting: string[] = [];
  #waitingLength = 0;
  /** Topic → what was dropped since the queue was full. */
  readonly #dropped = new Map<string, { count: number; readonly sinceMs: number }>();
  #response: ServerResponse | null = null;
  #stillAllowed: () => boolean = () => true;
  /** Since when the socket takes no more; null = it does. */
  #stuckSince: number | null = null;
  #beatAt = 0;
  #closed = false;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  /**
   * Begins with these topics; what they say waits until the response is there.
   * @throws AdminProblem for a query that one of them cannot serve; nothing goes on then
   */
  follow(topics: readonly StreamTopic[], query: URLSearchParams, from: ResumePoint | null): void {
    const { clock } = this.#options;
    const begins = topics.map((topic) => this.#beginning(topic, from));
    const names = topics.map(({ name }) => name);
    this.#tell(streamEvents.hello, { topics: names, heartbeat_ms: heartbeatMs, at: rfc3339(clock.wallMs()) });
    try {
      for (const [index, topic] of topics.entries()) {
        const { position, gap } = begins[index] as Beginning;
        if (gap !== null) this.#gap(gap);
        const send = (news: StreamNews) => this.#news(topic.name, news);
        const missed = (what: MissedNews) => this.#gap(this.#notKept(topic.name, what));
        this.#endings.push(topic.open(ownQuery(topic.name, query), position, send, missed));
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Takes the response over; its head has been written. */
  begin(response: ServerResponse, stillAllowed: () => boolean): void {
    this.#stillAllowed = stillAllowed;
    this.#response = response;
    this.#beatAt = this.#options.clock.now();
    response.on('close', () => this.close());
    response.on('drain', () => this.#unstuck());
    // A stream is silent for longer than any other reply; who is gone is found by heartbeats.
    response.socket?.setTimeout(0);
    if (response.destroyed || this.#closed) this.close();
    else this.#flush();
  }

  /** Called every second: heartbeat, patience, and whether it may still listen. */
  look(): void {
    const { clock } = this.#options;
    const now = clock.now();
    if (!this.#stillAllowed()) return this.end('not_allowed');
    if (this.#stuckSince !== null && now - this.#stuckSince >= PATIENCE_MS) return this.close();
    if (this.#response === null || now - this.#beatAt < heartbeatMs) return;
    this.#beatAt = now;
    if (this.#stuckSince === null) this.#write(`: ${rfc3339(clock.wallMs())}\n\n`);
  }

  /** Says why, and ends. */
  end(reason: StreamBye['reason']): void {
    const bye: StreamBye = { reason };
    if (this.#stuckSince === null)
      this.#response?.write(`event: ${streamEvents.bye}\ndata: ${JSON.stringify(bye)}\n\n`);
    this.#response?.end();
    // Who does not read does not read this either, and would hold the connection for good.
    const response = this.#response;
    const patience = this.#options.clock.after(FAREWELL_MS, () => response?.destroy());
    response?.on('close', () => patience.stop());
    this.#release();
  }

  /** Ends without a word. */
  close(): void {
    this.#response?.destroy();
    this.#release();
  }

  #release(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    this.#waitingLength = 0;
    for (const ending of this.#endings) ending();
    this.#options.onClosed();
  }

  /** Where to begin with a topic, and what is missing before. From here on the client can come back. */
  #beginning(topic: StreamTopic, from: ResumePoint | null): Beginning {
    const { boot, startedAtMs } = this.#options;
    const { name } = topic;
    const now = topic.position?.();
    const known = from?.positions.get(name);
    const again = from === null || from.boot !== boot ? now : (known ?? now);
    if (again !== undefined) this.#positions.set(name, again);
    if (from === null) return { position: null, gap: null };
    if (from.boot !== boot) {
      const until = rfc3339(startedAtMs);
      return { position: '0', gap: { topic: name, reason: 'restart', missed: null, since: null, until } };
    }
    if (known !== undefined) return { position: known, gap: null };
    return { position: null, gap: this.#notKept(name, { count: null, untilMs: null }) };
  }

  #notKept(topic: string, { count, untilMs }: MissedNews): StreamGap {
    const until = rfc3339(untilMs ?? this.#options.clock.wallMs());
    return { topic, reason: 'not_kept', missed: count, since: null, until };
  }

  #gap(gap: StreamGap): void {
    this.#tell(streamEvents.gap, gap);
  }

  #news(topic: string, { position, data }: StreamNews): void {
    if (this.#closed) return;
    const lost = this.#dropped.get(topic);
    // Once full, nothing is taken until the client has read all: news in between would hide what is missing.
    if (this.#waitingLength >= MAX_WAITING || this.#dropped.size > 0) {
      if (lost === undefined) this.#dropped.set(topic, { count: 1, sinceMs: this.#options.clock.wallMs() });
      else lost.count++;
      return;
    }
    if (position !== null) this.#positions.set(topic, position);
    this.#tell(topic, data);
  }

  #tell(event: string, data: unknown): void {
    const text = `event: ${event}\nid: ${this.#id()}\ndata: ${plainJson(data)}\n\n`;
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    this.#flush();
  }

  #id(): string {
    const positions = [...this.#positions].map(([topic, position]) => `;${topic}=${encodeURIComponent(position)}`);
    return `${this.#options.boot}${positions.join('')}`;
  }

  #flush(): void {
    while (this.#response !== null && this.#stuckSince === null && !this.#closed) {
      const text = this.#waiting.shift();
      if (text === undefined) return this.#tellDropped();
      this.#waitingLength -= text.length;
      this.#write(text);
    }
  }

  #tellDropped(): void {
    if (this.#dropped.size === 0) return;
    const until = rfc3339(this.#options.clock.wallMs());
    const gaps = [...this.#dropped].map(([topic, { count, sinceMs }]): StreamGap => {
      return { topic, reason: 'slow_reader', missed: count, since: rfc3339(sinceMs), until };
    });
    this.#dropped.clear();
    for (const gap of gaps) this.#gap(gap);
  }

  #write(text: string): void {
    if (this.#response?.write(text) === false) this.#stuckSince = this.#options.clock.now();
  }

  #unstuck(): void {
    this.#stuckSince = null;
    this.#flush();
  }
}

/** The parameters of one topic: what is meant for all, and what names it. */
function ownQuery(topic: string, query: URLSearchParams): URLSearchParams {
  const own = new URLSearchParams();
  for (const [name, value] of query) if (!name.includes('.') && name !== 'topics') own.append(name, value);
  for (const [name, value] of query) if (name.startsWith(`${topic}.`)) own.set(name.slice(topic.length + 1), value);
  return own;
}
