/** Shapes of the admin API that say what a change of the configuration would do, before it is made. Types only. */

/**
 * A configuration to compare. A text is read as if it stood in the file of the daemon: includes and relative paths begin there.
 * `disk`: what the files say now. A generation is read whole from the history, includes and all.
 */
export type PlanSide =
  | { readonly kind: 'running' }
  | { readonly kind: 'disk' }
  | { readonly kind: 'generation'; readonly number: number }
  | { readonly kind: 'text'; readonly text: string };

export interface PlanRequest {
  /** Default `running`. */
  readonly from?: PlanSide;
  /** Default `disk`. */
  readonly to?: PlanSide;
}

/** What goes through an object now. Null = nothing of the kind is counted of it. */
export interface PlanImpact {
  /** Of the last ten seconds. */
  readonly requests_per_s: number | null;
  readonly in_flight: number | null;
  readonly open_connections: number | null;
}

export interface PlannedObject {
  /** As the file calls it: `route`, `upstream`, `target`, `listener`, `limits` … */
  readonly kind: string;
  /** Null for what there is one of. */
  readonly name: string | null;
  /** What it stands in: the upstream of a target. */
  readonly of: { readonly kind: string; readonly name: string | null } | null;
}

export interface PlannedChange {
  readonly kind: 'added' | 'removed' | 'changed';
  readonly object: PlannedObject;
  /** In the object, by the names of the file: `policies.timeout-secs`; `order`; null = the object itself. */
  readonly key: string | null;
  /** In words: `30s (default)`; null = nothing, or a secret. */
  readonly from: string | null;
  readonly to: string | null;
  /** `~ route api timeout 30s→60s`. */
  readonly words: string;
  /** Null where nothing of the object is running. */
  readonly impact: PlanImpact | null;
}

export interface PlannedSide {
  readonly kind: PlanSide['kind'];
  /** Its number, where it has one. */
  readonly generation: number | null;
  readonly digest: string;
}

export interface PlannedListener {
  readonly id: string;
  readonly address: string;
  /** Now; 0 for one that is opened. */
  readonly open_connections: number;
}

export interface PlanReply {
  readonly from: PlannedSide;
  readonly to: PlannedSide;
  /** Empty = the same in effect. */
  readonly changes: readonly PlannedChange[];
  /** The number that runs, and the one that `to` would get. */
  readonly generation: { readonly from: number; readonly to: number };
  /** Of `to`: `file:line:col: warning[CODE]: …`. */
  readonly warnings: readonly string[];
  /** Why the daemon would not put `to` in force as it runs now; empty = it would. */
  readonly refusals: readonly string[];
  /** Against what runs; one that moves is in both. */
  readonly listeners: { readonly opened: readonly PlannedListener[]; readonly closed: readonly PlannedListener[] };
}

export interface ValidateRequest {
  /** Default `disk`. */
  readonly of?: PlanSide;
}

export interface ValidateReply {
  /** Nothing is wrong with it, and it could be put in force as the daemon runs now. */
  readonly accepted: boolean;
  /** Nothing is wrong with it. */
  readonly valid: boolean;
  /** Null where it cannot be read, or is no KDL. */
  readonly digest: string | null;
  /** `file:line:col: error[CODE]: …`. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly refusals: readonly string[];
}
