/**
 * What a change of the configuration is: where it comes from, who wants it, why. Every way to a new configuration (start,
 * reload, apply, edit, rollback) is one of these and goes through `Reloader.change`; who keeps or watches changes listens.
 */
import type { ErrorCode } from '../../base/codes.ts';
import type { ChangeOrigin } from '../../history/generation.ts';
import type { ConfigLoader } from './config-source.ts';
import type { Applied } from './daemon-state.ts';

export interface Change {
  readonly origin: ChangeOrigin;
  readonly actor: string;
  readonly reason: string | null;
  /** Reads what shall be in force. Called once, in the turn of the change; may throw what is a reason to refuse it. */
  readonly load: ConfigLoader;
}

/** Hears of changes, in the turn of the change: what it awaits comes before the next one. Must not throw. */
export interface ChangeListener {
  /** It is about to be read; `applied` or `failed` follows. */
  begins?(change: Change): void;
  /** It is in force in every worker. @param before Null at the start. */
  applied?(applied: Applied, before: Applied | null, change: Change): void | Promise<void>;
  /** Nothing has changed. */
  failed?(problems: readonly string[], code: ErrorCode | null, change: Change): void | Promise<void>;
}
