/**
 * Shapes of the admin API that say what goes through the proxy: windows and series. JSON names are snake case with their unit;
 * shares are ratios from 0 to 1. Types and names only.
 */

export const trafficWindows = ['10s', '1m', '5m'] as const;
export type TrafficWindow = (typeof trafficWindows)[number];

/**
 * What a route, an upstream, a target or all of them did in one window. Windows are made of whole seconds and tens of
 * seconds, and are read once a second.
 */
export interface WindowState {
  /** The time that it really covers; rates are per second of it. */
  readonly covered_ms: number;
  /** Finished requests; of a target finished tries. */
  readonly requests: number;
  readonly requests_per_s: number;
  /** Answers with status 500 and above; of a target failed tries, those answers among them. */
  readonly errors: number;
  /** `errors` by `requests`; null where there was no request. */
  readonly error_ratio: number | null;
  /** Requests that did not end by a good answer of their upstream, the most frequent cause first. Empty for a target. */
  readonly causes: readonly CauseShare[];
  /** The same by who is to blame; null for a target, and where there was no request. */
  readonly sources: { readonly client: number; readonly proxy: number; readonly upstream: number } | null;
  /** Bytes of request bodies, and everything written to clients; null for a target. */
  readonly bytes_in: number | null;
  readonly bytes_out: number | null;
  /**
   * Within 2 %. Of a route, and in all: from the first byte of a request to the last of its response. Of an upstream and a
   * target: from the request being sent to the head of its answer. Null where nothing was timed.
   */
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
}

export interface CauseShare {
  readonly cause: string;
  readonly source: 'client' | 'proxy' | 'upstream';
  readonly count: number;
  /** Of all requests of the window. */
  readonly ratio: number;
}

/** All of them, or the one that `window` asks for; none in the first second, as nothing is known yet. */
export type WindowStates = { readonly [K in TrafficWindow]?: WindowState };

export interface TrafficQuery {
  /** One window instead of all. */
  readonly window?: TrafficWindow;
  /** Only this route, only this upstream; all of the other kind are left out. */
  readonly route?: string;
  readonly upstream?: string;
  /** The last 15 minutes too. */
  readonly series?: '1';
  /** Of the series only the points that ended after this, RFC 3339: for those who have what was before. */
  readonly since?: string;
  /** Leaves the targets of upstreams out: `GET /admin/upstreams` has the same windows of them. */
  readonly targets?: '0';
}

export interface TrafficReply {
  /** When the newest second ended, RFC 3339; null before the first. */
  readonly at: string | null;
  readonly total: SubjectTraffic;
  /** Requests that took no route, the proxy's own answers (health, readiness) among them. */
  readonly unrouted: SubjectTraffic;
  readonly routes: readonly (SubjectTraffic & { readonly id: string })[];
  readonly upstreams: readonly (SubjectTraffic & {
    readonly name: string;
    readonly targets: readonly { readonly address: string; readonly windows: WindowStates }[];
  })[];
  /** When the points of all series ended and what they cover, the oldest first; only with `series=1`. */
  readonly points?: { readonly at: readonly string[]; readonly covered_ms: readonly number[] };
}

export interface SubjectTraffic {
  readonly windows: WindowStates;
  readonly series?: SeriesState;
}

/** One number for each of `points`. */
export interface SeriesState {
  readonly requests: readonly number[];
  readonly errors: readonly number[];
  readonly p50_ms: readonly (number | null)[];
  readonly p99_ms: readonly (number | null)[];
}
