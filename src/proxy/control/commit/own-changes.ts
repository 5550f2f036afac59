/**
 * The changes that `commit.ts` makes itself: they pass its gate, and what follows them happens in their turn. One at a time. Makes
 * no decision about a trial.
 */
import type { DiskResult } from '../../../admin/contract/commit-shapes.ts';
import type { SentinelError } from '../../../base/errors.ts';
import type { LoadResult } from '../../../config/load.ts';
import type { GenerationFile } from '../../../history/generation.ts';
import type { Certificates } from '../certificates/certificates.ts';
import type { PemBytes } from '../certificates/reading.ts';
import type { Change } from '../change.ts';
import type { Applied, DaemonState } from '../daemon-state.ts';
import type { Reloader, ReloadOutcome } from '../reload.ts';
import type { TrialDisk } from './trial-disk.ts';

/** A change that was asked for; `outcome` says whether it is in force. */
export interface Done {
  readonly outcome: ReloadOutcome;
  /** Null where the files were not to be touched, or nothing changed. */
  readonly disk: DiskResult | null;
  /** What ran before. */
  readonly from: number;
  readonly remarks: readonly string[];
}

/** Who wants it, and why. */
export interface Order {
  readonly origin: 'apply' | 'rollback';
  readonly actor: string;
  readonly reason: string | null;
  /** Why it is no longer wanted, asked in its turn; null = it is. */
  readonly outdated: () => SentinelError | null;
}

export interface OwnChangesOptions {
  readonly state: DaemonState;
  /** Late: it asks `commit.ts` before each change. */
  readonly reloader: () => Pick<Reloader, 'change'>;
  readonly certificates: Pick<Certificates, 'bytes' | 'stand'>;
  readonly disk: TrialDisk;
}

type Follow = (applied: Applied, before: Applied) => void;

export class OwnChanges {
  readonly #options: OwnChangesOptions;
  #now: { readonly change: Change; readonly follow: Follow } | null = null;

  constructor(options: OwnChangesOptions) {
    this.#options = options;
  }

  /** What follows this change in its turn; null when it is somebody else's. */
  following(change: Change): Follow | null {
    return this.#now?.change === change ? this.#now.follow : null;
  }

  async make({ outdated, ...order }: Order, load: () => LoadResult, follow: Follow): Promise<ReloadOutcome> {
    const change: Change = {
      ...order,
      load() {
        const problem = outdated();
        if (problem !== null) throw problem;
        return load();
      },
    };
    this.#now = { change, follow };
    try {
      return await this.#options.reloader().change(change);
    } finally {
      this.#now = null;
    }
  }

  /**
   * Puts texts of before in force again.
   * @param pem Certificates and keys of before; null = what the files hold.
   * @param follow In its turn; says what became of the files on disk.
   */
  async restore(
    order: Omit<Order, 'origin'>,
    files: readonly GenerationFile[],
    pem: (() => PemBytes) | null,
    follow: (applied: Applied, before: Applied) => DiskResult,
  ): Promise<Done> {
    const { certificates, disk, state } = this.#options;
    const from = state.generation;
    let result: DiskResult | null = null;
    const load = () => {
      const held = pem?.();
      certificates.stand(held ?? null);
      return disk.load(files, true, held);
    };
    try {
      const outcome = await this.make({ ...order, origin: 'rollback' }, load, (applied, before) => {
        result = follow(applied, before);
      });
      return { outcome, disk: result, from, remarks: [] };
    } finally {
      certificates.stand(null);
    }
  }
}
