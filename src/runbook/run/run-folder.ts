/**
 * The folder `runs` of the state folder: a transcript for each run, a line for each thing that happened, on disk before the next
 * begins. Says which runs are unfinished and which are under way; keeps the newest and removes old ones that are over.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { readPlainFile } from '../../base/plain-file.ts';
import { plainJson } from '../../base/plain-json.ts';
import { processFacts } from '../../machine/process-table.ts';
import type { Entry, TranscriptSink } from './entry.ts';
import { historyOf, type RunHistory } from './resume-point.ts';

/** Transcripts that are kept, besides those of unfinished runs. */
const KEPT = 100;

export interface StoredRun {
  readonly run: string;
  readonly file: string;
  readonly history: RunHistory;
  /** Its process lives. */
  readonly underWay: boolean;
}

/** A transcript in a file. */
export class FileSink implements TranscriptSink {
  readonly path: string;
  readonly #fd: number;

  /** @throws SNT-R030 */
  constructor(path: string) {
    this.path = path;
    try {
      this.#fd = openSync(path, 'a', 0o600);
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  append(entry: Entry): void {
    try {
      writeSync(this.#fd, `${plainJson(entry)}\n`);
      fsyncSync(this.#fd);
    } catch (error) {
      throw unwritable(this.path, error);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function unwritable(path: string, error: unknown): SentinelError {
  return new SentinelError(
    'SNT-R030',
    `cannot write the transcript ${path}: ${errnoOf(error) ?? error}; nothing more was done`,
    {
      hint: 'see whether the disk is full, or name another state folder with XDG_STATE_HOME',
    },
  );
}

/** `r-20261121-100159-3f2a`: sorts by time. */
export function runName(startedMs: number, chance: string): string {
  const stamp = new Date(startedMs).toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `r-${stamp}-${chance}`;
}

/** Makes the folder, and removes the oldest runs that are over. @throws SNT-R030 */
export function openRunFolder(stateFolder: string): string {
  const folder = join(stateFolder, 'runs');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(folder, error);
  }
  const over = transcriptsIn(folder).slice(0, -KEPT);
  for (const file of over) if (stored(file)?.history.finished !== false) rmSync(file, { force: true });
  return folder;
}

export function transcriptPath(folder: string, run: string): string {
  return join(folder, `${run}.ndjson`);
}

/** Runs of a runbook that have not come to their end, the oldest first; what cannot be read is none. */
export function unfinishedRuns(stateFolder: string, runbook: string): readonly StoredRun[] {
  return transcriptsIn(join(stateFolder, 'runs')).flatMap((file) => {
    const run = stored(file);
    const { begun, finished } = run?.history ?? {};
    return run === null || finished === true || begun?.runbook !== runbook || begun.mode !== 'run' ? [] : [run];
  });
}

/**
 * One run by its name.
 * @param stateFolders Where it may be.
 * @throws SNT-R027 there is none, or it cannot be read
 */
export function storedRun(stateFolders: readonly string[], run: string): StoredRun {
  // A name, and no way out of the folder.
  if (!/^r-[\w-]+$/.test(run)) throw noRun(`${JSON.stringify(run)} is no name of a run`);
  const files = stateFolders.map((folder) => transcriptPath(join(folder, 'runs'), run));
  const found = files.find((file) => existsSync(file));
  if (found === undefined) throw noRun(`there is no ${files.join(' and no ')}`);
  return readRun(found);
}

/** @throws SNT-R027 */
export function readRun(file: string): StoredRun {
  let entries: readonly Entry[];
  try {
    entries = entriesOf(file);
  } catch (error) {
    throw noRun(`${file} cannot be read: ${errnoOf(error) ?? 'it is no transcript'}`);
  }
  const history = historyOf(file, entries);
  return { run: history.begun.run, file, history, underWay: !history.ended && lives(history) };
}

/** Far more than the longest run writes. */
const MOST_BYTES = 64 << 20;

/** A last line that was cut off is none: the process ended while it was written. @throws the system error */
export function entriesOf(file: string): readonly Entry[] {
  const lines = readPlainFile(file, MOST_BYTES).toString('utf8').split('\n');
  lines.pop();
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Entry);
}

function stored(file: string): StoredRun | null {
  try {
    return readRun(file);
  } catch {
    return null;
  }
}

function transcriptsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^r-[\w-]+\.ndjson$/.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** A process of this number that began after the run did is another one. */
function lives({ last }: RunHistory): boolean {
  if (last.host !== hostname()) return false;
  const facts = processFacts(last.pid);
  return facts !== null && !facts.zombie && facts.startedAtMs <= Date.parse(last.at) + 2_000;
}

function noRun(why: string): SentinelError {
  return new SentinelError('SNT-R027', `no run can be gone on with: ${why}`, {
    hint: 'begin anew with `sentinel runbook run ID`',
  });
}
