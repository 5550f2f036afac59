/**
 * Collectors of what was written down while nobody looked: the flight recorder, records of runs, crash files, the journal of
 * the incident, the log of commands. All are files: they are there when the daemon is dead.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { errnoOf } from '../../base/errors.ts';
import { readReason } from '../../base/read-reason.ts';
import { rfc3339 } from '../../base/units.ts';
import { crashFiles } from '../../diagnosis/probes/crash-files.ts';
import { flightPaths, flightSchema } from '../../history/flight-record.ts';
import { readFlight } from '../../history/flight-reader.ts';
import { refusedStartPath, runRecordPath } from '../../history/run-record.ts';
import { journalName } from '../record/journal.ts';
import { commandLogPaths } from '../timeline/command-log.ts';
import type { Collector, CollectScene, Piece } from './collector.ts';
import { ndjsonText } from './daemon-state.ts';
import { CollectFault } from './fault.ts';
import { logEnd } from './log-window.ts';

/** Files that this program writes itself are smaller. */
const LARGEST = 32 << 20;
const COMMANDS_BYTES = 4 << 20;

export const journalPath = 'journal.ndjson';

const flight: Collector = {
  path: 'flight.ndjson',
  class: 'record',
  kind: 'ndjson',
  source: 'the flight recorder of the daemon',
  fast: true,
  find: async ({ lookups, surroundings, logsMs }) => {
    const instance = await lookups.instance();
    if (instance === null) {
      if (!surroundings.local) throw new CollectFault('the daemon is on another machine, and so are its files');
      return [];
    }
    const now = surroundings.clock.wallMs();
    // A clock that was set back leaves times that are still to come.
    const until = now + logsMs;
    const [reading] = await readFlight({ instances: [instance], sinceMs: now - logsMs, untilMs: until });
    if (reading === undefined) return [];
    const { lines, gaps, known_since, foreign_lines, torn_lines, unread } = reading;
    if (lines.length === 0 && known_since === null && unread.length === 0) return [];
    const reader = { gaps, known_since, foreign_lines, torn_lines, unread };
    const content = ndjsonText([{ kind: 'schema', schema: flightSchema }, ...lines]);
    const [newer, older] = flightPaths(instance);
    return [
      { content, source: `${older}, ${newer}` },
      { path: 'record/flight-reading.json', kind: 'json', content: `${JSON.stringify(reader, null, 2)}\n` },
    ];
  },
};

/** What the daemon wrote down of its last run and of the last start that was refused, as it stands there. */
const records: Collector = {
  path: 'record/*.json',
  class: 'record',
  kind: 'json',
  source: 'run-record.json and refused-start.json of the daemon',
  fast: true,
  find: async ({ lookups }) => {
    const instance = await lookups.instance();
    if (instance === null) return [];
    return [runRecordPath(instance), refusedStartPath(instance)].flatMap((path): readonly Piece[] => {
      const content = whole(path);
      return content === null ? [] : [{ path: `record/${basename(path)}`, source: path, content }];
    });
  },
};

const crashes: Collector = {
  path: 'record/crashes/*',
  class: 'record',
  kind: 'text',
  source: 'crash files of the daemon',
  fast: true,
  find: async ({ lookups, surroundings }) => {
    if (!surroundings.local) return [];
    const [run, instance, disk] = [
      await lookups.runRecord(),
      await lookups.instance(),
      await lookups.disk().catch(() => null),
    ];
    const whose = { pids: new Set(run === null ? [] : [run.pid]), configPath: disk?.path ?? null };
    const folders = instance === null ? [] : [instance];
    return crashFiles(folders, whose).flatMap(({ path }): readonly Piece[] => {
      const content = whole(path);
      return content === null ? [] : [{ path: `record/crashes/${basename(path)}`, source: path, content }];
    });
  },
};

const journal: Collector = {
  path: journalPath,
  class: 'record',
  kind: 'ndjson',
  source: 'the journal of the incident',
  fast: true,
  find: async ({ incidentFolder }) => {
    if (incidentFolder === null) return [];
    const path = join(incidentFolder, journalName);
    const content = whole(path);
    return content === null ? [] : [{ content, source: path }];
  },
};

const commands: Collector = {
  path: 'commands.ndjson',
  class: 'record',
  kind: 'ndjson',
  source: 'the log of commands',
  fast: true,
  find: async (scene) => {
    const { commandFolders, surroundings, logsMs } = scene;
    // What led to it was often typed before the hour of the logs.
    const since = surroundings.clock.wallMs() - Math.max(logsMs, DAY_MS);
    const found = await Promise.all(
      commandFolders.map((folder) => commandsSince(commandLogPaths(folder)[0], since, scene)),
    );
    const [first, ...others] = found.flat();
    return first === undefined ? [] : [others.reduce(joined, first)];
  },
};

const DAY_MS = 24 * 3_600_000;

function joined(one: Piece, other: Piece): Piece {
  const cut = one.truncated ?? other.truncated;
  return {
    content: one.content + other.content,
    source: [one.source, other.source].join(', '),
    ...(cut === undefined ? {} : { truncated: cut }),
  };
}

async function commandsSince(path: string, since: number, { signal }: CollectScene): Promise<readonly Piece[]> {
  try {
    const end = await logEnd(path, since, COMMANDS_BYTES, signal);
    const truncated = end.before > 0 ? { truncated: `what is older than ${rfc3339(since)}` } : {};
    return [{ content: end.text, source: path, ...truncated }];
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    signal.throwIfAborted();
    throw new CollectFault(`${path}: ${readReason(error)}`, { cause: error });
  }
}

/** A regular file of a usual size; null where there is none. @throws CollectFault */
function whole(path: string): string | null {
  try {
    const facts = lstatSync(path);
    if (!facts.isFile()) throw new CollectFault(`${path}: it is no file`);
    if (facts.size > LARGEST) throw new CollectFault(`${path}: it is larger than ${LARGEST >> 20} MiB`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    if (error instanceof CollectFault) throw error;
    throw new CollectFault(`${path}: ${readReason(error)}`, { cause: error });
  }
}

export const recordCollectors: readonly Collector[] = [flight, records, crashes, journal, commands];
