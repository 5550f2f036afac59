/**
 * Whether a runbook file may have something on a code, by its bare text: quick, and without anything that reads Markdown. Asked by
 * `sentinel explain` before it loads the rest. May say yes too often, never no too often.
 */
import { bytesOf, namesIn, pathIn } from '../../base/package-files.ts';

/** Names of runbooks, and whether one of them has the word. */
export function runbooksMention(word: string, folders: readonly string[]): boolean {
  return folders.some((folder) => files(folder).some((file) => text(pathIn(folder, file)).includes(word)));
}

/** A file in one of the folders has this id for a name. */
export function runbookFileExists(id: string, folders: readonly string[]): boolean {
  return folders.some((folder) => files(folder).includes(`${id}.md`));
}

/** What cannot be read has nothing to say here; `sentinel runbook lint` tells why. */
function files(folder: string): readonly string[] {
  try {
    return namesIn(folder).filter((name) => name.endsWith('.md'));
  } catch {
    return [];
  }
}

function text(file: string): string {
  try {
    return bytesOf(file).toString();
  } catch {
    return '';
  }
}
