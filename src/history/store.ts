/**
 * The generations that are kept: one file each, written whole, in the folder `history` of the daemon's own. Daemon and commands
 * read here; the daemon alone writes. What cannot be read is named and never fatal.
 */
import { closeSync, constants, mkdirSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type FileSteps, isDraftOf, removeFile, systemSteps, writeFileAtomically } from '../base/atomic-file.ts';
import { errnoOf, SentinelError } from '../base/errors.ts';
import { readPlainFile } from '../base/plain-file.ts';
import { generationsFolder, type HistoryFolders } from './folders.ts';
import type { Generation, GenerationHead } from './generation.ts';
import { decodeGeneration, decodeHead, encodeGeneration } from './generation-file.ts';

/** The facts of a generation with a thousand included files stay below this. */
const HEAD_BYTES = 4 << 20;
/** All files of the largest configuration, many times over. */
const MOST_BYTES = 256 << 20;
const CHUNK = 16 << 10;
const name = /^(\d{8})\.generation$/;

export interface HistoryList {
  /** Newest first. */
  readonly generations: readonly GenerationHead[];
  /** Files that say nothing: which, and why. */
  readonly unreadable: readonly { readonly file: string; readonly why: string }[];
}

export class HistoryStore {
  readonly #folders: HistoryFolders;
  readonly #steps: FileSteps;

  constructor(folders: HistoryFolders, steps: FileSteps = systemSteps) {
    this.#folders = folders;
    this.#steps = steps;
  }

  /** Where the files are, or would be; null when there is no folder for state. */
  get folder(): string | null {
    const instance = this.#folders.find();
    return instance === null ? null : generationsFolder(instance);
  }

  list(): HistoryList {
    const { folder } = this;
    const generations: GenerationHead[] = [];
    const unreadable: { file: string; why: string }[] = [];
    const { numbers, problem } = this.#numbers();
    if (problem !== null) unreadable.push({ file: folder ?? '', why: problem });
    for (const number of numbers) {
      const file = join(folder ?? '', fileName(number));
      try {
        generations.push(decodeHead(firstLine(file)));
      } catch (error) {
        // Gone since the folder was read.
        if (errnoOf(error) !== 'ENOENT') unreadable.push({ file, why: whyOf(error) });
      }
    }
    return { generations, unreadable };
  }

  /** @throws SNT-P018 it is not kept, or cannot be read */
  read(number: number): Generation {
    const { folder } = this;
    const file = folder === null ? null : join(folder, fileName(number));
    try {
      if (file === null) throw new Error('there is no folder for state');
      return decodeGeneration(readPlainFile(file, MOST_BYTES).toString('utf8'));
    } catch (error) {
      const why = errnoOf(error) === 'ENOENT' ? `expected it in ${file}` : whyOf(error);
      throw new SentinelError('SNT-P018', `generation ${number} cannot be had from the history: ${why}`, {
        hint: 'sentinel config history',
      });
    }
  }

  /** The newest that can be read; null when there is none. */
  newest(): GenerationHead | null {
    for (const number of this.#numbers().numbers) {
      try {
        return decodeHead(firstLine(join(this.folder ?? '', fileName(number))));
      } catch {
        // `list` names it; the one before is the newest that helps anybody.
      }
    }
    return null;
  }

  /** The newest with this digest that can be read whole; null when there is none. */
  withDigest(digest: string): Generation | null {
    for (const head of this.list().generations) {
      if (head.digest !== digest) continue;
      try {
        return this.read(head.number);
      } catch {
        // Another one may have the same texts.
      }
    }
    return null;
  }

  /** The number of what is put in force at a start: that of the newest if it is the same text, else the next. */
  numberFor(digest: string): number {
    const newest = this.newest();
    return newest?.digest === digest && newest.number === this.#last() ? newest.number : this.#last() + 1;
  }

  /** Keeps one, on disk when this returns. @throws SNT-P019 */
  record(generation: Generation): void {
    try {
      const folder = generationsFolder(this.#folders.ensure());
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileAtomically(join(folder, fileName(generation.number)), encodeGeneration(generation), 0o600, this.#steps);
    } catch (error) {
      throw new SentinelError(
        'SNT-P019',
        `generation ${generation.number} could not be written to the history (${this.folder ?? 'no folder'}): ${whyOf(error)}`,
        { hint: 'sentinel config history' },
      );
    }
  }

  /**
   * Leaves `keep` files: first of all those go whose text the next one has again, then the oldest.
   * @param held Numbers that stay whatever their age.
   * @throws SNT-P019
   */
  prune(keep: number, held: ReadonlySet<number> = new Set()): void {
    const { folder } = this;
    const { numbers } = this.#numbers();
    this.#sweep();
    let surplus = numbers.length - keep;
    if (folder === null || surplus <= 0) return;
    const digests = new Map(this.list().generations.map(({ number, digest }) => [number, digest]));
    const free = numbers.filter((number) => !held.has(number) && number !== numbers[0]).reverse();
    const repeated = free.filter((number) => {
      const digest = digests.get(number);
      return digest !== undefined && digest === digests.get(number + 1);
    });
    for (const number of new Set([...repeated, ...free])) {
      if (surplus-- <= 0) return;
      try {
        removeFile(join(folder, fileName(number)), this.#steps);
      } catch (error) {
        throw new SentinelError('SNT-P019', `generation ${number} could not be removed: ${whyOf(error)}`);
      }
    }
  }

  /** The highest number of any file, readable or not; 0 when there is none. */
  #last(): number {
    return this.#numbers().numbers[0] ?? 0;
  }

  /** Newest first. */
  #numbers(): { readonly numbers: readonly number[]; readonly problem: string | null } {
    const { folder } = this;
    if (folder === null) return { numbers: [], problem: null };
    try {
      const numbers = readdirSync(folder).flatMap((file) => {
        const found = name.exec(file);
        return found === null ? [] : [Number(found[1])];
      });
      return { numbers: numbers.sort((a, b) => b - a), problem: null };
    } catch (error) {
      return { numbers: [], problem: errnoOf(error) === 'ENOENT' ? null : whyOf(error) };
    }
  }

  /** Takes away what a write left that was cut off by the end of the process. */
  #sweep(): void {
    const { folder } = this;
    if (folder === null) return;
    for (const file of readdirSync(folder)) {
      const [, number = ''] = /^\.(\d{8}\.generation)\./.exec(file) ?? [];
      if (number !== '' && isDraftOf(file, number)) this.#steps.remove(join(folder, file));
    }
  }
}

function fileName(number: number): string {
  return `${String(number).padStart(8, '0')}.generation`;
}

function firstLine(file: string): string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const chunks: Buffer[] = [];
    for (let length = 0; length < HEAD_BYTES; ) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const count = readSync(fd, chunk, 0, CHUNK, null);
      const end = chunk.subarray(0, count).indexOf(0x0a);
      chunks.push(chunk.subarray(0, end >= 0 ? end : count));
      length += count;
      if (end >= 0) return Buffer.concat(chunks).toString('utf8');
      if (count === 0) break;
    }
    throw new Error('its first line does not end');
  } finally {
    closeSync(fd);
  }
}

function whyOf(error: unknown): string {
  return errnoOf(error) ?? (error instanceof Error ? error.message : String(error));
}
