/**
 * Watches drains until they are over: on a terminal a line that is brought up to date, elsewhere a line for each change or
 * every ten seconds. Going away ends the watching, never the drain. Used by `drain`; begins and ends no drain itself.
 */
import type { AdminClient } from '../../admin/client/client.ts';
import type { DrainState } from '../../admin/contract/drain-shapes.ts';
import type { ExitCode } from '../../base/exit-codes.ts';
import type { Invocation } from '../command.ts';
import { isAway, orInterrupted, pause } from '../waiting.ts';
import { StandingLines } from '../standing-lines.ts';
import { elapsedText, headLine, progressKey, progressLine, waitingLine } from './words.ts';

const POLL_MS = 500;
/** A daemon that restarts comes back with its drains. */
const PATIENCE_MS = 15_000;
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
  screen.show(drains, clock.wallMs());
  while (!drains.every(settled)) {
    await pause(clock, interruption, POLL_MS);
    const asked = Promise.all(
      drains.map(async (drain) => (await client.call('drain', { params: { id: drain.id } })).data),
    );
    try {
      const answer = await orInterrupted(interruption, asked);
      if (answer === null) break;
      drains = answer;
      answeredAt = clock.now();
    } catch (error) {
      if (!isAway(error) || clock.now() - answeredAt >= PATIENCE_MS) throw error;
      continue;
    }
    screen.show(drains, clock.wallMs());
  }
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

/** Two lines for each drain on a terminal; elsewhere one. */
class Screen {
  readonly #invocation: Invocation;
  readonly #lines: StandingLines;

  constructor(invocation: Invocation) {
    this.#invocation = invocation;
    this.#lines = new StandingLines(invocation.stdout, invocation.clock);
  }

  head(drains: readonly DrainState[]): void {
    const { stdout, json } = this.#invocation;
    if (!json) for (const drain of drains) stdout.write(`${headLine(drain, stdout.style)}\n`);
  }

  show(drains: readonly DrainState[], nowMs: number): void {
    const { stdout, json } = this.#invocation;
    if (json) return;
    const shown = drains.map((drain) => ({
      drain,
      line: lineOf(drain, nowMs, drains.length > 1),
      waiting: waitingLine(drain),
    }));
    if (stdout.isTerminal) {
      return this.#lines.draw(
        shown.flatMap(({ line, waiting }) => (waiting === '' ? [line] : [line, `       ${waiting}`])),
      );
    }
    for (const { drain, line, waiting } of shown) {
      this.#lines.tell(drain.id, progressKey(drain), `${line}${waiting === '' ? '' : `   ${waiting}`}`);
    }
  }
}

function lineOf(drain: DrainState, nowMs: number, several: boolean): string {
  const until = drain.drained_at ?? drain.ended_at;
  const elapsed = elapsedText((until === null ? nowMs : Date.parse(until)) - Date.parse(drain.started_at));
  return `${elapsed}  ${several ? `${drain.target}  ` : ''}${progressLine(drain)}`;
}
