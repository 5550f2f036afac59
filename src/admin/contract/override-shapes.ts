/**
 * Shapes of the admin API for what is set at run time over the file: values, targets, maintenance. Names and units as in
 * `shapes.ts`; keys of values are those of the configuration file, with its units.
 */

/** Kinds of `/admin/overrides/{kind}`; `block` and `log-level` have endpoints of their own shape, and stand in the list. */
export const overrideKinds = [
  'limits',
  'rate-limit',
  'weight',
  'timeout',
  'health',
  'fallback',
  'maintenance',
  'target',
] as const;

export type OverrideKind = (typeof overrideKinds)[number];

export interface OverrideState {
  readonly kind: OverrideKind | 'block' | 'log-level';
  /** Route, upstream, `upstream/target`, name of the limit, network, module; `*` = every route, or every module. */
  readonly subject: string;
  /** Where a subject has several values; else `null`. */
  readonly key: string | null;
  /** As an operator writes it. */
  readonly value: string;
  /** What the file says in its place now; `null` = nothing. */
  readonly replaces: string | null;
  /** It allows more than the file does. */
  readonly loosens: boolean;
  /** Why it does nothing now: its subject is not in the configuration. `null` = it is in force. */
  readonly dormant: string | null;
  readonly actor: string;
  readonly reason: string | null;
  readonly set_at: string;
  /** `null` = until it is taken back. */
  readonly expires_at: string | null;
  readonly expires_in_ms: number | null;
  /** The command that takes it back. */
  readonly undo: string;
}

export interface OverridesReply {
  readonly overrides: readonly OverrideState[];
}

/** Body of `PUT /admin/overrides/{kind}`. */
export interface OverrideRequest {
  /** Route, upstream or `upstream/target`; `*` = every route. Of `limits` none. */
  readonly subject?: string;
  /**
   * `limits`, `timeout`, `health`: keys of the file. `rate-limit`: `requests-per-second`, `burst`, `key`, `action`. `weight`:
   * `weight`. `fallback`: `upstream`, or nothing for the one that the route names. `maintenance`: `page`, `content-type`,
   * `retry-after-secs`, `allow`.
   */
  readonly values: Readonly<Record<string, number | string | readonly string[]>>;
  /** Left out = half an hour. `null` = until it is taken back, for weights alone. At most seven days. */
  readonly expires_in_ms?: number | null;
  /** What the daemon asks for where much would be cut off: `all`, or the target. */
  readonly confirm?: string;
  /** Only say what it would be. */
  readonly dry_run?: boolean;
}

export interface OverrideReply {
  /** What was set, or taken back. */
  readonly overrides: readonly OverrideState[];
  /** How many of them took the place of others. */
  readonly replaced: number;
  /** It survives a restart. */
  readonly kept: boolean;
  /** What somebody should know besides. */
  readonly remarks: readonly string[];
}

export interface OverrideQuery {
  readonly subject?: string;
  readonly key?: string;
}

/** Body of `POST` and `PUT /admin/upstreams/{name}/targets`. */
export interface TargetRequest {
  readonly address: string;
  /** Of a new target, left out = 1. */
  readonly weight?: number;
  /** Write it into the file. */
  readonly persist?: boolean;
  /** Left out or `null` = until it is taken back. */
  readonly expires_in_ms?: number | null;
  /** The address once more, where too few targets would be left. */
  readonly confirm?: string;
}

export interface TargetQuery {
  readonly address: string;
  readonly persist?: '1';
  /** The address once more, where too few targets would be left. */
  readonly confirm?: string;
}

export interface TargetReply extends OverrideReply {
  /** What `overrides` shows has ended: the file says it, or says nothing of it. */
  readonly taken_back: boolean;
  /** What was written into the file; `null` = nothing was to be written. */
  readonly written: {
    readonly file: string;
    /** Lines of a diff, `-` and `+` in front; empty where the file said so already. */
    readonly diff: readonly string[];
    /** The configuration in force now. */
    readonly generation: number;
  } | null;
}
