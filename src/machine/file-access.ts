/**
 * Whether a user may read or write a file, by owner, group and mode of the file and of every folder on the way to it. Judges for
 * another user than who asks, so it asks no kernel; access lists and capabilities are not seen. Never throws.
 */
import { statSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errnoOf } from '../base/errors.ts';
import { groupName, type User, userName } from './users.ts';

export interface Access {
  /** Null = cannot be told: the file is not there, or this user may not look. */
  readonly allowed: boolean | null;
  readonly owner: string | null;
  /** `0640`; null where it is not there. */
  readonly mode: string | null;
  /** What stands in the way, a sentence without its full stop; null where nothing does. */
  readonly why: string | null;
}

const READ = 4;
const WRITE = 2;
const SEARCH = 1;

/** May `user` read this file? Links are followed. */
export function readAccess(path: string, user: User): Access {
  return accessTo(path, user, READ);
}

/** May `user` write this file, or make it where it is not there? */
export function writeAccess(path: string, user: User): Access {
  const facts = look(path);
  if (facts !== 'ENOENT') return accessTo(path, user, WRITE);
  const folder = nearestFolder(dirname(resolve(path)));
  const access = accessTo(folder, user, WRITE | SEARCH);
  return access.why === null
    ? { ...access, owner: null, mode: null }
    : { ...access, why: `${access.why}, and ${path} is not there` };
}

/** Something can only be made in it by who may write and enter it. */
export function folderAccess(path: string, user: User): Access {
  return look(path) === 'ENOENT' ? writeAccess(path, user) : accessTo(path, user, WRITE | SEARCH);
}

function accessTo(path: string, user: User, need: number): Access {
  const absolute = resolve(path);
  for (const folder of foldersTo(absolute)) {
    const facts = look(folder);
    if (typeof facts === 'string') return unseen(folder, facts);
    if (!permits(facts, user, SEARCH)) {
      const target = look(absolute);
      const seen = typeof target === 'string' ? { owner: null, mode: null } : dress(target);
      return { allowed: false, ...seen, why: `${user.name} may not enter ${folder} (${words(facts)})` };
    }
  }
  const facts = look(absolute);
  if (typeof facts === 'string') return unseen(absolute, facts);
  if (permits(facts, user, need)) return { allowed: true, ...dress(facts), why: null };
  const deed = need === READ ? 'read' : need === WRITE ? 'write' : 'write into';
  return { allowed: false, ...dress(facts), why: `${user.name} may not ${deed} ${absolute} (${words(facts)})` };
}

function unseen(path: string, code: string): Access {
  const why = code === 'ENOENT' ? `${path} is not there` : `${path} cannot be looked at (${code})`;
  return { allowed: null, owner: null, mode: null, why };
}

/** The first class that fits decides, as in the kernel. */
function permits(facts: Stats, user: User, need: number): boolean {
  if (user.uid === 0) return true;
  const shift = facts.uid === user.uid ? 6 : user.groups.has(facts.gid) ? 3 : 0;
  return ((facts.mode >> shift) & need) === need;
}

function dress(facts: Stats): { readonly owner: string; readonly mode: string } {
  return {
    owner: `${userName(facts.uid)}:${groupName(facts.gid)}`,
    mode: (facts.mode & 0o7777).toString(8).padStart(4, '0'),
  };
}

function words(facts: Stats): string {
  const { owner, mode } = dress(facts);
  return `${owner} ${mode}`;
}

function foldersTo(absolute: string): readonly string[] {
  const folders: string[] = [];
  for (let at = dirname(absolute); ; at = dirname(at)) {
    folders.unshift(at);
    if (at === dirname(at)) return folders;
  }
}

function nearestFolder(path: string): string {
  let at = path;
  while (look(at) === 'ENOENT' && at !== dirname(at)) at = dirname(at);
  return at;
}

function look(path: string): Stats | string {
  try {
    return statSync(path);
  } catch (error) {
    return errnoOf(error) ?? String(error);
  }
}
