/** `sentinel incident reopen`: it was not over. What came after the resolution comes after the next one again. */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { openOrLastIncident } from '../incident/chosen-incident.ts';
import { incidentData } from '../incident/incident-data.ts';
import { headLine, nextLines } from '../incident/incident-lines.ts';
import { incidentStore } from '../incident/place.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const store = await incidentStore(invocation);
  const id = await openOrLastIncident(invocation, store);
  const why = invocation.option('why') ?? null;
  const incident = await store.change(id, ({ times, phase }) => {
    if (phase === 'closed' || times.resolved !== null) return [{ kind: 'reopened', why }];
    throw new SentinelError('SNT-I009', `incident ${id} is ${phase}: it was neither resolved nor closed`, {
      hint: `sentinel incident show ${id}`,
    });
  });
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: incidentData(incident, invocation.clock.wallMs()),
    text: (style) =>
      `${style.green('✓')} ${headLine(incident, style)}\n${nextLines([[`sentinel incident show ${id}`, 'how it stands, and what is due']], style)}`,
  };
}
