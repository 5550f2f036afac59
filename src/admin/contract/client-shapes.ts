/** Shapes of the admin API for those who send the most: `GET /admin/clients`. Names and units as in `shapes.ts`. */

/** What requests are told apart by: address, network of it (/24 of IPv4, /64 of IPv6), path without query, user agent. */
export const clientSorts = ['ip', 'prefix', 'path', 'user-agent'] as const;
export type ClientSort = (typeof clientSorts)[number];

/** Windows in milliseconds, by the names that `window=` takes. */
export const clientWindows = { '1m': 60_000, '5m': 300_000 } as const;
export type ClientWindow = keyof typeof clientWindows;

export interface ClientsQuery {
  /** Default `ip`. */
  readonly by?: ClientSort;
  /** Default `1m`. */
  readonly window?: ClientWindow;
  /** Default 20, at most 256. */
  readonly limit?: string;
  /** In the language of filters: only what matches is listed. */
  readonly filter?: string;
}

/** Of one address, network, path or user agent. */
export interface ClientState {
  /** As the client said it, secrets taken out; empty = it said none. Cut at 160 characters. */
  readonly key: string;
  /** Requests: an estimate, and what the true number certainly lies between, as far as the workers answered. */
  readonly requests: number;
  readonly at_least: number;
  readonly at_most: number;
  /** Of all requests of the window, 0–1. */
  readonly share: number;
  readonly requests_per_s: number;
  /** Answered with 5xx, with 4xx; of those requests that are known to be of the key. `null` = none is. */
  readonly error_ratio: number | null;
  readonly client_error_ratio: number | null;
  /** Sent for the requests that are known to be of the key. */
  readonly bytes_out: number;
  /** Every address of it is blocked; `null` for what is no address. */
  readonly blocked: boolean | null;
}

export interface ClientsReply {
  readonly at: string;
  readonly by: ClientSort;
  readonly window_ms: number;
  /** What of the window the numbers are of: whole slots of 20 s, and no more than the daemon has run. */
  readonly covered_ms: number;
  /** All requests of that time. */
  readonly requests: number;
  readonly requests_per_s: number;
  /** Most requests that one stood for, when not each could be looked at; 1 = each was, and the bounds are certain. */
  readonly stride: number;
  /** Different keys of that time, listed or not; an estimate that is right within 10 %, of the requests that were looked at. */
  readonly keys: number;
  /**
   * Those of them that were not seen in `before_ms` before the window; as exact as 10 % of all keys of both times. `null` where less
   * than a minute before the window is known, as in the first two minutes of a daemon.
   */
  readonly new_keys: number | null;
  /** How long before the window is known too: what five minutes leave of it. */
  readonly before_ms: number;
  /** Workers that did not answer: what they served is missing. */
  readonly unanswered: readonly number[];
  /** Most requests first. */
  readonly clients: readonly ClientState[];
}
