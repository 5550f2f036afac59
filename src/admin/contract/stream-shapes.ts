/**
 * What `GET /admin/stream` says, as server-sent events: `hello` once, then one event per piece of news, named after its
 * topic; `gap` where something is missing; `bye` where the daemon ends it. Types and names only.
 */

/** Names of events that are no topic. */
export const streamEvents = { hello: 'hello', gap: 'gap', bye: 'bye' } as const;

/** A comment comes at least this often, so that silence means that the connection is dead. */
export const heartbeatMs = 10_000;

export interface StreamQuery {
  /** Comma-separated: `events`, `requests`, `logs`, `traffic`. */
  readonly topics: string;
  /** What a topic takes besides, such as `filter`; `TOPIC.filter` where several topics take one. */
  readonly [parameter: string]: string;
}

export interface StreamHello {
  readonly topics: readonly string[];
  readonly heartbeat_ms: number;
  /** Server time. */
  readonly at: string;
}

/** Something is missing here, and cannot be had by waiting. */
export interface StreamGap {
  readonly topic: string;
  /**
   * `restart`: the daemon was started anew in between; `not_kept`: it happened too long ago, or the topic keeps nothing;
   * `slow_reader`: the client did not read fast enough.
   */
  readonly reason: 'restart' | 'not_kept' | 'slow_reader';
  /** How many pieces of news; null = nobody knows. */
  readonly missed: number | null;
  /** The first of what is missing; null = unknown. */
  readonly since: string | null;
  /** From here on nothing is missing. */
  readonly until: string | null;
}

export interface StreamBye {
  readonly reason: 'stopping' | 'not_allowed';
}
