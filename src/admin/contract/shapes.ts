/**
 * Shapes of requests and replies of the admin API. JSON names are snake case with their unit: `_ms`, `_bytes`; times are
 * RFC 3339 UTC with milliseconds. Types only.
 */
import type { TargetDrain } from './drain-shapes.ts';
import type { CertSummary } from './cert-shapes.ts';
import type { PendingChange } from './commit-shapes.ts';
import type { ContactsState } from './contact-shapes.ts';
import type { OverrideState } from './override-shapes.ts';
import type { WindowStates } from './traffic-shapes.ts';

export interface StatusReply {
  readonly pid: number;
  /** The name that the daemon was started by. */
  readonly name: string;
  readonly version: string;
  readonly node: string;
  readonly started_at: string;
  readonly uptime_ms: number;
  readonly state: 'ready' | 'not_ready' | 'draining';
  /** Why the state is not `ready`; empty when it is. */
  readonly reasons: readonly string[];
  /** What does not stop it from serving: upstreams with too few targets, workers being replaced. */
  readonly degraded: readonly string[];
  readonly generation: number;
  /** Rises with every change of state; together with the generation it is the ETag. */
  readonly revision: number;
  readonly config: ConfigState;
  /** The configuration that is in force on trial; null when none is. */
  readonly pending: PendingChange | null;
  readonly workers: readonly WorkerState[];
  readonly listeners: readonly { readonly id: string; readonly address: string }[];
  readonly admin: { readonly socket: string | null; readonly address: string | null };
  /** Upstreams that have targets, and those of them of which enough take requests. */
  readonly upstreams: {
    readonly total: number;
    readonly up: number;
    readonly targets: number;
    /** Those that are kept out of traffic by a check, passive health or a circuit breaker. */
    readonly targets_down: number;
    /** Those of which no check says anything: none is configured, or none has ended yet. */
    readonly targets_unknown: number;
    /** Upstreams with too few targets (SNT-U002) and routes whose circuit breaker is not closed (SNT-U003), a sentence each. */
    readonly problems: readonly { readonly code: 'SNT-U002' | 'SNT-U003'; readonly words: string }[];
  };
  /** Targets that operators keep out of traffic, the oldest order first. */
  /** What is set at run time over the file, by kind, as far as there is any; blocks and log levels among it. */
  readonly overrides: {
    readonly counts: readonly { readonly kind: string; readonly count: number }[];
    readonly maintenance: readonly OverrideState[];
  };
  readonly drains: readonly (TargetDrain & { readonly target: string; readonly upstreams: readonly string[] })[];
  /** Certificates in the order of the configuration; a bundle of authorities is one. */
  readonly certificates: {
    readonly loaded: readonly CertSummary[];
    /** A sentence for each certificate (SNT-T010) and revocation list (SNT-T047) that has ended and is used all the same. */
    readonly problems: readonly { readonly code: 'SNT-T010' | 'SNT-T047'; readonly words: string }[];
  };
  readonly counts: TrafficCounts;
  /** Of everything that the proxy answered. */
  readonly windows: WindowStates;
  readonly memory: { readonly rss_bytes: number; readonly heap_used_bytes: number };
  /** Who is paged for what, by the configuration in force. */
  readonly contacts: ContactsState;
  /** Where incidents are written down (null = nowhere that this daemon may write), and what they are about (null = the file does not say). */
  readonly incidents: { readonly dir: string | null; readonly service: string | null };
  readonly warnings: readonly string[];
}

export interface ConfigState {
  readonly source: 'file' | 'embedded' | 'forward';
  readonly path: string | null;
  readonly digest_running: string;
  /** `null` when there is no file, or it cannot be read. */
  readonly digest_disk: string | null;
  /** `null` when there is no file to compare with. */
  readonly disk_matches_running: boolean | null;
  readonly applied_at: string;
  /** The last attempt to reload; `null` before the first. */
  readonly last_reload: ReloadRecord | null;
  readonly problems: readonly ConfigProblem[];
}

export interface ConfigProblem {
  /** What was on trial when the process before ended was not taken by the start; or the files would not load at the next. */
  readonly code: 'SNT-P021' | 'SNT-P022';
  readonly words: string;
}

