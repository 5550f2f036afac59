/** The answer of a daemon that refuses for several reasons (mistakes of a configuration): an outcome like any other, with each of them. */
import { AdminRefusal } from '../admin/client/client.ts';
import { exitCodes } from '../base/exit-codes.ts';
import type { Finding, Outcome } from './command.ts';
import { printable } from './text.ts';

/** What `task` gives; a refusal with a list becomes an outcome, everything else is thrown as it is. */
export async function orRefused(task: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof AdminRefusal) || error.problems.length === 0) throw error;
    return refusedOutcome(error);
  }
}

function refusedOutcome(refusal: AdminRefusal): Outcome {
  const { code, problems } = refusal;
  const next = refusal.hint ?? `sentinel explain ${code}`;
  // A single problem is the message already.
  const listed = problems.filter((line) => line !== refusal.message);
  return {
    kind: 'report',
    exitCode: exitCodes.problems,
    status: 'problems',
    data: null,
    findings: problems.map(
      (detail): Finding => ({ code, severity: 'error', title: refusal.message, detail, suggestion: { text: next } }),
    ),
    text(style) {
      const lines = [
        `${style.red('✗')} ${style.bold(printable(refusal.message))} [${code}]`,
        ...listed.map((line) => `  ${printable(line)}`),
      ];
      lines.push(`  ${style.cyan('next:')} ${next}`);
      return `${lines.join('\n')}\n`;
    },
  };
}
