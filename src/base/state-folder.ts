/**
 * Where what outlives the process is kept (keys, run-time block lists): the configured `state-dir` alone, or else
 * `/var/lib/sentinel`, `$XDG_STATE_HOME/sentinel`, `~/.local/state/sentinel`. Knows folders and owners, not what is in them.
 */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { variable } from './environment.ts';
import { SentinelError } from './errors.ts';
import { makeFolder, objectionTo } from './own-folder.ts';
import type { RunContext } from './run-files.ts';

/** The folders in the order in which they are tried. */
export function stateFolders(context: RunContext, configured: string | null): readonly string[] {
  if (configured !== null) return [configured];
  const xdg = variable(context.environment, 'XDG_STATE_HOME');
  const home = variable(context.environment, 'HOME');
  return [
    join(context.roots.varLib, 'sentinel'),
    ...(xdg === undefined ? [] : [join(xdg, 'sentinel')]),
    ...(home === undefined ? [] : [join(home, '.local', 'state', 'sentinel')]),
  ];
}

/** Folders that are there, come before the one that is used, and cannot be used themselves: what was kept there is not read. */
export function unusableStateFolders(
  context: RunContext,
  configured: string | null,
): readonly { readonly folder: string; readonly why: string }[] {
  const passed: { folder: string; why: string }[] = [];
  for (const folder of stateFolders(context, configured)) {
    const why = objectionTo(folder, (owner) => owner === context.uid);
    if (why === null) break;
    if (why !== 'ENOENT') passed.push({ folder, why });
  }
  return passed;
}

/** The first of the folders that is there and can be used; null when none is. Makes nothing. */
export function findStateFolder(context: RunContext, configured: string | null): string | null {
  return (
    stateFolders(context, configured).find(
      (folder) => objectionTo(folder, (owner) => owner === context.uid) === null,
    ) ?? null
  );
}

/**
 * The first of the folders that is there or can be made; made with mode 0700.
 * @throws SNT-P014 when none can
 */
export function ensureStateFolder(context: RunContext, configured: string | null): string {
  const tried: string[] = [];
  for (const folder of stateFolders(context, configured)) {
    const problem = makeFolder(folder) ?? objectionTo(folder, (owner) => owner === context.uid);
    if (problem === null) return folder;
    tried.push(`${folder}: ${problem}`);
  }
  throw new SentinelError('SNT-P014', `no folder for state could be used (${tried.join('; ') || 'none is named'})`, {
    hint: 'name a folder of this user with `state-dir`',
  });
}

/**
 * The folder, inside the state folder, of one daemon: what belongs to its configuration (history, drains, overrides) must not
 * mix with that of another daemon of the same user.
 * @param identity Absolute path of its configuration file; what else it runs from (`built-in`, `to 127.0.0.1:3000`) without one.
 */
export function instanceFolder(stateFolder: string, identity: string): string {
  const slug = basename(identity, '.kdl')
    .replaceAll(/[^A-Za-z0-9.-]+/g, '-')
    .slice(0, 40);
  const mark = createHash('sha256').update(identity).digest('hex').slice(0, 8);
  return join(instancesFolder(stateFolder), `${slug}-${mark}`);
}

/** Where the folders of all daemons of this user are. */
export function instancesFolder(stateFolder: string): string {
  return join(stateFolder, 'instances');
}
