/**
 * Where the history of a daemon is for somebody else than the daemon: who reads it need not be able to write there. Finds; makes
 * nothing.
 */
import { existsSync } from 'node:fs';
import type { RunContext } from '../base/run-files.ts';
import { instanceFolder, stateFolders } from '../base/state-folder.ts';
import type { HistoryFolders } from './folders.ts';

/** @param identity As for `instanceFolder`. */
export function foldersToRead(context: RunContext, stateDir: string | null, identity: string): HistoryFolders {
  const places = stateFolders(context, stateDir).map((folder) => instanceFolder(folder, identity));
  const found = places.find((place) => existsSync(place)) ?? null;
  return {
    find: () => found,
    ensure() {
      throw new Error('the history is only read here');
    },
  };
}
