/**
 * Whether files have changed, told by what `stat` says of them: cheap enough to be asked every second, and true through
 * renames, flips of symbolic links and network file systems, of which no notification tells. Reads no file.
 */
import { stat } from 'node:fs/promises';
import { errnoOf } from '../../../base/errors.ts';

/** Identity, size and times of one file as text, or why there is none. Follows symbolic links. */
async function markOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path);
    return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch (error) {
    return String(errnoOf(error));
  }
}

/** The marks of several files as one text. */
export async function marksOf(paths: readonly string[]): Promise<string> {
  return (await Promise.all(paths.map(async (path) => `${path} ${await markOf(path)}`))).join('\n');
}
