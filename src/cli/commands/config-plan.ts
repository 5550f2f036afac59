/** `sentinel config plan`: what a file would change of what runs, and what goes through that now. Changes nothing. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { type NamedSide, Sides, sideWords } from '../plan/sides.ts';
import { changeCount, differFinding, inItsOwnName, planText } from '../plan/plan-text.ts';
import { orRefused } from '../refused.ts';
import type { Style } from '../streams.ts';
import { printable } from '../text.ts';

export function run(invocation: Invocation): Promise<Outcome> {
  return orRefused(() => plan(invocation));
}

async function plan(invocation: Invocation): Promise<Outcome> {
  const file = invocation.argument('file');
  const side: NamedSide = file === undefined ? { kind: 'disk' } : { kind: 'file', path: file };
  const to = await new Sides(invocation).forDaemon(side);
  const reply = await daemonOf(invocation).call('config-plan', { body: { to } });
  const { daemon, generation, notes } = reply;
  const data = inItsOwnName(reply.data, file);
  const { changes, refusals } = data;
  const refused = refusals.length > 0;
  const changed = changes.length > 0 && invocation.flag('exit-code');
  return {
    kind: 'report',
    exitCode: refused ? exitCodes.problems : changed ? exitCodes.changes : exitCodes.ok,
    status: refused || changed ? 'problems' : 'ok',
    data,
    findings: [
      ...refusals.map((detail) => ({
        code: 'SNT-P010',
        severity: 'error' as const,
        title: 'it would be refused as the daemon runs now',
        detail,
      })),
      ...(changed ? [differFinding(changes.length)] : []),
    ],
    warnings: [...data.warnings, ...notes],
    daemon,
    generation,
    text(style) {
      const { from, to: next } = data.generation;
      const last =
        changes.length === 0
          ? `${style.green('✓')} ${side.kind === 'disk' ? 'the file on disk' : sideWords(side)} says what runs (generation ${from})\n`
          : `${style.bold(changeCount(changes.length))}, generation ${from}→${next}\n`;
      return planText(data, style) + last + nextLine(file, changes.length > 0, refused, style);
    },
  };
}

/** What puts it in force, or says what is wrong with it. */
function nextLine(file: string | undefined, changed: boolean, refused: boolean, style: Style): string {
  if (!changed || file === standardInput) return '';
  const next = style.cyan('next:');
  if (file === undefined) return refused ? '' : `  ${next} sentinel reload\n`;
  const named = printable(file);
  const command = refused ? `sentinel validate --live ${named}` : `sentinel config apply ${named} --confirm-within 5m`;
  return `  ${next} ${command}\n`;
}

const standardInput = '-';
