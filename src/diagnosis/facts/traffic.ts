/** Facts that the daemon tells: its own state, what goes through it, who sends, what changed. Types only. */
import type { CertsReply } from '../../admin/contract/cert-shapes.ts';
import type { ClientsReply } from '../../admin/contract/client-shapes.ts';
import type { EventState } from '../../admin/contract/event-shapes.ts';
import type { OverridesReply } from '../../admin/contract/override-shapes.ts';
import type { RequestRecord } from '../../admin/contract/request-shapes.ts';
import type { StatusReply, WorkerState } from '../../admin/contract/shapes.ts';
import type { TrafficReply } from '../../admin/contract/traffic-shapes.ts';
import type { BreakersReply, UpstreamsReply } from '../../admin/contract/upstream-shapes.ts';

/** What the daemon says of itself. Unknown as a whole where its admin API does not answer. */
export interface DaemonState {
  readonly status: StatusReply;
  readonly upstreams: UpstreamsReply;
  readonly breakers: BreakersReply;
  readonly overrides: OverridesReply;
  readonly certs: CertsReply;
  readonly workers: readonly WorkerState[];
  /** Limits that bound clients, as they are in force; 0 = no bound. */
  readonly limits: {
    readonly max_total_connections: number;
    readonly max_in_flight_requests: number;
    readonly max_memory_bytes: number;
  };
  /** Thresholds in force; null where it does not say. */
  readonly alerts: AlertsState | null;
}

/** The block `alerts` of a configuration, units as there: percent, milliseconds, days. */
export interface AlertsState {
  readonly error_rate_percent: number;
  readonly p99_ms: number;
  readonly connections_percent: number;
  readonly breaker_trips_per_minute: number;
  readonly memory_percent: number;
  readonly cert_warn_days: number;
  readonly cert_critical_days: number;
}

export interface TrafficState {
  readonly traffic: TrafficReply;
  /** Requests that went wrong or were slow, the newest first; secrets out. */
  readonly errors: readonly RequestRecord[];
  readonly slow: readonly RequestRecord[];
  /** Where time went in the requests of the last minute that are known one by one, medians; null where there are none. */
  readonly phases: PhaseTimes | null;
  /** When the errors, and the latency, left what they had been before; null where they did not. */
  readonly error_onset: Onset | null;
  readonly latency_onset: Onset | null;
}

export interface PhaseTimes {
  readonly requests: number;
  readonly total_ms: number;
  readonly queue_ms: number;
  readonly connect_ms: number;
  /** Waiting for the head of the target's answer. */
  readonly first_byte_ms: number;
  readonly transfer_ms: number;
  /** What is none of these: the proxy itself. */
  readonly proxy_ms: number;
  /** By target, worst first byte first. */
  readonly targets: readonly { readonly target: string; readonly requests: number; readonly first_byte_ms: number }[];
}

export interface Onset {
  readonly at: string;
  readonly before: number;
  readonly after: number;
  /** 0–1: how sure the change is. */
  readonly confidence: number;
}

/** Who sends, and how that differs from before. */
export interface ClientsState {
  readonly by_address: ClientsReply;
  readonly by_network: ClientsReply;
  readonly by_path: ClientsReply;
  readonly by_agent: ClientsReply;
  readonly requests_per_s: number;
  /** Median of the last 15 minutes before the last two; null = not enough is kept. */
  readonly usual_requests_per_s: number | null;
  /** Addresses among the last minute's requests that are known one by one, and how many of them were not seen before it. */
  readonly addresses: number;
  readonly new_addresses_ratio: number | null;
  /** 0–1: how evenly the requests spread over paths, of those known one by one; near 1 = every request asks for another. */
  readonly path_entropy: number | null;
  /** Refused by the proxy: rate limits, blocks, connection limits; ratio of the last minute. */
  readonly refused_ratio: number | null;
}

/** What happened before. */
export interface ChangesState {
  /** Of the last hour, oldest first: reloads, drains, breakers, restarts, overrides, health. */
  readonly events: readonly EventState[];
  /** Applied configurations of the last hour, oldest first; of a daemon that is gone the last two, however old they are. */
  readonly generations: readonly {
    readonly number: number;
    readonly at: string;
    readonly actor: string;
    readonly reason: string | null;
    /** `~ route api timeout 30s→60s; and 2 more`, against the one before; null where that cannot be told. */
    readonly summary: string | null;
  }[];
  /** What else would tell of changes and could not be asked or read, and why. */
  readonly unread: readonly { readonly source: string; readonly why: string }[];
}
