/**
 * By when something has to happen: acknowledging by the severity table of the runbook, management after half an hour of an outage,
 * updates, the list of the first hour after the resolution, the post-mortem. Pure; times of the clock are passed in.
 */
import type { Sev } from '../../base/severity.ts';
import type { Incident } from './incident.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Column "Response Time". SEV4 counts working hours. */
const responseMs: Readonly<Record<Sev, number>> = {
  SEV1: 5 * MINUTE_MS,
  SEV2: 15 * MINUTE_MS,
  SEV3: HOUR_MS,
  SEV4: 4 * HOUR_MS,
};

/** How often somebody outside is told something: "updates every [15/30] minutes". SEV4 promises nothing. */
const updateMs: Readonly<Record<Sev, number | null>> = {
  SEV1: 15 * MINUTE_MS,
  SEV2: 30 * MINUTE_MS,
  SEV3: HOUR_MS,
  SEV4: null,
};

/** Column "Management": Director, if it lasts longer. */
const MANAGEMENT_AFTER_MS = 30 * MINUTE_MS;
/** "Immediate Post-Incident (< 1 hour after resolution)". */
const AFTER_RESOLUTION_MS = HOUR_MS;
/** "SEV1/SEV2: within 48 hours". */
const POSTMORTEM_MS = 48 * HOUR_MS;

/** What has to happen by when. */
export type DeadlineKind = 'acknowledge' | 'management' | 'update' | 'post-incident' | 'post-mortem' | 'action';

export interface Deadline {
  readonly kind: DeadlineKind;
  /** `acknowledge it`, `action 2: raise the timeout` */
  readonly words: string;
  /** RFC 3339. */
  readonly due: string;
  /** When it was done; null = it is not. */
  readonly done: string | null;
  /** Done too late, or not done and too late now. */
  readonly late: boolean;
}

/** Milliseconds between two updates; null = none is promised. */
export function updateInterval(sev: Sev): number | null {
  return updateMs[sev];
}

/** By when it must be acknowledged, in milliseconds since the epoch. */
export function acknowledgeBy(sev: Sev, fromMs: number): number {
  return sev === 'SEV4' ? afterWorkingTime(fromMs, responseMs.SEV4) : fromMs + responseMs[sev];
}

const FIRST_HOUR = 9;
const LAST_HOUR = 17;

/**
 * The moment at which `ms` of working time have passed: Monday to Friday, 9 to 17 of the machine's clock. What begins in the night
 * or on a week-end begins when the next working day does.
 */
export function afterWorkingTime(fromMs: number, ms: number): number {
  let left = ms;
  let at = new Date(fromMs);
  for (;;) {
    const opens = new Date(at);
    opens.setHours(FIRST_HOUR, 0, 0, 0);
    const closes = new Date(at);
    closes.setHours(LAST_HOUR, 0, 0, 0);
    const works = at.getDay() !== 0 && at.getDay() !== 6;
    const begin = Math.max(at.getTime(), opens.getTime());
    const here = works ? Math.max(0, closes.getTime() - begin) : 0;
    if (here >= left) return begin + left;
    left -= here;
    // By the calendar and not by 24 hours: some days have 23 or 25.
    at = new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1);
  }
}

/** When it began for those who are to respond: with the alert where there was one, else when it was opened. */
export function began({ times }: Pick<Incident, 'times'>): string {
  return times.alert !== null && times.alert < times.opened ? times.alert : times.opened;
}

/**
 * Everything that has to happen, in the order in which it is due.
 * @param checklistDone When the last item of the post-incident list was ticked; null = not all are.
 * @param managementAfterMs How long an outage lasts before management is told, where the configuration says it.
 */
export function deadlinesOf(
  incident: Incident,
  nowMs: number,
  checklistDone: string | null,
  managementAfterMs = MANAGEMENT_AFTER_MS,
): readonly Deadline[] {
  const { times, sev, phase } = incident;
  const deadlines: Deadline[] = [];
  const add = (kind: DeadlineKind, words: string, dueMs: number, done: string | null): void => {
    const late = (done === null ? nowMs : Date.parse(done)) > dueMs;
    deadlines.push({ kind, words, due: new Date(dueMs).toISOString(), done, late });
  };
  const resolved = times.resolved ?? times.closed;
  if (sev !== null) {
    const from = Date.parse(incident.sev_since ?? times.opened);
    if (times.acked !== null || resolved === null)
      add('acknowledge', 'acknowledge it', acknowledgeBy(sev, from), times.acked);
  }
  if (sev === 'SEV1' && resolved === null) {
    const since = Math.max(Date.parse(began(incident)), 0);
    const told = incident.proofs['management']?.at ?? null;
    add('management', 'tell management', since + managementAfterMs, told);
  }
  const every = sev === null ? null : updateMs[sev];
  if (every !== null && resolved === null) {
    const said = incident.messages.findLast(({ message }) => message === 'initial' || message === 'update');
    add('update', 'say how it stands', Date.parse(said?.at ?? times.opened) + every, null);
  }
  if (resolved !== null) {
    add('post-incident', 'the list of the first hour', Date.parse(resolved) + AFTER_RESOLUTION_MS, checklistDone);
    if (sev === 'SEV1' || sev === 'SEV2')
      add(
        'post-mortem',
        'write the post-mortem',
        Date.parse(resolved) + POSTMORTEM_MS,
        incident.postmortem?.at ?? null,
      );
  }
  if (phase === 'closed' || resolved !== null || incident.actions.length > 0) {
    for (const { number, text, due, done } of incident.actions)
      if (due !== null) add('action', `action ${number}: ${text}`, endOfDay(due), done);
  }
  return deadlines.sort((one, other) => Date.parse(one.due) - Date.parse(other.due));
}

/** A day is over with its last millisecond, in UTC. */
function endOfDay(date: string): number {
  return Date.parse(`${date}T23:59:59.999Z`);
}
