/**
 * How much of the processor this process claims beside others: commands that work hard beside a proxy under load give way to it.
 * Called by such commands, once, before they begin.
 */
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/** A ninth of what others get where everybody wants all; all that is left where not. */
const COURTEOUS = 10;

/** All threads that there are, and through them those to come. Where the system does not let us, nothing changes. */
export function giveWay(): void {
  for (const thread of threads()) {
    try {
      // On Linux the number of a thread is as good as that of a process here (setpriority(2)).
      setPriority(thread, COURTEOUS);
    } catch {
      // It has ended, or may not be slowed down: no reason to do without a snapshot.
    }
  }
}

function threads(): readonly number[] {
  try {
    return readdirSync('/proc/self/task').map(Number);
  } catch {
    return [process.pid];
  }
}
