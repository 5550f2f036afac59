/**
 * `config.kdl.backup` beside the configuration file: the newest text that has proven good, for whoever copies it back by hand.
 * Where the folder cannot be written, among the files of the daemon. Decides nothing about what is good.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type FileSteps, systemSteps, writeFileAtomically } from '../base/atomic-file.ts';
import { errnoOf } from '../base/errors.ts';
import { textOf } from './disk-text.ts';
import type { HistoryFolders } from './folders.ts';

export interface BackupPlaces {
  /** Absolute path of the configuration file. */
  readonly config: string;
  readonly folders: HistoryFolders;
}

/** Where it is looked for first. */
export function backupPath(config: string): string {
  return `${config}.backup`;
}

/** The text of the backup, wherever it is; null when there is none. */
export function readBackup({ config, folders }: BackupPlaces): string | null {
  const instance = folders.find();
  const others = instance === null ? [] : [fallbackPath(instance, config)];
  for (const path of [backupPath(config), ...others]) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // Missing or not ours to read: as good as none.
    }
  }
  return null;
}

/**
 * Writes it unless it says the same already.
 * @returns A remark for people when it could not be written beside the file; null when it is there.
 */
export function writeBackup(
  { config, folders }: BackupPlaces,
  text: string,
  steps: FileSteps = systemSteps,
): string | null {
  const path = backupPath(config);
  try {
    if (textOf(path) !== text) writeFileAtomically(path, text, modeOf(config), steps);
    return null;
  } catch (error) {
    const why = errnoOf(error) ?? String(error);
    try {
      const other = fallbackPath(folders.ensure(), config);
      if (textOf(other) !== text) writeFileAtomically(other, text, 0o600, steps);
      return `${path} cannot be written (${why}); the backup of the last good configuration is ${other}`;
    } catch {
      return `${path} cannot be written (${why}), and neither can the state folder: there is no backup of the last good configuration`;
    }
  }
}

/** Where it is where the folder of the file cannot be written. */
export function fallbackPath(instance: string, config: string): string {
  return join(instance, `${basename(config)}.backup`);
}

/** What may read the file may read the backup, and nobody else. */
function modeOf(config: string): number {
  try {
    return statSync(config).mode & 0o666;
  } catch {
    return 0o600;
  }
}
