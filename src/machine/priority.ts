/**
 * How much of the processor this process claims beside others: commands that work hard beside a proxy under load give way to it.
 * Called by such commands, once, before they begin.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Where only niceness is to be had: a ninth of what others get where everybody wants all. */
const COURTEOUS = 10;
/** A machine that leaves nothing over has a fault, and evidence of it is worth its share of the processor. */
const PATIENCE_SECONDS = 2;
const TOOL_MS = 1_000;

/**
 * All threads that there are, and through them those to come, run only while nobody else wants to (SCHED_IDLE, sched(7)): whoever wakes
 * up runs at once, where mere niceness lets it wait for the end of a slice. After two seconds they claim their share again.
 * Where the system does not let us, nothing changes.
 */
export function giveWay(): void {
  // Begun first: it must not inherit our patience, and must work where we get no turn to end it.
  const end = spawn('sh', ['-c', claimScript, 'sh', String(PATIENCE_SECONDS), String(process.pid)], {
    stdio: 'ignore',
  });
  end.on('error', () => {});
  end.unref();
  process.once('exit', () => end.kill());
  const idle = ['--all-tasks', '--idle', '--pid', '0', String(process.pid)];
  const given = spawnSync('chrt', idle, { stdio: 'ignore', timeout: TOOL_MS });
  if (given.status !== 0) giveWayByNiceness();
}

/** Node has no way to ask for it; `chrt` is part of every system that has util-linux. */
const claimScript = 'sleep "$1"; exec chrt --all-tasks --other --pid 0 "$2"';

function giveWayByNiceness(): void {
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
