/**
 * One JSON file of what outlives the process (drains, overrides): read once, written whole. A file that makes no sense is put
 * aside, so that nothing overwrites it. What is in it belongs to its owner.
 */
import { readFileSync, renameSync } from 'node:fs';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { errnoOf } from '../../base/errors.ts';

export interface StateReading<T> {
  /** Null = there is none, or it could not be read. */
  readonly value: T | null;
  /** Why it could not be read; null when it was, or when there is none. */
  readonly problem: string | null;
}

export interface StateFileOptions<T> {
  /** Absolute. */
  readonly path: string;
  /** `sentinel.drains/1`: a file with another one is not ours. */
  readonly schema: string;
  /** Throws when the value is not what was written. */
  readonly parse: (value: unknown) => T;
}

export class StateFile<T> {
  readonly #options: StateFileOptions<T>;

  constructor(options: StateFileOptions<T>) {
    this.#options = options;
  }

  read(): StateReading<T> {
    const { path, schema, parse } = this.#options;
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      const gone = errnoOf(error) === 'ENOENT';
      return { value: null, problem: gone ? null : `cannot read ${path}: ${errnoOf(error) ?? String(error)}` };
    }
    try {
      const file = JSON.parse(text) as { schema?: unknown; value?: unknown } | null;
      if (file?.schema !== schema) throw new Error('another schema');
      return { value: parse(file.value), problem: null };
    } catch {
      return { value: null, problem: this.#putAside() };
    }
  }

  /** @throws the system error; the file is then as it was */
  write(value: T): void {
    const { path, schema } = this.#options;
    writeFileAtomically(path, `${JSON.stringify({ schema, value }, null, 1)}\n`, 0o600);
  }

  #putAside(): string {
    const { path, schema } = this.#options;
    const aside = `${path}.unusable`;
    try {
      renameSync(path, aside);
      return `${path} does not hold ${schema}; it is ${aside} now`;
    } catch (error) {
      return `${path} does not hold ${schema}, and cannot be put aside: ${errnoOf(error) ?? String(error)}`;
    }
  }
}
