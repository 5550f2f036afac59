/**
 * Writes down a command that changed something, when it has ended: who typed what on which machine, how long it took and what came
 * of it. Loaded by `main.ts` for such commands alone. Makes no folder that only incidents need, and never changes what a command does.
 */
import { lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { variable } from '../base/environment.ts';
import type { RunContext } from '../base/run-files.ts';
import { stateFolders } from '../base/state-folder.ts';
import { rfc3339 } from '../base/units.ts';
import { lastRunBehind } from '../history/last-run.ts';
import { isIncidentId } from '../incident/record/id.ts';
import { journalName } from '../incident/record/journal.ts';
import { IncidentStore } from '../incident/record/store.ts';
import { appendCommand } from '../incident/timeline/command-log.ts';
import { redactedAddress, redactedArgv } from '../incident/timeline/redacted-argv.ts';
import { readReason } from '../base/read-reason.ts';
import { actorOf, userName } from './actor.ts';
import type { CommandSpec, Surroundings } from './command.ts';
import { addressText, daemonTargets } from '../admin/client/address.ts';

export interface EndedCommand {
  readonly spec: Pick<CommandSpec, 'path'> & Partial<Pick<CommandSpec, 'options'>>;
  /** As they were parsed. */
  readonly args: readonly string[];
  /** `--daemon`, where it was given. */
  readonly daemon: string | undefined;
  /** `--config`, where it was given. */
  readonly config?: string | undefined;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly durationMs: number;
  readonly exitCode: number;
}

/** Journals that are looked at to say which incident is open; there is one, as a rule. */
const MOST_LOOKED_AT = 12;

/** @returns What could not be done, in words; null = it is written, or this user keeps nothing on this machine. */
export function writeDown(surroundings: Surroundings, ended: EndedCommand): string | null {
  const { context, clock, program } = surroundings;
  let folder: string | null = null;
  try {
    folder = commandLogFolder(surroundings, ended.daemon);
    if (folder === null) return null;
    const daemon = ended.daemon ?? variable(context.environment, 'SENTINEL_DAEMON');
    const caller = variable(context.environment, 'SUDO_USER');
    const actor = userName(context.uid);
    appendCommand(
      folder,
      {
        at: rfc3339(ended.startedMs),
        duration_ms: Math.round(ended.durationMs),
        actor,
        by: caller === undefined || caller === actor || context.uid !== 0 ? null : caller,
        host: hostname(),
        pid: process.pid,
        program,
        command: ended.spec.path.join(' '),
        argv: redactedArgv(ended.args, context.environment),
        exit: ended.exitCode,
        daemon: daemon === undefined ? null : redactedAddress(daemon),
        addresses: addressesOf(surroundings, ended),
        config: ended.config === undefined ? null : resolve(surroundings.directory, ended.config),
        incident: openIncident(folder, surroundings),
      },
      clock.wallMs(),
    );
    return null;
  } catch (error) {
    return `this command could not be written down${folder === null ? '' : ` in ${folder}`}: ${readReason(error)}`;
  }
}

/** Null for a command that talks to no daemon. */
function addressesOf({ context }: Surroundings, { spec, daemon }: EndedCommand): readonly string[] | null {
  if (spec.options?.some(({ flags }) => flags.startsWith('--daemon')) !== true) return null;
  try {
    return daemonTargets(context, daemon).flatMap(({ addresses }) => addresses.map(addressText));
  } catch {
    // A name that is no address was meant for nobody.
    return [];
  }
}

/**
 * Where the log of commands goes: the folder of incidents where there is one, else the state folder.
 * @returns null where this user has neither and none could be made in their home
 */
export function commandLogFolder(surroundings: Surroundings, daemon: string | undefined): string | null {
  const { context, directory } = surroundings;
  const named = variable(context.environment, 'SENTINEL_INCIDENTS');
  if (named !== undefined) return made(resolve(directory, named));
  const states = stateFolders(context, null);
  const found = [...incidentFolders(context, daemon), ...states].find((folder) => isOurs(folder, context.uid));
  if (found !== undefined) return found;
  // A home is the user's own; what belongs to the system is made by what needs it.
  const home = states.slice(1)[0];
  return home === undefined ? null : made(home);
}

/** Every folder in which there may be a log, for who reads them all. @param store Folder of incidents; null = there is none. */
export function commandLogFolders(surroundings: Surroundings, store: string | null): readonly string[] {
  const { context, directory } = surroundings;
  const named = variable(context.environment, 'SENTINEL_INCIDENTS');
  const own = named === undefined ? [] : [resolve(directory, named)];
  return [
    ...new Set([
      ...(store === null ? [] : [store]),
      ...own,
      ...incidentFolders(context, undefined),
      ...stateFolders(context, null),
    ]),
  ];
}

/** In the order in which incidents are kept there; they need not exist. */
function incidentFolders(context: RunContext, daemon: string | undefined): readonly string[] {
  const states = stateFolders(context, null);
  const of = daemonTargets(context, daemon).flatMap(({ addresses }) => addresses);
  const sockets = of.flatMap((address) => (address.kind === 'socket' ? [address.path] : []));
  const told = lastRunBehind(states, sockets)?.incidents_dir ?? null;
  return [
    ...(told === null ? [] : [told]),
    join(context.roots.varLog, 'sentinel', 'incidents'),
    ...states.map((folder) => join(folder, 'incidents')),
  ];
}

/** Root may write where the user of the daemon does; nobody where others may. */
function isOurs(folder: string, uid: number): boolean {
  try {
    const facts = lstatSync(folder, { throwIfNoEntry: false });
    return facts?.isDirectory() === true && (facts.uid === uid || uid === 0) && (facts.mode & 0o022) === 0;
  } catch {
    // In the folder of somebody else, who lets nobody look.
    return false;
  }
}

function made(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** The one that is open; null where none or several are, or nobody can tell. */
function openIncident(folder: string, { clock, context }: Surroundings): string | null {
  try {
    const store = new IncidentStore(folder, { clock, actor: actorOf(context), host: hostname() });
    const [only, ...others] = latestIn(folder)
      .map((id) => store.read(id))
      .filter(({ phase }) => phase !== 'closed');
    return only === undefined || others.length > 0 ? null : only.id;
  } catch {
    return null;
  }
}

/** Ids of the incidents that were written to last. */
function latestIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter(isIncidentId)
    .flatMap((id) => {
      const facts = statSync(join(folder, id, journalName), { throwIfNoEntry: false });
      return facts === undefined ? [] : [{ id, writtenMs: facts.mtimeMs }];
    })
    .toSorted((one, other) => other.writtenMs - one.writtenMs)
    .slice(0, MOST_LOOKED_AT)
    .map(({ id }) => id);
}
