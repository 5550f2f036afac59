/**
 * Whether the files on disk are still what runs. Looks at the times and sizes of the files that took part (certificates
 * and whatever else the text names included), and of those that an include finds since; only when one of them changed is the configuration read again.
 */
import { redactText } from '../../base/redaction.ts';
import type { Include } from '../../config/documents.ts';
import { fileSystem } from '../../config/files.ts';
import type { LoadResult } from '../../config/load.ts';
import { marksOf } from './certificates/file-marks.ts';
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
  #includes: readonly Include[] = [];
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
    // Of a file that cannot be read nothing is known but what it included before.
    if (result.kind !== 'unreadable') this.#includes = result.includes;
    this.#signature = '';
  }

  /** Absolute: the files that took part when they were read last, and those that would take part now; none when the configuration comes from no file. */
  watched(): readonly string[] {
    const found = this.#includes.flatMap(({ pattern, directory }) => fileSystem.list(pattern, directory));
    return [...new Set([...this.#files, ...found])].sort();
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
    const signature = await marksOf(this.watched());
    if (signature === this.#signature) return;
    this.note(this.#load());
    this.#signature = signature;
  }
}
