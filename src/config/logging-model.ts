/** What the configuration says of logs. Part of `Config` (`model.ts`); types only. */

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

export interface LoggingConfig {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  readonly file: string | null;
  readonly accessLog: AccessLogConfig;
  readonly auditLog: { readonly enabled: boolean; readonly file: string | null };
}

export interface AccessLogConfig {
  /** False when switched off or when neither a file nor `stdout` is named. */
  readonly enabled: boolean;
  /** A path, or `stdout`. */
  readonly file: string | null;
  readonly format: 'json' | 'combined';
  /** Share of requests logged, 0–1. */
  readonly sample: number;
  /** Fields, lower case, whose values stand behind the others. */
  readonly captureRequest: readonly string[];
  readonly captureResponse: readonly string[];
}
