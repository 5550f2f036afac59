/** Shapes of the hand-over from one process to the next: what is asked for, and how far it is. Types only. */

export interface UpgradeRequest {
  /** Absolute path of the launcher of another version; without it the one that the daemon was started by, as it is on disk now. */
  readonly binary?: string;
  /** How long the new process may take until it is ready; default one minute. */
  readonly timeout_ms?: number;
}

/**
 * `none` no upgrade since this process started · `starting` the new process is being started, this one serves · `settling` both
 * serve, the new one is in charge, the old one could still take over again · `draining` the old one finishes what it has ·
 * `done` it is gone · `failed` the new one is gone, the old one goes on as before.
 */
export type UpgradePhase = 'none' | 'starting' | 'settling' | 'draining' | 'done' | 'failed';

export interface UpgradeParty {
  readonly pid: number;
  readonly version: string;
}

export interface UpgradeReply {
  readonly phase: UpgradePhase;
  /** Who answers. */
  readonly pid: number;
  readonly started_at: string | null;
  readonly from: UpgradeParty | null;
  /** Null until the new process is there. */
  readonly to: UpgradeParty | null;
  /** Requests that the old process has in flight; null = not known. */
  readonly in_flight: number | null;
  /** Requests that its deadline cut; null until it has ended, or when it ended without a word. */
  readonly cut: number | null;
  readonly problem: UpgradeProblem | null;
}

export interface UpgradeProblem {
  readonly code: string;
  readonly detail: string;
  readonly hint: string | null;
  /** What the new process had to say, line by line. */
  readonly output: readonly string[];
}
