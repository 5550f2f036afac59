/** A bounded list of events, the oldest dropped first; the same again within a minute is counted, and moves to the end. */

export interface KeptEvent {
  /** Of its last occurrence. */
  readonly seq: number;
  readonly atMs: number;
  readonly lastAtMs: number;
  readonly count: number;
  readonly kind: string;
  /** Whether people are told of it unasked. */
  readonly told: boolean;
  readonly severity: 'debug' | 'info' | 'warn' | 'error';
  readonly subject: string | null;
  readonly actor: string | null;
  readonly reason: string | null;
  readonly words: string;
  readonly detail: string | null;
  readonly generation: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface RingBounds {
  readonly events: number;
  /** Of all together, as JSON, in characters. */
  readonly size: number;
  /** How long after the first one the same is only counted. */
  readonly sameWithinMs: number;
}

interface Entry {
  readonly event: KeptEvent;
  readonly key: string;
  readonly size: number;
}

export class EventRing {
  readonly #bounds: RingBounds;
  /** By `seq`, rising. */
  readonly #entries = new Map<number, Entry>();
  /** What is the same → the `seq` of the last one. */
  readonly #latest = new Map<string, number>();
  #size = 0;
  #droppedSeq = 0;

  constructor(bounds: RingBounds) {
    this.#bounds = bounds;
  }

  /** Positions up to this one are not kept any more; 0 = none was dropped. */
  get droppedSeq(): number {
    return this.#droppedSeq;
  }

  get length(): number {
    return this.#entries.size;
  }

  /** Characters that all events have together, as JSON. */
  get size(): number {
    return this.#size;
  }

  /** Oldest first. */
  *[Symbol.iterator](): Generator<KeptEvent> {
    for (const { event } of this.#entries.values()) yield event;
  }

  /** Takes an event, or counts it. Returns what stands in the list for it now. */
  add(event: KeptEvent): KeptEvent {
    const key = JSON.stringify([event.kind, event.subject, event.words, event.actor, event.fields['result'] ?? null]);
    const before = this.#entries.get(this.#latest.get(key) ?? -1)?.event;
    if (before === undefined || event.atMs - before.atMs >= this.#bounds.sameWithinMs) return this.#keep(key, event);
    this.#drop(before.seq);
    return this.#keep(key, { ...event, atMs: before.atMs, count: before.count + 1 });
  }

  #keep(key: string, event: KeptEvent): KeptEvent {
    const size = JSON.stringify(event).length;
    this.#entries.set(event.seq, { event, key, size });
    this.#latest.set(key, event.seq);
    this.#size += size;
    for (const seq of this.#entries.keys()) {
      if (this.#entries.size <= this.#bounds.events && this.#size <= this.#bounds.size) break;
      this.#drop(seq);
      this.#droppedSeq = seq;
    }
    return event;
  }

  #drop(seq: number): void {
    const entry = this.#entries.get(seq);
    if (entry === undefined) return;
    this.#entries.delete(seq);
    this.#size -= entry.size;
    if (this.#latest.get(entry.key) === seq) this.#latest.delete(entry.key);
  }
}
