/** `sentinel override list`: everything that is set at run time, by whom, why, until when, and in place of what. */
import type { OverrideState } from '../../admin/contract/override-shapes.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { fittedTable } from '../fitted-table.ts';
import type { Output, Style } from '../streams.ts';
import { durationText, printable } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const { data, daemon, generation, notes } = await daemonOf(invocation).call('overrides');
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings: notes,
    daemon,
    generation,
    text: (style) => text(data.overrides, style, invocation.stdout),
  };
}

const columns = [
  { title: 'KIND' },
  { title: 'SUBJECT' },
  { title: 'VALUE' },
  { title: 'FILE SAYS', drop: 3 },
  { title: 'LEFT', right: true },
  { title: 'BY', drop: 2 },
  { title: 'REASON', drop: 1 },
];

function text(overrides: readonly OverrideState[], style: Style, output: Output): string {
  if (overrides.length === 0) return 'nothing is set at run time: what runs is what the file says\n';
  const rows = overrides.map((one) => ({
    cells: [
      one.kind,
      printable([one.subject, ...(one.key === null ? [] : [one.key])].join(' ')),
      printable(one.value),
      printable(one.replaces ?? '–'),
      one.expires_in_ms === null ? '–' : durationText(one.expires_in_ms),
      printable(one.actor),
      printable(one.reason ?? '–'),
    ],
    paint: one.dormant === null ? (line: string) => line : style.dim,
  }));
  const asleep = overrides.filter(({ dormant }) => dormant !== null);
  return [
    fittedTable(columns, rows, style, output),
    ...asleep.map(
      ({ kind, subject, dormant }) =>
        `${style.yellow('▲')} ${kind} ${printable(subject)} does nothing: ${printable(dormant ?? '')}\n`,
    ),
    `${style.cyan('undo:')} sentinel override clear KIND [SUBJECT [KEY]], or --all\n`,
  ].join('');
}
