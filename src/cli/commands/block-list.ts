/** `sentinel block list`: everything that is blocked, by whom, why and for how long. */
import type { BlocksReply } from '../../admin/contract/security-shapes.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { fittedTable } from '../fitted-table.ts';
import type { Output, Style } from '../streams.ts';
import { countText, durationText, printable } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const { data, daemon, generation, notes } = await daemonOf(invocation).call('blocks');
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings: [...(data.file?.problems ?? []), ...notes],
    daemon,
    generation,
    text: (style) => text(data, style, invocation.stdout),
  };
}

const columns = [
  { title: 'ADDRESS' },
  { title: 'FROM', drop: 2 },
  { title: 'EXPIRES' },
  { title: 'BY', drop: 1 },
  { title: 'REASON' },
];

function text({ blocks, configured, allow, file }: BlocksReply, style: Style, output: Output): string {
  const rows = [
    ...blocks.map(({ address, expires_in_ms: left, actor, reason, allowed }) => [
      address,
      'run time',
      left === null ? 'never' : `in ${durationText(left)}`,
      actor,
      [reason ?? '–', ...(allowed.length === 0 ? [] : [`(allowed: ${allowed.join(', ')})`])].join(' '),
    ]),
    ...configured.map((address) => [address, 'configuration', 'never', '–', '–']),
  ];
  const lines: string[] = [];
  if (file !== null) lines.push(`${countText(file.networks)} networks from ${printable(file.path)}`);
  for (const problem of file?.problems ?? []) lines.push(`${style.yellow('▲')} ${printable(problem)}`);
  if (allow.length > 0) lines.push(`never blocked: ${allow.join(', ')}`);
  if (rows.length === 0 && file === null) lines.unshift('nothing is blocked');
  return (
    (rows.length === 0
      ? ''
      : fittedTable(
          columns,
          rows.map((cells) => ({ cells })),
          style,
          output,
        )) + lines.map((line) => `${line}\n`).join('')
  );
}
