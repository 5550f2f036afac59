/**
 * What the plan says of security: who is blocked, who is never bothered, and the keys that sign passes and sticky cookies.
 * Keeps the lists that change while the daemon runs, and asks for a new plan when one has changed.
 */
import type { Clock, Stoppable } from '../../../base/clock.ts';
import { SentinelError } from '../../../base/errors.ts';
import type { RunContext } from '../../../base/run-files.ts';
import { ensureStateFolder, findStateFolder, unusableStateFolders } from '../../../base/state-folder.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { Config } from '../../../config/model.ts';
import { buildAddressSet, unionOf } from '../../shared/address-set.ts';
import { type Network, overlaps, parseNetwork } from '../../shared/network.ts';
import type { PlanRateLimit, PlanSecurity } from '../../shared/plan.ts';
import type { LiveSources } from '../live-parts.ts';
import type { Log } from '../logging.ts';
import { deriveKey, type KeyPurpose, openSecret } from '../secrets.ts';
import type { StandingWarnings } from '../standing-warnings.ts';
import { BlockFile, type BlockFileReading } from './block-file.ts';
import { type RunTimeBlock, RunTimeBlocks } from './run-time-blocks.ts';

/** How often expiries and the block file are looked at. A file is read when two looks have found the same change. */
const LOOK_MS = 400;

export interface SecurityOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly warnings: StandingWarnings;
  readonly context: RunContext;
  /** `state-dir` as it was when the process started. */
  readonly stateDir: string | null;
  /** Puts what has changed in force: a new plan. Resolves with whether it is. */
  readonly refresh: (reason: string) => Promise<boolean>;
  /** Where the list is kept; throws where another process keeps it now. */
  readonly folder: () => string;
  /** Counts requests against `challenge-threshold`. */
  readonly threshold: (config: Config) => PlanRateLimit | null;
}

type SecuritySource = LiveSources['security'];

export class Security implements SecuritySource {
  readonly #options: SecurityOptions;
  readonly #blocks = new RunTimeBlocks();
  readonly #files = new Map<string, BlockFile>();
  readonly #keys = new Map<KeyPurpose, Uint8Array>();
  readonly #looking: Stoppable;
  #secret: Uint8Array | null = null;
  #blockSet: SharedArrayBuffer | null = null;
  readonly #configured = new WeakMap<readonly string[], SharedArrayBuffer | null>();
  #blocked: { readonly parts: readonly (SharedArrayBuffer | null)[]; readonly set: SharedArrayBuffer | null } | null =
    null;
  #config: Config | null = null;

  constructor(options: SecurityOptions) {
    const { clock, warnings, context, stateDir } = options;
    this.#options = options;
    const folder = findStateFolder(context, stateDir);
    const problem = folder === null ? null : this.#blocks.load(folder, clock.wallMs());
    if (problem !== null) warnings.set('block-list', `[SNT-P017] ${problem}; what it held is not blocked`);
    const unusable = unusableStateFolders(context, stateDir).map((one) => `${one.folder}: ${one.why}`);
    if (unusable.length > 0) {
      const instead = folder === null ? 'networks blocked before and keys are not read' : `${folder} is used instead`;
      warnings.set('state-folder', `[SNT-P014] no state in ${unusable.join(', ')}; ${instead}`);
    }
    this.#runTimeChanged();
    this.#looking = clock.every(LOOK_MS, () => void this.look());
  }

  /** Run-time blocks that are not over. */
  get blocks(): readonly RunTimeBlock[] {
    return this.#blocks.all;
  }

  /** What was read of the block file of the configuration in force; null when it names none. */
  get blockFile(): (BlockFileReading & { readonly path: string }) | null {
    const file = this.#files.get(this.#config?.security.blockFile ?? '');
    return file === undefined ? null : { path: file.path, ...file.reading };
  }

