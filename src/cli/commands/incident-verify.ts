/** `sentinel incident verify`: whether the journal of an incident, its head and its files are what was written. */
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import { SentinelError } from '../../base/errors.ts';
import { headWords } from '../../incident/record/chain.ts';
import type { Verification } from '../../incident/record/verification.ts';
import type { Finding, Invocation, Outcome } from '../command.ts';
import { openOrLastIncident } from '../incident/chosen-incident.ts';
import { hanging } from '../incident/incident-lines.ts';
import { incidentStore } from '../incident/place.ts';
import type { Style } from '../streams.ts';
import { countText, oneLine } from '../text.ts';

/** More lines say no more. */
const SHOWN = 20;

export async function run(invocation: Invocation): Promise<Outcome> {
  const store = await incidentStore(invocation);
  const ids = invocation.flag('all') ? store.list().map(({ id }) => id) : [await openOrLastIncident(invocation, store)];
  const found: Verification[] = [];
  const unreadable: string[] = [];
  for (const id of ids) {
    try {
      found.push(store.verify(id));
    } catch (error) {
      if (!invocation.flag('all') || !(error instanceof SentinelError)) throw error;
      unreadable.push(`${id}: ${error.message}`);
    }
  }
  const bad = found.filter(({ whole }) => !whole);
  const exitCode: ExitCode =
    bad.length > 0 ? exitCodes.problems : unreadable.length > 0 ? exitCodes.unknown : exitCodes.ok;
  return {
    kind: 'report',
    exitCode,
    status: exitCode === exitCodes.ok ? 'ok' : exitCode === exitCodes.problems ? 'problems' : 'unknown',
    data: {
      incidents: found.map((one) => ({ ...one, head: { ...one.head, words: headWords(one.head) } })),
      unreadable,
    },
    findings: found.flatMap(findingsOf),
    warnings: [...unreadable, ...found.flatMap(({ id, remarks }) => remarks.map((remark) => `${id}: ${remark}`))],
    text: (style) =>
      found.map((one) => text(one, style)).join('') +
      unreadable.map((line) => `${style.yellow('?')} ${oneLine(line)}\n`).join(''),
  };
}

function findingsOf({ id, problems }: Verification): readonly Finding[] {
  return problems.map(({ file, line, words }) => ({
    code: 'SNT-I010',
    severity: 'error',
    title: `${id}: ${place(file, line)}`,
    detail: words,
    resource: { kind: 'incident', name: id },
  }));
}

function text({ id, whole, entries, head, problems, remarks, files }: Verification, style: Style): string {
  const standing = `${countText(entries)} ${entries === 1 ? 'entry' : 'entries'}, head ${style.bold(headWords(head))}`;
  const checked = files.length === 0 ? '' : `, ${files.length} ${files.length === 1 ? 'file' : 'files'}`;
  const shown = problems.slice(0, SHOWN);
  return [
    whole
      ? `${style.green('✓')} ${id} is whole: ${standing}${checked}\n`
      : `${style.red('✗')} ${id} is not what was written: ${standing}\n`,
    ...shown.map(({ file, line, words }) =>
      hanging(`  ${style.red('✗')} ${place(file, line)}: `, words, style.columns),
    ),
    ...(problems.length > SHOWN ? [`  … and ${problems.length - SHOWN} more\n`] : []),
    ...remarks.map((remark) => hanging(`  ${style.yellow('▲')} `, remark, style.columns)),
  ].join('');
}

function place(file: string, line: number | null): string {
  return line === null ? oneLine(file) : `${oneLine(file)} line ${line}`;
}
