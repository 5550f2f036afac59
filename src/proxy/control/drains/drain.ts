/**
 * One drain while the process runs: its record, the targets that it covers now, what is in flight to them, and how fast that
 * gets less. Moved by `drains.ts`; shown by the admin API.
 */
import type { DrainEnd } from '../../../admin/contract/drain-shapes.ts';
import { type CellRegistry, targetFields } from '../../shared/cells.ts';
import type { Counts, DrainRecord } from './drain-record.ts';
import type { Member } from './members.ts';
import { Trend } from './trend.ts';

export class Drain {
  readonly #registry: CellRegistry;
  readonly #trend = new Trend();
  #record: DrainRecord;
  #members: readonly Member[] = [];
  #idleClosed = 0;
  #gone = false;
  #result: DrainEnd | null = null;
  #endedMs: number | null = null;
  /** As it was at the end: what comes later is none of its business. */
  #last: Counts | null = null;

  constructor(record: DrainRecord, registry: CellRegistry) {
    this.#record = record;
    this.#registry = registry;
  }

  get record(): DrainRecord {
    return this.#record;
  }

  /** Null while it is in force. */
  get result(): DrainEnd | null {
    return this.#result;
  }

  get endedMs(): number | null {
    return this.#endedMs;
  }

  /** The configuration has its target no more. */
  get gone(): boolean {
    return this.#gone;
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  /** `upstream/address` of what it covers. */
  get ids(): readonly string[] {
    return this.#members.map(({ id }) => id);
  }

  /** Exact, over all workers; WebSockets are among those in flight. */
  get counts(): Pick<Counts, 'inFlight' | 'idle'> {
    if (this.#last !== null) return this.#last;
    const registry = this.#registry;
    return {
      inFlight: this.#members.reduce((sum, { cell }) => sum + registry.sum(cell, targetFields.inFlight), 0),
      idle: this.#members.reduce((sum, { cell }) => sum + registry.shared(cell, targetFields.idle), 0),
    };
  }

  get finished(): number {
    const { atStart, cut } = this.#record;
    return Math.max(0, atStart.inFlight - this.counts.inFlight - cut);
  }

  get idleClosed(): number {
    return this.#idleClosed;
  }

  /** Null when what is in flight does not get less. */
  get etaMs(): number | null {
    return this.#record.state === 'drained' || this.#result !== null ? null : this.#trend.etaMs;
  }

  /** Nothing is in flight, and every worker knows that nothing may be sent there. */
  get empty(): boolean {
    return (this.#gone || this.#members.every(({ weight }) => weight === 0)) && this.counts.inFlight === 0;
  }

  change(part: Partial<DrainRecord>): void {
    this.#record = { ...this.#record, ...part };
  }

  /** What it covers by the plan in force. */
  adopt(members: readonly Member[]): void {
    this.#members = members;
    this.#gone = false;
  }

  leave(): void {
    this.#gone = true;
  }

  /** @param now monotonic milliseconds */
  look(now: number): void {
    const { idle, inFlight } = this.counts;
    this.#idleClosed = Math.max(this.#idleClosed, this.#record.atStart.idle - idle);
    if (this.#record.state === 'draining') this.#trend.note(now, inFlight);
  }

  close(result: DrainEnd, endedMs: number): void {
    this.#last = { ...this.counts, websockets: 0 };
    this.#result = result;
    this.#endedMs = endedMs;
  }
}
