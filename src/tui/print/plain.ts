/**
 * `sentinel top --plain`: one sentence a line for what has changed, and nothing while nothing changes, until somebody ends it or
 * nobody reads any more. For screen readers and logs: no cursor moves, no colour says anything.
 */
import { rfc3339 } from '../../base/units.ts';
import type { Invocation, Outcome } from '../../cli/command.ts';
import { orInterrupted, pause } from '../../cli/waiting.ts';
import type { State } from '../store/state.ts';
import type { TopChoice } from './choice.ts';
import { narrated, nothingTold } from './narration.ts';
import { beginWatching } from './watching.ts';

/** The first sentences wait so long for every daemon. */
const FIRST_MS = 5_000;

export async function narrate(invocation: Invocation, choice: TopChoice): Promise<Outcome> {
  const { stdout, clock } = invocation;
  const interruption = invocation.interruption();
  const watching = beginWatching(invocation, choice);
  let told = nothingTold;
  const tell = (state: State): void => {
    const next = narrated(told, state);
    told = next.told;
    for (const { node, words } of next.sentences) {
      const reading = state.nodes.find((one) => one.node === node);
      // What a daemon does not say happened by our clock.
      const atMs = reading?.lost === null && reading.reading !== null ? reading.reading.atMs : clock.wallMs();
      stdout.write(`${timeText(atMs, stdout.isTerminal)} ${words}.\n`);
    }
  };
  try {
    await orInterrupted(interruption, watching.whenSettled(FIRST_MS));
    while (!interruption.signal.aborted) {
      tell(watching.state());
      await pause(clock, interruption, choice.intervalMs);
    }
  } finally {
    await watching.stop();
  }
  return { kind: 'done', exitCode: interruption.exitCode() };
}

/** Read out, the date would be said again and again; a log needs it. */
function timeText(ms: number, isTerminal: boolean): string {
  return isTerminal ? `${rfc3339(ms).slice(11, 19)}Z` : rfc3339(ms);
}
