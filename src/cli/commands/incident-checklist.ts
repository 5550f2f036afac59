/** `sentinel incident checklist`: the lists of the runbook with what is done, by whom, and which command proves it. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { checklistText } from '../incident/checklist-text.ts';
import { openOrLastIncident } from '../incident/chosen-incident.ts';
import { incidentData } from '../incident/incident-data.ts';
import { incidentStore } from '../incident/place.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const store = await incidentStore(invocation);
  const data = incidentData(store.read(await openOrLastIncident(invocation, store)), invocation.clock.wallMs());
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { incident: data.incident.id, channel: data.channel, checklist: data.checklist },
    text: (style) => checklistText(data, invocation.clock.wallMs(), style),
  };
}