export interface ReloadRecord {
  readonly at: string;
  readonly actor: string;
  readonly result: ReloadResult;
  readonly problems: readonly string[];
}

/** `failed`: the file is wrong or could not be applied. `refused`: it changes what is fixed while the process runs. */
export type ReloadResult = 'completed' | 'failed' | 'refused';

export interface WorkerState {
  readonly worker: number;
  readonly alive: boolean;
  /** Another one has its place, and it finishes what it has. */
  readonly leaving: boolean;
  readonly restarts: number;
  /** When the present thread started, or the last one ended. */
  readonly since: string;
  /** How the last one ended; `null` when none did. */
  readonly last_death: string | null;
}

export interface TrafficCounts {
  readonly open_connections: number;
  /** Most at once; null = there is no limit. Absent: an older daemon, which does not say. */
  readonly connections_limit?: number | null;
  readonly in_flight_requests: number;
  readonly pending_requests: number;
  readonly connections_total: number;
  readonly requests_total: number;
  /** Responses with status 500 and above, whoever made them. */
  readonly server_errors_total: number;
  readonly rejected_requests_total: number;
  readonly log_dropped_total: number;
}

export interface RoutesReply {
  /** In match order by the first place of each; disabled ones last. */
  readonly routes: readonly RouteState[];
}

export interface RouteState {
  readonly id: string;
  readonly priority: number;
  readonly enabled: boolean;
  /** Ranks of its alternatives in the match order, from 1; empty when disabled. */
  readonly ranks: readonly number[];
  readonly hosts: readonly string[];
  /** As `path /x`, `path-prefix /x`, `path-regex ^/x`. */
  readonly paths: readonly string[];
  readonly methods: readonly string[];
  /** Names only: values may be secrets. */
  readonly headers: readonly string[];
  readonly query_params: readonly string[];
  readonly client_ips: readonly string[];
  readonly upstream: string;
  readonly requests_total: number;
  readonly server_errors_total: number;
  /** Empty while it is disabled. */
  readonly windows: WindowStates;
}

export interface ExplainRequest {
  readonly method: string;
  /** Absolute (`http://host/path?query`) or a path. */
  readonly url: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Default 127.0.0.1. */
  readonly client_ip?: string;
  /** Id of the listener whose default route counts; default the first. */
  readonly listener?: string;
}

export interface ExplainReply {
  /** `null` = no route takes it. */
  readonly route: string | null;
  /** The path in normal form; `null` = it has none. */
  readonly path: string | null;
  /** The proxy answers by itself (health, readiness). */
  readonly own: boolean;
  readonly summary: string;
  readonly routes: readonly {
    readonly route: string;
    readonly priority: number;
    readonly outcome: 'taken' | 'outranked' | 'failed' | 'disabled';
    readonly failed: string | null;
    readonly words: string;
  }[];
  /** What the request meets on that route, in order: guards, upstream and fallback, tries, breakers; empty where none takes it. */
  readonly handling: readonly string[];
}

export interface ConfigQuery {
  /** Default `kdl`. */
  readonly form?: 'kdl' | 'json';
  /** Of KDL: say behind each value where it comes from. */
  readonly origin?: '1';
  /** Of `json`: only the settings of this block of the top, such as `limits`; `text` is empty then. */
  readonly block?: string;
}

/** Secrets are left out. */
export interface ConfigReply {
  readonly generation: number;
  readonly digest: string;
  readonly form: 'kdl' | 'json';
  /** The whole as KDL. */
  readonly text: string;
  /** Of form `json`: every single-valued key, in the order of the manual. */
  readonly settings?: readonly ConfigSetting[];
}

export interface ConfigSetting {
  /** `routes.api.policies.timeout-secs`. */
  readonly path: string;
  /** The value as KDL; null = unsaid. */
  readonly text: string | null;
  /** Null = default. */
  readonly origin: { readonly file: string; readonly line: number } | null;
}

export interface ReloadReply {
  readonly result: 'completed';
  readonly generation: number;
  readonly digest: string;
  readonly duration_ms: number;
  readonly warnings: readonly string[];
}

/** An error of the API: RFC 9457, with our code. */
export interface Problem {
  /** Always this: `code` is the identity of the problem. */
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly hint?: string;
  /** One line each, where there are several (diagnostics of a configuration). */
  readonly problems?: readonly string[];
}
