/**
 * The export of traces: fetches what workers have written of sampled exchanges, makes spans of it, and has them posted, a
 * batch at a time. What cannot be sent stays in the rings, which are bounded; beyond that it is lost, counted, and told once.
 * No request ever waits for it. Plugged into the control plane by `control-parts.ts`.
 */
import type { Clock, Stoppable } from '../../../base/clock.ts';
import type { TracingConfig } from '../../../config/model.ts';
import { SpanReader } from '../../shared/span-ring.ts';
import type { TraceRecord } from '../../shared/trace-record.ts';
import type { Log } from '../logging.ts';
import { Collector, type Posted } from './collector.ts';
import type * as otlpCodec from './otlp-codec.ts';
import { Trouble } from './trouble.ts';
import type { Attributes, Span } from './spans.ts';

/** How long a span may wait for others to go with it. */
const GATHER_MS = 1_000;
/** Of one batch. */
const MOST_SPANS = 512;
/** Tries of one batch, and the pause after the first failed one; each further pause is twice as long. */
const MOST_TRIES = 5;
const FIRST_PAUSE_MS = 1_000;
/** Of what a collector says of spans that it rejects: it becomes a line of the log. */
const LONGEST_MESSAGE = 300;

export interface TracingOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Rings of the workers. */
  readonly rings: readonly SharedArrayBuffer[];
  /** Spans that workers could not put into their rings, since the start. */
  readonly dropped: () => number;
  readonly version: string;
  /** What all spans say of where they come from; `service.name` is put before it. */
  readonly resource: Attributes;
}

/** What the codec and the maker of spans offer; loaded where traces are exported. */
interface Loaded {
  readonly codec: typeof otlpCodec;
  readonly spansOf: (record: TraceRecord) => readonly Span[];
}

interface Destination {
  readonly config: TracingConfig;
  readonly collector: Collector;
}

export class Tracing {
  /** Spans that a collector has taken, and that it has not. */
  exported = 0;
  failed = 0;
  readonly #options: TracingOptions;
  readonly #readers: readonly SpanReader[];
  readonly #trouble: Trouble;
  readonly #end = new AbortController();
  /** The last one that was configured: what was told before a reload took it away still goes there. */
  #destination: Destination | null = null;
  #configured = false;
  #timer: Stoppable | null = null;
  #pumping: Promise<void> | null = null;
  #skipPause: () => void = () => {};
  /** No batch is tried twice any more. */
  #hurried = false;
  #nextReader = 0;
  /** When the request that is under way went out; null = none is. */
  #postedAt: number | null = null;

  constructor(options: TracingOptions) {
    this.#options = options;
    this.#readers = options.rings.map((ring) => new SpanReader(ring));
    this.#trouble = new Trouble(options.log, options.clock);
  }

