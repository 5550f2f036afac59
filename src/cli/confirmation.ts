/**
 * Asks before a command changes what happens to traffic: what, where, what it does now, what undoes it. On a terminal `y`
 * is yes, or the name of what is hit where that is much; where nobody can be asked, `--yes` or `--confirm` has to be given.
 */
import { SentinelError } from '../base/errors.ts';
import { exitCodes } from '../base/exit-codes.ts';
import type { Invocation, Outcome } from './command.ts';
import { printable } from './text.ts';

/** What somebody is asked to agree to. */
export interface Proposal {
  /** `open breaker api-backend/10.0.0.1:8080`. */
  readonly what: string;
  /** Where it is done: the daemon, or what else is hit. */
  readonly daemon: string;
  /** Null where no daemon has part in it. */
  readonly generation: number | null;
  /** In numbers, as they are now. */
  readonly effect: string;
  /** The command that takes it back. */
  readonly undo: string;
  /** When it ends by itself. */
  readonly expires: string;
  readonly reason: string | undefined;
}

/**
 * True when it was agreed to.
 * @throws SNT-P047 when nobody can be asked
 */
export async function confirmed(invocation: Invocation, proposal: Proposal): Promise<boolean> {
  if (invocation.flag('yes')) return true;
  const { stdin, stderr } = invocation;
  if (!stdin.isTerminal || !stderr.isTerminal) {
    throw new SentinelError('SNT-P047', `nobody can be asked whether to ${proposal.what}; nothing was done`, {
      hint: 'give --yes if that is what you mean',
    });
  }
  show(invocation, proposal);
  stderr.write('proceed? [y/N] ');
  // A terminal gives whole lines: one byte is the first letter of the answer.
  const answer = await stdin.readUpTo(1);
  return answer.toString('latin1').toLowerCase() === 'y';
}

/**
 * For what cannot be taken back, or hits many: agreed to by typing the name of what is hit, or by `--confirm=NAME`.
 * @throws SNT-P047 when nobody can be asked, or `--confirm` names something else
 */
export async function confirmedByName(invocation: Invocation, proposal: Proposal, name: string): Promise<boolean> {
  const { stdin, stderr } = invocation;
  const given = invocation.option('confirm');
  if (given === name) return true;
  if (given !== undefined || !stdin.isTerminal || !stderr.isTerminal) {
    const why =
      given === undefined
        ? `nobody can be asked whether to ${proposal.what}`
        : `--confirm names ${JSON.stringify(given)}, and to ${proposal.what} needs ${JSON.stringify(name)}`;
    throw new SentinelError('SNT-P047', `${why}; nothing was done`, {
      hint: `give --confirm=${/^[\w.:/@-]+$/.test(name) ? name : `'${name}'`} if that is what you mean`,
    });
  }
  show(invocation, proposal);
  stderr.write(`type ${printable(name)} to proceed: `);
  const answer = await stdin.readUpTo(LONGEST_NAME, '\n');
  return answer.toString('utf8').trim() === name;
}

/** Longer ones are no names. */
const LONGEST_NAME = 4096;

function show({ stderr }: Invocation, proposal: Proposal): void {
  const { style } = stderr;
  const rows = [
    ['where', proposal.generation === null ? proposal.daemon : `${proposal.daemon}, generation ${proposal.generation}`],
    ['effect', proposal.effect],
    ['undo', proposal.undo],
    ['expires', proposal.expires],
    ['reason', proposal.reason ?? '–'],
  ];
  stderr.write(`${style.bold(proposal.what)}\n`);
  for (const [name = '', text = ''] of rows) stderr.write(`  ${style.dim(name.padEnd(8))} ${printable(text)}\n`);
}

/** What a command says when the answer was no. @param unchanged what is as it was: `breaker api/10.0.0.1:80 is as it was` */
export function declined(data: Readonly<Record<string, unknown>>, unchanged: string): Outcome {
  return {
    kind: 'report',
    exitCode: exitCodes.problems,
    status: 'problems',
    data,
    findings: [{ code: 'SNT-P047', severity: 'error', title: 'not confirmed', detail: 'the answer was no' }],
    text: () => `not confirmed; ${unchanged}\n`,
  };
}
