/**
 * Log levels that are set while the daemon runs, for all lines or for those of one module, until they expire: what
 * `sentinel log-level`, USR1 and USR2 change. Both ends of each are logged, whatever the level. Kept in memory only.
 */
import type { Clock, Stoppable } from '../../base/clock.ts';
import { rfc3339 } from '../../base/units.ts';
import type { LogLevel } from '../../config/logging-model.ts';
import type { LogModule } from '../shared/log-modules.ts';
import type { Logging } from './logging.ts';

/** How long USR1 logs at debug level. */
export const debugWindowMs = 15 * 60_000;

/** One level in force. Times are wall-clock ms. */
export interface LevelOverride {
  /** Null = every module that has none of its own. */
  readonly module: LogModule | null;
  readonly level: LogLevel;
  readonly actor: string;
  readonly reason: string | null;
  readonly setAt: number;
  readonly expiresAt: number;
}

export interface LevelOrder {
  readonly module: LogModule | null;
  readonly level: LogLevel;
  readonly actor: string;
  readonly reason: string | null;
  readonly expiresInMs: number;
}

export class LogLevels {
  readonly #clock: Clock;
  readonly #logging: Logging;
  readonly #onChange: () => void;
  readonly #entries = new Map<LogModule | null, { readonly override: LevelOverride; readonly end: Stoppable }>();

  /** @param onChange What is in force has changed, by hand or by the clock. */
  constructor(clock: Clock, logging: Logging, onChange: () => void) {
    this.#clock = clock;
    this.#logging = logging;
    this.#onChange = onChange;
    logging.overrideBy((module) => (this.#entries.get(module) ?? this.#entries.get(null))?.override.level ?? null);
  }

  /** In the order in which they were set. */
  get all(): readonly LevelOverride[] {
    return [...this.#entries.values()].map(({ override }) => override);
  }

  /** Replaces one of the same module. */
  set({ module, level, actor, reason, expiresInMs }: LevelOrder): LevelOverride {
    this.#entries.get(module)?.end.stop();
    this.#entries.delete(module);
    const setAt = this.#clock.wallMs();
    const expiresAt = setAt + expiresInMs;
    const override: LevelOverride = { module, level, actor, reason, setAt, expiresAt };
    const end = this.#clock.after(expiresInMs, () => void this.clear(module, 'expiry', null));
    this.#entries.set(module, { override, end });
    this.#logging.announce('logs', isDebugWindow(override) ? 'Debug logging switched on' : 'Log level set', {
      ...facts(override, actor, reason),
      until: rfc3339(expiresAt),
    });
    this.#onChange();
    return override;
  }

  /** Takes one back; false when there was none. */
  clear(module: LogModule | null, actor: string, reason: string | null): boolean {
    const entry = this.#entries.get(module);
    if (entry === undefined) return false;
    entry.end.stop();
    this.#entries.delete(module);
    const words = isDebugWindow(entry.override) ? 'Debug logging switched off' : 'Log level set back';
    this.#logging.announce('logs', words, facts(entry.override, actor, reason));
    this.#onChange();
    return true;
  }

  /** USR1: everything at debug level for a quarter of an hour from now. */
  debugOn(actor: string): void {
    this.set({ module: null, level: 'debug', actor, reason: null, expiresInMs: debugWindowMs });
  }

  /** USR2: no level is set for all modules; said also when none was. */
  debugOff(actor: string): void {
    if (this.clear(null, actor, null)) return;
    this.#logging.announce('logs', 'Debug logging switched off', { event: 'log_level', actor });
  }

  /** Ends without a word, when the daemon does. */
  stop(): void {
    for (const { end } of this.#entries.values()) end.stop();
  }
}

function isDebugWindow({ module, level }: LevelOverride): boolean {
  return module === null && level === 'debug';
}

function facts({ module, level }: LevelOverride, actor: string, reason: string | null): Record<string, unknown> {
  return {
    event: 'log_level',
    actor,
    level_set: level,
    of: module ?? 'all modules',
    ...(reason === null ? {} : { reason }),
  };
}
