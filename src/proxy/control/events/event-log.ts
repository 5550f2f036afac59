/**
 * What happened, kept in memory for people: every log line that has an `event`, in words, with who did it. Logging tells it of
 * them (`Logging.onEvent`); the admin API reads it, the stream listens to it. Writes no log itself.
 */
import type { Clock } from '../../../base/clock.ts';
import { eventFacts } from '../../shared/event-catalogue.ts';
import type { EventLevel, Fields } from '../logging.ts';
import { EventRing, type KeptEvent } from './event-ring.ts';

const SAME_WITHIN_MS = 60_000;
const bounds = { events: 1_000, size: 1 << 20, sameWithinMs: SAME_WITHIN_MS } as const;
/** What clients or routine can cause many of. */
const untoldBounds = { events: 200, size: 1 << 18, sameWithinMs: SAME_WITHIN_MS } as const;
/** Of the fields of one event, as JSON, in characters; of longer ones the texts are cut. */
const MAX_FIELDS = 4_096;
const MAX_TEXT = 400;

export interface EventLogOptions {
  readonly clock: Clock;
  /** Of the configuration in force. */
  readonly generation: () => number;
}

export type EventListener = (event: KeptEvent) => void;

export class EventLog {
  readonly #options: EventLogOptions;
  readonly #told = new EventRing(bounds);
  readonly #untold = new EventRing(untoldBounds);
  readonly #listeners = new Set<EventListener>();
  #seq = 0;

  constructor(options: EventLogOptions) {
    this.#options = options;
  }

  /** The last that happened; 0 = nothing yet. */
  get seq(): number {
    return this.#seq;
  }

  /** Events that are kept, of both kinds. */
  get length(): number {
    return this.#told.length + this.#untold.length;
  }

  /** Characters that they have together, as JSON. */
  get size(): number {
    return this.#told.size + this.#untold.size;
  }

  /** Takes note of a line that is an event. Its secrets have been left out. */
  note(severity: EventLevel, words: string, given: Fields): void {
    const { clock, generation } = this.#options;
    const { event: kind, ...rest } = given;
    if (typeof kind !== 'string') return;
    const facts = eventFacts(kind);
    // A line that the catalogue tells of, said below its level, is routine: the first verdict of a target, for one.
    const told = facts.told && severity !== 'debug';
    const { actor, reason, log: _, ...fields } = rest;
    const detail = joined(facts.detail ?? [], rest, ': ');
    const at = clock.wallMs();
    const event: KeptEvent = {
      seq: ++this.#seq,
      atMs: at,
      lastAtMs: at,
      count: 1,
      kind,
      told,
      severity,
      subject: joined(facts.subject, rest, '/'),
      actor: typeof actor === 'string' ? actor : null,
      reason: typeof reason === 'string' && facts.detail?.includes('reason') !== true ? reason : null,
      words: cut(words, MAX_TEXT),
      detail,
      generation: generation(),
      fields: bounded(fields),
    };
    const kept = (told ? this.#told : this.#untold).add(event);
    for (const listener of this.#listeners) listener(kept);
  }

  /** What is kept and happened after `seq`, oldest first. */
  since(seq: number): readonly KeptEvent[] {
    const kept = [...this.#told, ...this.#untold].filter((event) => event.seq > seq);
    return kept.sort((one, other) => one.seq - other.seq);
  }

  /**
   * Whether something after `seq` is not kept any more; perhaps it has been counted since by an event that is.
   * @param all also of what people are not told unasked
   */
  missedSince(seq: number, all: boolean): boolean {
    return this.#told.droppedSeq > seq || (all && this.#untold.droppedSeq > seq);
  }

  /** Tells of every event from now on, until what is returned is called. */
  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

function joined(names: readonly string[], fields: Fields, by: string): string | null {
  const parts = names.map((name) => textOf(fields[name])).filter((text) => text !== null);
  return parts.length === 0 ? null : cut(parts.join(by), MAX_TEXT);
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(String).join('; ');
  return null;
}

function bounded(fields: Fields): Fields {
  if (JSON.stringify(fields).length <= MAX_FIELDS) return fields;
  const entries = Object.entries(fields).map(([name, value]) => {
    if (value === null || typeof value === 'number' || typeof value === 'boolean') return [name, value] as const;
    return [name, cut(textOf(value) ?? JSON.stringify(value), MAX_TEXT)] as const;
  });
  return Object.fromEntries(entries.slice(0, 32));
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
