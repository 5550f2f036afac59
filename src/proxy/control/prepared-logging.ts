/** A logging configuration whose files are open already, so that taking it over cannot fail. `Applier` prepares, `Logging` takes over. */
import { errnoOf, SentinelError } from '../../base/errors.ts';
import type { LoggingConfig } from '../../config/logging-model.ts';
import { closeLogTarget, type LogTarget, openLogTarget } from '../shared/log-target.ts';

export interface PreparedLogging {
  readonly config: LoggingConfig;
  readonly file: LogTarget | null;
  readonly audit: LogTarget | null;
}

/**
 * Opens what a configuration names, changing nothing.
 * @throws SNT-P006
 */
export function prepareLogging(config: LoggingConfig): PreparedLogging {
  const file = config.file === null ? null : open(config.file, 'log file');
  try {
    const { enabled, file: path } = config.auditLog;
    return { config, file, audit: !enabled || path === null ? null : open(path, 'audit log') };
  } catch (error) {
    if (file !== null) closeLogTarget(file);
    throw error;
  }
}

/** Closes what `prepareLogging` opened, when the configuration is not taken over after all. */
export function abandonLogging(prepared: PreparedLogging): void {
  if (prepared.file !== null) closeLogTarget(prepared.file);
  if (prepared.audit !== null) closeLogTarget(prepared.audit);
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