  /** A configuration is in force. */
  follow(config: TracingConfig | null): void {
    this.#configured = config !== null;
    if (config === null || JSON.stringify(config) === JSON.stringify(this.#destination?.config)) return;
    const { version, clock } = this.#options;
    this.#destination = { config, collector: new Collector(config.backend, `sentinel/${version}`, clock) };
    this.#timer ??= clock.every(GATHER_MS, () => this.wake());
    // A batch that waits for the one before has no reason to wait for this one.
    this.#skipPause();
  }

  /** Sends what there is, unless that is being done. */
  wake(): void {
    if (this.#destination === null || this.#end.signal.aborted) return;
    this.#trouble.dropped(this.#options.dropped(), this.#destination.collector.url, this.#silentMs);
    if (this.#pumping !== null || this.#readers.every((reader) => reader.empty)) return;
    this.#pumping = this.#pump()
      .catch((error: unknown) => this.#defect(0, error))
      .finally(() => {
        this.#pumping = null;
      });
  }

  /** Sends what is left, each batch once, for at most `limitMs`; what is left then has failed. */
  async flush(limitMs: number): Promise<void> {
    if (this.#destination === null) return;
    this.#hurried = true;
    this.#skipPause();
    const { promise: patience, resolve } = Promise.withResolvers<void>();
    const limit = this.#options.clock.after(limitMs, resolve);
    const drained = (async () => {
      await this.#pumping;
      this.wake();
      await this.#pumping;
    })();
    await Promise.race([drained, patience]);
    limit.stop();
    this.close();
    await this.#pumping;
    const left = this.#gather(Infinity).length;
    this.failed += left;
    this.#trouble.ended(left);
  }

  /** Ends it at once. */
  close(): void {
    this.#timer?.stop();
    this.#timer = null;
    this.#end.abort();
    this.#skipPause();
  }

  /** How long the collector has owed an answer. */
  get #silentMs(): number {
    return this.#postedAt === null ? 0 : this.#options.clock.now() - this.#postedAt;
  }

  async #pump(): Promise<void> {
    const { codec, spansOf } = await load();
    while (!this.#end.signal.aborted) {
      const spans = this.#gather(MOST_SPANS, spansOf);
      if (spans.length === 0) return;
      const { config, collector } = this.#destination as Destination;
      const { version, resource } = this.#options;
      const scope = {
        resource: [['service.name', config.serviceName] as const, ['service.version', version] as const, ...resource],
        name: 'sentinel',
        version,
      };
      let batch: Uint8Array;
      try {
        batch = codec.encodeExport(scope, spans);
      } catch (error) {
        this.#defect(spans.length, error);
        continue;
      }
      await this.#send(collector, batch, spans.length, codec.decodeAnswer);
    }
  }

  /** Something of ours that should not be possible costs spans, counted and told, never the proxy. */
  #defect(lost: number, error: unknown): void {
    this.failed += lost;
    this.#trouble.began((this.#destination as Destination).collector.url, `a defect of the export: ${String(error)}`);
    this.#trouble.lost(lost);
  }

  /** Sends one batch, again and again where that may help. */
  async #send(
    first: Collector,
    batch: Uint8Array,
    count: number,
    decode: Loaded['codec']['decodeAnswer'],
  ): Promise<void> {
    let collector = first;
    for (let tried = 1; ; tried++) {
      this.#postedAt = this.#options.clock.now();
      const posted = await collector.post(batch, this.#end.signal);
      this.#postedAt = null;
      if (posted.kind === 'taken') {
        this.#taken(collector, posted.answer, count, decode);
        return;
      }
      this.#trouble.began(collector.url, posted.why);
      const last = tried === MOST_TRIES || this.#hurried || !this.#configured || this.#end.signal.aborted;
      if (posted.kind === 'refused' || last) {
        this.failed += count;
        this.#trouble.lost(count);
        return;
      }
      await this.#pause(posted, tried);
      // A reload may have named another one meanwhile.
      collector = (this.#destination as Destination).collector;
    }
  }

  #taken(collector: Collector, answer: Buffer, count: number, decode: Loaded['codec']['decodeAnswer']): void {
    const { rejected, message } = readAnswer(answer, decode);
    const lost = Math.min(Math.max(rejected, 0), count);
    this.exported += count - lost;
    this.failed += lost;
    if (lost === 0) this.#trouble.over(collector.url);
    else {
      this.#trouble.began(
        collector.url,
        `it rejected ${lost} of ${count} spans${message === '' ? '' : `: ${message}`}`,
      );
      this.#trouble.lost(lost);
    }
  }

  async #pause({ pauseMs }: Extract<Posted, { kind: 'again' }>, tried: number): Promise<void> {
    const { clock, random } = this.#options;
    const ms = pauseMs ?? FIRST_PAUSE_MS * 2 ** (tried - 1) * (0.5 + random());
    const { promise, resolve } = Promise.withResolvers<void>();
    const wait = clock.after(ms, resolve);
    this.#skipPause = resolve;
    await promise;
    this.#skipPause = () => {};
    wait.stop();
  }

  /** Takes records from all rings in turn until they make `most` spans, or more by those of one record. */
  #gather(most: number, spansOf: Loaded['spansOf'] = countedOnly): Span[] {
    const spans: Span[] = [];
    for (let empty = 0; empty < this.#readers.length && spans.length < most; ) {
      const text = this.#readers[this.#nextReader]?.take() ?? null;
      this.#nextReader = (this.#nextReader + 1) % this.#readers.length;
      if (text === null) empty++;
      else {
        empty = 0;
        try {
          spans.push(...spansOf(JSON.parse(text) as TraceRecord));
        } catch (error) {
          this.#defect(1, error);
        }
      }
    }
    return spans;
  }
}

/** As many as there would be, where only their number matters. */
function countedOnly(record: TraceRecord): readonly Span[] {
  return Array.from<Span>({ length: 1 + record.tries.length });
}

async function load(): Promise<Loaded> {
  const [codec, { spansOf }] = await Promise.all([import('./otlp-codec.ts'), import('./spans.ts')]);
  return { codec, spansOf };
}

/** Whatever a collector says after a 2xx, it has taken the batch unless it says otherwise. */
function readAnswer(answer: Buffer, decode: Loaded['codec']['decodeAnswer']): ReturnType<typeof decode> {
  try {
    const { rejected, message } = decode(answer);
    return { rejected, message: message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message };
  } catch {
    return { rejected: 0, message: '' };
  }
}
