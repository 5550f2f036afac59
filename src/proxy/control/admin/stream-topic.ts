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

export interface StreamTopic {
  /** What `?topics=` names it by. */
  readonly name: string;
  /**
   * Begins to tell `send`, at first of what is kept since `position` (null = nothing of the past). Returns what ends it.
   * @throws AdminProblem for a query that it cannot serve
   */
  open(query: URLSearchParams, position: string | null, send: (news: StreamNews) => void): () => void;
}
