/** `sentinel incident action list`: the actions of one incident, or those of all that are not done. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { IncidentAction } from '../../incident/record/incident.ts';
import type { Invocation, Outcome } from '../command.ts';
import { fittedTable } from '../fitted-table.ts';
import { incidentStore } from '../incident/place.ts';

interface Row extends IncidentAction {
  readonly incident: string;
  readonly late: boolean;
}

export async function run(invocation: Invocation): Promise<Outcome> {
  const store = await incidentStore(invocation);
  const named = invocation.option('incident');
  const today = new Date(invocation.clock.wallMs()).toISOString().slice(0, 10);
  const incidents = named === undefined ? store.list().flatMap(({ incident }) => incident ?? []) : [store.read(named)];
  const rows = incidents
    .flatMap(({ id, actions }) =>
      actions.map((action): Row => ({ ...action, incident: id, late: isLate(action, today) })),
    )
    .filter(({ done }) => named !== undefined || invocation.flag('all') || done === null);
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { actions: rows },
    text: (style) => {
      if (rows.length === 0) return 'no action is open\n';
      const columns = [
        { title: 'INCIDENT' },
        { title: 'NO', right: true },
        { title: 'DUE' },
        { title: 'OWNER' },
        { title: 'ACTION' },
      ];
      const lines = rows.map(({ incident, number, due, owner, text, done, late }) => ({
        cells: [
          incident,
          String(number),
          done === null ? `${due ?? '–'}${late ? ' ✗' : ''}` : '✓ done',
          owner ?? '–',
          text,
        ],
        ...(late ? { paint: style.red } : {}),
      }));
      return fittedTable(columns, lines, style, invocation.stdout);
    },
  };
}

function isLate({ due, done }: IncidentAction, today: string): boolean {
  return done === null && due !== null && due < today;
}
