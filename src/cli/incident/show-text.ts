/** Everything that is written down of an incident, for one screen of 80 columns: what is due first, what happened below. Text only. */
import { checklistTitles, type CheckedItem, type ChecklistName, concerns } from '../../incident/record/checklist.ts';
import { headWords } from '../../incident/record/chain.ts';
import { marks } from '../../incident/record/entry.ts';
import type { Incident, IncidentAction } from '../../incident/record/incident.ts';
import { isGrave, severityTable } from '../../incident/record/severity-table.ts';
import type { Style } from '../streams.ts';
import { bytesText } from '../../base/units.ts';
import { durationText, oneLine } from '../text.ts';
import type { IncidentData } from './incident-data.ts';
import { clockText, deadlineLine, distanceText, hanging, headLine, nextLines, typed } from './incident-lines.ts';

/** More notes would push what is due off the screen; the timeline has them all. */
const SHOWN_NOTES = 5;

export interface ShowFacts {
  readonly nowMs: number;
  readonly management: readonly { readonly contact: string }[];
  /** No other incident is open, so that this one need not be named. */
  readonly only: boolean;
}

export function incidentText(data: IncidentData, facts: ShowFacts, style: Style): string {
  const { incident, deadlines, checklist } = data;
  const { nowMs } = facts;
  const width = Math.min(style.columns, 100);
  const label = (words: string): string => `  ${words.padEnd(11)}`;
  const out: string[] = [`${headLine(incident, style)}\n`];
  const { times } = incident;
  out.push(
    `${label('opened')}${clockText(times.opened, nowMs)}, ${distanceText(times.opened, nowMs)}${by(incident)}\n`,
  );
  if (incident.sev !== null)
    out.push(
      hanging(
        label('severity'),
        `${incident.sev}, ${incident.sev_why ?? severityTable[incident.sev].description}`,
        width,
      ),
    );
  if (incident.service !== null) out.push(hanging(label('service'), incident.service, width));
  out.push(`${label('channel')}${data.channel}\n`, `${label('folder')}${incident.folder}\n`);
  for (const mark of marks) {
    const when = times[mark];
    if (when !== null) out.push(`${label(mark)}${clockText(when, nowMs)}${sinceAlert(incident, when)}\n`);
  }
  if (times.closed !== null)
    out.push(
      hanging(
        label('closed'),
        `${clockText(times.closed, nowMs)}${incident.closed_why === null ? '' : `: ${incident.closed_why}`}`,
        width,
      ),
    );
  for (const [role, person] of Object.entries(incident.roles)) out.push(hanging(label(oneLine(role)), person, width));
  if (isGrave(incident.sev) && incident.roles['commander'] === undefined && times.resolved === null)
    out.push(`${label('commander')}${style.red('nobody')}\n`);

  out.push(
    ...section(
      'Due',
      deadlines.map((deadline) => {
        const who =
          deadline.kind === 'management' && deadline.done === null
            ? facts.management.map(({ contact }) => contact).join(', ')
            : '';
        return `  ${deadlineLine(deadline, nowMs, style)}${who === '' ? '' : ` (${oneLine(who)})`}\n`;
      }),
      style,
    ),
  );
  out.push(
    ...section(
      'Alerts',
      incident.alerts.map(({ name, status, starts_at: from, ends_at: to, summary }) =>
        hanging(
          `  ${status === 'firing' ? style.red('✗') : style.green('✓')} `,
          `${name} ${status}, ${clockText(from, nowMs)}${to === null || status === 'firing' ? '' : ` to ${clockText(to, nowMs)}`}${summary === null ? '' : `: ${summary}`}`,
          width,
        ),
      ),
      style,
    ),
  );
  const lists: readonly ChecklistName[] =
    times.resolved === null && times.closed === null ? ['first-5-minutes'] : ['first-5-minutes', 'post-incident'];
  for (const list of lists) {
    const items = checklist.filter((item) => item.list === list && concerns(item, incident));
    out.push(
      ...section(
        checklistTitles[list],
        items.map((item) => checkLine(item, data, nowMs, style)),
        style,
      ),
    );
  }
  out.push(
    ...section(
      'Actions',
      incident.actions.map((action) => actionLine(action, width, style)),
      style,
    ),
  );
  out.push(
    ...section(
      'Contributing factors',
      incident.factors.map(({ text }) => hanging('  - ', text, width)),
      style,
    ),
  );
  const left = Math.max(0, incident.notes.length - SHOWN_NOTES);
  out.push(
    ...section(
      left === 0 ? 'Notes' : `Notes (the last ${SHOWN_NOTES} of ${incident.notes.length})`,
      incident.notes
        .slice(-SHOWN_NOTES)
        .map(({ at, actor, text }) => hanging(`  ${clockText(at, nowMs)} ${oneLine(actor)}: `, text, width)),
      style,
    ),
  );
  out.push(...section('Evidence', evidence(incident, nowMs, width), style));
  out.push(`\n  ${style.dim(`journal ${headWords(incident.head)}   sentinel incident verify ${incident.id}`)}\n`);
  out.push(nextLines(nextOf(data, facts.only), style));
  return out.join('');
}

