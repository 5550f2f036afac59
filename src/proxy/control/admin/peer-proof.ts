/**
 * Proves who is at the other end of the unix socket, which Node cannot ask the kernel: the daemon names a nonce, the client
 * creates an empty file of that name in the folder `auth` beside the socket, and the file's owner is the user.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import { randomHex } from '../../../base/ids.ts';

const LIFETIME_MS = 10_000;
const MAX_OUTSTANDING = 256;
/** File times come from a coarser clock than ours. */
const SLACK_MS = 1_000;

export class PeerProofs {
  readonly #folder: string;
  readonly #clock: Clock;
  /** Nonce → when it was issued (monotonic and wall clock). Oldest first. */
  readonly #issued = new Map<string, { readonly at: number; readonly wallMs: number }>();

  /**
   * Makes the folder: everybody may create in it, nobody but the daemon may list it.
   * @throws the system error
   */
  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o1733);
    // Proofs that were never redeemed, and whatever else somebody put there.
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { force: true, recursive: true });
  }

  issue(): string {
    const oldest = this.#issued.keys().next();
    if (this.#issued.size >= MAX_OUTSTANDING && oldest.done === false) this.#issued.delete(oldest.value);
    const nonce = randomHex(16);
    this.#issued.set(nonce, { at: this.#clock.now(), wallMs: this.#clock.wallMs() });
    return nonce;
  }

  /** The user who created the file of this nonce, or `null` when there is no valid proof. Each nonce serves once. */
  redeem(nonce: string): string | null {
    const issued = this.#issued.get(nonce);
    if (issued === undefined) return null;
    this.#issued.delete(nonce);
    const path = join(this.#folder, nonce);
    try {
      const facts = lstatSync(path);
      // Not somebody else's file that was linked or moved here: those are older, or have a second name.
      const own = facts.isFile() && facts.nlink === 1 && facts.size === 0 && facts.mtimeMs >= issued.wallMs - SLACK_MS;
      return own && this.#clock.now() - issued.at <= LIFETIME_MS ? userName(facts.uid) : null;
    } catch {
      return null;
    } finally {
      rmSync(path, { force: true });
    }
  }
}

/** The name of a user of this machine, or `uid 1000` when it has none here. */
export function userName(uid: number, passwd = '/etc/passwd'): string {
  try {
    for (const line of readFileSync(passwd, 'utf8').split('\n')) {
      const [name, , id] = line.split(':');
      if (id === String(uid) && name !== undefined && name !== '') return name;
    }
  } catch {
    // No such file in a minimal container.
  }
  return `uid ${uid}`;
}
