/** `sentinel incident checklist tick` and `untick`: what only a person can say is done, or is not after all. */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { checklist, checklistOf } from '../../incident/record/checklist.ts';
import type { Invocation, Outcome, RunCommand } from '../command.ts';
import { checklistText } from '../incident/checklist-text.ts';
import { openOrLastIncident } from '../incident/chosen-incident.ts';
import { incidentData } from '../incident/incident-data.ts';
import { incidentStore } from '../incident/place.ts';

export const run: RunCommand = (invocation) => mark(invocation, true);
export const untick: RunCommand = (invocation) => mark(invocation, false);

async function mark(invocation: Invocation, done: boolean): Promise<Outcome> {
  const items = invocation.arguments('item').map(itemOf);
  const store = await incidentStore(invocation);
  const id = await openOrLastIncident(invocation, store);
  const incident = await store.change(id, (before) => {
    const standing = new Map(checklistOf(before).map((item) => [item.id, item.tick !== null]));
    return items
      .filter((item) => standing.get(item) !== done)
      .map((item) => (done ? { kind: 'ticked', item, by_command: null } : { kind: 'unticked', item }));
  });
  const nowMs = invocation.clock.wallMs();
  const data = incidentData(incident, nowMs);
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { incident: id, channel: data.channel, checklist: data.checklist },
    text: (style) => checklistText(data, nowMs, style),
  };
}

/** @throws SNT-P040 */
function itemOf(given: string): string {
  const found = checklist.find(({ id }) => id === given || id === `post-${given}`);
  if (found !== undefined) return found.id;
  throw new SentinelError(
    'SNT-P040',
    `the lists have no item ${JSON.stringify(given)}; there are ${checklist.map(({ id }) => id).join(', ')}`,
    { hint: 'sentinel incident checklist' },
  );
}
