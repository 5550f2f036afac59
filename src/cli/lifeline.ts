/**
 * The line to the launcher that stands in front of this process where it could not become it (see `bin/launch.js`).
 * When the launcher dies, however it dies, the line is cut and this process ends as if told to by TERM.
 */
import { type Environment, ownVariables } from '../base/environment.ts';

/** The signals that the launcher passes on when this process did not get them by itself. */
const reported = ['SIGHUP', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/** A process that takes over has a channel too, to the one before it, and is to outlive that. */
function hasLauncher(environment: Environment): boolean {
  return process.connected === true && environment[ownVariables.estate] === undefined;
}

/** Ends this process when its launcher goes; no effect without one. Never keeps the process alive. */
export function holdToLauncher(environment: Environment): void {
  if (!hasLauncher(environment)) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}

/**
 * Tells the launcher which signals arrived here, so that it does not pass on what a terminal or a service manager
 * already gave to both. Only for a process that handles all of them: listening takes away their default effect.
 */
export function reportSignals(environment: Environment): void {
  if (!hasLauncher(environment)) return;
  for (const signal of reported) process.on(signal, () => process.connected && process.send?.({ received: signal }));
}
