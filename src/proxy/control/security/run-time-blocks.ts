/**
 * Networks that operators block while the daemon runs: with reason, actor and expiry, kept in a file of the state folder so
 * that they survive a restart. `security.ts` puts them into plans.
 */
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../../../base/atomic-file.ts';
import { errnoOf } from '../../../base/errors.ts';
import { type Network, networkText, parseNetwork } from '../../shared/network.ts';

/** One blocked network. Times are wall-clock ms. */
export interface RunTimeBlock {
  /** In normal form: what it is found by. */
  readonly address: string;
  readonly network: Network;
  readonly reason: string | null;
  readonly actor: string;
  readonly addedAt: number;
  /** Null = until somebody takes it back. */
  readonly expiresAt: number | null;
}

export const blockListFile = 'block-list.json';
const schema = 'sentinel.block-list/1';
/** Who blocks more wants a block file. */
export const maxRunTimeBlocks = 10_000;

export class RunTimeBlocks {
  readonly #entries = new Map<string, RunTimeBlock>();

  /** In the order in which they were added. */
  get all(): readonly RunTimeBlock[] {
    return [...this.#entries.values()];
  }

  get(address: string): RunTimeBlock | undefined {
    return this.#entries.get(address);
  }

  /** Replaces one of the same address. */
  set(block: RunTimeBlock): void {
    this.#entries.delete(block.address);
    this.#entries.set(block.address, block);
  }

  /** False when there was none. */
  remove(address: string): boolean {
    return this.#entries.delete(address);
  }

  /** Takes out what is over; returns that. */
  expire(nowMs: number): readonly RunTimeBlock[] {
    const over = this.all.filter(({ expiresAt }) => expiresAt !== null && expiresAt <= nowMs);
    for (const { address } of over) this.#entries.delete(address);
    return over;
  }

  /**
   * Takes over what an earlier process left in the folder. A file that makes no sense is put aside, so that nothing
   * overwrites it.
   * @returns why it could not be read; null when it was, or when there is none
   */
  load(folder: string, nowMs: number): string | null {
    const path = join(folder, blockListFile);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      return errnoOf(error) === 'ENOENT' ? null : `cannot read ${path}: ${errnoOf(error) ?? String(error)}`;
    }
    const kept = parseList(text);
    if (kept === null) {
      const aside = `${path}.unusable`;
      try {
        renameSync(path, aside);
      } catch (error) {
        return `${path} is not a list of blocked networks, and cannot be put aside: ${errnoOf(error) ?? String(error)}`;
      }
      return `${path} is not a list of blocked networks; it is ${aside} now`;
    }
    for (const block of kept) this.set(block);
    this.expire(nowMs);
    return null;
  }

  /** @throws the system error */
  save(folder: string): void {
    const blocks = this.all.map(({ address, reason, actor, addedAt, expiresAt }) => ({
      address,
      reason,
      actor,
      added_at: addedAt,
      expires_at: expiresAt,
    }));
    writeFileAtomically(join(folder, blockListFile), `${JSON.stringify({ schema, blocks }, null, 1)}\n`, 0o600);
  }
}

function parseList(text: string): readonly RunTimeBlock[] | null {
  try {
    const file = JSON.parse(text) as { schema?: unknown; blocks?: unknown };
    if (file.schema !== schema || !Array.isArray(file.blocks)) return null;
    return file.blocks.map(parseBlock);
  } catch {
    return null;
  }
}

/** @throws when it is none: the file was not written by a daemon */
function parseBlock(value: unknown): RunTimeBlock {
  const { address, reason, actor, added_at: addedAt, expires_at: expiresAt } = value as Record<string, unknown>;
  const network = typeof address === 'string' ? parseNetwork(address) : null;
  if (network === null || typeof addedAt !== 'number') throw new Error('not a blocked network');
  return {
    address: networkText(network),
    network,
    reason: typeof reason === 'string' ? reason : null,
    actor: typeof actor === 'string' ? actor : 'unknown',
    addedAt,
    expiresAt: typeof expiresAt === 'number' ? expiresAt : null,
  };
}
