/** `sentinel incident mark`: says when something was so; without a mark, which moments events propose. */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { rfc3339 } from '../../base/units.ts';
import { type Mark, marks } from '../../incident/record/entry.ts';
import { orderRemarks } from '../../incident/record/mark-order.ts';
import type { Invocation, Outcome } from '../command.ts';
import { chosenIncident } from '../incident/chosen-incident.ts';
import { incidentData } from '../incident/incident-data.ts';
import { clockText, hanging, headLine, nextLines } from '../incident/incident-lines.ts';
import { incidentStore } from '../incident/place.ts';
import { markProposals, proposalOf } from '../incident/mark-proposals.ts';
import { whenOf } from '../incident/when.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const { argument, option, flag, clock } = invocation;
  const given = argument('mark');
  const at = option('at');
  const mark = given === undefined ? null : markOf(given);
  if (mark === null && (at !== undefined || flag('proposed')))
    throw usage(`${at === undefined ? '--proposed' : '--at'} says when, and no mark says what`);
  if (at !== undefined && flag('proposed')) throw usage('--at and --proposed do not go together');
  const asked = at === undefined ? null : whenOf(at, clock.wallMs());
  const store = await incidentStore(invocation);
  const id = await chosenIncident(invocation, store);
  if (mark === null) return markProposals(invocation, store, id);
  const proposed = flag('proposed') ? await proposalOf(invocation, store, id, mark) : null;
  const when = proposed?.when ?? asked ?? rfc3339(clock.wallMs());
  const incident = await store.append(id, [{ kind: 'marked', mark, when, from: proposed?.from ?? null }]);
  const nowMs = clock.wallMs();
  const remarks = orderRemarks(incident, mark);
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: incidentData(incident, nowMs),
    warnings: remarks,
    text: (style) =>
      [
        `${style.green('✓')} ${mark} ${clockText(when, nowMs)}   ${headLine(incident, style)}\n`,
        ...remarks.map((remark) => hanging(`  ${style.yellow('▲')} `, remark, style.columns)),
        mark === 'resolved' ? nextLines(afterwards(id), style) : '',
      ].join(''),
  };
}

function afterwards(id: string): readonly (readonly [string, string])[] {
  return [
    [`sentinel incident snapshot ${id}`, 'keep logs and metrics as they are now'],
    [`sentinel incident close ${id}`, 'freeze the timeline, set what is due'],
  ];
}

function markOf(given: string): Mark {
  const found = marks.find((mark) => mark === given.toLowerCase());
  if (found !== undefined) return found;
  throw usage(`${JSON.stringify(given)} is no mark, expected one of ${marks.join(', ')}`);
}

function usage(message: string): SentinelError {
  return new SentinelError('SNT-P040', message, { hint: 'sentinel incident mark --help' });
}
