/**
 * Where the files of a running daemon live: `/run/sentinel`, else `$XDG_RUNTIME_DIR/sentinel`, else `/tmp/sentinel-$UID`.
 * Daemon and CLI look in the same order. Knows paths and owners; opens no socket.
 */
import { accessSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Environment, variable } from './environment.ts';
import { errnoOf, SentinelError } from './errors.ts';

/** Where the system's own folders are; tests name others. */
export interface SystemRoots {
  /** `/run` */
  readonly run: string;
  /** `/var/run`: where runbooks look for the pid file. */
  readonly varRun: string;
  /** `/var/lib`: where state that outlives the process goes. */
  readonly varLib: string;
  /** `/var/log`: where incidents are written down. */
  readonly varLog: string;
  /** `/tmp` */
  readonly tmp: string;
}

export const systemRoots: SystemRoots = {
  run: '/run',
  varRun: '/var/run',
  varLib: '/var/lib',
  varLog: '/var/log',
  tmp: '/tmp',
};

/** Who asks: settled once, passed in. */
export interface RunContext {
  readonly environment: Environment;
  readonly uid: number;
  readonly roots: SystemRoots;
}

/** The folders in the order in which they are tried. */
export function runFolders(context: RunContext): readonly string[] {
  const xdg = variable(context.environment, 'XDG_RUNTIME_DIR');
  return [
    join(context.roots.run, 'sentinel'),
    ...(xdg === undefined ? [] : [join(xdg, 'sentinel')]),
    join(context.roots.tmp, `sentinel-${context.uid}`),
  ];
}

/** The admin sockets that a client tries, in order: the one that the environment names, or else one per folder. */
export function adminSocketCandidates(context: RunContext): readonly string[] {
  const named = variable(context.environment, 'SENTINEL_ADMIN_SOCKET');
  if (named !== undefined) return [named];
  return runFolders(context).map((folder) => join(folder, 'admin.sock'));
}

/**
 * The first folder that can be made or written; made with mode 0755 under `/run` and 0700 elsewhere.
 * @throws SNT-P001 when none can
 */
export function ensureRunFolder(context: RunContext): string {
  const tried: string[] = [];
  for (const [index, folder] of runFolders(context).entries()) {
    const problem = prepareFolder(folder, index === 0 ? 0o755 : 0o700, context.uid);
    if (problem === null) return folder;
    tried.push(`${folder}: ${problem}`);
  }
  throw new SentinelError('SNT-P001', `no folder for run-time files could be used (${tried.join('; ')})`, {
    hint: 'name a socket with SENTINEL_ADMIN_SOCKET, or set XDG_RUNTIME_DIR to a folder of your own',
  });
}

/** Makes the folder if it is missing; says why it cannot be used, or `null`. A folder of somebody else is refused. */
function prepareFolder(folder: string, mode: number, uid: number): string | null {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') return errnoOf(error) ?? String(error);
  }
  try {
    const facts = lstatSync(folder);
    if (!facts.isDirectory()) return 'not a folder';
    // A folder in a place where everybody may write could have been planted.
    if (mode === 0o700 && facts.uid !== uid) return `belongs to user ${facts.uid}`;
    if (mode === 0o700 && (facts.mode & 0o077) !== 0) return 'may be entered by others';
    accessSync(folder, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return errnoOf(error) ?? String(error);
  }
}
