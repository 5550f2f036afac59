/**
 * What comes with the program: runbooks, manual pages, its own threads. Beside it in a package, inside it in the single binary, where a path
 * begins with `sentinel:/`. Everybody who reads such a file reads it here; files of other people are read as any other.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getAsset, getAssetKeys, isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

/** Whether this is the single binary, which is its own Node and needs no file beside it. */
export const isSingleBinary = isSea();

const INSIDE = 'sentinel:/';
/** The same from `src` and from `dist`. */
const root = isSingleBinary ? INSIDE : fileURLToPath(new URL('../../', import.meta.url));

/** Where it is, for the functions below and for people. @param name `runbooks`, `package.json` */
export function packagePath(name: string): string {
  return isSingleBinary ? `${INSIDE}${name}` : join(root, name);
}

/** Names in a folder, sorted. @throws as `readdir` */
export function namesIn(folder: string): readonly string[] {
  if (!folder.startsWith(INSIDE)) return readdirSync(folder).sort();
  const prefix = `${folder.slice(INSIDE.length)}/`;
  return getAssetKeys()
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length))
    .sort();
}

/** @throws as `readFile` */
export function bytesOf(path: string): Buffer {
  return path.startsWith(INSIDE) ? Buffer.from(getAsset(path.slice(INSIDE.length))) : readFileSync(path);
}

/** A name in a folder of either kind. */
export function pathIn(folder: string, name: string): string {
  return folder.startsWith(INSIDE) ? `${folder}/${name}` : join(folder, name);
}

/**
 * The entry of a thread: the file itself, or the text of it, where there are no files.
 * @param file the one beside the caller · @param name what the binary calls it
 */
export function threadEntry(file: () => URL, name: string): URL {
  if (!isSingleBinary) return file();
  return new URL(`data:text/javascript;base64,${bytesOf(packagePath(name)).toString('base64')}`);
}
