/** The person in front of a run: questions go to standard error, answers come from standard input, a line each. */
import type { Choice, Operator } from '../../runbook/run/world.ts';
import type { Interruption, Invocation } from '../command.ts';
import { printable } from '../text.ts';
import { orInterrupted } from '../waiting.ts';

/** Longer lines are no answers. */
const LONGEST = 4096;

/** Nobody, where a stream is no terminal or `--no-input` was given. */
export function operatorOf(invocation: Invocation, interruption: Interruption): Operator {
  const { stdin, stderr } = invocation;
  const { style } = stderr;
  const line = async (prompt: string): Promise<string | null> => {
    stderr.write(prompt);
    const read = await orInterrupted(interruption, stdin.readUpTo(LONGEST, '\n'));
    if (read === null || read.length === 0) {
      stderr.write('\n');
      return null;
    }
    return read.toString('utf8').trim();
  };
  return {
    present: stdin.isTerminal && stderr.isTerminal && !invocation.flag('no-input'),
    async choose(words, choices, enter) {
      const keys = choices.map((choice) => keyText(choice, enter)).join(style.dim(' · '));
      for (;;) {
        const said = await line(`  ${style.bold(printable(words))}  ${keys} ${style.cyan('›')} `);
        if (said === null) return null;
        const found = said === '' ? choices.find(({ name }) => name === enter) : chosen(choices, said);
        if (found !== undefined) return found.name;
        const named = choices.map(({ key }) => key).join(', ');
        const hint = enter === null ? `type ${named}` : `type ${named}, or Enter for the one in capitals`;
        stderr.write(`  ${style.dim(hint)}\n`);
      }
    },
    type: (words) => line(`  ${style.bold(printable(words))} `),
  };
}

function chosen(choices: readonly Choice[], said: string): Choice | undefined {
  const word = said.toLowerCase();
  return choices.find(({ key, name }) => word === key || word === name);
}

/** `y yes`, and `N no` where Enter means it. */
function keyText({ key, name, means }: Choice, enter: string | null): string {
  return `${name === enter ? key.toUpperCase() : key} ${printable(means)}`;
}
