/**
 * `sentinel top`: chooses between the screen and what is printed instead of it. Loads only the one that is wanted; the libraries
 * that draw never for what is printed.
 */
import { variable } from '../../base/environment.ts';
import { SentinelError } from '../../base/errors.ts';
import type { Invocation, Outcome } from '../command.ts';

type Mode = 'screen' | 'once' | 'json' | 'stream' | 'plain' | 'charts';

/** Flags that say how it is shown, and with which others of them they go. */
const manners = [
  { flag: 'once', with: ['json'] },
  { flag: 'json', with: ['once', 'stream'] },
  { flag: 'stream', with: ['json'] },
  { flag: 'plain', with: [] },
  { flag: 'charts', with: [] },
] as const satisfies readonly { readonly flag: string; readonly with: readonly string[] }[];

export async function run(invocation: Invocation): Promise<Outcome> {
  const mode = modeOf(invocation);
  const { choiceOf } = await import('../../tui/print/choice.ts');
  const choice = choiceOf(invocation);
  switch (mode) {
    case 'once':
    case 'json':
      return (await import('../../tui/print/once.ts')).printOnce(invocation, choice);
    case 'stream':
      return (await import('../../tui/print/stream.ts')).printStream(invocation, choice);
    case 'plain':
      return (await import('../../tui/print/plain.ts')).narrate(invocation, choice);
    case 'charts':
      return (await import('../../tui/charts/show.ts')).showCharts(invocation, choice);
    case 'screen':
      return (await import('../../tui/screen/open.ts')).openScreen(invocation, choice);
  }
}

/** @throws SNT-P040 for two that exclude each other */
function modeOf(invocation: Invocation): Mode {
  const { stdin, stdout, stderr, context } = invocation;
  const given = manners.filter(({ flag }) => invocation.flag(flag));
  for (const one of given) {
    const other = given.find(({ flag }) => flag !== one.flag && !(one.with as readonly string[]).includes(flag));
    if (other === undefined) continue;
    throw new SentinelError('SNT-P040', `--${one.flag} and --${other.flag} exclude each other`, {
      hint: 'sentinel top --help',
    });
  }
  for (const mode of ['stream', 'json', 'once', 'plain', 'charts'] as const) if (invocation.flag(mode)) return mode;
  if (!stdin.isTerminal || !stdout.isTerminal) {
    if (stderr.isTerminal) stderr.write('note: this is no terminal to draw on, so one table is printed (--once)\n');
    return 'once';
  }
  const spoken = variable(context.environment, 'INK_SCREEN_READER') === 'true';
  return spoken || variable(context.environment, 'TERM') === 'dumb' ? 'plain' : 'screen';
}
