/** `sentinel incident list`: the incidents that are not closed, and closed ones of which something is overdue. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { IncidentListing } from '../../incident/record/store.ts';
import type { Invocation, Outcome } from '../command.ts';
import { fittedTable } from '../fitted-table.ts';
import { type IncidentData, incidentData, overdue } from '../incident/incident-data.ts';
import { phaseText } from '../incident/incident-lines.ts';
import { incidentStore } from '../incident/place.ts';
import type { Output, Style } from '../streams.ts';
import { durationText, oneLine } from '../text.ts';

interface Row {
  readonly listing: IncidentListing;
  /** Null where it cannot be read. */
  readonly data: IncidentData | null;
}

export async function run(invocation: Invocation): Promise<Outcome> {
  const store = await incidentStore(invocation);
  const nowMs = invocation.clock.wallMs();
  const rows = store.list().map((listing): Row => {
    const { incident } = listing;
    return { listing, data: incident === null ? null : incidentData(incident, nowMs) };
  });
  const shown = invocation.flag('all') ? rows : rows.filter(isOpen);
  const unreadable = rows.filter(({ data }) => data === null);
  return {
    kind: 'report',
    exitCode: unreadable.length > 0 ? exitCodes.unknown : exitCodes.ok,
    status: unreadable.length > 0 ? 'unknown' : 'ok',
    data: {
      folder: store.folder,
      incidents: shown.map(({ listing: { id, folder, problem }, data }) =>
        data === null ? { id, folder, problem } : summaryOf(data),
      ),
      left_out: rows.length - shown.length,
    },
    findings: unreadable.map(({ listing: { id, problem } }) => ({
      code: 'SNT-I003',
      severity: 'error',
      title: `${id} cannot be read`,
      detail: problem ?? '',
      resource: { kind: 'incident', name: id },
      suggestion: { text: `sentinel incident verify ${id}`, command: `sentinel incident verify ${id}` },
    })),
    warnings: unreadable.map(({ listing }) => `${listing.id}: ${listing.problem}`),
    text: (style) => text(shown, rows.length - shown.length, store.folder, nowMs, style, invocation.stdout),
  };
}

function isOpen({ data }: Row): boolean {
  return data === null || data.incident.phase !== 'closed' || overdue(data).length > 0;
}

function summaryOf(data: IncidentData): Readonly<Record<string, unknown>> {
  const { id, folder, title, sev, phase, service, times } = data.incident;
  return { id, folder, title, sev, phase, service, times, overdue: overdue(data), channel: data.channel };
}

function text(
  rows: readonly Row[],
  leftOut: number,
  folder: string,
  nowMs: number,
  style: Style,
  output: Output,
): string {
  const more = leftOut === 0 ? '' : `${leftOut} closed: sentinel incident list --all\n`;
  if (rows.length === 0) return `no incident is open in ${folder}\n${more}`;
  const columns = [
    { title: 'ID' },
    { title: 'SEV' },
    { title: 'STATE' },
    { title: 'AGE', right: true },
    { title: 'WHAT' },
  ];
  const lines = rows.map(({ listing, data }) => {
    if (data === null)
      return { cells: [listing.id, '?', '?', '?', oneLine(listing.problem ?? '')], paint: style.yellow };
    const { id, sev, phase, title, times } = data.incident;
    const late = overdue(data).map(({ words, due }) => `${words} (${durationText(nowMs - Date.parse(due))} overdue)`);
    const what = [...(late.length === 0 ? [] : [`✗ ${late.join(', ')}`]), ...(title === null ? [] : [title])].join(
      '  ',
    );
    return {
      cells: [
        id,
        sev ?? '?',
        phase,
        durationText(Math.max(0, nowMs - Date.parse(times.opened))),
        oneLine(what === '' ? '–' : what),
      ],
      ...(late.length > 0
        ? { paint: style.red }
        : phase === 'closed'
          ? {}
          : { paint: (line: string) => line.replace(phase, phaseText(phase, style)) }),
    };
  });
  return fittedTable(columns, lines, style, output) + more;
}
