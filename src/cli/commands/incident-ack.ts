/** `sentinel incident ack`: somebody is at it; says how long that took, and whether it was in time. */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { severityTable } from '../../incident/record/severity-table.ts';
import type { Invocation, Outcome } from '../command.ts';
import { chosenIncident } from '../incident/chosen-incident.ts';
import { incidentData } from '../incident/incident-data.ts';
import { clockText } from '../incident/incident-lines.ts';
import { incidentStore } from '../incident/place.ts';
import { durationText, oneLine } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const store = await incidentStore(invocation);
  const id = await chosenIncident(invocation, store);
  let before: string | null = null;
  const incident = await store.change(id, ({ times, phase }) => {
    if (phase === 'closed')
      throw new SentinelError('SNT-I009', `incident ${id} is closed; nothing is left to acknowledge`, {
        hint: `sentinel incident reopen ${id}`,
      });
    before = times.acked;
    return before === null ? [{ kind: 'acked' }] : [];
  });
  const nowMs = invocation.clock.wallMs();
  const data = incidentData(incident, nowMs);
  const { times, sev, acked_by: who } = incident;
  const tookMs = Math.max(0, Date.parse(times.acked ?? times.opened) - Date.parse(times.opened));
  const late = data.deadlines.find(({ kind }) => kind === 'acknowledge')?.late ?? null;
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { ...data, already: before !== null, time_to_acknowledge_ms: tookMs, late },
    text: (style) => {
      if (before !== null)
        return `${id} was acknowledged at ${clockText(before, nowMs)} by ${oneLine(who ?? 'somebody')}; nothing was changed\n`;
      const standing =
        sev === null
          ? `\n  ${style.cyan('next:')} sentinel incident sev -i ${id}`
          : late === true
            ? `, ${style.red('late')} (${sev}: ${severityTable[sev].response})`
            : `, in time (${sev}: ${severityTable[sev].response})`;
      return `${style.green('✓')} ${id} acknowledged ${durationText(tookMs)} after it was opened${standing}\n`;
    },
  };
}
