/** Users and groups as the files of the machine name them. Who is known only to a directory elsewhere goes by number. Never throws. */
import { readText } from './kernel-file.ts';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** All groups, the first one among them. */
  readonly groups: ReadonlySet<number>;
}

/** @param folder `/etc` */
export function userByName(name: string, folder = '/etc'): User | null {
  return find((entry) => entry.name === name, folder);
}

/** @param folder `/etc` */
export function userById(uid: number, folder = '/etc'): User | null {
  return find((entry) => entry.uid === uid, folder);
}

/** The name of a user; its number where it has none. */
export function userName(uid: number, folder = '/etc'): string {
  return userById(uid, folder)?.name ?? String(uid);
}

/** The name of a group; its number where it has none. */
export function groupName(gid: number, folder = '/etc'): string {
  const line = lines(`${folder}/group`).find(([, , id]) => Number(id) === gid);
  return line?.[0] ?? String(gid);
}

function find(fits: (entry: { name: string; uid: number }) => boolean, folder: string): User | null {
  for (const [name = '', , uid, gid] of lines(`${folder}/passwd`)) {
    if (!fits({ name, uid: Number(uid) })) continue;
    const more = lines(`${folder}/group`).filter(([, , , members = '']) => members.split(',').includes(name));
    const groups = new Set([Number(gid), ...more.map(([, , id]) => Number(id))]);
    return { name, uid: Number(uid), gid: Number(gid), groups };
  }
  return null;
}

function lines(path: string): readonly (readonly string[])[] {
  const read = readText(path);
  if (!('value' in read)) return [];
  return read.value
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'));
}
