/**
 * A rollback while no daemon runs: puts the files of a kept generation back, all of them or none, for the next start. Used by
 * `config rollback`; what runs is not its business.
 */
import { resolve } from 'node:path';
import { SentinelError } from '../../base/errors.ts';
import { findStateFolder, instanceFolder } from '../../base/state-folder.ts';
import { loadConfigFile } from '../../config/load.ts';
import { extraFiles, loadTexts, stateDirOf } from '../../history/boot.ts';
import type { HistoryFolders } from '../../history/folders.ts';
import type { Generation } from '../../history/generation.ts';
import { generationBefore } from '../../history/generation-before.ts';
import { replaceFiles } from '../../history/replacement.ts';
import { HistoryStore } from '../../history/store.ts';
import type { Invocation } from '../command.ts';
import { chooseConfig } from '../config-choice.ts';

export interface KeptFiles {
  /** As the operator named it. */
  readonly path: string;
  readonly folders: HistoryFolders;
  readonly generation: Generation;
  /** Why the next start would not take it; null when it would. */
  readonly problem: string | null;
}

/**
 * What is to be put back.
 * @param wanted Its number; else the one before the newest.
 * @throws SNT-C001 no file is named or found · SNT-A025 there is none · SNT-P018 it cannot be read
 */
export function keptFiles(invocation: Invocation, wanted: number | null): KeptFiles {
  const { context, directory } = invocation;
  const { environment } = context;
  const { path } = chooseConfig(invocation);
  if (path === null) {
    throw new SentinelError('SNT-C001', 'no daemon answers, and no configuration file is named or found', {
      hint: 'name the file of the daemon: sentinel config rollback -c FILE',
    });
  }
  const absolute = resolve(directory, path);
  const find = (): string | null => {
    const folder = findStateFolder(context, stateDirOf(loadConfigFile(absolute, environment), absolute));
    return folder === null ? null : instanceFolder(folder, absolute);
  };
  const ensure = (): string => {
    const folder = find();
    if (folder !== null) return folder;
    throw new SentinelError('SNT-A025', `there is no folder for state that this user may use for ${path}`);
  };
  const folders = { find, ensure };
  const store = new HistoryStore(folders);
  const newest = store.newest();
  const running = newest === null ? null : { generation: newest.number, digest: newest.digest };
  const number = wanted ?? (running === null ? null : generationBefore(store.list().generations, running));
  if (number === null) {
    throw new SentinelError('SNT-A025', `the history of ${path} has no generation to go back to`, {
      hint: 'sentinel config history',
    });
  }
  const generation = store.read(number);
  const loaded = loadTexts(absolute, generation.files, environment);
  return { path, folders, generation, problem: loaded.kind === 'ok' ? null : problemOf(loaded) };
}

/** @throws SNT-P020 */
export function putFilesBack(invocation: Invocation, { path, folders, generation }: KeptFiles): void {
  const { environment } = invocation.context;
  const absolute = resolve(invocation.directory, path);
  replaceFiles(folders, generation, extraFiles(absolute, generation.files, environment));
}

function problemOf(loaded: Exclude<ReturnType<typeof loadTexts>, { kind: 'ok' }>): string {
  if (loaded.kind === 'unreadable') return loaded.error.message;
  const [first] = loaded.diagnostics.filter(({ level }) => level === 'error');
  return first?.message ?? 'it has mistakes';
}
