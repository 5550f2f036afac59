/**
 * An incident on fifteen lines, for whoever takes it over: what is wrong, who leads, what is known, what lies over the file,
 * what comes next. Text only.
 */
import type { OverrideState } from '../../admin/contract/override-shapes.ts';
import type { Deadline } from '../../incident/record/deadlines.ts';
import { isGrave } from '../../incident/record/severity-table.ts';
import type { Style } from '../streams.ts';
import { subjectText } from '../overrides/words.ts';
import { percentText, rateText } from '../rates.ts';
import { durationText, oneLine } from '../text.ts';
import type { IncidentData } from './incident-data.ts';
import { clockText, deadlineLine, distanceText, headLine, nextLines } from './incident-lines.ts';
import type { Standing } from './standing.ts';

/** More of a kind is counted. */
const SHOWN = 3;

export interface HandoverFacts {
  readonly nowMs: number;
  readonly standing: Standing;
  readonly next: readonly (readonly [command: string, meaning: string])[];
}

export function handoverText(data: IncidentData, { nowMs, standing, next }: HandoverFacts, style: Style): string {
  const { incident, deadlines } = data;
  const columns = Math.min(Math.max(style.columns, 60), 120);
  const line = (label: string, text: string): string => `  ${label.padEnd(11)}${cut(text, columns - 13)}\n`;
  const out = [`${headLine(incident, style)}\n`, line('since', sinceWords(data, nowMs)), line('people', people(data))];
  out.push(line('now', nowWords(standing)));
  out.push(line('known', knownWords(data, nowMs)));
  const note = incident.notes.at(-1);
  if (note !== undefined) out.push(line('last note', `${clockText(note.at, nowMs)} ${note.actor}: ${note.text}`));
  out.push(line('overrides', overrideWords(standing, nowMs)));
  out.push(line('drains', drainWords(standing, nowMs)));
  out.push(line('on trial', trialWords(standing, nowMs)));
  const due = deadlines.filter(({ done, kind }) => done === null && kind !== 'action');
  for (const [index, one] of urgent(due).entries())
    out.push(`  ${(index === 0 ? 'due' : '').padEnd(11)}${deadlineLine(one, nowMs, style)}\n`);
  if (due.length === 0) out.push(line('due', 'nothing'));
  out.push(line('actions', actionWords(data)));
  return out.join('') + nextLines(next.slice(0, SHOWN), style);
}

function sinceWords({ incident: { times, phase } }: IncidentData, nowMs: number): string {
  const ended = times.closed ?? times.resolved;
  const lasting = durationText((ended === null ? nowMs : Date.parse(ended)) - Date.parse(times.opened));
  const alert = times.alert === null ? '' : `, first alert ${clockText(times.alert, nowMs)}`;
  const marks = (['identified', 'mitigated', 'resolved'] as const).flatMap((mark) => {
    const at = times[mark];
    return at === null ? [] : [`${mark} ${clockText(at, nowMs)}`];
  });
  const state = phase === 'closed' ? `closed, took ${lasting}` : ended === null ? `for ${lasting}` : `took ${lasting}`;
  return [`opened ${clockText(times.opened, nowMs)}, ${state}${alert}`, ...marks].join('; ');
}

function people({ incident: { roles, sev, acked_by: acked, times } }: IncidentData): string {
  const { commander, ...others } = roles;
  const leads = commander ?? (isGrave(sev) ? 'NOBODY (SEV1 and SEV2 need one)' : 'nobody');
  const rest = Object.entries(others).map(([role, person]) => `${role} ${person}`);
  return [
    `commander ${leads}`,
    ...rest,
    times.acked === null ? 'not acknowledged' : `acknowledged by ${acked ?? 'somebody'}`,
  ].join('; ');
}

function nowWords(standing: Standing): string {
  if (!standing.known) return `not known: ${standing.why}`;
  const { state, generation, upstreams, windows, reasons } = standing.status;
  const window = windows['1m'];
  const targets =
    upstreams.targets_down === 0 ? 'no target down' : `${upstreams.targets_down} of ${upstreams.targets} targets down`;
  const ratio = window?.error_ratio ?? null;
  const errors = ratio === null ? 'no requests' : `5xx ${ratio === 0 ? 'none' : `${percentText(ratio)}%`}`;
  const traffic = window === undefined ? 'traffic not known' : `${rateText(window.requests_per_s)}/s, ${errors} (1m)`;
  return [`daemon ${state.replace('_', ' ')}, generation ${generation}`, ...reasons, targets, traffic].join('; ');
}

