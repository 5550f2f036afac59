/**
 * What the feed knows of one daemon at one moment: replies of the admin API as they came, and what could not be had. Made by the
 * feed, kept by the store, read by everything above it. Types only.
 */
import type { CertsReply } from '../../admin/contract/cert-shapes.ts';
import type { ClientsReply } from '../../admin/contract/client-shapes.ts';
import type { EventState } from '../../admin/contract/event-shapes.ts';
import type { LogLineState } from '../../admin/contract/log-shapes.ts';
import type { InflightReply, RequestsReply } from '../../admin/contract/request-shapes.ts';
import type { Role } from '../../admin/contract/roles.ts';
import type { RuntimeReply } from '../../admin/contract/runtime-shapes.ts';
import type { RoutesReply, StatusReply } from '../../admin/contract/shapes.ts';
import type { TrafficReply } from '../../admin/contract/traffic-shapes.ts';
import type { BreakersReply, UpstreamsReply } from '../../admin/contract/upstream-shapes.ts';
import type { ErrorCode } from '../../base/codes.ts';
import type { Verdict } from '../../diagnosis/judgement.ts';
import type { Thresholds } from '../../diagnosis/thresholds.ts';

/** What is asked for only while somebody looks at it. `status` and `upstreams` are asked for each time. */
export interface Parts {
  readonly routes: RoutesReply;
  readonly breakers: BreakersReply;
  /**
   * With the series of the last 15 minutes: the past of a daemon that one looks at only now. Large: whoever keeps readings of the past
   * keeps them without it, for the newest has it all.
   */
  readonly traffic: TrafficReply;
  readonly errors: RequestsReply;
  readonly inflight: InflightReply;
  readonly clients: ClientsReply;
  readonly certs: CertsReply;
  readonly runtime: RuntimeReply;
}
export type PartName = keyof Parts;

/** Who we are there. */
export interface Identity {
  readonly actor: string;
  readonly role: Role;
}

export interface Reading {
  /** As `--daemon` named it; `local` where nothing was named. */
  readonly node: string;
  /** By the clock of the daemon, milliseconds since 1970: every age and rate that is shown is by this clock. */
  readonly atMs: number;
  /** By our monotonic clock, when the reply was whole. */
  readonly receivedMs: number;
  /** How long the asking took. */
  readonly tookMs: number;
  readonly generation: number;
  /** For `If-Match`. */
  readonly etag: string;
  readonly status: StatusReply;
  readonly upstreams: UpstreamsReply['upstreams'];
  /** Those that were wanted and came. What did not come this time is what came last, and stands in `unread`. */
  readonly parts: Partial<Parts>;
  /** Why a wanted part is missing, or older than the rest. */
  readonly unread: Partial<Record<PartName, string>>;
  /** Null = the daemon does not say (an older one). */
  readonly identity: Identity | null;
}

/** What the feed says, in order. Everything that is drawn follows from these and from keys. */
export type FeedNews =
  | { readonly kind: 'reading'; readonly reading: Reading }
  /** The daemon did not answer; said for each attempt. What was read last stays, and is stale. */
  | {
      readonly kind: 'lost';
      readonly node: string;
      readonly atMs: number;
      readonly why: string;
      /** Code of the error; absent where it has none. Whether nobody answers or nobody is let in is an exit status. */
      readonly code?: ErrorCode;
      readonly retryMs: number;
    }
  /** Oldest first. `gap`: some before these are missing. */
  | { readonly kind: 'events'; readonly node: string; readonly events: readonly EventState[]; readonly gap: boolean }
  | { readonly kind: 'logs'; readonly node: string; readonly lines: readonly LogLineState[]; readonly gap: boolean }
  /** What `sentinel diagnose` would say of what the daemon tells; null = it could not be judged, `why` says why. */
  | {
      readonly kind: 'verdict';
      readonly node: string;
      readonly verdict: Verdict | null;
      readonly why: string | null;
      /** Those of the configuration of the daemon, by which it was judged. */
      readonly thresholds?: Thresholds;
    };

/** What the screen needs next; the feed asks for that and nothing else. */
export interface Wants {
  readonly parts: readonly PartName[];
  readonly logs: boolean;
  /** Of `inflight`: a single request that is looked at. */
  readonly clientsBy: 'ip' | 'prefix' | 'path' | 'user-agent';
  /** ≥ 250. */
  readonly intervalMs: number;
  /** Nothing is asked while the screen is suspended. */
  readonly paused: boolean;
}
