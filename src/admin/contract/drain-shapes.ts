/**
 * Shapes of the admin API that say which targets drain: orders, previews and progress. JSON names are snake case with their
 * unit: `_ms`; times are RFC 3339 UTC with milliseconds; shares are ratios. Types and closed lists only.
 */

/** What happens at the deadline when work is left: it goes on draining, what is left is cut, or the target comes back. */
export const drainTimeouts = ['wait', 'close', 'restore'] as const;
export type DrainTimeout = (typeof drainTimeouts)[number];

/** `drained`: nothing is in flight; it stays out of traffic until it is taken back. */
export type DrainPhase = 'draining' | 'drained' | 'ended';

/**
 * How a drain ended. `undrained`: taken back after it was drained; `cancelled`: before; `restored`: its deadline passed;
 * `expired`: its time was over; `removed`: the target was taken out as ordered; `gone`: it left the configuration otherwise.
 */
export type DrainEnd = 'undrained' | 'cancelled' | 'restored' | 'expired' | 'removed' | 'gone';

/** Body of `POST /admin/drains`. */
export interface DrainRequest {
  /** `10.1.1.10:8080`, `[::1]:80`, `name:80`, `upstream/target`; with `*` or `?` and `all` every one that matches. */
  readonly target: string;
  /** In this upstream alone; default in every one that has the target. */
  readonly upstream?: string;
  readonly all?: boolean;
  /** Default 5 minutes. */
  readonly timeout_ms?: number;
  /** Default `wait`. `close` needs `confirm`. */
  readonly on_timeout?: DrainTimeout;
  /** It comes back by itself then; default never. */
  readonly expires_in_ms?: number;
  /** Also where fewer than `min-healthy` are left; needs `confirm`. */
  readonly allow_below_min?: boolean;
  /** `target` once more. */
  readonly confirm?: string;
  /** Write weight 0 (or the removal) into the file once it is drained. */
  readonly persist?: boolean;
  /** Take the target out of its upstreams once it is drained. */
  readonly remove?: boolean;
  /** Only say what it would do. */
  readonly dry_run?: boolean;
}

export interface DrainReply {
  /** Those that there are now for the targets asked for; of a dry run those that there are already. */
  readonly drains: readonly DrainState[];
  /** Ids of those that were there before: nothing about them has changed. */
  readonly attached: readonly string[];
  /** As it was judged: one for each upstream that the targets are in. */
  readonly preview: readonly DrainPreview[];
  readonly dry_run: boolean;
}

/** What a drain means for one upstream, in numbers of now. */
export interface DrainPreview {
  readonly upstream: string;
  /** Addresses that would go; empty when all of them drain already. */
  readonly targets: readonly string[];
  /** All its targets, and those that take requests now. */
  readonly total: number;
  readonly available: number;
  /** Those that drain, or have drained, already. */
  readonly draining: number;
  /** Those that a check, passive health or a circuit breaker keeps out. */
  readonly down: number;
  /** Those that would take requests then. */
  readonly left: number;
  readonly min_healthy: number;
  readonly below_min: boolean;
  /** Load on each of the rest, 1 = as now; null when nobody is left. */
  readonly load_ratio: number | null;
  readonly in_flight: number;
  readonly websockets: number;
  readonly idle: number;
  readonly requests_per_s: number;
  /** Clients may be held to the target by a cookie or a hash: they move to others. */
  readonly sticks: boolean;
  readonly routes: readonly { readonly id: string; readonly fallback: string | null }[];
}

export interface DrainsReply {
  /** Those in force, the oldest first. */
  readonly drains: readonly DrainState[];
  /** The latest that ended, the newest first; not kept over a restart. */
  readonly ended: readonly DrainState[];
}

export interface DrainState {
  readonly id: string;
  /** As it was asked for: an address, or a name with all its addresses. */
  readonly target: string;
  readonly upstreams: readonly string[];
  /** What it covers now: `upstream/address`. */
  readonly targets: readonly string[];
  readonly state: DrainPhase;
  /** Null while it is in force. */
  readonly result: DrainEnd | null;
  readonly actor: string;
  readonly reason: string | null;
  readonly started_at: string;
  readonly drained_at: string | null;
  readonly ended_at: string | null;
  readonly timeout_ms: number;
  readonly deadline_at: string;
  readonly on_timeout: DrainTimeout;
  /** The deadline passed with work left. */
  readonly overdue: boolean;
  /** When it ends by itself; null = when it is taken back. */
  readonly expires_at: string | null;
  readonly at_start: DrainCounts;
  readonly now: DrainCounts;
  /** Requests and WebSockets that have ended by themselves since it began. */
  readonly finished: number;
  /** Those that the deadline cut. */
  readonly cut: number;
  readonly idle_closed: number;
  /** By the trend of the last seconds; null when there is none to go by. */
  readonly eta_ms: number | null;
  /** The oldest first. */
  readonly waiting_on: readonly DrainWork[];
  /** Workers that did not say what they wait on. */
  readonly unanswered: readonly number[];
  /** What is to follow once it is drained; null = nothing. */
  readonly follow_up: DrainFollowUp | null;
}

export interface DrainCounts {
  /** All that the targets work on, WebSockets among it. */
  readonly in_flight: number;
  readonly websockets: number;
  /** Open connections that nobody uses. */
  readonly idle: number;
}

/** Work that a drain waits for. */
export interface DrainWork {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly client_ip: string;
  readonly age_ms: number;
  readonly websocket: boolean;
}

export interface DrainFollowUp {
  readonly persist: boolean;
  readonly remove: boolean;
  readonly state: 'waiting' | 'done' | 'failed';
  /** What was changed, a line each; or why it could not be. */
  readonly lines: readonly string[];
}

/** Query of `DELETE /admin/drains/{id}`. */
export interface UndrainQuery {
  /** `1`: without asking its health check. */
  readonly force?: string;
}

export interface UndrainReply {
  /** As it ended. */
  readonly drain: DrainState;
  /** What its health checks said just now; empty where there are none, or nobody asked. */
  readonly checks: readonly { readonly target: string; readonly ok: boolean; readonly words: string }[];
  /** The longest slow start of its upstreams. */
  readonly slow_start_ms: number;
  /** What of the file was changed, a line each. */
  readonly lines: readonly string[];
}

/** Of a target that drains or has drained. */
export interface TargetDrain {
  readonly id: string;
  readonly state: 'draining' | 'drained';
  readonly actor: string;
  readonly reason: string | null;
  readonly since: string;
  readonly deadline_at: string;
  readonly overdue: boolean;
  readonly expires_at: string | null;
  readonly eta_ms: number | null;
}
