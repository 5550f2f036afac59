/** `sentinel upstreams`: every target with its verdict and why. Asks the daemon; judges nothing itself. */
import type { UpstreamState } from '../../admin/contract/upstream-shapes.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { type FittedRow, fittedTable } from '../fitted-table.ts';
import type { Output, Style } from '../streams.ts';
import { countText, printable } from '../text.ts';
import { checkText, findingsOf, verdictPaint, verdictText } from '../verdicts.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const name = invocation.argument('upstream');
  const client = daemonOf(invocation);
  const reply =
    name === undefined
      ? await client.call('upstreams')
      : await client
          .call('upstream', { params: { name } })
          .then(({ data, ...facts }) => ({ ...facts, data: { upstreams: [data] } }));
  const { data, daemon, generation, notes } = reply;
  const findings = findingsOf(data.upstreams);
  const ok = findings.length === 0;
  return {
    kind: 'report',
    exitCode: ok ? exitCodes.ok : exitCodes.problems,
    status: ok ? 'ok' : 'problems',
    data,
    findings,
    warnings: notes,
    daemon,
    generation,
    text: (style) => text(data.upstreams, name !== undefined, style, invocation.stdout),
  };
}

const columns = [
  { title: 'UPSTREAM' },
  { title: 'TARGET' },
  { title: 'STATE' },
  { title: 'LAST CHECK' },
  { title: 'BREAKER' },
  { title: 'WEIGHT', right: true },
  { title: 'IN FLIGHT', right: true },
  { title: 'WHY' },
];

function text(upstreams: readonly UpstreamState[], named: boolean, style: Style, output: Output): string {
  // What is built in and used by no route is of no interest until somebody asks for it.
  const shown = upstreams.filter(({ builtin, routes }) => named || !builtin || routes.length > 0);
  if (shown.length === 0) return 'no upstreams\n';
  const lines = shown
    .filter(({ state }) => state !== 'up')
    .map(({ state, why }) => {
      const line = `${state === 'down' ? '✗' : '▲'} ${printable(why ?? '')}`;
      return `${state === 'down' ? style.red(line) : style.yellow(line)}\n`;
    });
  const rows = shown.flatMap((upstream) => rowsOf(upstream, style));
  return fittedTable(columns, rows, style, output) + lines.join('');
}

function rowsOf({ name, kind, targets }: UpstreamState, style: Style): readonly FittedRow[] {
  if (kind === 'static') return [row([name, '–', '· static', '–', '–', '–', '–', 'answers by itself'])];
  if (targets.length === 0)
    return [row([name, '–', '✗ no target', '–', '–', '–', '–', 'its name has no address'], style.red)];
  return targets.map((target) =>
    row(
      [
        name,
        target.address,
        verdictText(target.verdict),
        checkText(target.last_check),
        target.breaker?.replace('_', '-') ?? '–',
        String(target.weight),
        countText(target.in_flight),
        target.why,
      ],
      verdictPaint(target.verdict, style),
    ),
  );
}

function row(cells: readonly string[], paint?: FittedRow['paint']): FittedRow {
  return paint === undefined ? { cells } : { cells, paint };
}
