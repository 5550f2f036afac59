/**
 * Reads everything that a timeline is made of: files, and a daemon that may be dead. Each source by itself: one that cannot be read is
 * named, and takes no other with it. Changes nothing.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AdminClient } from '../../admin/client/client.ts';
import type { EventState } from '../../admin/contract/event-shapes.ts';
import { readReason } from '../../base/read-reason.ts';
import { type FlightReading, readFlight } from '../../history/flight-reader.ts';
import type { GenerationHead } from '../../history/generation.ts';
import { HistoryStore } from '../../history/store.ts';
import { entriesOf } from '../../runbook/run/run-folder.ts';
import type { IncidentStore } from '../record/store.ts';
import { boundsOf } from './build.ts';
import { readCommands } from './command-log.ts';
import { loggedEvents } from './logged-events.ts';
import type { LoggedCommand } from './logged-command.ts';
import type { MissingSource } from './moment.ts';
import type { TimelineSources, TimelineSubject, TimelineWindow, TranscriptSource } from './sources.ts';

export interface TimelinePlaces {
  readonly store: Pick<IncidentStore, 'entries' | 'folderOf'>;
  /** Folders of daemons, as `instanceFolder` names them. */
  readonly instances: readonly string[];
  /** Folders with a log of commands. */
  readonly commandFolders: readonly string[];
  /** State folders, in which runs of runbooks are. */
  readonly stateFolders: readonly string[];
  /** Null = no daemon is asked. */
  readonly client: AdminClient | null;
  readonly nowMs: number;
}

/** A daemon that has not answered by then has other troubles. */
const PATIENCE_MS = 1_000;
/** As `readReason` says it. */
const notAllowed = 'permission denied';
/** The most that the admin API gives at once. */
const MOST_EVENTS = '1000';
/** A run may go on for so long; transcripts of older ones are not opened. */
const LONGEST_RUN_MS = 24 * 3_600_000;

/** @throws as `IncidentStore.entries`: without its journal there is no incident */
export async function readSources(
  places: TimelinePlaces,
  incident: TimelineSubject,
  window: TimelineWindow = {},
): Promise<TimelineSources> {
  const bounds = boundsOf(incident, window);
  const since = Date.parse(bounds.since);
  const until = bounds.until === null ? places.nowMs : Date.parse(bounds.until);
  const missing: MissingSource[] = [];
  const journal = places.store.entries(incident.id);
  const inForce = generations(places, missing);
  const [flight, asked] = await Promise.all([
    readFlight({ instances: places.instances, sinceMs: since, untilMs: Math.max(until, since) }),
    askedEvents(places, since, bounds.since),
  ]);
  for (const { unread } of flight)
    for (const { file, why } of unread) missing.push({ source: 'traffic', why: `${file}: ${why}` });
  const events = [...asked.events];
  const flown = flight.some(({ known_since: known }) => known !== null && Date.parse(known) <= since);
  if (!asked.whole && !flown) {
    const logged = await loggedEvents(places.instances, since, until);
    events.push(...logged.events);
    const known = [...flight.flatMap(({ known_since: at }) => at ?? []), ...asked.events.map(({ at }) => at)];
    const first = known.toSorted()[0];
    const starts = startsOf(asked.events, flight);
    if (logged.events.length === 0 && !(first !== undefined && nobodyBefore(first, starts, inForce)))
      missing.push({
        source: 'event',
        why:
          first === undefined
            ? [asked.why, 'nothing was written down here', ...logged.why].filter((part) => part !== null).join('; ')
            : `what a daemon told before ${first.slice(11, 19)} is not kept here; its journal may have it: journalctl -u sentinel`,
      });
  }
  if (!flight.some(({ lines }) => lines.length > 0))
    missing.push({ source: 'traffic', why: 'no daemon has written down its traffic of that time here' });
  return {
    journal,
    commands: loggedCommands(places, missing),
    events,
    flight,
    runs: transcripts(places, incident.id, since, until, missing),
    generations: inForce,
    missing,
  };
}

/** A daemon says that it is up some seconds after its configuration is in force. */
const STARTING_MS = 60_000;