function section(title: string, lines: readonly string[], style: Style): readonly string[] {
  return lines.length === 0 ? [] : [`\n${style.bold(title)}\n`, ...lines];
}

function by({ opened_by: how }: Incident): string {
  return how === 'alert' ? ', by an alert' : '';
}

function sinceAlert({ times }: Incident, when: string): string {
  const from = times.alert ?? times.opened;
  const ms = Date.parse(when) - Date.parse(from);
  return when === from || ms < 0
    ? ''
    : `, ${durationText(ms)} after ${times.alert === null ? 'it was opened' : 'the alert'}`;
}

/** `[x] Assess severity …  13:04:07Z oncall, by incident sev` */
export function checkLine(
  { id, words, tick, command }: CheckedItem,
  { incident, channel }: Pick<IncidentData, 'incident' | 'channel'>,
  nowMs: number,
  style: Style,
): string {
  const what = id === 'channel' ? `${words} (${channel})` : words;
  if (tick === null) {
    // Of those that are closed none is meant unless it is named.
    const which = incident.phase === 'closed' ? ` -i ${incident.id}` : '';
    const how = command === null ? `sentinel incident checklist tick ${id}${which}` : command;
    return `  [ ] ${what}\n      ${style.dim(how)}\n`;
  }
  const proof = tick.by_command === null ? '' : `, by ${tick.by_command}`;
  return `  ${style.green('[x]')} ${what}\n      ${style.dim(`${clockText(tick.at, nowMs)} ${oneLine(tick.actor)}${proof}`)}\n`;
}

/** `1. raise the timeout  (ana, due 2026-11-30)` */
export function actionLine({ number, text, owner, due, done }: IncidentAction, width: number, style: Style): string {
  const facts = [
    owner ?? 'nobody',
    ...(due === null ? [] : [`due ${due}`]),
    ...(done === null ? [] : [`done ${done.slice(0, 10)}`]),
  ];
  return hanging(`  ${done === null ? ' ' : style.green('✓')} ${number}. `, `${text} (${facts.join(', ')})`, width);
}

function evidence(
  { snapshots, diagnoses, runbooks, postmortem, timeline }: Incident,
  nowMs: number,
  width: number,
): readonly string[] {
  return [
    ...snapshots.map(({ at, file, bytes, complete }) => ({
      at,
      words: `snapshot ${file}, ${bytesText(bytes)}${complete ? '' : ', not complete'}`,
    })),
    ...diagnoses.map(({ at, sev, causes, status }) => ({
      at,
      words: `diagnosis: ${sev === null ? '' : `${sev}, `}${causes[0]?.words ?? (status === 'ok' ? 'nothing is wrong' : 'not known')}`,
    })),
    ...runbooks.map(({ at, runbook, outcome }) => ({ at, words: `runbook ${runbook}: ${outcome}` })),
    ...(timeline === null
      ? []
      : [{ at: timeline.at, words: `timeline ${timeline.file}, ${timeline.moments} moments` }]),
    ...(postmortem === null ? [] : [{ at: postmortem.at, words: `post-mortem ${postmortem.file}` }]),
  ]
    .toSorted((one, other) => (one.at < other.at ? -1 : 1))
    .map(({ at, words }) => hanging(`  ${clockText(at, nowMs)} `, words, width));
}

/** Commands to type next, each with what it is for. @param only No other incident is open. */
export function nextOf({ incident }: IncidentData, only: boolean): readonly (readonly [string, string])[] {
  const { id, times, sev, roles, phase } = incident;
  const named = (command: string): string => typed(command, id, 'argument', only);
  const about = (command: string): string => typed(command, id, 'option', only);
  if (phase === 'closed') return [[`sentinel incident postmortem ${id}`, 'what it was, for those who come after']];
  const next: [string, string][] = [];
  if (times.acked === null && times.resolved === null) next.push([named('sentinel incident ack'), 'you are at it']);
  if (sev === null) next.push([about('sentinel incident sev'), 'how bad it is']);
  if (isGrave(sev) && roles['commander'] === undefined && times.resolved === null)
    next.push([about('sentinel incident role commander NAME'), 'who leads']);
  if (times.mitigated === null && times.resolved === null)
    next.push([about('sentinel incident mark mitigated'), 'it no longer hurts']);
  if (times.resolved === null) next.push([about('sentinel incident mark resolved'), 'it is over']);
  else next.push([named('sentinel incident close'), 'freeze the timeline, set what is due']);
  return next;
}
