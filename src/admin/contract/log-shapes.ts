/** Shapes of the admin API for log lines and log levels. Names and units as in `shapes.ts`. Types only. */

/** Names of levels, the most talkative first. */
export const logLevelNames = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevelName = (typeof logLevelNames)[number];

/** A level that was set at run time. */
export interface LogLevelState {
  /** `null` = every module that has none of its own. */
  readonly module: string | null;
  readonly level: LogLevelName;
  readonly actor: string;
  readonly reason: string | null;
  readonly set_at: string;
  readonly expires_at: string;
  readonly expires_in_ms: number;
}

export interface LogModuleState {
  readonly module: string;
  /** What its lines tell. */
  readonly meaning: string;
  /** In force now. */
  readonly level: LogLevelName;
}

export interface LogLevelsReply {
  /** By flag, environment or file. */
  readonly configured: LogLevelName;
  readonly modules: readonly LogModuleState[];
  /** In the order in which they were set. */
  readonly overrides: readonly LogLevelState[];
}

export interface LogLevelRequest {
  readonly level: LogLevelName;
  /** One of `modules`; left out = all that have none of their own. */
  readonly module?: string;
  /** From one second to seven days. */
  readonly expires_in_ms: number;
}

export interface LogLevelReply {
  readonly override: LogLevelState;
  /** There was one of this module. */
  readonly replaced: boolean;
}

export interface LogLevelQuery {
  /** Left out = every level that was set. */
  readonly module?: string;
}

export interface LogLevelResetReply {
  readonly removed: readonly LogLevelState[];
  readonly configured: LogLevelName;
}

export interface LogsQuery {
  /** RFC 3339, or a duration back from now. */
  readonly since?: string;
  /** Lines of this level and those that are worse. */
  readonly level?: string;
  readonly filter?: string;
  readonly limit?: string;
}

/** One line of the log: `level`, `time`, `module`, `message`, and what else belongs to it. */
export type LogLineState = Readonly<Record<string, unknown>>;

export interface LogsReply {
  readonly at: string;
  /** Oldest first. */
  readonly lines: readonly LogLineState[];
  /** Lines that match and are more than `limit`: older than those shown. */
  readonly omitted: number;
  /** Since when lines are kept in memory. */
  readonly kept_since: string;
  /** What `GET /admin/stream` takes to go on after the last line. */
  readonly resume: string;
  /** Files of the configuration in force; `null` where it names none. */
  readonly log_file: string | null;
  readonly access_log: string | null;
}

export interface LogsReopenReply {
  /** Files that are open anew, whoever writes them. */
  readonly files: readonly string[];
  /** Workers that have it, of `workers_total`. */
  readonly workers: number;
  readonly workers_total: number;
}
