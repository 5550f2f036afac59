/**
 * Processes that the bench starts, and what they use according to /proc. Ends only what it started, by pid; the files
 * they write go into the directory of the run.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A program that has been started, with everything that it started in turn. */
export class Running implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #errors: string;

  /** Output goes to `NAME.out` and `NAME.err` in `dir`: logs by redirection are part of what is measured. */
  constructor(name: string, command: readonly string[], dir: string, env: Readonly<Record<string, string>> = {}) {
    const [program, ...args] = command;
    this.#errors = path.join(dir, `${name}.err`);
    const out = openSync(path.join(dir, `${name}.out`), 'w');
    const err = openSync(this.#errors, 'w');
    this.#child = spawn(program!, args, { stdio: ['ignore', out, err], cwd: dir, env: { ...process.env, ...env } });
    this.#child.on('error', () => undefined);
    closeSync(out);
    closeSync(err);
  }

  /** Waits until `ready` stops throwing; throws with what the program said when it ends first or takes over 10 s. */
  async untilReady(ready: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const end = performance.now() + 10_000;
    for (;;) {
      signal.throwIfAborted();
      try {
        return await ready();
      } catch (error) {
        const ended = this.ended();
        if (ended !== null || performance.now() > end) throw new Error(ended ?? (error as Error).message);
      }
      await pause(50);
    }
  }

  /** How it ended, with the last that it said of an error; `null` while it runs. */
  ended(): string | null {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null) return null;
    const lines = readFileSync(this.#errors, 'utf8').trim().split('\n');
    const said = lines.findLast((line) => /error|fail|emerg|alert/i.test(line)) ?? lines.at(-1) ?? '';
    return `ended with ${signalCode ?? exitCode ?? 'nothing started'}: ${said.trim().slice(0, 200)}`;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  usage(): Usage {
    return usageOf(descendants(this.#child.pid!));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (this.ended() !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(force);
  }
}

export interface Usage {
  /** User and system time of all threads of all processes, µs. */
  readonly cpuUs: number;
  readonly rssBytes: number;
}

function usageOf(pids: readonly number[]): Usage {
  let ticks = 0;
  let pages = 0;
  for (const pid of pids) {
    const fields = statFields(pid);
    if (fields === null) continue;
    // proc(5): utime, stime and rss are fields 14, 15 and 24; `statFields` begins with field 3.
    ticks += Number(fields[11]) + Number(fields[12]);
    pages += Number(fields[21]);
  }
  return { cpuUs: (ticks * 1e6) / ticksPerSecond, rssBytes: pages * pageBytes };
}

/** Of a process and all below it. */
export function treeUsage(pid: number): Usage {
  return usageOf(descendants(pid));
}

/** User and system time of the thread that a process began with, µs. */
export function mainThreadCpuUs(pid: number): number {
  const fields = statFields(pid, `task/${pid}/stat`) ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond;
}

/** How long the thread that a process began with has waited for a processor, though it had something to do, ms; 0 = the kernel does not say. */
export function mainThreadWaitMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

/** User and system time of everything on the machine, µs. */
export function machineCpuUs(): number {
  // proc(5): the first line holds the sums of user, nice and system in its first three numbers.
  const [, user, nice, system] = readFileSync('/proc/stat', 'utf8').split(/\s+/, 4);
  return ((Number(user) + Number(nice) + Number(system)) * 1e6) / ticksPerSecond;
}

/** The same of this process and of the children that it has seen end. */
export function ownCpuUs(): number {
  const ticks = statFields(process.pid)!
    .slice(11, 15)
    .reduce((sum, field) => sum + Number(field), 0);
  return (ticks * 1e6) / ticksPerSecond;
}

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK']));
const pageBytes = Number(execFileSync('getconf', ['PAGESIZE']));

/** `root` and all processes below it. */
function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? statFields(pid)?.[1] : undefined;
    if (parent !== undefined) parents.set(pid, Number(parent));
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
}

/**
 * Fields of /proc/PID/stat from the third on (the second, the name, may hold spaces and parentheses); `null` when the
 * process has ended.
 */
function statFields(pid: number, file = 'stat'): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/${file}`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** The command kept to one core; as it is when `core` is `null`. */
export function onCore(core: number | null, command: readonly string[]): readonly string[] {
  return core === null ? command : ['taskset', '-c', String(core), ...command];
}

/** First line that names a version, or `null` when the program cannot be run. */
export function versionOf(program: string, args: readonly string[]): string | null {
  // Some write it to stderr, and wrk exits with 1 after it: only a program that is not there gives no status at all.
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 });
  return status === null ? null : (/\d+\.\d+(\.\d+)?[^\s,]*/.exec(stdout + stderr)?.[0] ?? 'unknown');
}

/** A TCP port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
