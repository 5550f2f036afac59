/**
 * `sentinel top --charts`: readings to charts on the whole terminal, until somebody presses q or ends it. Draws once an interval; the
 * terminal is given back however it ends.
 */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Interruption, Invocation, Outcome } from '../../cli/command.ts';
import { orInterrupted, pause } from '../../cli/waiting.ts';
import { headerLine, verdictLine } from '../draw/header-lines.ts';
import { painted } from '../draw/paint.ts';
import { fitted } from '../draw/spans.ts';
import type { TopChoice } from '../print/choice.ts';
import { beginWatching, type Watching } from '../print/watching.ts';
import { type Ending, type Signals, watchSignals } from '../screen/signals.ts';
import type { State } from '../store/state.ts';
import { viewOf } from '../view/view-of.ts';
import { chartModelOf } from './chart-model.ts';
import { openWall, type Wall, type WallPicture } from './wall.ts';

/** The first picture waits so long for the daemons; later ones wait for nobody. */
const FIRST_MS = 1_500;

/** @throws SNT-P040 where charts cannot be drawn, SNT-P110 where what draws them is not installed */
export async function showCharts(invocation: Invocation, choice: TopChoice): Promise<Outcome> {
  hold(invocation, choice);
  const { clock } = invocation;
  const over = new AbortController();
  let ending: Ending | null = null;
  const end = (how: Ending): void => {
    ending ??= how;
    over.abort();
  };
  const interruption = invocation.interruption();
  const keys = new Map<string, () => void>([
    ['q', () => end({ kind: 'quit' })],
    ['C-c', () => end({ kind: 'quit' })],
    ['C-l', () => wall.redraw()],
  ]);
  const wall = openWall(choice.look, { onKey: (key) => keys.get(key)?.() });
  // From here on the terminal is ours, and has to be given back whatever happens.
  const nothing = (): void => undefined;
  const signals = watchSignals({ interruption, end, onStop: nothing, onContinue: () => wall.redraw() });
  const until = { ...interruption, signal: over.signal };
  let watching: Watching | null = null;
  try {
    watching = beginWatching(invocation, choice, { parts: ['traffic'] });
    wall.draw(pictureOf(watching.state(), wall, choice));
    await orInterrupted(until, watching.whenSettled(FIRST_MS));
    while (!over.signal.aborted) {
      wall.draw(pictureOf(watching.state(), wall, choice));
      await pause(clock, until, choice.intervalMs);
    }
  } catch (error) {
    end({ kind: 'failed', error });
  } finally {
    wall.close();
    await watching?.stop();
  }
  return outcomeOf(ending ?? { kind: 'quit' }, signals, interruption);
}

async function outcomeOf(ending: Ending, signals: Signals, interruption: Interruption): Promise<Outcome> {
  await signals.over(ending);
  if (ending.kind === 'failed') throw ending.error;
  return { kind: 'done', exitCode: ending.kind === 'interrupted' ? interruption.exitCode() : exitCodes.ok };
}

function hold({ stdin, stdout }: Invocation, { look }: TopChoice): void {
  if (!stdin.isTerminal || !stdout.isTerminal) {
    throw new SentinelError('SNT-P040', '--charts draws on a terminal, and there is none', {
      hint: 'sentinel top --once',
    });
  }
  if (look.ascii) {
    throw new SentinelError('SNT-P040', '--charts draws with braille, and this terminal is to get ASCII alone', {
      hint: 'sentinel top --ascii',
    });
  }
}

function pictureOf(state: State, wall: Wall, { look, view }: TopChoice): WallPicture {
  const { columns } = wall.size();
  const { header, verdict } = viewOf(state);
  const head = [headerLine(header, columns), verdictLine(verdict, columns, look)].map((line) =>
    painted(fitted(line, columns), look),
  );
  return {
    model: chartModelOf(state),
    head: [head[0] ?? '', head[1] ?? ''],
    foot: ` q quit   Ctrl-L draw anew   lines: the last 15 minutes   sentinel top --view ${view}: what can be acted on`,
  };
}
