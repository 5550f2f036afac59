/**
 * The one door to pino: the daemon's own log on stdout and in a file, and the audit log. Never blocks, never throws:
 * what cannot be written is dropped and counted. Nothing is written or told before secrets are out of it. The access log is
 * the workers' own.
 */
import { pino } from 'pino';
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { KnownSecrets, redactDeep, redactText } from '../../base/redaction.ts';
import { rfc3339 } from '../../base/units.ts';
import type { LogLevel } from '../../config/logging-model.ts';
import { type LogTarget, underJournal } from '../shared/log-target.ts';
import type { LogModule } from '../shared/log-modules.ts';
import { LogSink } from './log-sink.ts';
import type { PreparedLogging } from './prepared-logging.ts';
import { prettyLine } from './pretty-line.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** What the rest of the control plane logs through. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** The levels that lines have; `trace` is one that only settings have. */
export type EventLevel = keyof Log;

/** One line as observers get it: redacted. */
export interface LogEntry {
  readonly atMs: number;
  readonly level: EventLevel;
  readonly module: LogModule;
  readonly message: string;
  readonly fields: Fields;
  /** The line as JSON, as it was written; null = the level in force kept it out of the log. */
  readonly line: string | null;
}

export interface LoggingOptions {
  readonly clock: Clock;
  readonly environment: Environment;
  readonly stdout: LogTarget;
  /** Level that a flag or the environment sets over the file; `null` = the file's. */
  readonly level: LogLevel | null;
}

/** Syslog priorities, for journald. */
const priorities: Readonly<Record<EventLevel, number>> = { debug: 7, info: 6, warn: 4, error: 3 };
const ranks: Readonly<Record<LogLevel, number>> = { trace: 0, debug: 1, info: 2, warn: 3, error: 4 };

export class Logging {
  /** Lines that could not be written, since start. */
  dropped = 0;
  /** Told of every line that has an `event`, whatever the level lets through (`events/event-log.ts`). */
  onEvent: ((level: EventLevel, message: string, fields: Fields) => void) | null = null;
  readonly #options: LoggingOptions;
  readonly #stdout: LogSink;
  readonly #file: LogSink;
  readonly #audit: LogSink;
  readonly #pino: ReturnType<typeof pino>;
  readonly #observers: ((entry: LogEntry) => void)[] = [];
  readonly #journal: boolean;
  readonly #logs = new Map<LogModule, Log>();
  #secrets = new KnownSecrets([]);
  #configured: LogLevel = 'info';
  /** Levels set at run time over the configured one. */
  #overrides: (module: LogModule) => LogLevel | null = () => null;
  #pretty = false;
  #auditTo: 'log' | 'file' | 'nowhere' = 'log';
  /** What pino made of the line that is being written. */
  #made = '';

  constructor(options: LoggingOptions) {
    this.#options = options;
    this.#stdout = this.#sink();
    this.#file = this.#sink();
    this.#audit = this.#sink();
    this.#journal = underJournal(options.environment, options.stdout.fd);
    void this.#stdout.file.use(options.stdout);
    const shape = {
      base: null,
      messageKey: 'message',
      // What is written is decided here, before: by module.
      level: 'trace',
      timestamp: () => `,"time":"${rfc3339(options.clock.wallMs())}"`,
      formatters: { level: (label: string) => ({ level: label.toUpperCase() }) },
    };
    this.#pino = pino(shape, { write: (line: string) => void (this.#made = line.trimEnd()) });
  }

