/**
 * What follows a drain: weight 0 in the file, or the target taken out of the file or of what runs. Also the way back: the
 * weights that the file had. Called by `drains.ts` and when a target is taken back; knows nothing of traffic.
 */
import { removeTarget, setTargetWeight } from '../../../config/edit/targets.ts';
import { SentinelError } from '../../../base/errors.ts';
import type { FileEdit } from '../../../config/edit/file-edit.ts';
import type { LoadedConfig } from '../../../config/load.ts';
import type { Config } from '../../../config/model.ts';
import type { Persist } from '../edit/persist.ts';
import type { Drain } from './drain.ts';
import type { WrittenWeight } from './drain-record.ts';

export interface FollowUpOptions {
  /** Null while nothing can be written. */
  persist(): Persist | null;
  /** What the file says. */
  base(): Config;
  /** Takes targets out of what runs, as an override; throws when that cannot be. */
  remove(ids: readonly string[], actor: string, reason: string): Promise<void>;
}

export interface FollowedUp {
  readonly ok: boolean;
  /** What was changed, a line each; or why it could not be. */
  readonly lines: readonly string[];
  readonly weights: readonly WrittenWeight[];
}

export class FollowUp {
  readonly #options: FollowUpOptions;

  constructor(options: FollowUpOptions) {
    this.#options = options;
  }

  /**
   * Never throws: what went wrong is among the lines.
   * @param note Keeps the weights that are about to be replaced: who is killed in between has to know them.
   */
  async carryOut({ record }: Drain, note: (weights: readonly WrittenWeight[]) => void): Promise<FollowedUp> {
    const { persist, remove, target, upstreams, actor, id } = record;
    const reason = record.reason ?? `drain ${id}`;
    const lines: string[] = [];
    const weights: WrittenWeight[] = [];
    const known = record.weights;
    try {
      if (!persist) {
        await this.#options.remove(
          upstreams.map((upstream) => `${upstream}/${target}`),
          actor,
          reason,
        );
        lines.push(...upstreams.map((upstream) => `${upstream}: ${target} removed while the daemon runs (override)`));
        return { ok: true, lines, weights };
      }
      for (const upstream of upstreams) {
        if (remove) {
          lines.push(...(await this.#edit((loaded) => removeTarget(loaded, upstream, target), actor, reason)));
          continue;
        }
        const written = this.#writtenWeight(upstream, target) ?? 0;
        // A process that was killed here may have written it already.
        const before = written > 0 ? written : (known.find((one) => one.upstream === upstream)?.before ?? 0);
        const noted = before > 0 ? [...weights, { upstream, target, before }] : weights;
        note(noted);
        lines.push(...(await this.#edit((loaded) => setTargetWeight(loaded, upstream, target, 0), actor, reason)));
        weights.splice(0, Infinity, ...noted);
      }
      return { ok: true, lines, weights };
    } catch (error) {
      return { ok: false, lines: [...lines, error instanceof Error ? error.message : String(error)], weights };
    }
  }

  /**
   * Writes the weights back that the file had.
   * @returns the lines that differ
   * @throws as `Persist.carryOut`; those that were written stay
   */
  async putBack({ record }: Drain, actor: string, reason: string | null): Promise<readonly string[]> {
    const lines: string[] = [];
    for (const { upstream, target, before } of record.weights) {
      // Somebody has written another one since, or taken the target out.
      if (this.#writtenWeight(upstream, target) !== 0) continue;
      const edit = (loaded: LoadedConfig) => setTargetWeight(loaded, upstream, target, before);
      lines.push(...(await this.#edit(edit, actor, reason ?? `undrain ${record.id}`)));
    }
    return lines;
  }

  async #edit(edit: (loaded: LoadedConfig) => FileEdit, actor: string, reason: string): Promise<readonly string[]> {
    const persist = this.#options.persist();
    if (persist === null) throw new SentinelError('SNT-U012', 'this daemon has no file to write into');
    const persisted = await persist.carryOut({ actor, reason, edit });
    return persisted.edit.diff.map((line) => `${persisted.edit.file}: ${line}`);
  }

  #writtenWeight(upstream: string, target: string): number | null {
    const found = this.#options.base().upstreams.find(({ name }) => name === upstream);
    return found?.targets.find(({ address }) => address === target)?.weight ?? null;
  }
}
