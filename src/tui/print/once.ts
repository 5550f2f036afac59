/**
 * `sentinel top --once` and `--json`: asks each daemon, waits until all that the view shows has come, and is judged, and says it once.
 * What is printed and the status come from the same state, whichever form was asked for.
 */
import type { Invocation, Outcome } from '../../cli/command.ts';
import { painted } from '../draw/paint.ts';
import type { State } from '../store/state.ts';
import { viewOf } from '../view/view-of.ts';
import { beginWatching } from './watching.ts';
import type { TopChoice } from './choice.ts';
import { documentOf } from './document.ts';
import { nextCommands } from './next-commands.ts';
import { printedLines } from './printed-lines.ts';
import { standingOf } from './standing.ts';

/** A daemon that has not answered by then does not answer. */
const PATIENCE_MS = 10_000;

export async function printOnce(invocation: Invocation, choice: TopChoice): Promise<Outcome> {
  const watching = beginWatching(invocation, choice);
  try {
    await watching.whenSettled(PATIENCE_MS);
    const state = watching.state();
    return outcomeOf(invocation, choice, state, watching.refusals());
  } finally {
    await watching.stop();
  }
}

function outcomeOf(
  invocation: Invocation,
  choice: TopChoice,
  state: State,
  refusals: Parameters<typeof standingOf>[1],
): Outcome {
  const view = viewOf(state);
  const { exitCode, status, findings, warnings } = standingOf(state, refusals);
  const { isTerminal } = invocation.stdout;
  const [only, ...others] = state.nodes;
  const reading = others.length === 0 ? (only?.reading ?? null) : null;
  return {
    kind: 'report',
    exitCode,
    status,
    data: documentOf(state, view),
    findings,
    warnings,
    ...(reading === null ? {} : { daemon: reading.status.name, generation: reading.generation }),
    text: (style) => {
      const { look } = choice;
      const lines = printedLines(view, {
        columns: style.columns,
        wholeNames: !isTerminal,
        look,
        next: nextCommands(state),
      });
      const remarks = warnings.map((words) => `${style.yellow(look.ascii ? '!' : '▲')} ${words}`);
      return [...lines.map((line) => painted(line, look).trimEnd()), ...remarks, ''].join('\n');
    },
  };
}
