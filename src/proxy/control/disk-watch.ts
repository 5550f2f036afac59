/**
 * Whether the files on disk are still what runs. Looks at the times and sizes of the files that took part, and of their
 * folders (an include may match a new file); only when one of them changed is the configuration read again.
 */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from '../../base/errors.ts';
import type { LoadResult } from '../../config/load.ts';
import type { Config } from '../../config/model.ts';
import { type ConfigLoader, type ConfigSource, filesOf } from './config-source.ts';

export interface DiskState {
  /** `null` = the configuration on disk cannot be read or is wrong. */
  readonly digest: string | null;
  readonly matches: boolean;
}

export class DiskWatch {
  readonly #source: ConfigSource;
  readonly #load: ConfigLoader;
  #files: readonly string[] = [];
  #signature = '';
  #digest: string | null = null;
  #config: Config | null = null;
  #looking: Promise<void> | null = null;

  constructor(source: ConfigSource, load: ConfigLoader) {
    this.#source = source;
    this.#load = load;
  }

  /** Takes note of what was just read. The next look reads once more, in case a file changed in between. */
  note(result: LoadResult): void {
    this.#digest = result.kind === 'ok' ? result.digest : null;
    this.#config = result.kind === 'ok' ? result.config : null;
    this.#files = filesOf(this.#source, result);
    this.#signature = '';
  }

  /** The files that took part when they were read last; none when the configuration comes from no file. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** What they said then; null when it cannot be read or is wrong. */
  get config(): Config | null {
    return this.#config;
  }

  /** The state on disk now; `null` when the configuration comes from no file. */
  async look(running: string): Promise<DiskState | null> {
    if (this.#files.length === 0) return null;
    this.#looking ??= this.#refresh().finally(() => {
      this.#looking = null;
    });
    await this.#looking;
    return { digest: this.#digest, matches: this.#digest === running };
  }

  async #refresh(): Promise<void> {
    const signature = await signatureOf(this.#files);
    if (signature === this.#signature) return;
    this.note(this.#load());
    this.#signature = signature;
  }
}

async function signatureOf(files: readonly string[]): Promise<string> {
  const paths = [...new Set([...files, ...files.map((file) => dirname(file))])].sort();
  const marks = await Promise.all(
    paths.map(async (path) => {
      try {
        const { ino, size, mtimeMs, ctimeMs } = await stat(path);
        return `${path} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
      } catch (error) {
        return `${path} ${errnoOf(error)}`;
      }
    }),
  );
  return marks.join('\n');
}
