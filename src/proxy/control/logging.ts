/**
 * The one door to pino: the daemon's own log on stdout and in a file, and the audit log. Never blocks, never throws:
 * what cannot be written is dropped and counted. The access log is the workers' own.
 */
import { fstatSync } from 'node:fs';
import { pino } from 'pino';
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import type { LoggingConfig, LogLevel } from '../../config/model.ts';
import { closeLogTarget, LogFile, type LogTarget, openLogTarget } from '../shared/log-file.ts';
import { LogRing, newLogRing } from '../shared/log-ring.ts';
import { prettyLine } from './pretty-line.ts';

export type Fields = Readonly<Record<string, unknown>>;

export type EventLevel = 'debug' | 'info' | 'warn' | 'error';

/** What the rest of the control plane logs through. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** A logging configuration whose files are open already, so that taking it over cannot fail. */
export interface PreparedLogging {
  readonly config: LoggingConfig;
  readonly file: LogTarget | null;
  readonly audit: LogTarget | null;
}

export interface LoggingOptions {
  readonly clock: Clock;
  readonly environment: Environment;
  readonly stdout: LogTarget;
  /** Level that a flag or the environment sets over the file; `null` = the file's. */
  readonly level: LogLevel | null;
}

/** Syslog priorities by pino's level numbers, for journald. */
const priorities: Readonly<Record<number, number>> = { 10: 7, 20: 7, 30: 6, 40: 4, 50: 3 };

export class Logging implements Log {
  /** Lines that could not be written, since start. */
  dropped = 0;
  /** Told of every line that has an `event`, whatever the level lets through (`events/event-log.ts`). */
  onEvent: ((level: EventLevel, message: string, fields: Fields) => void) | null = null;
  readonly #options: LoggingOptions;
  readonly #stdout: Sink;
  readonly #file: Sink;
  readonly #audit: Sink;
  readonly #pino: ReturnType<typeof pino>;
  readonly #auditPino: ReturnType<typeof pino>;
  #configured: LogLevel = 'info';
  /** A level set at run time over the configured one. */
  #override: LogLevel | null = null;
  #pretty = false;
  #auditTo: 'log' | 'file' | 'nowhere' = 'log';

  constructor(options: LoggingOptions) {
    this.#options = options;
    this.#stdout = this.#sink();
    this.#file = this.#sink();
    this.#audit = this.#sink();
    void this.#stdout.file.use(options.stdout);
    const journal = underJournal(options.environment, options.stdout.fd);
    // `pino.metadata` makes pino leave the level of each line on the stream.
    const stream = {
      [Symbol.for('pino.metadata')]: true,
      lastLevel: 30,
      write: (line: string) => {
        const text = this.#pretty ? prettyLine(line) : line.trimEnd();
        this.#stdout.write(journal ? `<${priorities[stream.lastLevel] ?? 6}>${text}` : text);
        if (this.#file.file.path !== null) this.#file.write(text);
      },
    };
    const shape = {
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date(options.clock.wallMs()).toISOString()}"`,
      formatters: { level: (label: string) => ({ level: label.toUpperCase() }) },
    };
    this.#pino = pino({ ...shape, level: options.level ?? 'info' }, stream);
    this.#auditPino = pino(shape, { write: (line: string) => this.#audit.write(line.trimEnd()) });
  }

  /**
   * Opens what a configuration names, changing nothing.
   * @throws SNT-P006
   */
  static prepare(config: LoggingConfig): PreparedLogging {
    const file = config.file === null ? null : open(config.file, 'log file');
    try {
      const { enabled, file: path } = config.auditLog;
      return { config, file, audit: !enabled || path === null ? null : open(path, 'audit log') };
    } catch (error) {
      if (file !== null) closeLogTarget(file);
      throw error;
    }
  }

  /** Closes what `prepare` opened, when the configuration is not taken over after all. */
  static abandon(prepared: PreparedLogging): void {
    if (prepared.file !== null) closeLogTarget(prepared.file);
    if (prepared.audit !== null) closeLogTarget(prepared.audit);
  }

