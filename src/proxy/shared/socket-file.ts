/** The file of a unix socket: whoever made it removes it, and only while it is still the same one. */
import { lstatSync, rmSync } from 'node:fs';

/** The number of the file at `path`; null = there is none. */
export function inodeOf(path: string): number | null {
  return lstatSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

/** Removes the socket at `path` unless somebody has put another one there. @param inode null = none was made */
export function removeSocketFile(path: string, inode: number | null): void {
  if (inode !== null && inodeOf(path) === inode) rmSync(path, { force: true });
}
