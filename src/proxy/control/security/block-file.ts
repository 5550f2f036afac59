/**
 * The block file of the configuration in force: read when a configuration names it, and again by itself when it changes. A
 * file that cannot be used leaves the list that was read before. Tells `security.ts`; changes no plan.
 */
import { readFile, stat } from 'node:fs/promises';
import { errnoOf } from '../../../base/errors.ts';
import { maxBlockFileBytes, readBlockLines } from '../../../config/block-file.ts';
import { buildAddressSet } from '../../shared/address-set.ts';
import { type Network, parseNetwork } from '../../shared/network.ts';

/** What was read of a file. */
export interface BlockFileReading {
  /** Null = it holds nothing, or nothing of it could be read yet. */
  readonly set: SharedArrayBuffer | null;
  readonly networks: number;
  /** Why the last reading changed nothing, `file:line: …`; empty when it was good. */
  readonly problems: readonly string[];
}

const unread: BlockFileReading = { set: null, networks: 0, problems: [] };
/** More lines say nothing new in a log. */
const MAX_PROBLEMS = 10;

export class BlockFile {
  readonly path: string;
  #reading: BlockFileReading = unread;
  /** Of the file as it was read, and as it was seen last. */
  #read = '';
  #seen = '';
  #looking = false;

  constructor(path: string) {
    this.path = path;
  }

  get reading(): BlockFileReading {
    return this.#reading;
  }

  /** Reads the file. Resolves with whether the list has changed; never rejects. */
  async load(): Promise<boolean> {
    const before = this.#reading;
    this.#read = this.#seen = await signatureOf(this.path);
    this.#reading = await readList(this.path, before);
    return this.#reading.set !== before.set;
  }

  /**
   * Reads the file if it has changed, and has stood still since the last look: one that is being written would be half a
   * list. Resolves with whether it was read.
   */
  async look(): Promise<boolean> {
    if (this.#looking) return false;
    this.#looking = true;
    try {
      const signature = await signatureOf(this.path);
      const still = signature === this.#seen;
      this.#seen = signature;
      if (!still || signature === this.#read) return false;
      await this.load();
      return true;
    } finally {
      this.#looking = false;
    }
  }
}

async function signatureOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch (error) {
    return String(errnoOf(error));
  }
}

async function readList(path: string, before: BlockFileReading): Promise<BlockFileReading> {
  const kept = (problems: readonly string[]): BlockFileReading => ({ ...before, problems });
  let text: string;
  try {
    const facts = await stat(path);
    if (!facts.isFile()) return kept([`${path}: it is not a file`]);
    if (facts.size > maxBlockFileBytes) return kept([`${path}: it is larger than ${maxBlockFileBytes >> 20} MiB`]);
    text = await readFile(path, 'utf8');
  } catch (error) {
    return kept([`${path}: ${errnoOf(error) ?? String(error)}`]);
  }
  const { networks, wrong } = readBlockLines(text);
  if (wrong.length > 0) {
    // Not what stands there: whoever may name a file here need not be allowed to read it.
    const shown = wrong.slice(0, MAX_PROBLEMS).map((line) => `${path}:${line}: neither an IP address nor a network`);
    return kept(wrong.length > shown.length ? [...shown, `and ${wrong.length - shown.length} more lines`] : shown);
  }
  const parsed = networks.map(parseNetwork).filter((network): network is Network => network !== null);
  return { set: buildAddressSet(parsed), networks: parsed.length, problems: [] };
}
