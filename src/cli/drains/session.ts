/**
 * Watches drains until they are over: on a terminal a line that is brought up to date, elsewhere a line for each change or
 * every ten seconds. Going away ends the watching, never the drain. Used by `drain`; begins and ends no drain itself.
 */
import type { AdminClient } from '../../admin/client/client.ts';
import type { DrainState } from '../../admin/contract/drain-shapes.ts';
import type { Clock } from '../../base/clock.ts';
import { SentinelError } from '../../base/errors.ts';
import type { ExitCode } from '../../base/exit-codes.ts';
import type { Interruption, Invocation } from '../command.ts';
import { elapsedText, headLine, progressKey, progressLine, waitingLine } from './words.ts';

const POLL_MS = 500;
/** What is in flight may not change for long: that it still waits is news then. */
const REPEAT_MS = 10_000;
/** A daemon that restarts comes back with its drains. */
const PATIENCE_MS = 15_000;

const USUAL_COLUMNS = 80;
/** Cutting and restoring take a moment. */
const CUT_MS = 10_000;

export interface Watched {
  /** As they are now, in the order in which they were asked for. */
  readonly drains: readonly DrainState[];
  /** Somebody pressed Ctrl-C: they go on, and the command exits with this. */
  readonly detached: ExitCode | null;
}

/**
 * Until each of them is drained, ended or overdue.
 * @param patienceMs For one that was overdue when the watching began: how much longer it is watched.
 * @throws SNT-A001 the daemon has been away for a quarter of a minute
 */
export async function watchDrains(
  invocation: Invocation,
  client: AdminClient,
  begun: readonly DrainState[],
  patienceMs: number,
): Promise<Watched> {
  const { clock } = invocation;
  const interruption = invocation.interruption();
  const screen = new Screen(invocation);
  const lateFrom = clock.now();
  const late = new Set(begun.filter(({ overdue }) => overdue).map(({ id }) => id));
  const settled = (drain: DrainState) =>
    isOver(drain) || (isLate(drain, clock.wallMs()) && (!late.has(drain.id) || clock.now() - lateFrom >= patienceMs));
  let drains = begun;
  let answeredAt = clock.now();
  screen.head(begun);
  screen.show(drains, clock.wallMs(), clock.now());
  while (!drains.every(settled)) {
    await pause(clock, interruption, POLL_MS);
    if (interruption.signal.aborted) break;
    const asked = Promise.all(
      drains.map(async (drain) => (await client.call('drain', { params: { id: drain.id } })).data),
    );
    try {
      const answer = await orInterrupted(interruption, asked);
      if (answer === null) break;
      drains = answer;
      answeredAt = clock.now();
    } catch (error) {
      if (!(error instanceof SentinelError) || !['SNT-A001', 'SNT-A011'].includes(error.code)) throw error;
      if (clock.now() - answeredAt >= PATIENCE_MS) throw error;
      continue;
    }
    screen.show(drains, clock.wallMs(), clock.now());
  }
  screen.end();
  return { drains, detached: interruption.signal.aborted ? interruption.exitCode() : null };
}

/** It will not change any more, and what was to follow has followed. */
function isOver({ state, result, follow_up: followUp }: DrainState): boolean {
  const follows = followUp !== null && followUp.state === 'waiting' && (result === null || result === 'removed');
  return state !== 'draining' && !follows;
}

/** What its deadline does is done: it goes on as it is. */
function isLate({ overdue, on_timeout: onTimeout, deadline_at: at }: DrainState, nowMs: number): boolean {
  return overdue && (onTimeout === 'wait' || nowMs - Date.parse(at) >= CUT_MS);
}

/** Until then, or until somebody ends it. */
export function pause(clock: Clock, { signal }: Interruption, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.resolve();
  const timer = clock.after(ms, resolve);
  const wake = () => resolve();
  signal.addEventListener('abort', wake);
  return promise.finally(() => {
    timer.stop();
    signal.removeEventListener('abort', wake);
  });
}

/** Null when somebody ended it before the answer came. */
async function orInterrupted<T>({ signal }: Interruption, asked: Promise<T>): Promise<T | null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const wake = () => resolve(null);
  if (signal.aborted) wake();
  signal.addEventListener('abort', wake);
  // Whoever goes away is not told any more what came of the question.
  asked.catch(() => undefined);
  try {
    return await Promise.race([asked, promise]);
  } finally {
    signal.removeEventListener('abort', wake);
  }
}

/** Two lines for each drain on a terminal, written over; elsewhere one for each change. */
class Screen {
  readonly #invocation: Invocation;
  readonly #said = new Map<string, { readonly key: string; readonly at: number }>();
  /** Lines of the block that stands there. */
  #height = 0;

  constructor(invocation: Invocation) {
    this.#invocation = invocation;
  }

  head(drains: readonly DrainState[]): void {
    const { stdout, json } = this.#invocation;
    if (!json) for (const drain of drains) stdout.write(`${headLine(drain, stdout.style)}\n`);
  }

  show(drains: readonly DrainState[], nowMs: number, at: number): void {
    const { stdout, json } = this.#invocation;
    if (json) return;
    const several = drains.length > 1;
    if (!stdout.isTerminal) {
      for (const drain of drains) this.#tell(drain, nowMs, at, several);
      return;
    }
    const lines = drains.flatMap((drain) => {
      const waiting = waitingLine(drain);
      const line = lineOf(drain, nowMs, several);
      return waiting === '' ? [line] : [line, `       ${waiting}`];
    });
    // A line that wrapped would not be written over. Some terminals do not say how wide they are.
    const columns = stdout.style.columns > 0 ? stdout.style.columns : USUAL_COLUMNS;
    const clipped = lines.map((line) => line.slice(0, columns - 1));
    stdout.write(`${this.#erase()}${clipped.map((line) => `${line}\n`).join('')}`);
    this.#height = clipped.length;
  }

  /** What stands there stays. */
  end(): void {
    this.#height = 0;
  }

  #erase(): string {
    return this.#height === 0 ? '' : `\x1b[${this.#height}A\x1b[J`;
  }

  #tell(drain: DrainState, nowMs: number, at: number, several: boolean): void {
    const { stdout } = this.#invocation;
    const said = this.#said.get(drain.id);
    const key = progressKey(drain);
    if (said?.key === key && at - said.at < REPEAT_MS) return;
    this.#said.set(drain.id, { key, at });
    const waiting = waitingLine(drain);
    stdout.write(`${lineOf(drain, nowMs, several)}${waiting === '' ? '' : `   ${waiting}`}\n`);
  }
}

function lineOf(drain: DrainState, nowMs: number, several: boolean): string {
  const until = drain.drained_at ?? drain.ended_at;
  const elapsed = elapsedText((until === null ? nowMs : Date.parse(until)) - Date.parse(drain.started_at));
  return `${elapsed}  ${several ? `${drain.target}  ` : ''}${progressLine(drain)}`;
}
