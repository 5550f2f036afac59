/** What commands of incidents give programs: the incident with what is due and its lists, one shape for all of them. Pure. */
import { checklistOf, type CheckedItem, doneAt } from '../../incident/record/checklist.ts';
import { type Deadline, deadlinesOf } from '../../incident/record/deadlines.ts';
import { channelOf } from '../../incident/record/id.ts';
import type { Incident } from '../../incident/record/incident.ts';

export interface IncidentData {
  readonly incident: Incident;
  readonly channel: string;
  readonly deadlines: readonly Deadline[];
  readonly checklist: readonly CheckedItem[];
}

/** @param managementAfterMs As `contacts` says it; else half an hour. */
export function incidentData(incident: Incident, nowMs: number, managementAfterMs?: number): IncidentData {
  const items = checklistOf(incident);
  return {
    incident,
    channel: channelOf(incident.id),
    deadlines: deadlinesOf(incident, nowMs, doneAt(items, 'post-incident'), managementAfterMs),
    checklist: items,
  };
}

/** What should have been done by now and is not. */
export function overdue({ deadlines }: Pick<IncidentData, 'deadlines'>): readonly Deadline[] {
  return deadlines.filter(({ done, late }) => late && done === null);
}
