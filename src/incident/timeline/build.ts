/**
 * A timeline out of everything that is known: merged, sorted, what is told twice told once. Pure: the same lists give the same
 * timeline, whether somebody asks for it, freezes it at the end, or reads it out of a bundle. Drops nothing that is not surely the same.
 */
import type { GenerationHead } from '../../history/generation.ts';
import { belongs } from './belonging.ts';
import { commandMoments, personOf, surelyCaused } from './command-moments.ts';
import { eventMoments } from './event-moments.ts';
import { journalMoments } from './journal-moments.ts';
import type { LoggedCommand } from './logged-command.ts';
import { type Moment, type Timeline, momentSources } from './moment.ts';
import { runMoments } from './run-moments.ts';
import type { TimelineSources, TimelineSubject, TimelineWindow } from './sources.ts';
import { trafficMoments } from './traffic-moments.ts';

/** What broke it happened before anybody noticed. */
export const BEFORE_MS = 15 * 60_000;

/** A generation is written down when it is in force, and its event is told then. */
const SAME_MS = 2_000;

/** Events that are told of a generation too, which has who, why and how. */
const ofGenerations: ReadonlySet<string> = new Set(['reload', 'config_pending', 'config_rollback', 'ready']);

/** @param incident What the journal says together (`incident.ts`), or as much of it as is known. */
export function buildTimeline(
  sources: TimelineSources,
  incident: TimelineSubject,
  window: TimelineWindow = {},
): Timeline {
  const { since, until } = boundsOf(incident, window);
  const all = merged(sources, incident)
    .filter(({ at, source }) => {
      const ms = Date.parse(at);
      // What was written down of it belongs to it, whenever it was.
      const own = source === 'journal' && window.since === undefined && window.until === undefined;
      return own || (ms >= Date.parse(since) && (until === null || ms <= Date.parse(until)));
    })
    .toSorted(byTime);
  return { incident: incident.id, since, until, moments: all, missing: sources.missing };
}

/** Stretch that the timeline of an incident covers. */
export function boundsOf(
  { times }: TimelineSubject,
  { since, until }: TimelineWindow,
): { readonly since: string; readonly until: string | null } {
  const known = [times.alert, times.opened].filter((at) => at !== null).map((at) => Date.parse(at));
  const first = known.length === 0 ? 0 : Math.min(...known) - BEFORE_MS;
  return { since: since ?? new Date(Math.max(0, first)).toISOString(), until: until ?? times.closed };
}

function merged(sources: TimelineSources, subject: TimelineSubject): readonly Moment[] {
  const { commands, journal, runs, flight } = sources;
  const logged = [...new Map(commands.map((one) => [`${one.host} ${one.pid} ${one.at}`, one])).values()];
  const told = [
    ...sources.events,
    ...flight.flatMap(({ lines }) => lines.flatMap((line) => (line.kind === 'event' ? [line.event] : []))),
  ];
  const own = journalMoments(journal);
  const steps = runMoments(runs);
  const confirmed = new Map<string, Moment[]>();
  const gone = new Set<Moment>();
  const confirm = (primary: string, by: Moment): void => {
    gone.add(by);
    confirmed.set(primary, [...(confirmed.get(primary) ?? []), by]);
  };
  const typed = commandMoments(logged);
  const typedOf = new Map(logged.map((command, index) => [command, typed[index] as Moment]));
  const generations = generationMoments(sources.generations);
  const events = eventMoments(told);
  for (const event of events) {
    const doers = logged.filter((command) => surelyCaused(command, event));
    const [doer] = doers;
    if (doers.length === 1 && doer !== undefined) confirm((typedOf.get(doer) as Moment).key, event);
    else {
      const generation = generations.find((one) => saysTheSame(one, event));
      if (generation !== undefined) confirm(generation.key, event);
    }
  }
  for (const event of events) {
    const deed = gone.has(event) ? undefined : events.find((one) => isDeedOf(event, one));
    if (deed !== undefined) confirm(deed.key, event);
  }
  const traffic = flight.flatMap(trafficMoments).filter((moment) => !events.some((event) => sameLife(moment, event)));
  for (const [command, moment] of typedOf) {
    const entry = own.find((one) => wroteDown(command, one)) ?? steps.find((one) => isBegin(command, one));
    if (entry !== undefined) confirm(entry.key, moment);
  }
  for (const step of steps) {
    const commandsOfIt = logged.filter((command) => isStep(step, command) && !gone.has(typedOf.get(command) as Moment));
    const [command] = commandsOfIt;
    if (commandsOfIt.length === 1 && command !== undefined) confirm((typedOf.get(command) as Moment).key, step);
  }
  for (const [command, moment] of typedOf) if (!belongs(command, subject)) gone.add(moment);
  for (const entry of own) {
    const end = steps.find(({ kind, fields }) => kind === 'ended' && fields['run'] === entry.fields['run']);
    if (entry.kind === 'runbook' && end !== undefined) confirm(entry.key, end);
  }
  return [...own, ...typed, ...events, ...steps, ...generations, ...traffic]
    .filter((moment) => !gone.has(moment))
    .map((moment) => withConfirmation(moment, confirmed.get(moment.key) ?? []))
    .map((moment) => ({ ...moment, actor: moment.actor?.replace(/^user /, '') ?? null }));
}