  /** Allow entries that share addresses with a network: these stay served. */
  allowedIn(network: Network): readonly string[] {
    return overlapping(this.#config?.security.allow ?? [], network);
  }

  /** Entries of `security { block … }` that share addresses with a network. */
  configuredIn(network: Network): readonly string[] {
    return overlapping(this.#config?.security.block ?? [], network);
  }

  /** Blocks a network until it expires; one of the same address is replaced. Resolves when no worker serves it any more. */
  async block(block: RunTimeBlock): Promise<{ readonly inForce: boolean; readonly kept: boolean }> {
    this.#blocks.set(block);
    this.#options.log.info('Network blocked', {
      event: 'block_add',
      address: block.address,
      actor: block.actor,
      reason: block.reason,
      expires_at: block.expiresAt === null ? null : rfc3339(block.expiresAt),
    });
    const kept = this.#runTimeChanged(true);
    return { kept, inForce: await this.#options.refresh('run-time block list') };
  }

  /** Takes a run-time block back; null when there is none of this address. */
  async unblock(address: string, actor: string): Promise<{ readonly inForce: boolean; readonly kept: boolean } | null> {
    if (!this.#blocks.remove(address)) return null;
    this.#options.log.info('Network no longer blocked', { event: 'block_remove', address, actor });
    const kept = this.#runTimeChanged(true);
    return { kept, inForce: await this.#options.refresh('run-time block list') };
  }

  /** Looks whether a block has expired and whether the block file has changed. */
  async look(): Promise<void> {
    const { clock, log, refresh } = this.#options;
    const over = this.#blocks.expire(clock.wallMs());
    if (over.length > 0) {
      for (const { address } of over) log.info('Block expired', { event: 'block_expire', address });
      this.#runTimeChanged(true);
      void refresh('expired blocks');
    }
    const file = this.#files.get(this.#config?.security.blockFile ?? '');
    if (file === undefined) return;
    const before = file.reading;
    if (!(await file.look())) return;
    this.#tellOf(file);
    if (file.reading.set !== before.set) await refresh(`block file ${file.path}`);
  }

  close(): void {
    this.#looking.stop();
  }

  /** Reads the block file and, when it is wanted, the key. */
  async prepare(config: Config): Promise<void> {
    const { blockFile } = config.security;
    if (blockFile !== null) {
      const file = this.#files.get(blockFile) ?? new BlockFile(blockFile);
      this.#files.set(blockFile, file);
      await file.load();
      if (file.reading.problems.length > 0) this.#tellOf(file);
    }
    if (wantsKey(config)) this.#openSecret();
  }

  adopt(config: Config): void {
    this.#config = config;
    for (const path of this.#files.keys()) if (path !== config.security.blockFile) this.#files.delete(path);
    const { warnings } = this.#options;
    const file = this.blockFile;
    warnings.set('block-file', file === null ? null : fileWarning(file));
    if (!wantsKey(config)) warnings.set('secret', null);
  }

  security(config: Config): PlanSecurity {
    const { challengeMode, challengeDifficulty, challengeTtlMs, block, blockFile, allow } = config.security;
    const file = blockFile === null ? null : (this.#files.get(blockFile)?.reading.set ?? null);
    return {
      mode: challengeMode,
      difficulty: challengeDifficulty,
      ttlMs: challengeTtlMs,
      threshold: challengeMode === 'enabled' ? this.#options.threshold(config) : null,
      key: challengeMode === 'off' ? null : this.#key('challenge'),
      blocked: this.#union(file, block),
      allowed: this.#setOf(allow),
    };
  }

  /** The same memory for as long as nothing of it has changed, so that a new plan costs workers nothing. */
  #union(file: SharedArrayBuffer | null, block: readonly string[]): SharedArrayBuffer | null {
    const parts = [file, this.#setOf(block), this.#blockSet];
    if (this.#blocked === null || parts.some((part, index) => part !== this.#blocked?.parts[index])) {
      this.#blocked = { parts, set: unionOf(parts) };
    }
    return this.#blocked.set;
  }

  /** By the list itself: a configuration is compiled again and again. */
  #setOf(entries: readonly string[]): SharedArrayBuffer | null {
    let set = this.#configured.get(entries);
    if (set === undefined) this.#configured.set(entries, (set = setOf(entries)));
    return set;
  }

  get stickyKey(): Uint8Array | null {
    return this.#key('sticky');
  }

  #key(purpose: KeyPurpose): Uint8Array | null {
    if (this.#secret === null) return null;
    const known = this.#keys.get(purpose);
    if (known !== undefined) return known;
    const key = deriveKey(this.#secret, purpose);
    this.#keys.set(purpose, key);
    return key;
  }

  #openSecret(): void {
    if (this.#secret !== null) return;
    const { warnings, context, stateDir } = this.#options;
    try {
      this.#secret = openSecret(ensureStateFolder(context, stateDir), context.uid);
      warnings.set('secret', null);
    } catch (error) {
      if (!(error instanceof SentinelError)) throw error;
      warnings.set('secret', `[${error.code}] ${error.message}`);
    }
  }

  /** Makes the set anew; with `save`, keeps the list for the next process. False when that failed. */
  #runTimeChanged(save = false): boolean {
    this.#blockSet = buildAddressSet(this.#blocks.all.map(({ network }) => network));
    if (!save) return true;
    const { warnings, folder } = this.#options;
    try {
      this.#blocks.save(folder());
      warnings.set('block-list', null);
      return true;
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      warnings.set('block-list', `[SNT-P017] blocked networks will not survive a restart: ${words}`);
      return false;
    }
  }

  #tellOf({ path, reading }: BlockFile): void {
    const { log, warnings } = this.#options;
    const { problems, networks } = reading;
    if (problems.length === 0) log.info('Block file read', { event: 'block_file', file: path, networks });
    else log.error('Block file not usable', { event: 'block_file', code: 'SNT-P016', file: path, networks, problems });
    if (path === this.#config?.security.blockFile) warnings.set('block-file', fileWarning({ path, ...reading }));
  }
}

/** Whether anything in the configuration is signed. */
function wantsKey({ security, upstreams }: Config): boolean {
  return security.challengeMode !== 'off' || upstreams.some(({ loadBalancing }) => loadBalancing.policy === 'sticky');
}

function fileWarning({ networks, problems }: BlockFileReading & { readonly path: string }): string | null {
  const [first] = problems;
  if (first === undefined) return null;
  const more = problems.length === 1 ? '' : ` (and more)`;
  return `[SNT-P016] the block file is not usable, the ${networks} networks read before stay blocked: ${first}${more}`;
}

function setOf(entries: readonly string[]): SharedArrayBuffer | null {
  return buildAddressSet(entries.map(parseNetwork).filter((network): network is Network => network !== null));
}

function overlapping(entries: readonly string[], network: Network): readonly string[] {
  return entries.filter((entry) => {
    const other = parseNetwork(entry);
    return other !== null && overlaps(other, network);
  });
}
