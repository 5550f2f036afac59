/**
 * Where incidents are kept, one folder each: `SENTINEL_INCIDENTS`, else `incidents { dir }`, else `/var/log/sentinel/incidents`, else
 * `incidents` in the state folder. Daemon and commands look in the same order. Knows folders and owners, not what is in them.
 */
import { accessSync, constants } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { variable } from './environment.ts';
import { errnoOf, SentinelError } from './errors.ts';
import { makeFolder, objectionTo } from './own-folder.ts';
import type { RunContext } from './run-files.ts';
import { ensureStateFolder, findStateFolder } from './state-folder.ts';

/** What a configuration says of it; null = nothing, or there is no configuration. */
export interface IncidentsPlace {
  /** `incidents { dir }`. */
  readonly dir: string | null;
  /** `state-dir`. */
  readonly stateDir: string | null;
}

/**
 * The folder that would be used: absolute; it need not be there. Makes nothing.
 * Null when there is none that this user could use.
 */
export function findIncidentsFolder(context: RunContext, place: IncidentsPlace): string | null {
  const named = namedFolder(context, place);
  if (named !== null) return named;
  const usual = usualFolder(context);
  if (couldUse(usual, context.uid)) return usual;
  const state = findStateFolder(context, place.stateDir);
  return state === null ? null : join(state, 'incidents');
}

/**
 * The same folder, made with mode 0700 where it was not there.
 * @throws SNT-I020 when it cannot be made or used
 */
export function ensureIncidentsFolder(context: RunContext, place: IncidentsPlace): string {
  const named = namedFolder(context, place);
  if (named !== null) return made(named, context.uid);
  const usual = usualFolder(context);
  if (couldUse(usual, context.uid)) {
    const problem = makeFolder(usual) ?? objection(usual, context.uid);
    if (problem === null) return usual;
  }
  return made(join(ensureStateFolder(context, place.stateDir), 'incidents'), context.uid);
}

function namedFolder(context: RunContext, { dir }: IncidentsPlace): string | null {
  const named = variable(context.environment, 'SENTINEL_INCIDENTS') ?? dir;
  return named === null ? null : resolve(named);
}

function usualFolder({ roots }: RunContext): string {
  return join(roots.varLog, 'sentinel', 'incidents');
}

function made(folder: string, uid: number): string {
  const problem = makeFolder(folder) ?? objection(folder, uid);
  if (problem === null) return folder;
  throw new SentinelError('SNT-I020', `the folder of incidents ${folder} cannot be used: ${problem}`, {
    hint: 'name a folder of this user: SENTINEL_INCIDENTS, or `incidents { dir "…" }`',
  });
}

/** Whether it is there and good, or could be made. */
function couldUse(folder: string, uid: number): boolean {
  const why = objection(folder, uid);
  if (why !== 'ENOENT') return why === null;
  for (let parent = dirname(folder); ; parent = dirname(parent)) {
    try {
      accessSync(parent, constants.W_OK | constants.X_OK);
      return true;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || parent === dirname(parent)) return false;
    }
  }
}

/** Root may use that of the user that the daemon runs as. */
function objection(folder: string, uid: number): string | null {
  return objectionTo(folder, (owner) => owner === uid || uid === 0);
}