function withConfirmation(moment: Moment, by: readonly Moment[]): Moment {
  if (by.length === 0) return moment;
  const worst = by.some(({ severity }) => severity === 'error') ? 'error' : moment.severity;
  const confirmed = by.map(({ source, kind, at, words, key }) => ({ source, kind, at, words, key }));
  return { ...moment, severity: worst, fields: { ...moment.fields, confirmed_by: confirmed } };
}

function generationMoments(generations: readonly GenerationHead[]): readonly Moment[] {
  const distinct = new Map(generations.map((one) => [`configuration:${one.number}:${one.at}`, one]));
  return [...distinct].map(([key, { number, at, actor, reason, origin, digest, files }]): Moment => {
    const how = { reload: 'by a reload', apply: 'applied', edit: 'edited', rollback: 'by a rollback' };
    const began =
      origin === 'start'
        ? `daemon started with configuration generation ${number}`
        : `configuration generation ${number} in force, ${how[origin]}`;
    return {
      at,
      source: 'configuration',
      kind: origin,
      actor: origin === 'start' ? null : actor,
      words: `${began}${reason === null ? '' : `: ${reason}`}`,
      severity: origin === 'rollback' ? 'warn' : 'info',
      key,
      fields: { generation: number, origin, reason, digest, files },
    };
  });
}

/** A reload that failed has the number of what runs on: only what went well is told by its generation. */
function saysTheSame(generation: Moment, event: Moment): boolean {
  return (
    ofGenerations.has(event.kind) &&
    event.severity !== 'error' &&
    event.fields['count'] === 1 &&
    event.fields['generation'] === generation.fields['generation'] &&
    Math.abs(Date.parse(event.at) - Date.parse(generation.at)) <= SAME_MS
  );
}

/** Whether what somebody asked the admin API for is what the daemon tells of as done. */
function isDeedOf(asked: Moment, { kind, actor, at, fields }: Moment): boolean {
  const { action, result, target, subject = target } = asked.fields;
  if (asked.kind !== 'admin_action' || result !== 'done' || typeof action !== 'string' || actor !== asked.actor)
    return false;
  const told = action === 'drain-end' ? 'undrain' : action.replaceAll('-', '_');
  const same = target === undefined ? fields['subject'] === subject : fields['target'] === target;
  return kind === told && same && Math.abs(Date.parse(at) - Date.parse(asked.at)) <= SAME_MS;
}

/** Whether the begin or the end of a daemon in the flight record is the event that it told of it. */
function sameLife({ kind, at }: Moment, event: Moment): boolean {
  const told = kind === 'daemon_began' ? ['ready'] : kind === 'daemon_ended' ? ['stopped', 'handed_over'] : [];
  return told.includes(event.kind) && Math.abs(Date.parse(event.at) - Date.parse(at)) <= SAME_MS;
}

/** Whether an entry of the journal is what this command wrote: both at the same time, by the same person. */
function wroteDown(command: LoggedCommand, entry: Moment): boolean {
  const written = Date.parse(String(entry.fields['written']));
  const begun = Date.parse(command.at);
  return (
    /^(?:incident|snapshot-incident)\b/.test(command.command) &&
    entry.actor === personOf(command) &&
    entry.fields['host'] === command.host &&
    written >= begun &&
    written <= begun + command.duration_ms
  );
}

/** Whether the command is the process whose run this is the begin of. */
function isBegin(
  { command, host, pid, at, duration_ms: ms }: LoggedCommand,
  { kind, at: begun, fields }: Moment,
): boolean {
  return (
    command === 'runbook run' &&
    (kind === 'begun' || kind === 'resumed') &&
    fields['pid'] === pid &&
    fields['host'] === host &&
    Date.parse(begun) >= Date.parse(at) &&
    Date.parse(begun) <= Date.parse(at) + ms
  );
}

/** Whether the command is what this step ran: the same words, by the same person, while the step ran. */
function isStep({ at, actor, fields }: Moment, command: LoggedCommand): boolean {
  const { argv, host, duration_ms: ms } = fields;
  if (!Array.isArray(argv) || argv[0] !== 'sentinel' || host !== command.host || actor !== personOf(command))
    return false;
  const begun = Date.parse(at);
  const ran = Date.parse(command.at);
  return (
    JSON.stringify(argv.slice(1)) === JSON.stringify(command.argv) &&
    ran >= begun &&
    ran <= begun + (typeof ms === 'number' ? ms : 0)
  );
}

/** Of the same millisecond: first what happened, then what was written of it; the journal in its own order. */
function byTime(one: Moment, other: Moment): number {
  const apart = Date.parse(one.at) - Date.parse(other.at);
  if (apart !== 0) return apart;
  const rank = ({ source }: Moment): number => -momentSources.indexOf(source);
  if (one.source !== other.source) return rank(one) - rank(other);
  const seq = ({ fields }: Moment): number => (typeof fields['seq'] === 'number' ? fields['seq'] : 0);
  return seq(one) - seq(other) || (one.key < other.key ? -1 : one.key > other.key ? 1 : 0);
}
