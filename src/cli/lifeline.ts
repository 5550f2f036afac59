/**
 * The line to the launcher that stands in front of this process where it could not become it (see `bin/launch.js`).
 * When the launcher dies, however it dies, the line is cut and this process ends as if told to by TERM.
 */

/** The signals that the launcher passes on when this process did not get them by itself. */
const reported = ['SIGHUP', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/** Ends this process when its launcher goes; no effect without one. Never keeps the process alive. */
export function holdToLauncher(): void {
  if (process.connected !== true) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}

/**
 * Tells the launcher which signals arrived here, so that it does not pass on what a terminal or a service manager
 * already gave to both. Only for a process that handles all of them: listening takes away their default effect.
 */
export function reportSignals(): void {
  if (process.connected !== true) return;
  for (const signal of reported) process.on(signal, () => process.connected && process.send?.({ received: signal }));
}
