/** `sentinel upstreams`: every target with its verdict and why. Asks the daemon; judges nothing itself. */
import type { UpstreamState } from '../../admin/contract/upstream-shapes.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { type FittedRow, fittedTable } from '../fitted-table.ts';
import { rateCells } from '../rates.ts';
import type { Output, Style } from '../streams.ts';
import { countText, durationText, printable } from '../text.ts';
import { breakerText, checkText, findingsOf, needsAttention, targetPaint, stateText } from '../verdicts.ts';

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
    text: (style) => {
      const next = nextText(data.upstreams, name, style);
      return text(data.upstreams, name !== undefined, Date.parse(reply.time), style, invocation.stdout) + next;
    },
  };
}

const columns = [
  { title: 'UPSTREAM' },
  { title: 'TARGET' },
  { title: 'STATE' },
  { title: 'SINCE', right: true, drop: 8 },
  { title: 'LAST CHECK', drop: 2 },
  { title: 'BREAKER', drop: 5 },
  { title: 'WEIGHT', right: true, drop: 6 },
  { title: 'INFL', right: true },
  { title: 'RPS', right: true, drop: 3 },
  { title: 'ERR%', right: true },
  { title: 'P50', right: true, drop: 7 },
  { title: 'P95', right: true, drop: 4 },
  { title: 'P99', right: true, drop: 1 },
  { title: 'WHY', drop: 1 },
];

/** What to type next where something is wrong; empty where nothing is. */
function nextText(upstreams: readonly UpstreamState[], name: string | undefined, style: Style): string {
  const broken = upstreams.filter(({ why, targets }) => why !== null || targets.some(needsAttention));
  const [first] = broken;
  if (first === undefined) return '';
  const which = name ?? (broken.length === 1 ? first.name : '');
  const open = broken.some(({ targets }) => targets.some(({ breaker }) => breaker !== null && breaker !== 'closed'));
  const commands = [`sentinel check ${printable(which)}`.trimEnd(), ...(open ? ['sentinel breakers'] : [])];
  return `${style.cyan('next:')} ${commands.join('   ')}\n`;
}

function text(
  upstreams: readonly UpstreamState[],
  named: boolean,
  nowMs: number,
  style: Style,
  output: Output,
): string {
  // What is built in and used by no route is of no interest until somebody asks for it.
  const shown = upstreams.filter(({ builtin, routes }) => named || !builtin || routes.length > 0);
  if (shown.length === 0) return 'no upstreams\n';
  const lines = shown
    .filter(({ state }) => state !== 'up')
    .map(({ state, why }) => {
      const line = `${state === 'down' ? '✗' : '▲'} ${printable(why ?? '')}`;
      return `${state === 'down' ? style.red(line) : style.yellow(line)}\n`;
    });
  const rows = shown.flatMap((upstream) => rowsOf(upstream, nowMs, style));
  const fitted = fittedTable(columns, rows, style, output);
  const reasons = fitted.split('\n', 1)[0]?.includes('WHY') === true ? [] : shown.flatMap(reasonsOf);
  return fitted + reasons.map((line) => style.red(line)).join('') + lines.join('');
}

/** Below a table that is too narrow for them. */
function reasonsOf({ targets }: UpstreamState): readonly string[] {
  return targets.filter(needsAttention).map(({ address, why }) => `${printable(address)}: ${printable(why)}\n`);
}

function rowsOf(upstream: UpstreamState, nowMs: number, style: Style): readonly FittedRow[] {
  const { name, kind, targets, names } = upstream;
  const rates = rateCells(upstream.windows['1m']);
  if (kind === 'static') return [row([name, '–', '· static', '–', '–', '–', '–', '–', ...rates, 'answers by itself'])];
  if (targets.length === 0) {
    const failure = names.find((one) => one.failure !== null)?.failure ?? null;
    const since = failure === null ? '–' : durationText(Math.max(0, nowMs - Date.parse(failure.since)));
    const why = failure?.words ?? 'its name has no address';
    const cells = [name, names[0]?.name ?? '–', '✗ no target', since, '–', '–', '–', '–', ...rates, why];
    return [row(cells, style.red)];
  }
  return targets.map((target) =>
    row(
      [
        name,
        target.address,
        stateText(target),
        durationText(Math.max(0, nowMs - Date.parse(target.since))),
        checkText(target.last_check),
        breakerText(target.breaker),
        String(target.weight),
        target.in_flight === 0 ? '·' : countText(target.in_flight),
        ...rateCells(target.windows['1m']),
        target.why,
      ],
      targetPaint(target, style),
    ),
  );
}

function row(cells: readonly string[], paint?: FittedRow['paint']): FittedRow {
  return paint === undefined ? { cells } : { cells, paint };
}
