/**
 * Whether a folder is one that this user may keep things in: made here, or there and nobody else's to write. For the folders of
 * state and of incidents; knows not what is in them.
 */
import { accessSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { errnoOf } from './errors.ts';

/** Makes it with mode 0700 where it is not there. @returns Why it could not be made; null = it is there */
export function makeFolder(folder: string): string | null {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return null;
  } catch (error) {
    return errnoOf(error) ?? String(error);
  }
}

/**
 * Why the folder cannot be used, or null. Who may write there could put a file of their own in place of ours.
 * @param mayBeOf Whether it may belong to the user of this id
 */
export function objectionTo(folder: string, mayBeOf: (owner: number) => boolean): string | null {
  try {
    const facts = lstatSync(folder);
    if (!facts.isDirectory()) return 'not a folder';
    if (!mayBeOf(facts.uid)) return `belongs to user ${facts.uid}`;
    if ((facts.mode & 0o022) !== 0) return 'others may write there';
    accessSync(folder, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return errnoOf(error) ?? String(error);
  }
}
