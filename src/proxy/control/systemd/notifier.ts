/**
 * What systemd is told of this process when it is a unit of `Type=notify`: ready, reloading, stopping, one line of status, that
 * it is alive, and which process is the main one. By the program `systemd-notify`, as Node has no datagrams on unix
 * sockets. Never a reason to fail: what cannot be told is a standing warning. `daemon.ts` tells it what happens.
 */
import { execFile } from 'node:child_process';
import type { Clock, Stoppable } from '../../../base/clock.ts';
import type { Environment } from '../../../base/environment.ts';
import { variable } from '../../../base/environment.ts';
import { errnoOf } from '../../../base/errors.ts';
import type { ChangeListener } from '../change.ts';
import type { StandingWarnings } from '../standing-warnings.ts';

/** `systemd-notify` waits for systemd to have read the message. */
const LIMIT_MS = 5_000;
/** Of what waits to be told; more can only mean that systemd does not answer. */
const MOST_WAITING = 16;

export interface NotifierOptions {
  readonly environment: Environment;
  readonly pid: number;
  readonly clock: Clock;
  readonly warnings: Pick<StandingWarnings, 'set'>;
  /** Whether the process does its work: without that it does not say that it is alive. */
  readonly alive: () => boolean;
  /** The program; tests name others. */
  readonly program?: string;
}

export class Notifier {
  readonly #options: NotifierOptions;
  /** Null: nobody wants to be told. */
  readonly #socket: string | null;
  readonly #watchdogMs: number | null;
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;
  #stopping = false;
  #watchdog: Stoppable | null = null;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#socket = variable(options.environment, 'NOTIFY_SOCKET') ?? null;
    this.#watchdogMs = this.#socket === null ? null : watchdogMs(options.environment, options.pid);
  }

  /** It carries traffic, and is the main process of its unit. From now on it says that it is alive. */
  ready(status: string): Promise<void> {
    // A change that was refused because the process stops, or was replaced, must not take that back.
    if (this.#stopping) return this.#turn;
    if (this.#watchdogMs !== null && this.#watchdog === null) {
      this.#watchdog = this.#options.clock.every(this.#watchdogMs / 2, () => this.#beat());
    }
    return this.#tell(['READY=1', `MAINPID=${this.#options.pid}`, `STATUS=${status}`]);
  }

  /** Tells of changes of the configuration as they come. */
  get listener(): ChangeListener {
    return {
      begins: () => void this.reloading(),
      applied: ({ generation }) => void this.ready(servingWords(generation)),
      failed: () => void this.ready('Serving; the last change of the configuration failed, see `sentinel status`'),
    };
  }

  /** A new configuration is being read; `ready` follows, whatever comes of it. */
  reloading(): Promise<void> {
    if (this.#stopping) return this.#turn;
    // systemd holds the time against its own clock, which is that of hrtime.
    const monotonicUs = process.hrtime.bigint() / 1000n;
    return this.#tell(['RELOADING=1', `MONOTONIC_USEC=${monotonicUs}`, 'STATUS=Reading the configuration']);
  }

  /** @param status What it is waiting for. */
  stopping(status: string): Promise<void> {
    this.#stopping = true;
    return this.#tell(['STOPPING=1', `STATUS=${status}`]);
  }

  /** Another process is the unit's from now on: this one says no more. */
  retire(): void {
    this.#stopping = true;
    this.close();
  }

  close(): void {
    this.#watchdog?.stop();
    this.#watchdog = null;
  }

  /** Resolves when all has been told, or has failed to be. */
  async flushed(): Promise<void> {
    await this.#turn;
  }

  #beat(): void {
    if (this.#options.alive()) void this.#tell(['WATCHDOG=1']);
  }

  #tell(words: readonly string[]): Promise<void> {
    if (this.#socket === null || this.#waiting >= MOST_WAITING) return this.#turn;
    this.#waiting++;
    // One after the other: READY must not overtake RELOADING.
    this.#turn = this.#turn.then(() => this.#run(words)).finally(() => void this.#waiting--);
    return this.#turn;
  }

  #run(words: readonly string[]): Promise<void> {
    const { environment, program = 'systemd-notify', warnings } = this.#options;
    const env = { NOTIFY_SOCKET: this.#socket as string, PATH: environment['PATH'] ?? '/usr/bin:/bin' };
    return new Promise((resolve) => {
      // A status line is one line: what follows a line break would be another assignment.
      const args = words.map((word) => word.replaceAll(/[\r\n]+/g, ' '));
      execFile(program, args, { env, timeout: LIMIT_MS, shell: false }, (error, _stdout, stderr) => {
        warnings.set('systemd', error === null ? null : `systemd cannot be told how it stands: ${why(error, stderr)}`);
        resolve();
      });
    });
  }
}

/** The line of status while it serves. */
export function servingWords(generation: number): string {
  return `Serving generation ${generation}`;
}

function why(error: Error, stderr: string): string {
  if (errnoOf(error) === 'ENOENT') return 'the program systemd-notify is not installed; it comes with systemd';
  return `systemd-notify failed: ${stderr.trim().split('\n')[0] || error.message}`;
}

/** How often it must be heard of; null = nobody waits for that. */
function watchdogMs(environment: Environment, pid: number): number | null {
  const us = Number(variable(environment, 'WATCHDOG_USEC'));
  const meant = variable(environment, 'WATCHDOG_PID');
  // A launcher that stands in front is the process that was meant.
  const own = meant === undefined || Number(meant) === pid || Number(meant) === process.ppid;
  return own && Number.isFinite(us) && us > 0 ? us / 1000 : null;
}
