/** One line of a timeline, wherever it comes from. Types only. */

export const momentSources = ['journal', 'command', 'event', 'runbook', 'traffic', 'configuration'] as const;
export type MomentSource = (typeof momentSources)[number];

export interface Moment {
  /** RFC 3339 in UTC with milliseconds. */
  readonly at: string;
  readonly source: MomentSource;
  /** `marked`, `target_down`, `drain` … within its source. */
  readonly kind: string;
  /** Null where nobody did it. */
  readonly actor: string | null;
  /** One line for people, without time and actor. Secrets are gone. */
  readonly words: string;
  readonly severity: 'info' | 'warn' | 'error';
  /** What tells it from every other of its source: the same moment read from two places has the same. */
  readonly key: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A source that could not be read: a timeline says so at its head, never silently leaves it out. */
export interface MissingSource {
  readonly source: MomentSource;
  readonly why: string;
}

export interface Timeline {
  readonly incident: string;
  /** Stretch that it covers; `until` null = it goes on. */
  readonly since: string;
  readonly until: string | null;
  /** Oldest first. */
  readonly moments: readonly Moment[];
  readonly missing: readonly MissingSource[];
}
