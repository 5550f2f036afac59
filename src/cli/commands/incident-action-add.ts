/** `sentinel incident action add`: what is to be done so that it does not happen again, by whom and when. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { openOrLastIncident } from '../incident/chosen-incident.ts';
import { incidentStore } from '../incident/place.ts';
import { actionLine } from '../incident/show-text.ts';
import { dueDate, textOf } from '../incident/typed-text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const { option, clock } = invocation;
  const store = await incidentStore(invocation);
  const id = await openOrLastIncident(invocation, store);
  const text = textOf(invocation, 'action');
  const owner = option('owner')?.trim() || null;
  const day = option('due');
  const due = day === undefined ? null : dueDate(day, clock.wallMs());
  const { actions } = await store.change(id, ({ actions: before }) => [
    { kind: 'action', number: (before.at(-1)?.number ?? 0) + 1, text, owner, due },
  ]);
  const action = actions.at(-1);
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { incident: id, action },
    text: (style) =>
      `${style.green('✓')} action of ${id}\n${action === undefined ? '' : actionLine(action, style.columns, style)}`,
  };
}
