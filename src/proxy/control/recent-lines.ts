/**
 * The latest lines of the main thread's log, in memory, bounded by bytes: what `GET /admin/logs` and `sentinel logs` show when
 * no file is at hand. Logging tells it; secrets are out of what it gets. Writes nothing.
 */
import type { EventLevel, LogEntry } from './logging.ts';
import type { LogModule } from '../shared/log-modules.ts';

export interface RecentLine {
  /** From 1, without gaps. */
  readonly position: number;
  readonly atMs: number;
  readonly level: EventLevel;
  readonly module: LogModule;
  readonly message: string;
  /** As it was written: JSON. */
  readonly text: string;
}

const MOST_BYTES = 1 << 20;
/** What a line costs besides its texts, about. */
const LINE_BYTES = 200;

export class RecentLines {
  readonly #most: number;
  readonly #listeners = new Set<(line: RecentLine) => void>();
  /** By position, rising. */
  readonly #lines = new Map<number, RecentLine>();
  #bytes = 0;
  #position = 0;
  /** Lines before this moment may be gone. */
  #keptSinceMs: number;

  constructor(startedAtMs: number, most = MOST_BYTES) {
    this.#keptSinceMs = startedAtMs;
    this.#most = most;
  }

  /** Of the last line; 0 = there was none. */
  get position(): number {
    return this.#position;
  }

  get keptSinceMs(): number {
    return this.#keptSinceMs;
  }

  /** An upper bound of the memory that the lines take. */
  get bytes(): number {
    return this.#bytes;
  }

  add({ atMs, level, module, message, line }: LogEntry): void {
    if (line === null) return;
    const added: RecentLine = { position: ++this.#position, atMs, level, module, message, text: line };
    this.#lines.set(added.position, added);
    this.#bytes += cost(added);
    for (const [position, oldest] of this.#lines) {
      if (this.#bytes <= this.#most) break;
      this.#lines.delete(position);
      this.#bytes -= cost(oldest);
      this.#keptSinceMs = oldest.atMs;
    }
    for (const listener of this.#listeners) listener(added);
  }

  /** What is kept and came after `position`, oldest first. */
  after(position: number): readonly RecentLine[] {
    return [...this.#lines.values()].filter((line) => line.position > position);
  }

  /** How many lines after `position` are not kept any more. */
  missedAfter(position: number): number {
    const [oldest] = this.#lines.keys();
    return Math.max(0, (oldest ?? this.#position + 1) - 1 - position);
  }

  /** Tells every line from now on, until what is returned is called. */
  listen(listener: (line: RecentLine) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** Strings may take two bytes a character. */
function cost({ message, text }: RecentLine): number {
  return LINE_BYTES + 2 * (message.length + text.length);
}
