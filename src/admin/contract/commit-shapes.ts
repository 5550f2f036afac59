/** Shapes of guarded changes of the configuration: apply, confirm, extend, rollback, and what is pending. Types only. */

/** Guards of one change; what is not said has its default. `null` = that guard is off. */
export interface GuardChoice {
  /** Share of answers with 5xx that is allowed however few there were before, 0–1; default 0.01. */
  readonly errors?: number | null;
  /** `null`: targets may be down. */
  readonly healthy?: null;
  /** How many times the p99 of before; default 1.5. */
  readonly p99?: number | null;
  /** Share of TLS handshakes that fail, on top of what failed before, 0–1; default 0.005. */
  readonly tls?: number | null;
}

export interface ApplyRequest {
  /** The whole configuration, as it would stand in the file of the daemon. */
  readonly text: string;
  /** On trial for so long; without it, it is confirmed at once. */
  readonly confirm_within_ms?: number;
  readonly guards?: GuardChoice;
  /** Take the place of a change that is pending; a rollback goes back to what was confirmed last. */
  readonly stack?: boolean;
}

/** One guard as of its newest window of five seconds. Shares are 0–1. */
export interface GuardState {
  readonly guard: 'errors' | 'healthy' | 'p99' | 'tls';
  readonly verdict: 'good' | 'bad' | 'unknown' | 'off';
  /** `errors`, `tls`: share. `p99`: milliseconds. `healthy`: targets that must take requests. `null` = nothing to hold it against. */
  readonly limit: number | null;
  readonly now: number | null;
  readonly before: number | null;
  /** Of `healthy`: how many targets there are. */
  readonly of: number | null;
  /** Bad windows in a row; it acts on two. */
  readonly bad_windows: number;
}

export interface PendingChange {
  readonly id: string;
  /** The one on trial, and the one that a rollback goes back to. */
  readonly generation: number;
  readonly from_generation: number;
  /** `stuck`: it was to be rolled back, and could not; it runs on without a deadline. */
  readonly state: 'pending' | 'stuck';
  /** Of `stuck`: what failed. */
  readonly problem: string | null;
  readonly actor: string;
  readonly reason: string | null;
  readonly applied_at: string;
  /** When it rolls itself back. */
  readonly deadline: string;
  readonly remaining_ms: number;
  /** How much time before the change the guards compare with; under 30 s only absolute bounds count. */
  readonly baseline_ms: number;
  readonly guards: readonly GuardState[];
}

/** How a change on trial ended: `operator` and `boot` are rollbacks too. */
export type RollbackCause = 'timer' | 'guard' | 'operator' | 'boot';

export interface EndedChange {
  readonly id: string;
  readonly generation: number;
  readonly result: 'confirmed' | 'rolled_back' | 'replaced';
  /** Of `rolled_back`. */
  readonly cause: RollbackCause | null;
  /** A sentence; null when nobody said why. */
  readonly why: string | null;
  readonly at: string;
  /** Of `rolled_back`: the generation that is in force in its place. */
  readonly in_force: number | null;
}

export interface PendingReply {
  readonly pending: PendingChange | null;
  /** The last ones that ended, newest first, since the daemon started. */
  readonly ended: readonly EndedChange[];
  /** Guards of a change that is in force for good and watched for five minutes: they only warn. */
  readonly watched: readonly GuardState[] | null;
}

/** What became of the file on disk. */
export interface DiskResult {
  readonly written: boolean;
  readonly path: string;
  /** Why it was not written, though it should have been. */
  readonly problem: string | null;
}

export interface ApplyReply {
  readonly result: 'pending' | 'confirmed';
  readonly generation: number;
  readonly from_generation: number;
  readonly digest: string;
  readonly duration_ms: number;
  readonly warnings: readonly string[];
  readonly pending: PendingChange | null;
  /** `null` while it is pending. */
  readonly disk: DiskResult | null;
}

export interface ConfirmRequest {
  readonly id: string;
}

export interface ConfirmReply {
  readonly id: string;
  readonly generation: number;
  /** It had been confirmed before: the reply to that was lost. */
  readonly already: boolean;
  readonly disk: DiskResult;
}

export interface ExtendRequest {
  readonly id: string;
  /** From now on. */
  readonly by_ms: number;
}

export interface ExtendReply {
  readonly pending: PendingChange;
}

/** Of the pending change by its id, to a kept generation by its number; neither = the pending one, else the one before. */
export interface RollbackRequest {
  readonly id?: string;
  readonly generation?: number;
}

export interface RollbackReply {
  /** The pending change that has ended by it; null when none was. */
  readonly id: string | null;
  /** The one in force now, which one's text it has, and the one before. */
  readonly generation: number;
  readonly restored: number;
  readonly from_generation: number;
  readonly digest: string;
  readonly duration_ms: number;
  readonly warnings: readonly string[];
  readonly disk: DiskResult;
}