/** What is known begins with the first start of a daemon: there is nothing before that could be missing. */
function nobodyBefore(first: string, starts: readonly string[], inForce: readonly GenerationHead[]): boolean {
  const begun = Date.parse(first);
  // What it warns of comes before it is up.
  const starting = starts.some((at) => Date.parse(at) >= begun && Date.parse(at) <= begun + STARTING_MS);
  return starting && !inForce.some(({ at }) => Date.parse(at) < begun - STARTING_MS);
}

/** When daemons came up, by what is known. */
function startsOf(events: readonly EventState[], flight: readonly FlightReading[]): readonly string[] {
  const lines = flight.flatMap((one) => one.lines);
  const told = [...events, ...lines.flatMap((line) => (line.kind === 'event' ? [line.event] : []))];
  return [
    ...told.filter(({ kind }) => kind === 'ready').map(({ at }) => at),
    ...lines.flatMap((line) => (line.kind === 'began' ? [line.at] : [])),
  ];
}

interface AskedEvents {
  readonly events: readonly EventState[];
  /** They reach back to the beginning. */
  readonly whole: boolean;
  readonly why: string | null;
}

async function askedEvents({ client }: TimelinePlaces, since: number, from: string): Promise<AskedEvents> {
  if (client === null) return { events: [], whole: false, why: 'no daemon was asked' };
  try {
    const { data } = await client.call('events', {
      query: { since: from, limit: MOST_EVENTS },
      timeoutMs: PATIENCE_MS,
    });
    const whole = data.omitted === 0 && data.kept_since !== null && Date.parse(data.kept_since) <= since;
    return { events: data.events, whole, why: whole ? null : 'the daemon does not remember all of it' };
  } catch (error) {
    return { events: [], whole: false, why: error instanceof Error ? error.message : String(error) };
  }
}

function loggedCommands({ commandFolders }: TimelinePlaces, missing: MissingSource[]): readonly LoggedCommand[] {
  const closed: string[] = [];
  const commands = commandFolders.flatMap((folder) => {
    const { commands, foreign, unread } = readCommands(folder);
    // Both files of it, and what lies in it.
    if (unread.some(({ why }) => why === notAllowed)) closed.push(folder);
    for (const { file, why } of unread)
      if (why !== notAllowed) missing.push({ source: 'command', why: `${file}: ${why}` });
    if (foreign > 0) missing.push({ source: 'command', why: `${foreign} lines in ${folder} make no sense` });
    return commands;
  });
  if (closed.length > 0)
    missing.push({ source: 'command', why: `what other users typed: ${closed.join(', ')}: ${notAllowed}` });
  return commands;
}

/** Those beside the journal, and those of the state folders that may belong to the time. */
function transcripts(
  { store, stateFolders }: TimelinePlaces,
  id: string,
  since: number,
  until: number,
  missing: MissingSource[],
): readonly TranscriptSource[] {
  const found = new Map<string, string>();
  for (const folder of [store.folderOf(id), ...stateFolders.map((state) => join(state, 'runs'))])
    for (const name of namesIn(folder, missing)) {
      const begun = begunOf(name);
      const near = begun !== null && begun >= since - LONGEST_RUN_MS && begun <= until;
      if (near && !found.has(name)) found.set(name, join(folder, name));
    }
  return [...found.values()].flatMap((file) => {
    try {
      return [{ file, entries: entriesOf(file) }];
    } catch (error) {
      missing.push({ source: 'runbook', why: `${file}: ${readReason(error)}` });
      return [];
    }
  });
}

/** When a run began, by its name `r-20261121-100159-3f2a.ndjson`; null for what is no transcript. */
function begunOf(name: string): number | null {
  const [, year, month, day, hour, minute, second] =
    /^r-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-[\w-]+\.ndjson$/.exec(name) ?? [];
  if (year === undefined) return null;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? null : at;
}

function namesIn(folder: string, missing: MissingSource[]): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR')
      missing.push({ source: 'runbook', why: `${folder}: ${readReason(error)}` });
    return [];
  }
}

function generations({ instances }: TimelinePlaces, missing: MissingSource[]): readonly GenerationHead[] {
  return instances.flatMap((instance) => {
    const store = new HistoryStore({ find: () => instance, ensure: () => instance });
    const { generations: heads, unreadable } = store.list();
    for (const { file, why } of unreadable) missing.push({ source: 'configuration', why: `${file}: ${why}` });
    return heads;
  });
}