function knownWords({ incident: { diagnoses, factors, snapshots } }: IncidentData, nowMs: number): string {
  const last = diagnoses.at(-1);
  const kept = snapshots.findLast(({ verdict, complete }) => verdict !== null && complete);
  // A snapshot is a diagnosis too, and may be the newer one.
  const newer = kept !== undefined && (last === undefined || Date.parse(kept.at) > Date.parse(last.at));
  const factor = factors.at(-1);
  const found = newer
    ? `${clockText(kept.at, nowMs)} ${kept.verdict} (in the snapshot)`
    : last === undefined
      ? 'nobody has diagnosed it: sentinel diagnose'
      : `${clockText(last.at, nowMs)} ${last.sev ?? 'no severity'}, ${
          last.causes[0] === undefined
            ? { ok: 'nothing wrong', problems: 'something is wrong', unknown: 'not known' }[last.status]
            : last.causes.map(({ code, words }) => `${code} ${words}`).join('; ')
        }`;
  return factor === undefined ? found : `${found}; contributing: ${factor.text}`;
}

/** What ends by itself comes first, the soonest before the others: it may end while nobody looks. Blocks are counted. */
function overrideWords(standing: Standing, nowMs: number): string {
  if (!standing.known || standing.overrides === null) return 'not known';
  const endOf = ({ expires_at: at }: OverrideState): number =>
    at === null ? Number.POSITIVE_INFINITY : Date.parse(at);
  const set = standing.overrides
    .filter(({ kind }) => kind !== 'block')
    .toSorted((a, b) => (endOf(a) < endOf(b) ? -1 : 1));
  const blocks = standing.overrides.length - set.length;
  const words = set.map((one) => {
    const until = one.expires_at === null ? 'until taken back' : `until ${clockText(one.expires_at, nowMs)}`;
    return `${subjectText(one)}=${one.value} ${until} (${one.actor.replace(/^user /, '')})`;
  });
  const blocked = blocks === 0 ? [] : [`${blocks} blocked ${blocks === 1 ? 'network' : 'networks'}`];
  return words.length === 0 ? listed(blocked) : [listed(words), ...blocked].join('; ');
}

function drainWords(standing: Standing, nowMs: number): string {
  if (!standing.known) return 'not known';
  return listed(
    standing.status.drains.map(({ target, state, actor, reason, since, expires_at: until }) => {
      const why = reason === null ? '' : `: ${reason}`;
      const back = until === null ? '' : `, back ${clockText(until, nowMs)}`;
      return `${target} ${state} since ${clockText(since, nowMs)} (${actor.replace(/^user /, '')}${why})${back}`;
    }),
  );
}

function trialWords(standing: Standing, nowMs: number): string {
  if (!standing.known) return 'not known';
  const { pending } = standing;
  if (pending === null) return 'nothing';
  const ends =
    pending.state === 'stuck' ? 'could not be rolled back' : `rolls back ${distanceText(pending.deadline, nowMs)}`;
  return `${pending.id}, generation ${pending.generation} by ${pending.actor}, ${ends}: sentinel config confirm ${pending.id}`;
}

function actionWords({ incident: { actions } }: IncidentData): string {
  const open = actions.filter(({ done }) => done === null);
  return listed(
    open.map(({ number, text, owner, due }) => {
      const who = [owner, due === null ? null : `due ${due}`].filter((part) => part !== null).join(', ');
      return `${number} ${text}${who === '' ? '' : ` (${who})`}`;
    }),
    'none open',
  );
}

/** What is due first, and no more than there is room for. */
function urgent(due: readonly Deadline[]): readonly Deadline[] {
  return due.slice(0, SHOWN);
}

function listed(all: readonly string[], none = 'none'): string {
  if (all.length === 0) return none;
  const more = all.length > SHOWN ? `; and ${all.length - SHOWN} more` : '';
  return `${all.slice(0, SHOWN).join('; ')}${more}`;
}

/** One line: what is longer goes to `incident show`. */
function cut(text: string, columns: number): string {
  const line = oneLine(text);
  return line.length <= columns ? line : `${line.slice(0, columns - 1).toWellFormed()}…`;
}