  /** Goes over to a prepared configuration. */
  async apply(prepared: PreparedLogging): Promise<void> {
    const { config } = prepared;
    this.#configured = config.level;
    this.#pretty = config.format === 'pretty';
    this.#auditTo = !config.auditLog.enabled ? 'nowhere' : prepared.audit === null ? 'log' : 'file';
    this.#setLevel();
    await Promise.all([this.#file.file.use(prepared.file), this.#audit.file.use(prepared.audit)]);
  }

  get level(): LogLevel {
    return this.#override ?? this.#options.level ?? this.#configured;
  }

  /** The level set at run time, `null` when none is. */
  get override(): LogLevel | null {
    return this.#override;
  }

  /** Sets a level over the configured one, or takes it away again (`null`). */
  overrideLevel(level: LogLevel | null): void {
    this.#override = level;
    this.#setLevel();
  }

  debug(message: string, fields: Fields = {}): void {
    this.#observe('debug', message, fields);
    this.#pino.debug(fields, message);
  }

  info(message: string, fields: Fields = {}): void {
    this.#observe('info', message, fields);
    this.#pino.info(fields, message);
  }

  warn(message: string, fields: Fields = {}): void {
    this.#observe('warn', message, fields);
    this.#pino.warn(fields, message);
  }

  error(message: string, fields: Fields = {}): void {
    this.#observe('error', message, fields);
    this.#pino.error(fields, message);
  }

  /** One line of the audit log: in its own file, or among the others when it has none. */
  audit(message: string, fields: Fields): void {
    this.#observe('info', message, fields);
    const line = { log: 'audit', ...fields };
    if (this.#auditTo === 'file') this.#auditPino.info(line, message);
    else if (this.#auditTo === 'log') this.#pino.info(line, message);
  }

  /** Opens the files again, after a rotation. */
  async reopen(): Promise<void> {
    await Promise.all([this.#file.file.reopen(), this.#audit.file.reopen()]);
  }

  /** Writes what is pending; afterwards nothing is written any more. */
  async close(): Promise<void> {
    await Promise.all([this.#stdout.file.close(), this.#file.file.close(), this.#audit.file.close()]);
  }

  #observe(level: EventLevel, message: string, fields: Fields): void {
    if (fields['event'] !== undefined) this.onEvent?.(level, message, fields);
  }

  #setLevel(): void {
    this.#pino.level = this.level;
  }

  #sink(): Sink {
    return new Sink(this.#options.clock, (lines, path, error) => {
      this.dropped += lines;
      if (path !== null)
        this.error('Log file cannot be written; lines are dropped and counted', { path, error: String(error) });
    });
  }
}

/** A ring and its file: lines are written as soon as they come. */
class Sink {
  readonly file: LogFile;
  readonly #ring = new LogRing(newLogRing(1 << 18));
  readonly #onTrouble: (lines: number, path: string | null, error: unknown) => void;

  constructor(clock: Clock, onTrouble: (lines: number, path: string | null, error: unknown) => void) {
    this.#onTrouble = onTrouble;
    this.file = new LogFile({
      ring: this.#ring,
      clock,
      onDropped: (lines) => onTrouble(lines, null, null),
      onFault: (path, error) => onTrouble(0, path, error),
    });
  }

  write(line: string): void {
    if (!this.#ring.append(line)) this.#onTrouble(1, null, null);
    void this.file.flush();
  }
}

function open(path: string, what: string): LogTarget {
  try {
    return openLogTarget(path);
  } catch (error) {
    throw new SentinelError('SNT-P006', `cannot open the ${what} ${path} for appending: ${errnoOf(error) ?? error}`, {
      hint: `make sure that its folder exists and that this user may write there`,
      cause: error,
    });
  }
}

/** True when stdout is the journal's own socket: then lines may carry their priority. */
function underJournal(environment: Environment, fd: number): boolean {
  const stream = environment['JOURNAL_STREAM'];
  if (stream === undefined) return false;
  const facts = fstatSync(fd);
  return stream === `${facts.dev}:${facts.ino}`;
}
