/** Shapes of `GET /admin/events` and of topic `events` of the stream. Types only. */

export interface EventState {
  /** Rises with everything that happens; what happens again within 60 s moves on to a new one. */
  readonly seq: number;
  /** When it happened first, RFC 3339. */
  readonly at: string;
  readonly last_at: string;
  /** How often within 60 s. */
  readonly count: number;
  /** Its name in the catalogue (docs/events.md). */
  readonly kind: string;
  readonly severity: 'debug' | 'info' | 'warn' | 'error';
  /** What it happened to; null = the daemon itself. */
  readonly subject: string | null;
  /** Who did it; null where nobody did. */
  readonly actor: string | null;
  /** Why, as the actor said. */
  readonly reason: string | null;
  /** The message of the log line. */
  readonly words: string;
  /** Why or what exactly, in words; null = the words say all. */
  readonly detail: string | null;
  /** Of the configuration in force then. */
  readonly generation: number;
  /** The other fields of the log line, secrets left out. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface EventsQuery {
  /** RFC 3339, or a duration back from now: `15m`. */
  readonly since?: string;
  /** Names of events, comma-separated. */
  readonly kind?: string;
  /** In the filter grammar. */
  readonly filter?: string;
  /** At most so many, the newest; default 200. */
  readonly limit?: string;
  /** `1`: also what is shown only when it is asked for. */
  readonly all?: string;
}

export interface EventsReply {
  /** Server time. */
  readonly at: string;
  /** Oldest first. */
  readonly events: readonly EventState[];
  /** How many more there would have been without `limit`. */
  readonly omitted: number;
  /** The oldest that is kept; null when nothing is. Before that something may have happened. */
  readonly kept_since: string | null;
  /** `Last-Event-ID` by which a stream of `events` goes on right after these. */
  readonly resume: string;
}
