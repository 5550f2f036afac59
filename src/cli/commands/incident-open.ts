/**
 * `sentinel incident open`: writes down that there is an incident, and then, when that is done, looks at what is live for its
 * severity. Asks for what the first five minutes want.
 */
import { exitCodes } from '../../base/exit-codes.ts';
import { channelOf } from '../../incident/record/id.ts';
import type { Incident } from '../../incident/record/incident.ts';
import type { EntryBody } from '../../incident/record/entry.ts';
import { acknowledgeBy } from '../../incident/record/deadlines.ts';
import { isGrave, parseSev, severityTable } from '../../incident/record/severity-table.ts';
import type { IncidentStore } from '../../incident/record/store.ts';
import { rfc3339 } from '../../base/units.ts';
import type { Invocation, Outcome } from '../command.ts';
import { aboutDaemon } from '../incident/about-daemon.ts';
import { openIncidents } from '../incident/chosen-incident.ts';
import { incidentData } from '../incident/incident-data.ts';
import { clockText, hanging, headLine, nextLines, typed } from '../incident/incident-lines.ts';
import { incidentPlace, incidentStore } from '../incident/place.ts';
import { proposeSeverity, type SeverityProposal } from '../incident/severity-proposal.ts';
import { whenOf } from '../incident/when.ts';
import type { Style } from '../streams.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const { clock, option, flag, argument } = invocation;
  const given = option('sev');
  const sev = given === undefined ? null : parseSev(given);
  const at = option('at');
  const alert = at === undefined ? null : whenOf(at, clock.wallMs());
  const { service } = incidentPlace(invocation);
  const store = await incidentStore(invocation);
  const id = argument('id');
  const opened = await store.open({
    ...(id === undefined ? {} : { id }),
    body: {
      kind: 'opened',
      title: titleOf(option('title')),
      sev,
      why: null,
      by: 'operator',
      ...(await aboutDaemon(invocation, service)),
    },
    also: alert === null ? [] : [{ kind: 'marked', mark: 'alert', when: alert, from: null }],
  });
  const proposal = sev !== null || flag('no-propose') ? null : await proposed(invocation, store, opened);
  const others = openIncidents(store).filter((one) => one !== opened.id);
  const incident = store.read(opened.id);
  const nowMs = clock.wallMs();
  const warnings =
    others.length === 0
      ? []
      : [`${others.length} more not closed: ${others.join(', ')}; name the one that you mean with -i`];
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: {
      ...incidentData(incident, nowMs),
      proposal: proposal === null ? null : { sev: proposal.sev, why: proposal.why, status: proposal.status },
    },
    warnings,
    text: (style) => text(incident, proposal, others.length === 0, warnings, nowMs, style),
  };
}

/** The facts of the first minute are worth a line in the journal, whatever they speak for. */
async function proposed(invocation: Invocation, store: IncidentStore, { id }: Incident): Promise<SeverityProposal> {
  if (invocation.stderr.isTerminal) invocation.stderr.write(`${id} is open; looking at what is live …\n`);
  const proposal = await proposeSeverity(invocation);
  const { diagnosis } = proposal;
  if (diagnosis === null || diagnosis.status === 'unknown') return proposal;
  try {
    const bodies: readonly EntryBody[] = [diagnosis];
    await store.append(id, bodies);
  } catch {
    // It is open, and that is what counts.
  }
  return proposal;
}

function titleOf(title: string | undefined): string | null {
  const text = title?.trim() ?? '';
  return text === '' ? null : text;
}

function text(
  incident: Incident,
  proposal: SeverityProposal | null,
  only: boolean,
  warnings: readonly string[],
  nowMs: number,
  style: Style,
): string {
  const { id, sev, folder, roles, times } = incident;
  const meant = sev ?? proposal?.sev ?? null;
  const named = (command: string): string => typed(command, id, 'argument', only);
  const about = (command: string): string => typed(command, id, 'option', only);
  const next: [string, string][] = [[named('sentinel incident ack'), 'you are at it']];
  if (sev === null)
    next.push(
      meant === null
        ? [about('sentinel incident sev N'), 'how bad it is: 1, 2, 3 or 4']
        : [about(`sentinel incident sev ${meant.slice(3)}`), 'take the severity that is proposed'],
    );
  if (isGrave(meant) && roles['commander'] === undefined)
    next.push([about('sentinel incident role commander NAME'), `${meant} has an incident commander`]);
  next.push([named('sentinel incident snapshot --fast'), 'keep what is in memory now']);
  next.push(['sentinel diagnose', 'what is wrong, why, and what helps']);
  const lines = [`${style.green('✓')} ${headLine(incident, style)}\n`, `  ${style.dim('folder  ')}  ${folder}\n`];
  lines.push(`  ${style.dim('channel ')}  ${channelOf(id)}\n`);
  if (proposal !== null) {
    const words =
      proposal.sev === null ? `none proposed: ${proposal.why}` : `${proposal.sev} proposed: ${proposal.why}`;
    lines.push(hanging('  severity  ', words, style.columns));
  }
  if (meant !== null) {
    const by = rfc3339(acknowledgeBy(meant, Date.parse(times.opened)));
    lines.push(
      `  ${style.dim('respond ')}  ${meant}: ${severityTable[meant].response}, acknowledge by ${clockText(by, nowMs)}\n`,
    );
  }
  return lines.join('') + warnings.map((line) => `${style.yellow('▲')} ${line}\n`).join('') + nextLines(next, style);
}
