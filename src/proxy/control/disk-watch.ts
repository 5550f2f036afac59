/**
 * Whether the files on disk are still what runs. Looks at the times and sizes of the files that took part, and of their
 * folders (an include may match a new file); only when one of them changed is the configuration read again.
 */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from '../../base/errors.ts';
import { redactText } from '../../base/redaction.ts';
import type { LoadResult } from '../../config/load.ts';
import { type ConfigLoader, type ConfigSource, filesOf, problemsOf } from './config-source.ts';

export interface DiskState {
  /** `null` = the configuration on disk cannot be read or is wrong. */
  readonly digest: string | null;
  readonly matches: boolean;
  /** Why the next start would not load it, a line each; empty when it would. */
  readonly problems: readonly string[];
}

export class DiskWatch {
  /** Told what each look has found (`disk-news.ts`). */
  onLook: ((found: DiskState, running: string) => void) | null = null;
  readonly #source: ConfigSource;
  readonly #load: ConfigLoader;
  #files: readonly string[] = [];
  #signature = '';
  #digest: string | null = null;
  #unfit = false;
  #problems: readonly string[] = [];
  #looking: Promise<void> | null = null;

  constructor(source: ConfigSource, load: ConfigLoader) {
    this.#source = source;
    this.#load = load;
  }

  /** Takes note of what was just read. The next look reads once more, in case a file changed in between. */
  note(result: LoadResult): void {
    // Where certificates cannot be used, the text is still what it is.
    this.#digest = result.kind === 'unreadable' ? null : result.digest;
    this.#unfit = result.kind === 'invalid' && result.digest !== null;
    this.#problems = problemsOf(result).map(redactText);
    this.#files = filesOf(this.#source, result);
    this.#signature = '';
  }

  /** The files that took part when they were read last; none when the configuration comes from no file. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** They were right then, but certificate files that they name could not be used. */
  get unfit(): boolean {
    return this.#unfit;
  }

  /** Has the next look read once more: what the files name has changed. */
  again(): void {
    this.#signature = '';
  }

  /** The state on disk now; `null` when the configuration comes from no file. */
  async look(running: string): Promise<DiskState | null> {
    if (this.#files.length === 0) return null;
    this.#looking ??= this.#refresh().finally(() => {
      this.#looking = null;
    });
    await this.#looking;
    const found = { digest: this.#digest, matches: this.#digest === running, problems: this.#problems };
    this.onLook?.(found, running);
    return found;
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
