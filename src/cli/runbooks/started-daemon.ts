/**
 * Starts a daemon that outlives the command: `sentinel run` as a step of a runbook. In a session of its own, what it says in a file;
 * done when it carries traffic, failed when it ends before.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { AdminClient } from '../../admin/client/client.ts';
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import type { CommandEnd } from '../../runbook/run/world.ts';

const POLL_MS = 100;
/** Of the file, for the transcript. */
const SHOWN = 16_384;

export interface StartOrder {
  readonly argv: readonly [string, ...string[]];
  readonly environment: Environment;
  readonly directory: string;
  /** Gets what it prints, for as long as it runs. */
  readonly logFile: string;
  readonly client: AdminClient;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onOutput: (text: string) => void;
}

export async function startDaemon(order: StartOrder): Promise<CommandEnd> {
  const { logFile, clock, timeoutMs, signal, onOutput } = order;
  const fd = openSync(logFile, 'a', 0o600);
  const [program, ...args] = order.argv;
  const child = spawn(program, args, {
    cwd: order.directory,
    env: { ...order.environment },
    detached: true,
    stdio: ['ignore', fd, fd],
  });
  closeSync(fd);
  const over = endOf(child);
  const from = clock.now();
  const done = (end: CommandEnd['end'], exit: number | null): CommandEnd => {
    const text = readFileSync(logFile, 'utf8');
    return { end, exit, output: text.slice(-SHOWN), truncated: text.length > SHOWN };
  };
  for (;;) {
    const ended = await Promise.race([over, pause(clock, POLL_MS)]);
    if (ended === 'missing' || ended === 'denied') return done(ended, null);
    if (ended !== null) {
      const shown = done('exited', ended);
      onOutput(shown.output);
      return { ...shown, exit: ended === 0 ? 1 : ended };
    }
    if (await serves(order)) {
      child.unref();
      onOutput(`pid ${child.pid} carries traffic; what it says goes to ${logFile}\n`);
      return done('exited', 0);
    }
    const late = clock.now() - from >= timeoutMs;
    if (!late && !signal.aborted) continue;
    child.kill('SIGTERM');
    return done(late ? 'timeout' : 'aborted', null);
  }
}

/** Its log says so, or its admin API, wherever the log may go. */
async function serves({ logFile, client }: StartOrder): Promise<boolean> {
  if (/"message":"Ready"/.test(readFileSync(logFile, 'utf8'))) return true;
  return await client.call('status').then(
    ({ data }) => data.state === 'ready',
    () => false,
  );
}

function endOf(child: ChildProcess): Promise<number | 'missing' | 'denied'> {
  const { promise, resolve } = Promise.withResolvers<number | 'missing' | 'denied'>();
  child.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ENOENT' ? 'missing' : 'denied'));
  child.once('exit', (code) => resolve(code ?? 128));
  return promise;
}

function pause(clock: Clock, ms: number): Promise<null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  clock.after(ms, () => resolve(null));
  return promise;
}
