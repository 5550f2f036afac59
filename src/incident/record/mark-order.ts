/** What is odd about the moments of an incident: one that comes before what it should follow, or that leaves a gap. Pure. */
import { type Mark, marks } from './entry.ts';
import type { Incident } from './incident.ts';

const meanings: Readonly<Record<Mark, string>> = {
  alert: 'the first alert',
  identified: 'the cause was identified',
  mitigated: 'it was mitigated',
  monitoring: 'watching began',
  resolved: 'it was resolved',
};

/** Sentences for whoever has set `mark`; empty where everything is in order. `monitoring` may be left out. */
export function orderRemarks({ times }: Pick<Incident, 'times'>, mark: Mark): readonly string[] {
  const when = times[mark];
  if (when === null) return [];
  const place = marks.indexOf(mark);
  const remarks: string[] = [];
  for (const [index, other] of marks.entries()) {
    const its = times[other];
    if (other === mark) continue;
    if (its === null) {
      if (index < place && other !== 'alert' && other !== 'monitoring')
        remarks.push(`nobody has said when ${meanings[other]}: \`sentinel incident mark ${other} --at TIME\``);
    } else if (index < place ? its > when : its < when) {
      const [first, second] = index < place ? [other, mark] : [mark, other];
      remarks.push(`${meanings[second]} at ${times[second]}, before ${meanings[first]} (${times[first]})`);
    }
  }
  if (mark === 'alert' && when > times.opened)
    remarks.push(`the alert is later than the incident, which was opened at ${times.opened}`);
  return remarks;
}
