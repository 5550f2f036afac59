/**
 * The file of a flight record: lines are added whole, one write at a time, without anybody waiting. When it is full it becomes the
 * older one. What cannot be written now waits in bounded memory, and is written when that works again. Used by `recorder.ts`; never throws.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { errnoOf } from '../../../base/errors.ts';
import { FULL_BYTES, flightPaths, flightSchema } from '../../../history/flight-record.ts';

/** What waits at most, in bytes: an hour of a busy proxy. */
const MOST_WAITING = 1 << 20;

const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
const flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW;

export interface FlightFileOptions {
  /** Folder to write to; null = nothing is to be written. May throw. */
  readonly folder: () => string | null;
  /** Why it cannot be written, as often as that changes; null = it can again. */
  readonly onTrouble: (why: string | null) => void;
  /** Whether a full file may be made the older one: of two processes that write to it one does; default yes. */
  readonly mayTurn?: () => boolean;
  readonly fullBytes?: number;
  readonly mostWaiting?: number;
}

export class FlightFile {
  readonly #options: FlightFileOptions;
  /** With their line ends. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #why: string | null = null;
  #writing: Promise<void> | null = null;

  constructor(options: FlightFileOptions) {
    this.#options = options;
  }

  /** Lines that there was no room for while they waited. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @param line JSON without a line end. */
  append(line: string): void {
    this.#wait([Buffer.from(`${line}\n`)], 'behind');
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = null;
    });
  }

  /** Resolves when all that can be written is. */
  async flushed(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      this.#waitingBytes = 0;
      const { written, why } = await this.#write(batch);
      if (written < batch.length) this.#wait(batch.slice(written), 'in front');
      if (this.#why !== why) this.#options.onTrouble(why);
      this.#why = why;
      // The next line tries again.
      if (why !== null) return;
    }
  }

  #wait(lines: Buffer[], where: 'in front' | 'behind'): void {
    this.#waiting = where === 'behind' ? [...this.#waiting, ...lines] : [...lines, ...this.#waiting];
    for (const line of lines) this.#waitingBytes += line.length;
    while (this.#waitingBytes > (this.#options.mostWaiting ?? MOST_WAITING)) {
      const oldest = this.#waiting.shift();
      if (oldest === undefined) return;
      this.#waitingBytes -= oldest.length;
      this.#dropped++;
    }
  }

  /** How many whole lines were written, and why not all. */
  async #write(lines: readonly Buffer[]): Promise<{ readonly written: number; readonly why: string | null }> {
    let file: FileHandle | null = null;
    let bytes = 0;
    let head = 0;
    try {
      const folder = this.#options.folder();
      if (folder === null) return { written: lines.length, why: null };
      const opened = await this.#open(folder);
      file = opened.file;
      head = opened.before.length;
      const all = Buffer.concat([opened.before, ...lines]);
      while (bytes < all.length) bytes += (await file.write(all, bytes)).bytesWritten;
      return { written: lines.length, why: null };
    } catch (error) {
      return { written: wholeLines(lines, bytes - head), why: errnoOf(error) ?? String(error) };
    } finally {
      await file?.close().catch(() => {});
    }
  }

  /** Opened anew each time: somebody may have taken the file away, and after an upgrade another process makes the older one of it. */
  async #open(folder: string): Promise<{ readonly file: FileHandle; readonly before: Buffer }> {
    const [newer, older] = flightPaths(folder);
    let file = await open(newer, flags, 0o600);
    try {
      let facts = await file.stat();
      const full = facts.size >= (this.#options.fullBytes ?? FULL_BYTES);
      if (facts.isFile() && full && this.#options.mayTurn?.() !== false) {
        await file.close();
        await rename(newer, older);
        file = await open(newer, flags, 0o600);
        facts = await file.stat();
      }
      // A pipe of that name would take the lines, and give them to somebody.
      if (!facts.isFile()) throw new Error(`${newer} is not a file`);
      if ((facts.mode & 0o077) !== 0) await file.chmod(0o600);
      if (facts.size === 0) {
        return { file, before: Buffer.from(`${JSON.stringify({ kind: 'schema', schema: flightSchema })}\n`) };
      }
      const last = Buffer.alloc(1);
      await file.read(last, 0, 1, facts.size - 1);
      // Who was killed in the middle of a line must not take the next one with it.
      return { file, before: last[0] === 10 ? Buffer.alloc(0) : Buffer.from('\n') };
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
  }
}

/** How many of the lines are whole in the first so many bytes. */
function wholeLines(lines: readonly Buffer[], bytes: number): number {
  let end = 0;
  const short = lines.findIndex((line) => {
    end += line.length;
    return end > bytes;
  });
  return short === -1 ? lines.length : short;
}
