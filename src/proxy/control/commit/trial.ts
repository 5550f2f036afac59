/** A configuration that is in force on trial: what is known of it, and how the admin API shows it. Changed by `commit.ts` alone. */
import type { GuardState, PendingChange } from '../../../admin/contract/commit-shapes.ts';
import type { Stoppable } from '../../../base/clock.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { LoadedConfig } from '../../../config/load.ts';
import type { GenerationFile } from '../../../history/generation.ts';
import type { PemBytes } from '../certificates/reading.ts';
import type { Applied } from '../daemon-state.ts';
import { BASELINE_LEAST_MS, WINDOW_MS, type GuardLimits } from './guard-limits.ts';
import type { Baseline } from './baseline.ts';
import type { GuardReading } from './guards.ts';

/** How long a configuration may be on trial. Below the least nobody could look and confirm. */
export const windowMs = { least: 90_000, usual: 300_000, most: 86_400_000 } as const;

/** What was confirmed last: number and texts. */
export interface Confirmed {
  readonly generation: number;
  readonly digest: string;
  readonly files: readonly GenerationFile[];
}

/** A file of what was confirmed last, and what the disk holds in its place. */
export interface HeldFile extends GenerationFile {
  readonly held: string;
}

export interface Trial {
  readonly id: string;
  readonly generation: number;
  readonly base: Confirmed;
  readonly actor: string;
  readonly reason: string | null;
  /** What the disk holds once it is confirmed. */
  readonly files: readonly GenerationFile[];
  /** What was served of certificates and keys before it, and with it at first: by path. */
  readonly pem: { readonly before: PemBytes; readonly first: PemBytes };
  /** Files that held a text on trial already when it was applied. */
  readonly restore: readonly HeldFile[];
  readonly limits: GuardLimits;
  readonly baseline: Baseline;
  readonly appliedAtMs: number;
  /** On the clock of the process, and of the wall. */
  readonly deadline: { readonly at: number; readonly wallMs: number };
  readonly timer: Stoppable | null;
  /** Why it could not be rolled back. */
  readonly problem: string | null;
}

export function confirmedOf({ generation, digest, loaded }: Applied): Confirmed {
  return { generation, digest, files: filesOf(loaded) };
}

export function filesOf({ sources }: Pick<LoadedConfig, 'sources'>): readonly GenerationFile[] {
  return sources.map(({ path, text }) => ({ path, text }));
}

/**
 * Certificates and keys of before, for a rollback: the files may hold others by now. What was renewed while it was on trial is not
 * undone.
 * @param now What is served.
 */
export function pemOf({ pem: { before, first } }: Pick<Trial, 'pem'>, now: PemBytes): PemBytes {
  return new Map(
    [...before].map(([path, bytes]) => {
      const current = now.get(path);
      const renewed = current !== undefined && first.get(path)?.equals(current) === false;
      return [path, renewed ? current : bytes];
    }),
  );
}

/** Whether there is enough of the time before to compare with. */
export function hasBaseline({ coveredMs }: Baseline): boolean {
  return coveredMs >= BASELINE_LEAST_MS - WINDOW_MS / 5;
}

export function pendingView(trial: Trial, readings: readonly GuardReading[], now: number): PendingChange {
  const { id, generation, base, actor, reason, appliedAtMs, deadline, problem, baseline } = trial;
  return {
    id,
    generation,
    from_generation: base.generation,
    state: problem === null ? 'pending' : 'stuck',
    problem,
    actor,
    reason,
    applied_at: rfc3339(appliedAtMs),
    deadline: rfc3339(deadline.wallMs),
    remaining_ms: problem === null ? Math.max(0, Math.round(deadline.at - now)) : 0,
    baseline_ms: Math.round(baseline.coveredMs),
    guards: readings.map(guardState),
  };
}

export function guardState({ guard, verdict, limit, now, before, of, badWindows }: GuardReading): GuardState {
  const unit = (value: number | null) => (value === null || guard !== 'p99' ? value : Math.round(value * 1e5) / 100);
  return {
    guard,
    verdict,
    limit: unit(limit),
    now: unit(now),
    before: unit(before),
    of,
    bad_windows: badWindows,
  };
}
