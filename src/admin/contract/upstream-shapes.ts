/**
 * Shapes of the admin API that say how upstreams, targets and breakers are. JSON names are snake case with their unit: `_ms`;
 * times are RFC 3339 UTC with milliseconds; shares are ratios from 0 to 1. Types only.
 */
import type { TargetDrain } from './drain-shapes.ts';
import type { WindowStates } from './traffic-shapes.ts';

export interface UpstreamsReply {
  readonly upstreams: readonly UpstreamState[];
}

export interface HealthReply {
  readonly upstreams: readonly UpstreamHealth[];
}

export interface UpstreamHealth {
  readonly name: string;
  readonly kind: 'targets' | 'static';
  /** `down`: no target takes requests. `degraded`: fewer than `min_healthy` do. A static one is always `up`. */
  readonly state: 'up' | 'degraded' | 'down';
  /** Why it is not `up`; null when it is. */
  readonly why: string | null;
  /** Targets that take requests. */
  readonly available: number;
  readonly min_healthy: number;
  /** `http /health every 10 s`, `http /health by HTTP/2 over TLS every 10 s`; null = no check is configured. */
  readonly check: string | null;
  readonly targets: readonly TargetHealthState[];
}

/**
 * `unknown`: a check is configured and no probe has ended yet; takes requests. `unchecked`: no check is configured; takes
 * requests unless it is ejected.
 */
export type TargetVerdict = 'healthy' | 'unhealthy' | 'ejected' | 'unknown' | 'unchecked';

export interface TargetHealthState {
  readonly address: string;
  readonly verdict: TargetVerdict;
  readonly why: string;
  /** When it began to take requests, or stopped. */
  readonly since: string;
  /** Null before the first probe, and without a check. */
  readonly last_check: CheckState | null;
  readonly checks: { readonly passed: number; readonly failed: number };
  /** Null when it is not ejected. */
  readonly ejection: { readonly ends_in_ms: number; readonly times: number } | null;
  /** Part of its weight that it gets now: below 1 while it starts slowly. */
  readonly share: number;
  /** Null = no breaker. */
  readonly breaker: BreakerKind | null;
  /** Whose drain keeps it out of traffic; null while none does. */
  readonly drain: TargetDrain | null;
}

export interface CheckState {
  readonly ok: boolean;
  /** `L4CON`, `L4TMOUT`, `L6TLS`, `L7OK`, `L7STS`, `L7TMOUT`, `L7RSP`, `DNS`, `L4OK`, `L6OK`; `OWN`: the proxy could not ask. */
  readonly code: string;
  /** HTTP status; null where none came. */
  readonly status: number | null;
  readonly words: string;
  readonly latency_ms: number;
  readonly at: string;
  /** Results in a row like this one. */
  readonly run: number;
}

/** A name that targets come from: `api.internal:8080`, or the name of a service. */
export interface NameReply {
  readonly name: string;
  /** Those of the last good answer; empty until there was one. */
  readonly addresses: readonly string[];
  /** Null before the first good answer. */
  readonly resolved_at: string | null;
  /** Why it has no answer now; null while it has. */
  readonly failure: {
    /** `no_such_name`, `no_address`, `server_failure`, `timeout`. */
    readonly code: string;
    readonly words: string;
    readonly since: string;
  } | null;
}

export interface UpstreamState extends UpstreamHealth {
  /** Names among its targets, and the one that `discover` asks for; empty where all targets are addresses. */
  readonly names: readonly NameReply[];
  readonly builtin: boolean;
  readonly load_balancing: string;
  /** Routes that name it. */
  readonly routes: readonly string[];
  readonly targets: readonly TargetState[];
  readonly requests_total: number;
  readonly server_errors_total: number;
  readonly windows: WindowStates;
}

export interface TargetState extends TargetHealthState {
  /** As it is written: `api.internal:8080`; equal to `address` where that is no name. */
  readonly written: string;
  readonly weight: number;
  readonly in_flight: number;
  readonly connections: number;
  readonly idle: number;
  readonly pending: number;
  readonly acquired_total: number;
  readonly reused_total: number;
  readonly opened_total: number;
  readonly windows: WindowStates;
}

export interface CheckReply {
  /** One for each target that was probed. */
  readonly results: readonly CheckResult[];
  /** Upstreams that had nothing to probe: they answer by themselves, or have no target now, whose state is not known then. */
  readonly skipped: readonly {
    readonly upstream: string;
    readonly reason: 'static' | 'no_target';
    readonly why: string;
  }[];
}

export interface CheckResult extends Omit<CheckState, 'run'> {
  readonly upstream: string;
  readonly target: string;
  /** `none`: no check is configured, so that only a connection was made, and no verdict follows from it. */
  readonly check: 'http' | 'tcp' | 'grpc' | 'none';
  /** After this result. */
  readonly verdict: TargetVerdict;
}

export type BreakerKind = 'closed' | 'open' | 'half_open' | 'forced_open';

export interface BreakersReply {
  readonly breakers: readonly BreakerState[];
}

export interface BreakerState {
  /** `upstream/target`, or `route/id`. */
  readonly id: string;
  readonly kind: 'target' | 'route';
  readonly upstream: string;
  /** `-` for a route. */
  readonly target: string;
  readonly state: BreakerKind;
  /** Failures in a row while closed, successes while half-open. */
  readonly count: number;
  readonly failure_threshold: number;
  readonly success_threshold: number;
  readonly trips_total: number;
  /** Since it opened; null while closed. */
  readonly open_for_ms: number | null;
  /** Until requests may try again; null unless open. */
  readonly retry_in_ms: number | null;
  /** What moved it into this state; null when nobody has said. */
  readonly why: string | null;
}

/** Of a reset or of holding it open: how it is now. */
export interface BreakerReply {
  readonly breaker: BreakerState;
}
