/** Where the history of one daemon lies, inside its folder. Names only. */
import { join } from 'node:path';

/** Where a daemon keeps what belongs to its configuration. */
export interface HistoryFolders {
  /** To read from; null when there is none. */
  find(): string | null;
  /** To write to. @throws SNT-P014 */
  ensure(): string;
}

export function generationsFolder(instance: string): string {
  return join(instance, 'history');
}

/** There is one while a configuration waits for its confirmation. */
export function pendingPath(instance: string): string {
  return join(instance, 'pending.json');
}

/** There is one while files on disk are being replaced. */
export function intentPath(instance: string): string {
  return join(instance, 'replacing.json');
}
