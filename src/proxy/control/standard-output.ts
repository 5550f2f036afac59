/** Where log lines go besides the file when nobody names another place: the standard output of the process. Opened by `daemon.ts`. */
import { type LogTarget, openLogTarget } from '../shared/log-target.ts';

/** Made non-blocking where it could not be opened anew: a reader that stops must not stop the daemon. */
export function openStandardOutput(): LogTarget {
  const target = openLogTarget('stdout');
  // libuv sets the flag when it takes over the descriptor.
  if (target.fd === 1 && !target.regular) void process.stdout.writable;
  return target;
}
