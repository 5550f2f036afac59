/**
 * Which daemon was last behind an admin socket, by what daemons wrote down of their runs: for whoever finds nobody there and does
 * not know which configuration it was. Reads records; knows no process.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { instancesFolder } from '../base/state-folder.ts';
import { readRunRecord, type RunRecord } from './run-record.ts';

/**
 * The newest run that listened on one of `sockets`; null = none is written down in these folders, or none can be read.
 * @param folders State folders, as `stateFolders` names them.
 */
export function lastRunBehind(folders: readonly string[], sockets: readonly string[]): RunRecord | null {
  const runs = folders.flatMap((folder) => {
    const instances = instancesFolder(folder);
    return namesIn(instances).flatMap((name) => readRunRecord(join(instances, name)).value ?? []);
  });
  return runs
    .filter(({ admin_socket: socket }) => socket !== null && sockets.includes(socket))
    .reduce<RunRecord | null>(
      (newest, run) => (newest === null || Date.parse(run.started_at) > Date.parse(newest.started_at) ? run : newest),
      null,
    );
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
