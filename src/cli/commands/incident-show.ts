/** `sentinel incident show`: one incident with everything that is written down of it, and what is due. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { openOrLastIncident, openIncidents } from '../incident/chosen-incident.ts';
import { incidentData, overdue } from '../incident/incident-data.ts';
import { incidentPlace, incidentStore } from '../incident/place.ts';
import { incidentText } from '../incident/show-text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const store = await incidentStore(invocation);
  const id = await openOrLastIncident(invocation, store);
  const nowMs = invocation.clock.wallMs();
  const { management } = incidentPlace(invocation);
  const data = incidentData(store.read(id), nowMs, management[0]?.after_ms);
  const others = openIncidents(store).filter((one) => one !== id);
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { ...data, overdue: overdue(data), management },
    warnings:
      data.incident.mended === 0
        ? []
        : [`its journal was mended ${data.incident.mended} times: sentinel incident verify ${id}`],
    text: (style) => incidentText(data, { nowMs, management, only: others.length === 0 }, style),
  };
}
