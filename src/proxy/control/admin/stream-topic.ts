/**
 * One kind of news that `GET /admin/stream` can carry, as its owner offers it: events, requests, log lines, traffic. The
 * stream (`stream.ts`) owns the connection and its bounds. Types only.
 */

export interface StreamNews {
  /** Where it stands in the topic, for a client that comes back; null = it cannot be had again. */
  readonly position: string | null;
  /** Plain data; becomes one line of JSON. */
  readonly data: unknown;
}

/** What a client that came back cannot have any more. */
export interface MissedNews {
  /** How many; null = nobody knows. */
  readonly count: number | null;
  /** Milliseconds since the epoch: what is kept begins here; null = unknown. */
  readonly untilMs: number | null;
}

export interface StreamTopic {
  /** What `?topics=` names it by. */
  readonly name: string;
  /**
   * Where the topic stands now: a client that has had no news yet comes back with this. Missing where nothing of the past
   * can be had; then whoever comes back is told that something may be missing.
   */
  position?(): string;
  /**
   * Begins to tell `send`, at first of what is kept since `position` (null = nothing of the past, `0` = all that is kept).
   * Where `position` is older than what is kept, `missed` is told first. Returns what ends it. Keeps what it sends at once
   * below half a mebibyte: more than that waits for no client.
   * @param query its own parameters: `filter`, or `requests.filter` where several topics are asked for
   * @throws AdminProblem for a query that it cannot serve
   */
  open(
    query: URLSearchParams,
    position: string | null,
    send: (news: StreamNews) => void,
    missed: (what: MissedNews) => void,
  ): () => void;
}
