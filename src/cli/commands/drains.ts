/** `sentinel drains`: which targets are out of traffic, by whom, why, and what they wait for. */
import type { Reply } from '../../admin/client/client.ts';
import type { DrainsReply, DrainState } from '../../admin/contract/drain-shapes.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { headLine, progressLine, waitingLine } from '../drains/words.ts';
import { type FittedRow, fittedTable } from '../fitted-table.ts';
import type { Output, Style } from '../streams.ts';
import { countText, durationText, printable } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const client = daemonOf(invocation);
  const id = invocation.argument('id');
  if (id === undefined) return list(await client.call('drains'), invocation.flag('ended'), invocation.stdout);
  const { data, daemon, generation, notes } = await client.call('drain', { params: { id } });
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings: notes,
    daemon,
    generation,
    text: (style) => one(data, style),
  };
}

function one(drain: DrainState, style: Style): string {
  const waiting = waitingLine(drain);
  const by = `${drain.result ?? drain.state} · by ${printable(drain.actor)} at ${drain.started_at}, deadline ${drain.deadline_at}`;
  const lines = [headLine(drain, style), by, progressLine(drain), ...(waiting === '' ? [] : [waiting])];
  const then =
    drain.follow_up === null
      ? []
      : [`then: ${drain.follow_up.state} ${drain.follow_up.lines.map(printable).join('; ')}`];
  return [...lines, ...then].map((line) => `${line}\n`).join('');
}

const columns = [
  { title: 'DRAIN' },
  { title: 'TARGET' },
  { title: 'UPSTREAMS', drop: 2 },
  { title: 'STATE' },
  { title: 'FOR', right: true, drop: 5 },
  { title: 'INFL', right: true },
  { title: 'WS', right: true, drop: 6 },
  { title: 'ETA', right: true, drop: 4 },
  { title: 'BY', drop: 3 },
  { title: 'REASON', drop: 1 },
];

function list({ data, daemon, generation, notes, time }: Reply<DrainsReply>, all: boolean, output: Output): Outcome {
  const shown = all ? [...data.drains, ...data.ended] : data.drains;
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings: notes,
    daemon,
    generation,
    text: (style) =>
      shown.length === 0
        ? 'no target is drained\n'
        : fittedTable(
            columns,
            shown.map((drain) => rowOf(drain, Date.parse(time), style)),
            style,
            output,
          ),
  };
}

function rowOf(drain: DrainState, nowMs: number, style: Style): FittedRow {
  const { id, target, upstreams, now, eta_ms: eta, actor, reason } = drain;
  const cells = [
    id,
    target,
    upstreams.join(', '),
    stateText(drain),
    durationText(Math.max(0, nowMs - Date.parse(drain.started_at))),
    countText(now.in_flight),
    countText(now.websockets),
    eta === null ? '–' : durationText(eta),
    actor,
    reason ?? '–',
  ];
  return { cells, paint: drain.overdue && drain.result === null ? style.yellow : (line: string) => line };
}

function stateText({ state, result, overdue }: DrainState): string {
  if (result !== null) return `· ${result}`;
  return state === 'drained' ? '◐ drained' : `◐ draining${overdue ? ', late' : ''}`;
}
