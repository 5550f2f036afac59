/** View "In-flight": what is under way now, the oldest first, with what each waits for. */
import { countText } from '../../cli/text.ts';
import { type Asked, type Drafted, isSeveral, partOf, whyEmpty, withNode } from './drafted.ts';
import { inflightRow } from './request-cells.ts';
import type { Column } from './row.ts';

const inflightColumns: readonly Column[] = [
  { id: 'st', title: 'ST', width: 2, worst: 'high' },
  { id: 'age', title: 'AGE', right: true, width: 7, worst: 'high' },
  { id: 'phase', title: 'PHASE', width: 9, worst: 'low' },
  { id: 'route', title: 'ROUTE', width: 14, drop: 4, worst: 'low' },
  { id: 'upstream', title: 'UPSTREAM', width: 16, drop: 8, wide: true, worst: 'low' },
  { id: 'target', title: 'TARGET', width: 21, drop: 1, worst: 'low' },
  { id: 'attempts', title: 'TRY', right: true, width: 3, drop: 6, worst: 'high' },
  { id: 'client', title: 'CLIENT', width: 15, drop: 2, worst: 'low' },
  { id: 'in', title: 'IN', right: true, width: 8, drop: 5, worst: 'high' },
  { id: 'out', title: 'OUT', right: true, width: 8, drop: 3, worst: 'high' },
  { id: 'name', title: 'REQUEST', least: 30, worst: 'low' },
];

export function inflightRows(asked: Asked): Drafted {
  const several = isSeveral(asked);
  const rows = asked.shown.flatMap((shown) =>
    (partOf(shown, 'inflight')?.requests ?? []).map((request) => inflightRow(shown, request, several)),
  );
  const hidden = asked.shown.reduce((sum, shown) => {
    const part = partOf(shown, 'inflight');
    return part === undefined ? sum : sum + Math.max(0, part.total - part.requests.length);
  }, 0);
  const silent = asked.shown.some((shown) => (partOf(shown, 'inflight')?.unanswered.length ?? 0) > 0);
  const title = `In-flight${hidden > 0 ? `, ${countText(hidden)} younger ones not shown` : ''}${silent ? ' (a worker did not answer)' : ''}`;
  const none = silent ? '? none known: a worker did not answer' : 'nothing is under way';
  return {
    columns: withNode(asked, inflightColumns),
    rows,
    title,
    empty: rows.length === 0 ? whyEmpty(asked, 'inflight', none) : null,
  };
}
