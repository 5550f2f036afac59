/**
 * The end of a log that may be huge, from a time on: found by halving what the quota leaves, so that of a file of any length only its
 * end is looked at. Lines without a time stay with the line before them. Reads regular files; never blocks on a pipe.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Pieces in which places are looked at. */
const LOOK_BYTES = 64 << 10;
/** Places before the one that was found at which it is looked once more: a clock that was set back leaves times that do not rise. */
const SECOND_LOOKS = 24;

export interface LogEnd {
  readonly text: string;
  /** Bytes of the file that come before it. */
  readonly before: number;
  /** The quota cut off what may be as young as was asked for. */
  readonly cut: boolean;
  /** Bytes without content (a hole) that were left out of the text. */
  readonly holes: number;
}

/**
 * @param sinceMs Since the epoch: the oldest line that is wanted.
 * @param most Bytes, at most.
 * @throws the system's error; Error with the reason where it is no file
 */
export async function logEnd(path: string, sinceMs: number, most: number, signal?: AbortSignal): Promise<LogEnd> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = await file.stat();
    if (facts.isDirectory()) throw new Error('it is a directory, expected a file');
    if (!facts.isFile()) throw new Error('it is no file but a pipe or a device');
    const { size } = facts;
    const low = Math.max(0, size - most);
    const search = new Search(file, sinceMs, size, signal);
    const { start, cut } = await search.begin(low);
    const bytes = await search.read(start, size);
    // It may begin in the middle of a line; a hole is none.
    const whole = start === 0 || bytes[0] === 0 || (await search.isLineStart(start));
    const line = whole ? 0 : bytes.indexOf(0x0a) + 1;
    const kept = bytes.subarray(line);
    const text = withoutHoles(kept);
    return {
      text: text.toString('utf8'),
      before: start + line,
      cut,
      holes: kept.length - text.length,
    };
  } finally {
    await file.close();
  }
}

interface Timed {
  /** Where its line begins. */
  readonly at: number;
  readonly ms: number;
}

class Search {
  readonly #file: FileHandle;
  readonly #sinceMs: number;
  readonly #size: number;
  readonly #signal: AbortSignal | undefined;

  constructor(file: FileHandle, sinceMs: number, size: number, signal: AbortSignal | undefined) {
    this.#file = file;
    this.#sinceMs = sinceMs;
    this.#size = size;
    this.#signal = signal;
  }

  /** Where the text begins; `cut` = what is wanted may begin before `low`. */
  async begin(low: number): Promise<{ readonly start: number; readonly cut: boolean }> {
    const first = await this.#timedFrom(low, this.#size);
    if (first === null) return { start: low, cut: low > 0 };
    // Of what was cut through nothing is kept: halves of secrets are not recognised.
    if (this.#isWanted(first)) return low > 0 ? { start: first.at, cut: true } : { start: 0, cut: false };
    // A line at or after `old` is too old; from `young` on all that has a time is wanted.
    let [old, young] = [first.at, this.#size];
    while (young - old > LOOK_BYTES) {
      const middle = Math.floor((old + young) / 2);
      const found = await this.#timedFrom(middle, young);
      if (found === null || this.#isWanted(found)) young = middle;
      else old = found.at;
    }
    return { start: await this.#earlier(low, await this.#firstWanted(old)), cut: false };
  }

  async isLineStart(at: number): Promise<boolean> {
    return (await this.read(at - 1, at))[0] === 0x0a;
  }

  async read(from: number, to: number): Promise<Buffer> {
    const buffer = Buffer.alloc(Math.max(0, to - from));
    let length = 0;
    while (length < buffer.length) {
      this.#signal?.throwIfAborted();
      const piece = Math.min(1 << 20, buffer.length - length);
      const { bytesRead } = await this.#file.read(buffer, length, piece, from + length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  }

  #isWanted({ ms }: Timed): boolean {
    return ms >= this.#sinceMs;
  }

  /** The first line that is wanted at or after `from`; the end where none is. */
  async #firstWanted(from: number): Promise<number> {
    for (let at = from; at < this.#size; ) {
      const found = await this.#timedFrom(at, this.#size);
      if (found === null) return this.#size;
      if (this.#isWanted(found)) return found.at;
      at = found.at + 1;
    }
    return this.#size;
  }

  /** Where times do not rise, younger lines stand before older ones: the earliest place at which one is seen. */
  async #earlier(low: number, start: number): Promise<number> {
    const step = Math.floor((start - low) / SECOND_LOOKS);
    if (step < 1) return start;
    for (let at = low + step; at < start; at += step) {
      const found = await this.#timedFrom(at, Math.min(start, at + LOOK_BYTES));
      if (found !== null && this.#isWanted(found)) return this.#firstWanted(Math.max(low, at - step));
    }
    return start;
  }

  /** The first line with a time that begins at or after `from` (in the middle of a line: the next) and before `to`. */
  async #timedFrom(from: number, to: number): Promise<Timed | null> {
    let rest = '';
    let restAt = from;
    let fresh = from > 0 && !(await this.isLineStart(from));
    for (let at = from; at < to && at < this.#size; ) {
      const bytes = await this.read(at, Math.min(this.#size, at + LOOK_BYTES));
      if (bytes.length === 0) break;
      at += bytes.length;
      // A hole has no lines.
      if (rest === '' && bytes.indexOf(0x0a) < 0 && bytes.every((byte) => byte === 0)) {
        [restAt, fresh] = [at, true];
        continue;
      }
      const text = rest + bytes.toString('latin1');
      let begin = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', begin)) {
        if (!fresh) {
          const ms = timeOf(text.slice(begin, Math.min(end, begin + LONGEST_HEAD)));
          if (ms !== null) return restAt + begin < to ? { at: restAt + begin, ms } : null;
        }
        fresh = false;
        begin = end + 1;
      }
      [rest, restAt] = [text.slice(begin), restAt + begin];
      // A line without an end: what is to be known of it stands at its beginning.
      if (rest.length > LOOK_BYTES) [rest, restAt, fresh] = ['', at, true];
    }
    const ms = fresh || rest === '' ? null : timeOf(rest);
    return ms === null || restAt >= to ? null : { at: restAt, ms };
  }
}

/** The time of a line stands in its first part. */
const LONGEST_HEAD = 8192;
const rfc3339Form = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)/;
/** As web servers write it: `20/Nov/2026:14:05:12 +0000`. */
const webServerForm = /(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)/;

/** When a line of a log was written, milliseconds since the epoch; null where it does not say. */
export function timeOf(line: string): number | null {
  const own = /"time":"([^"]{19,40})"/.exec(line)?.[1] ?? rfc3339Form.exec(line)?.[0];
  if (own !== undefined) {
    const ms = Date.parse(own);
    if (!Number.isNaN(ms)) return ms;
  }
  const [, day, month, year, clock, hours, minutes] = webServerForm.exec(line) ?? [];
  if (day === undefined) return null;
  const ms = Date.parse(`${day} ${month} ${year} ${clock} ${hours}${minutes}`);
  return Number.isNaN(ms) ? null : ms;
}

function withoutHoles(bytes: Buffer): Buffer {
  if (!bytes.includes(0)) return bytes;
  const kept: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const hole = bytes.indexOf(0, at);
    const end = hole < 0 ? bytes.length : hole;
    kept.push(bytes.subarray(at, end));
    at = end;
    while (at < bytes.length && bytes[at] === 0) at++;
  }
  return Buffer.concat(kept);
}