  /** Goes over to a prepared configuration. */
  async apply(prepared: PreparedLogging, secrets: readonly string[]): Promise<void> {
    const { config } = prepared;
    this.#secrets = new KnownSecrets(secrets);
    this.#configured = config.level;
    this.#pretty = config.format === 'pretty';
    this.#auditTo = !config.auditLog.enabled ? 'nowhere' : prepared.audit === null ? 'log' : 'file';
    await Promise.all([this.#file.file.use(prepared.file), this.#audit.file.use(prepared.audit)]);
  }

  /** The log of one part of the daemon. */
  module(module: LogModule): Log {
    const known = this.#logs.get(module);
    if (known !== undefined) return known;
    const at =
      (level: EventLevel) =>
      (message: string, fields: Fields = {}) =>
        this.#log(module, level, message, fields, false);
    const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
    this.#logs.set(module, log);
    return log;
  }

  /** What stands before an info line on standard output: under the journal its priority. */
  get stdoutPrefix(): string {
    return this.#journal ? `<${priorities.info}>` : '';
  }

  /** Without overrides: by flag, environment or file. */
  get configured(): LogLevel {
    return this.#options.level ?? this.#configured;
  }

  levelOf(module: LogModule): LogLevel {
    return this.#overrides(module) ?? this.configured;
  }

  /** Where levels that were set at run time are looked up. */
  overrideBy(overrides: (module: LogModule) => LogLevel | null): void {
    this.#overrides = overrides;
  }

  /** Tells every line from now on, also those that the level keeps out of the log. An observer must not log. */
  observe(observer: (entry: LogEntry) => void): void {
    this.#observers.push(observer);
  }

  /** An info line that no level keeps out: of the levels themselves. */
  announce(module: LogModule, message: string, fields: Fields): void {
    this.#log(module, 'info', message, fields, true);
  }

  /** One line of the audit log: in its own file, or among the others when it has none. */
  audit(message: string, fields: Fields): void {
    const entry = this.#entry('admin', 'info', message, { log: 'audit', ...fields }, this.#auditTo !== 'nowhere');
    if (this.#auditTo === 'file') this.#audit.write(entry.line as string);
    else if (this.#auditTo === 'log') this.#write(entry.level, entry.line as string);
    this.#tell(this.#auditTo === 'log' ? entry : { ...entry, line: null });
  }

  /** Those that the running configuration knows. */
  get secrets(): KnownSecrets {
    return this.#secrets;
  }

  /** A text without the secrets that the running configuration knows, and without what looks like one. */
  cleanse(text: string): string {
    return this.#secrets.replaceIn(redactText(text));
  }

  /** Opens the files again, after a rotation. */
  async reopen(): Promise<void> {
    await Promise.all([this.#file.file.reopen(), this.#audit.file.reopen()]);
  }

  /** Writes what is pending; afterwards nothing is written any more. */
  async close(): Promise<void> {
    await Promise.all([this.#stdout.file.close(), this.#file.file.close(), this.#audit.file.close()]);
  }

  #log(module: LogModule, level: EventLevel, message: string, fields: Fields, always: boolean): void {
    const written = always || ranks[level] >= ranks[this.levelOf(module)];
    if (!written && this.#observers.length === 0 && this.onEvent === null) return;
    const entry = this.#entry(module, level, message, fields, written);
    if (entry.line !== null) this.#write(level, entry.line);
    this.#tell(entry);
  }

  #entry(module: LogModule, level: EventLevel, message: string, raw: Fields, written: boolean): LogEntry {
    const fields = redactDeep(raw, this.#secrets) as Fields;
    const text = this.cleanse(message);
    if (written) this.#pino[level]({ module, ...fields }, text);
    const line = written ? this.#made : null;
    return { atMs: this.#options.clock.wallMs(), level, module, message: text, fields, line };
  }

  #write(level: EventLevel, json: string): void {
    const text = this.#pretty ? prettyLine(json) : json;
    this.#stdout.write(this.#journal ? `<${priorities[level]}>${text}` : text);
    if (this.#file.file.path !== null) this.#file.write(text);
  }

  #tell(entry: LogEntry): void {
    if (entry.fields['event'] !== undefined) this.onEvent?.(entry.level, entry.message, entry.fields);
    for (const observer of this.#observers) observer(entry);
  }

  #sink(): LogSink {
    return new LogSink({
      clock: this.#options.clock,
      onDropped: (lines) => {
        this.dropped += lines;
      },
      onNews: (level, message, fields) => this.module('logs')[level](message, fields),
    });
  }
}
