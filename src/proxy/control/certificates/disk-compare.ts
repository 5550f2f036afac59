/**
 * Whether certificate files hold now what was loaded. Files are read again only when `stat` says that they have changed, so
 * that status and scrapes may ask as often as they like. Asked by the admin API; changes nothing.
 */
import type { Config } from '../../../config/model.ts';
import type { Certificates } from './certificates.ts';
import { marksOf } from './file-marks.ts';
import { type Held, type Reading, useKey } from './reading.ts';
import { certFilesOf } from './uses.ts';

export interface Compared {
  /** Null = the files cannot be used. */
  readonly same: boolean | null;
  readonly why: string | null;
}

export class DiskCompare {
  readonly #certificates: Pick<Certificates, 'onDisk' | 'held'>;
  #marks: string | null = null;
  #config: Config | null = null;
  #disk: Reading | null = null;

  constructor(certificates: Pick<Certificates, 'onDisk' | 'held'>) {
    this.#certificates = certificates;
  }

  /** Looks at the files of the configuration in force; the result judges one use after the other. */
  async look(config: Config): Promise<(held: Held) => Compared> {
    const marks = await marksOf(certFilesOf(config));
    if (this.#disk === null || config !== this.#config || marks !== this.#marks) {
      this.#disk = this.#certificates.onDisk();
      this.#marks = marks;
      this.#config = config;
    }
    const digests = new Map(this.#disk.held.map(({ use, digest }) => [useKey(use), digest]));
    const faults = new Map(this.#disk.unusable.map(({ use, fault }) => [useKey(use), fault.message]));
    return ({ use, digest }) => {
      // Authorities whose revocation lists cannot be used cannot be reloaded either.
      const lists = use.source === 'client_ca' ? faults.get(useKey({ ...use, source: 'client_crl' })) : undefined;
      const why = faults.get(useKey(use)) ?? lists;
      return why === undefined ? { same: digests.get(useKey(use)) === digest, why: null } : { same: null, why };
    };
  }
}
