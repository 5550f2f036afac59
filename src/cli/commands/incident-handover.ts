/** `sentinel incident handover`: how an incident stands, on fifteen lines, for whoever takes it over. Works when the daemon is dead. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { openOrLastIncident, openIncidents } from '../incident/chosen-incident.ts';
import { handoverText } from '../incident/handover-text.ts';
import { incidentData, overdue } from '../incident/incident-data.ts';
import { incidentPlace, incidentStore } from '../incident/place.ts';
import { nextOf } from '../incident/show-text.ts';
import { standingOf } from '../incident/standing.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const store = await incidentStore(invocation);
  const id = await openOrLastIncident(invocation, store);
  const standing = await standingOf(invocation);
  const nowMs = invocation.clock.wallMs();
  const { management } = incidentPlace(invocation);
  const data = incidentData(store.read(id), nowMs, management[0]?.after_ms);
  const next = nextOf(
    data,
    openIncidents(store).every((one) => one === id),
  );
  const { known } = standing;
  return {
    kind: 'report',
    // What the daemon would say is not known then: that is no healthy answer.
    exitCode: known ? exitCodes.ok : exitCodes.unknown,
    status: known ? 'ok' : 'unknown',
    data: {
      ...data,
      overdue: overdue(data),
      now: known
        ? {
            daemon: standing.daemon,
            state: standing.status.state,
            generation: standing.status.generation,
            upstreams: standing.status.upstreams,
            windows: standing.status.windows,
            overrides: standing.overrides,
            drains: standing.status.drains,
            pending: standing.pending,
          }
        : null,
      next: next.map(([command, meaning]) => ({ command, meaning })),
    },
    findings: known
      ? []
      : [
          {
            code: 'SNT-A001',
            severity: 'warning',
            title: 'how it is now is not known',
            detail: standing.why,
            suggestion: { text: 'sentinel diagnose', command: 'sentinel diagnose' },
          },
        ],
    warnings: known ? [] : [`how it is now is not known: ${standing.why}`],
    text: (style) => handoverText(data, { nowMs, standing, next }, style),
  };
}
