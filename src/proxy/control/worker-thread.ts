/**
 * One worker thread as the supervisor holds it: turns the messages of `shared/messages.ts` into promises that always
 * settle, also when the thread dies or says nothing. Decides nothing.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../base/clock.ts';
import type {
  BoundListener,
  DrainOrder,
  FromWorker,
  ToWorker,
  WorkerFault,
  WorkerSaid,
  WorkerStart,
} from '../shared/messages.ts';
import type { LoopClock } from './runtime/load-watch.ts';
import type { Question } from '../shared/questions.ts';

/**
 * What a request allocates is dead when it is answered. A nursery that fits the processor's cache costs less CPU a
 * request than V8's default, which lets it wander through three times sixteen megabytes, and 50 MiB less a worker.
 */
const YOUNG_GENERATION_MB = 6;

/** What a thread gets ready for. */
export type PrepareOrder = Omit<Extract<ToWorker, { kind: 'prepare' }>, 'kind'>;

export type PrepareOutcome =
  | { readonly ok: true; readonly listeners: readonly BoundListener[] }
  | { readonly ok: false; readonly fault: WorkerFault; readonly silent: boolean };

export interface WorkerThreadOptions {
  readonly entry: URL;
  readonly start: WorkerStart;
  readonly clock: Clock;
  /** What it says by itself. */
  readonly onSaid: (said: WorkerSaid) => void;
  /** Called once, when the thread is gone for good. `reason` is for people. */
  readonly onEnd: (reason: string) => void;
}

type Expected = 'prepared' | 'committed' | 'drained' | 'answer';

interface Waiting {
  readonly kind: Expected;
  /** Of an answer: that of the question. */
  readonly serial: number | null;
  settle(message: FromWorker | null): void;
}

export class WorkerThread {
  readonly #worker: Worker;
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #asked = 0;
  #ended = false;
  #reason: string | null = null;

  constructor(options: WorkerThreadOptions) {
    this.#clock = options.clock;
    this.#worker = new Worker(options.entry, {
      workerData: options.start,
      name: `worker-${options.start.worker}`,
      // None of the flags of the main thread is meant for a worker.
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker.on('message', (message: FromWorker) => {
      switch (message.kind) {
        case 'prepared':
        case 'committed':
        case 'drained':
        case 'answer':
          return this.#arrived(message);
        default:
          return options.onSaid(message);
      }
    });
    this.#worker.on('error', (error) => {
      this.#reason ??= error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    this.#worker.on('exit', (code) => {
      this.#ended = true;
      for (const waiting of this.#waiting) waiting.settle(null);
      options.onEnd(this.#reason ?? `ended by itself with code ${code}`);
    });
  }

  async prepare(what: PrepareOrder, limitMs: number): Promise<PrepareOutcome> {
    this.post({ kind: 'prepare', ...what });
    const reply = await this.#expect('prepared', limitMs);
    if (reply?.kind !== 'prepared') {
      const message = this.#ended
        ? `the worker died: ${(this.#reason ?? 'no reason given').split('\n')[0]}`
        : `no answer within ${limitMs / 1000} s`;
      return { ok: false, fault: { code: 'SNT-P011', message }, silent: !this.#ended };
    }
    return reply.ok ? { ok: true, listeners: reply.listeners } : { ok: false, fault: reply.error, silent: false };
  }

  /** False when the thread did not confirm in time. */
  async commit(serial: number, limitMs: number): Promise<boolean> {
    this.post({ kind: 'commit', serial });
    return (await this.#expect('committed', limitMs)) !== null;
  }

  /** Requests that the deadline cut, or `null` when the thread died or said nothing. */
  async drain(order: DrainOrder, limitMs: number): Promise<number | null> {
    this.post({ kind: 'drain', order });
    const reply = await this.#expect('drained', limitMs);
    return reply?.kind === 'drained' ? reply.cut : null;
  }

  /** The answer to a question; null when the thread died or said nothing in time. */
  async ask(question: Question, limitMs: number): Promise<unknown> {
    const serial = ++this.#asked;
    this.post({ kind: 'ask', serial, question });
    const reply = await this.#expect('answer', limitMs, serial);
    return reply?.kind === 'answer' ? reply.answer : null;
  }

  /** How long its event loop has worked and waited, without asking it. */
  get loop(): LoopClock {
    return this.#worker.performance.eventLoopUtilization();
  }

  post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Ends the thread wherever it is; `onEnd` follows with this reason unless it had one already. */
  async terminate(reason: string): Promise<void> {
    this.#reason ??= reason;
    await this.#worker.terminate();
  }

  #expect(kind: Expected, limitMs: number, serial: number | null = null): Promise<FromWorker | null> {
    if (this.#ended) return Promise.resolve(null);
    return new Promise((resolve) => {
      const waiting: Waiting = {
        kind,
        serial,
        settle: (message) => {
          this.#waiting.delete(waiting);
          limit?.stop();
          resolve(message);
        },
      };
      const limit = limitMs === Infinity ? null : this.#clock.after(limitMs, () => waiting.settle(null));
      this.#waiting.add(waiting);
    });
  }

  #arrived(message: FromWorker): void {
    const serial = message.kind === 'answer' ? message.serial : null;
    for (const waiting of this.#waiting) {
      if (waiting.kind === message.kind && waiting.serial === serial) waiting.settle(message);
    }
  }
}
