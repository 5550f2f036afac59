/** The checklists of an incident on the screen. Text only. */
import { type ChecklistName, checklistTitles, concerns } from '../../incident/record/checklist.ts';
import type { Style } from '../streams.ts';
import type { IncidentData } from './incident-data.ts';
import { headLine } from './incident-lines.ts';
import { checkLine } from './show-text.ts';

const names: readonly ChecklistName[] = ['first-5-minutes', 'post-incident'];

export function checklistText(data: IncidentData, nowMs: number, style: Style): string {
  const { incident, checklist } = data;
  const lists = names.map((name) => {
    const items = checklist.filter((item) => item.list === name && (concerns(item, incident) || item.tick !== null));
    const done = items.filter(({ tick }) => tick !== null).length;
    const title = `\n${style.bold(checklistTitles[name])}  ${done} of ${items.length}\n`;
    return title + items.map((item) => checkLine(item, data, nowMs, style)).join('');
  });
  return `${headLine(incident, style)}\n${lists.join('')}`;
}
