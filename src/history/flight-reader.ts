/**
 * Reads what daemons wrote down of their flight (`flight-record.ts`), also of one that was killed in the middle of a line. For
 * whoever asks about the past: timeline, impact, snapshots. Says what is missing; changes nothing, and holds no more of a file than
 * a daemon lets it have.
 */
import { createReadStream, readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../base/errors.ts';
import { instancesFolder } from '../base/state-folder.ts';
import { FULL_BYTES, type FlightLine, flightPaths, flightSchema, LONGEST_LINE, SAMPLE_MS } from './flight-record.ts';

export interface FlightQuery {
  /** Folders of daemons, as `instanceFolder` names them. */
  readonly instances: readonly string[];
  /** Milliseconds since 1970, both inclusive. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** A stretch of which nothing was written down. */
export interface FlightGap {
  readonly from: string;
  /** Null = it goes on. */
  readonly until: string | null;
  /** `ended`: nobody ran, it had been stopped; `died`: it was gone without a word, from then on at the latest; `unwritten`: it ran. */
  readonly why: 'ended' | 'died' | 'unwritten';
}

/** What one daemon wrote down. */
export interface FlightReading {
  readonly instance: string;
  /** Of the time asked for, in the order in which they were written; no `schema`. A stretch of traffic belongs to it if it ended in it. */
  readonly lines: readonly Exclude<FlightLine, { kind: 'schema' }>[];
  /** Those that touch the time asked for, oldest first. */
  readonly gaps: readonly FlightGap[];
  /** When the oldest line that is left was written: of the time before nothing is known. Null = there is none. */
  readonly known_since: string | null;
  /** Lines that make no sense, also those that are too long. */
  readonly foreign_lines: number;
  /** Lines that were begun and not ended: a process died while it wrote, or writes now. */
  readonly torn_lines: number;
  /** Files that could not be read, or only their newest part. */
  readonly unread: readonly { readonly file: string; readonly why: string }[];
}

type ToldLine = FlightReading['lines'][number];

/** A file has at most that much: `FULL_BYTES`, and what was under way when it was full. */
const MOST_BYTES = FULL_BYTES + (4 << 20);

/** How far a stretch may begin after the one before: clocks are put right, processes wait. */
const SLACK_MS = 2_000;

const TIME_LENGTH = '2026-11-20T14:05:12.000Z'.length;

/** One reading for each folder, in the order given. Never fails: what cannot be read is said. */
export async function readFlight(query: FlightQuery): Promise<readonly FlightReading[]> {
  const readings: FlightReading[] = [];
  for (const instance of query.instances) readings.push(await readOne(instance, query));
  return readings;
}

/** The folders of daemons in state folders; those that cannot be read have none. */
export function flightInstances(stateFolders: readonly string[]): readonly string[] {
  return stateFolders.flatMap((folder) => {
    const instances = instancesFolder(folder);
    try {
      return readdirSync(instances)
        .sort()
        .map((name) => join(instances, name));
    } catch {
      return [];
    }
  });
}

async function readOne(instance: string, { sinceMs, untilMs }: FlightQuery): Promise<FlightReading> {
  const since = new Date(sinceMs).toISOString();
  const until = new Date(untilMs).toISOString();
  const [newer, older] = flightPaths(instance);
  const unread: { file: string; why: string }[] = [];
  const story = new Story();
  let lines: ToldLine[] = [];
  let foreign = 0;
  let torn = 0;
  for (const file of [older, newer]) {
    try {
      const skipped = await eachLine(file, (text, whole) => {
        const line = text === null ? null : lineOf(text);
        if (line === null && !whole) torn++;
        if (line === null && whole) foreign++;
        if (line === null || line.kind === 'schema') return;
        story.tell(line);
        const at = line.kind === 'event' ? line.event.last_at : line.at;
        if (at >= since && at <= until) lines.push(line);
      });
      if (skipped > 0) unread.push({ file, why: `it is too large: ${skipped} bytes at its beginning were left out` });
    } catch (error) {
      const why = errnoOf(error) ?? String(error);
      if (why !== 'ENOENT') unread.push({ file, why });
    }
  }
  lines = lastOfEach(lines);
  const gaps = story.gaps(untilMs).filter(({ from, until: end }) => from <= until && (end === null || end >= since));
  return {
    instance,
    lines,
    gaps,
    known_since: story.knownSince,
    foreign_lines: foreign,
    torn_lines: torn,
    unread,
  };
}

/**
 * What happens again within a minute is written down again, with the number of times: the last one counts, where the first stood.
 * What somebody did stays, each time: who did what to which target would be lost.
 */
function lastOfEach(lines: readonly ToldLine[]): ToldLine[] {
  const places = new Map<string, number>();
  const kept: ToldLine[] = [];
  for (const line of lines) {
    if (line.kind !== 'event' || line.event.actor !== null) {
      kept.push(line);
      continue;
    }
    const { at, kind, subject, actor, words } = line.event;
    const key = JSON.stringify([at, kind, subject, actor, words]);
    const place = places.get(key);
    if (place === undefined) places.set(key, kept.push(line) - 1);
    else kept[place] = line;
  }
  return kept;
}

/** Goes through the lines of all files in order, and finds where nothing was written down. */
class Story {
  knownSince: string | null = null;
  readonly #gaps: FlightGap[] = [];
  /** Up to when it is known that somebody ran. */
  #upTo: string | null = null;
  #pid: number | null = null;
  #ended: { readonly handed: boolean } | null = null;

  tell(line: ToldLine): void {
    const at = line.kind === 'event' ? line.event.last_at : line.at;
    this.knownSince ??= at;
    const upTo = this.#upTo;
    switch (line.kind) {
      case 'event':
        // Of what it did in between an event says nothing.
        return;
      case 'ended':
        // The process before may say late that it has handed over: it did not die.
        if (this.#pid !== null && this.#pid !== line.pid) {
          if (line.heir === this.#pid && this.#gaps.at(-1)?.why === 'died') this.#gaps.pop();
          return;
        }
        this.#ended = { handed: line.heir !== null };
        break;
      case 'began':
        if (upTo !== null && this.#ended === null) this.#gaps.push({ from: upTo, until: at, why: 'died' });
        if (upTo !== null && this.#ended?.handed === false) this.#gaps.push({ from: upTo, until: at, why: 'ended' });
        this.#ended = null;
        this.#pid = line.pid;
        break;
      case 'traffic': {
        const begunMs = Date.parse(at) - line.covered_ms;
        if (upTo === null || begunMs - Date.parse(upTo) <= SLACK_MS) break;
        this.#gaps.push({ from: upTo, until: new Date(begunMs).toISOString(), why: 'unwritten' });
      }
    }
    this.#upTo = at;
  }

  gaps(untilMs: number): readonly FlightGap[] {
    const upTo = this.#upTo;
    if (upTo === null) return this.#gaps;
    const open = (why: FlightGap['why']): FlightGap => ({ from: upTo, until: null, why });
    if (this.#ended?.handed === false) return [...this.#gaps, open('ended')];
    // It may be about to write.
    if (untilMs - Date.parse(upTo) <= 2 * SAMPLE_MS) return this.#gaps;
    return [...this.#gaps, open('died')];
  }
}

/**
 * Gives each line, the oldest first; null for one that is too long. `whole`: it was ended.
 * @returns bytes at the beginning that were left out
 * @throws the system error
 */
async function eachLine(file: string, tell: (line: string | null, whole: boolean) => void): Promise<number> {
  const facts = await stat(file);
  // A pipe of that name would be waited for.
  if (!facts.isFile()) throw new Error('it is not a file');
  const start = Math.max(0, facts.size - MOST_BYTES);
  let kept: Buffer[] = [];
  let length = 0;
  // What is left of a line that began before.
  let ignored = start > 0;
  const end = (whole: boolean) => {
    if (!ignored) tell(length > LONGEST_LINE ? null : Buffer.concat(kept).toString('utf8'), whole);
    ignored = false;
    kept = [];
    length = 0;
  };
  // No further than it was: a daemon may write on.
  for await (const chunk of createReadStream(file, { start, end: Math.max(start, facts.size - 1) })) {
    let from = 0;
    const bytes = chunk as Buffer;
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, from)) {
      take(bytes.subarray(from, at));
      if (length > 0) end(true);
      from = at + 1;
    }
    take(bytes.subarray(from));
  }
  if (length > 0) end(false);
  return start;

  function take(part: Buffer): void {
    length += part.length;
    if (length <= LONGEST_LINE && !ignored) kept.push(part);
    else kept = [];
  }
}

/** Null for what is no line of a flight record. */
function lineOf(text: string): FlightLine | null {
  let line: Partial<FlightLine> | null;
  try {
    line = JSON.parse(text) as Partial<FlightLine> | null;
  } catch {
    return null;
  }
  switch (line?.kind) {
    case 'schema':
      return line.schema === flightSchema ? (line as FlightLine) : null;
    case 'began':
      return isTime(line.at) ? (line as FlightLine) : null;
    case 'ended':
      return isTime(line.at) ? ({ ...line, heir: line.heir ?? null } as FlightLine) : null;
    case 'traffic': {
      const { at, covered_ms, requests, errors, affected, causes, routes, upstreams } = line;
      const numbers = [covered_ms, requests, errors, affected].every((number) => Number.isFinite(number));
      const tables = [causes, routes, upstreams].every((table) => typeof table === 'object' && table !== null);
      return isTime(at) && numbers && tables ? (line as FlightLine) : null;
    }
    case 'event': {
      const { at, last_at, kind, words } = line.event ?? {};
      const fits = isTime(at) && isTime(last_at) && typeof kind === 'string' && typeof words === 'string';
      return fits ? (line as FlightLine) : null;
    }
    default:
      return null;
  }
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && value.length === TIME_LENGTH && !Number.isNaN(Date.parse(value));
}
