/**
 * The process that is to take over, as the old one holds it: started with the sockets that it inherits, heard of over a channel.
 * Tells what becomes of it; decides nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { UpgradeProblem } from '../../../admin/contract/upgrade-shapes.ts';
import type { Clock, Stoppable } from '../../../base/clock.ts';
import { SentinelError } from '../../../base/errors.ts';
import { type Environment, ownVariables } from '../../../base/environment.ts';
import type { FromHeir, ToHeir } from './channel.ts';
import { type Estate, estateText } from './estate.ts';
import { HeirFailure } from './heir-failure.ts';
import type { Program } from './program.ts';

/** Where descriptors begin in the child, after its standard streams and the channel. */
const FIRST_FD = 4;
/** One that does not end when told to is ended. */
const PATIENCE_MS = 2_000;

type Word = Exclude<FromHeir['kind'], 'refused'>;

export interface HeirOptions {
  readonly program: Program;
  readonly environment: Environment;
  readonly estate: Estate;
  readonly clock: Clock;
}

export class Heir {
  readonly pid: number;
  /** Resolves with what there is to say when it is gone. */
  readonly ended: Promise<HeirFailure>;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #heard = new Set<FromHeir['kind']>();
  readonly #waiting = new Map<Word, () => void>();

  private constructor(child: ChildProcess, clock: Clock) {
    this.#child = child;
    this.#clock = clock;
    this.pid = child.pid as number;
    let refusal: UpgradeProblem | null = null;
    child.on('message', (message) => {
      const said = message as FromHeir;
      if (said.kind === 'refused') refusal = said;
      else {
        this.#heard.add(said.kind);
        this.#waiting.get(said.kind)?.();
      }
    });
    // A channel that breaks is told by the end of the process.
    child.on('error', () => {});
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(new HeirFailure(refusal ?? endOf(code, signal))));
    });
  }

  /**
   * Starts it. It outlives this process.
   * @throws SNT-P031 when it cannot even be started
   */
  static async start({ program, environment, estate, clock }: HeirOptions): Promise<Heir> {
    const fds: number[] = [];
    /** Number that a descriptor of this process has in the child. */
    const slot = (fd: number) => FIRST_FD + fds.push(fd) - 1;
    const inherited: Estate = {
      ...estate,
      sockets: estate.sockets.map((socket) => ({ ...socket, fd: slot(socket.fd) })),
      metrics: estate.metrics === null ? null : { ...estate.metrics, fd: slot(estate.metrics.fd) },
    };
    // Meant for this process alone: the new one is heard of because it takes this one's place.
    const { WATCHDOG_PID: _watched, ...passed } = environment;
    const child = spawn(program.command, program.args, {
      env: { ...passed, ...program.environment, [ownVariables.estate]: estateText(inherited) },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...fds],
      detached: true,
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) =>
        reject(
          new SentinelError('SNT-P031', `the new process could not be started: ${error.message}`, { cause: error }),
        ),
      );
    });
    return new Heir(child, clock);
  }

  /**
   * Resolves when it has said so.
   * @throws HeirFailure when it ended instead, or says nothing until `deadline` (monotonic)
   */
  async expect(word: Word, deadline: number): Promise<void> {
    if (this.#heard.has(word)) return;
    let limit: Stoppable | null = null;
    try {
      const outcome = await Promise.race([
        new Promise<null>((resolve) => this.#waiting.set(word, () => resolve(null))),
        this.ended,
        new Promise<HeirFailure>((resolve) => {
          limit = this.#clock.after(Math.max(0, deadline - this.#clock.now()), () =>
            resolve(
              new HeirFailure({
                detail: `the new process (pid ${this.pid}) was not ready in time and was ended`,
                hint: 'give it longer with --timeout; what it has logged stands in the log of the daemon',
                output: [],
              }),
            ),
          );
        }),
      ]);
      if (outcome !== null) throw outcome;
    } finally {
      this.#waiting.delete(word);
      (limit as Stoppable | null)?.stop();
    }
  }

  /** What cannot be said because it is gone is not missed. */
  say(message: ToHeir): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#child.connected) return resolve();
      this.#child.send(message, () => resolve());
    });
  }

  /** Ends it, and resolves when it has ended. */
  async end(): Promise<void> {
    this.#child.kill('SIGTERM');
    // A second TERM forces, and what does not hear it is stuck.
    const limit = this.#clock.after(PATIENCE_MS, () => this.#child.kill('SIGKILL'));
    await this.ended;
    limit.stop();
  }

  /** From now on it lives without this process, and this process without it. */
  release(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }
}

function endOf(code: number | null, signal: string | null): Omit<UpgradeProblem, 'code'> {
  const how = signal === null ? `with status ${code}` : `by signal ${signal}`;
  return {
    detail: `the new process ended ${how} before it was ready`,
    hint: 'what it wrote stands where this daemon writes its own standard error',
    output: [],
  };
}
