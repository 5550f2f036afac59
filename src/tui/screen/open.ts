/** `sentinel top` on a terminal: the screen of one command line, with everything that it needs from the program around it. */
import type { Invocation, Outcome } from '../../cli/command.ts';
import { styleFor } from '../../cli/streams.ts';
import { feedOf } from '../feed/feed-of.ts';
import { beginningOf } from '../print/beginning.ts';
import type { TopChoice } from '../print/choice.ts';
import { runScreen } from './run.ts';
import { takeSnapshot } from './snapshot.ts';

/** Columns that texts of codes and runbooks are broken at. */
const READABLE = 92;

/** Until somebody leaves it. @throws what the feed cannot begin with */
export async function openScreen(invocation: Invocation, choice: TopChoice): Promise<Outcome> {
  const { terminal, clock, context } = invocation;
  if (terminal === undefined) throw new Error('there is no terminal to draw on');
  const feed = feedOf(invocation, choice);
  const exitCode = await runScreen({
    streams: terminal,
    feed,
    beginning: (size, nowMs) => beginningOf(choice, size, nowMs),
    look: choice.look,
    clock,
    environment: context.environment,
    interruption: invocation.interruption(),
    snapshot: (node) =>
      takeSnapshot(
        invocation,
        choice.targets.find(({ name }) => name === node),
      ),
    explain: (code) => explanation(invocation, code),
  });
  return { kind: 'done', exitCode };
}

/** What `sentinel explain CODE` says. */
async function explanation(
  invocation: Invocation,
  code: string,
): Promise<{ readonly title: string; readonly lines: readonly string[] }> {
  const { run } = await import('../../cli/commands/explain.ts');
  const title = `sentinel explain ${code}`;
  try {
    const page = await run({ ...invocation, argument: () => code });
    return { title, lines: page.kind === 'report' ? page.text(styleFor(false, READABLE)).trimEnd().split('\n') : [] };
  } catch (error) {
    return { title, lines: [error instanceof Error ? error.message : String(error)] };
  }
}
