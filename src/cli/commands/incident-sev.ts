/** `sentinel incident sev`: sets how bad it is, or proposes it from what is live and takes it when somebody agrees. */
import { SentinelError } from '../../base/errors.ts';
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import type { Sev } from '../../base/severity.ts';
import type { Incident } from '../../incident/record/incident.ts';
import { isGrave, parseSev, severityTable } from '../../incident/record/severity-table.ts';
import type { IncidentStore } from '../../incident/record/store.ts';
import type { Invocation, Outcome, Status } from '../command.ts';
import { chosenIncident } from '../incident/chosen-incident.ts';
import { incidentData } from '../incident/incident-data.ts';
import { deadlineLine, hanging, headLine, nextLines } from '../incident/incident-lines.ts';
import { incidentStore } from '../incident/place.ts';
import { proposeSeverity, type SeverityProposal } from '../incident/severity-proposal.ts';
import type { Style } from '../streams.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const { argument, option, flag } = invocation;
  const given = argument('severity');
  const sev = given === undefined ? null : parseSev(given);
  if (sev !== null && flag('propose'))
    throw new SentinelError('SNT-P040', `--propose asks for a severity, and ${sev} was given`, {
      hint: 'sentinel incident sev --propose',
    });
  const store = await incidentStore(invocation);
  const id = await chosenIncident(invocation, store);
  if (sev !== null) return done(invocation, await set(store, id, sev, option('why') ?? null, null), null);
  const proposal = await proposeSeverity(invocation);
  if (proposal.sev === null) return nothingTaken(invocation, store.read(id), proposal, exitCodes.unknown);
  if (flag('propose')) return nothingTaken(invocation, store.read(id), proposal, exitCodes.ok);
  if (!(await agreed(invocation, id, proposal.sev, proposal.why)))
    return nothingTaken(invocation, store.read(id), proposal, exitCodes.problems);
  return done(invocation, await set(store, id, proposal.sev, option('why') ?? proposal.why, proposal), proposal);
}

/** What the facts were that it stands on belongs beside it. */
function set(
  store: IncidentStore,
  id: string,
  sev: Sev,
  why: string | null,
  proposal: SeverityProposal | null,
): Promise<Incident> {
  const diagnosis = proposal?.diagnosis ?? null;
  return store.change(id, ({ sev: was, sev_why: before }) => {
    if (was === sev && (why === null || why === before)) return [];
    const severity = { kind: 'severity', sev, was, why, proposed: proposal !== null } as const;
    return diagnosis === null ? [severity] : [diagnosis, severity];
  });
}

/** @throws SNT-P047 nobody can be asked */
async function agreed({ flag, stdin, stderr }: Invocation, id: string, sev: Sev, why: string): Promise<boolean> {
  if (flag('yes')) return true;
  if (!stdin.isTerminal || !stderr.isTerminal || flag('no-input'))
    throw new SentinelError('SNT-P047', `${sev} is proposed (${why}), and nobody can be asked; nothing was written`, {
      hint: `give --yes if that is what you mean, or say it: \`sentinel incident sev ${sev.slice(3)} -i ${id}\``,
    });
  stderr.write(`${hanging(`${stderr.style.bold(sev)}  `, why, stderr.style.columns)}take it for ${id}? [y/N] `);
  return (await stdin.readUpTo(1)).toString('latin1').toLowerCase() === 'y';
}

function done(invocation: Invocation, incident: Incident, proposal: SeverityProposal | null): Outcome {
  const nowMs = invocation.clock.wallMs();
  const data = incidentData(incident, nowMs);
  const { id, sev, roles, times } = incident;
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { ...data, proposal: proposalData(proposal) },
    text: (style) => {
      const due = data.deadlines.filter(({ done: when, kind }) => when === null && kind !== 'action');
      const next: [string, string][] = [];
      if (times.acked === null && times.resolved === null) next.push([`sentinel incident ack ${id}`, 'you are at it']);
      if (isGrave(sev) && roles['commander'] === undefined)
        next.push([`sentinel incident role commander NAME -i ${id}`, `${sev} has an incident commander`]);
      return [
        `${style.green('✓')} ${headLine(incident, style)}\n`,
        sev === null ? '' : hanging('  ', incident.sev_why ?? severityTable[sev].description, style.columns),
        ...due.map((deadline) => `  ${deadlineLine(deadline, nowMs, style)}\n`),
        nextLines(next, style),
      ].join('');
    },
  };
}

function nothingTaken(
  invocation: Invocation,
  incident: Incident,
  proposal: SeverityProposal,
  exitCode: ExitCode,
): Outcome {
  // Nothing wrong is an answer; not to know what is wrong is none.
  const code = exitCode === exitCodes.unknown && proposal.status === 'ok' ? exitCodes.ok : exitCode;
  const status: Status = code === exitCodes.ok ? 'ok' : code === exitCodes.unknown ? 'unknown' : 'problems';
  return {
    kind: 'report',
    exitCode: code,
    status,
    data: { ...incidentData(incident, invocation.clock.wallMs()), proposal: proposalData(proposal) },
    text: (style) => proposalText(incident, proposal, style),
  };
}

function proposalText({ id, sev }: Incident, { sev: proposed, why }: SeverityProposal, style: Style): string {
  const now = sev === null ? 'has no severity yet' : `stays ${sev}`;
  if (proposed === null) return `${hanging('no severity is proposed: ', why, style.columns)}${id} ${now}\n`;
  return `${hanging(`${style.bold(proposed)} is proposed: `, why, style.columns)}${id} ${now}\n${nextLines([[`sentinel incident sev ${proposed.slice(3)} -i ${id}`, 'take it']], style)}`;
}

function proposalData(proposal: SeverityProposal | null): Readonly<Record<string, unknown>> | null {
  return proposal === null ? null : { sev: proposal.sev, why: proposal.why, status: proposal.status };
}
