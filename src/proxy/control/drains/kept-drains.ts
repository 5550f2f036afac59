/** The drains in force on disk, so that a restart forgets none. Called by `drains.ts` alone. */
import { join } from 'node:path';
import { SentinelError } from '../../../base/errors.ts';
import type { InstanceFolder } from '../instance-folder.ts';
import type { Log } from '../logging.ts';
import { StateFile } from '../state-file.ts';
import { type DrainRecord, parseRecords } from './drain-record.ts';

const fileName = 'drains.json';

export class KeptDrains {
  readonly #folder: InstanceFolder;
  readonly #log: Log;
  /** Nothing is written while there was never anything to keep. */
  #any = false;

  constructor(folder: InstanceFolder, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  /** What was kept, and why it could not be read; then its targets take requests again. */
  load(): { readonly records: readonly DrainRecord[]; readonly lost: string | null } {
    const folder = this.#folder.find();
    if (folder === null) return { records: [], lost: null };
    const { value, problem } = fileIn(folder).read();
    if (problem !== null) this.#log.error('Drains of the process before are lost', { event: 'drains_lost', problem });
    this.#any = value !== null;
    return { records: value ?? [], lost: problem };
  }

  /** Why they would not outlive the process; null when they do. */
  save(records: readonly DrainRecord[]): string | null {
    if (records.length === 0 && !this.#any) return null;
    this.#any = true;
    try {
      fileIn(this.#folder.ensure()).write(records);
      return null;
    } catch (error) {
      const why = error instanceof SentinelError ? error.message : String(error);
      return `drains would not outlive a restart: ${why}`;
    }
  }
}

function fileIn(folder: string): StateFile<readonly DrainRecord[]> {
  return new StateFile({ path: join(folder, fileName), schema: 'sentinel.drains/1', parse: parseRecords });
}
