/** The line between what is said of the whole and the table: which view, where in it, how it is sorted and filtered. */
import { type ViewName, viewNames } from '../rows/row.ts';
import type { View } from '../view/view.ts';
import type { Line } from './line.ts';
import { apart, fitted, lineWidth, span } from './spans.ts';
import { shortened } from './width.ts';

const shortTitles: Readonly<Record<ViewName, string>> = {
  upstreams: 'Ups',
  routes: 'Rts',
  errors: 'Err',
  inflight: 'Infl',
  clients: 'Cli',
  certs: 'Crt',
  events: 'Evt',
  log: 'Log',
};
const LONGEST_FILTER = 40;

/** ` ── [1]Upstreams 2 Routes 3 Errors! … ──────── sort: worst ▼  filter: –` */
export function tabLine({ tabs, table }: Pick<View, 'tabs' | 'table'>, columns: number): Line {
  const right = orderSpans(table, columns);
  const room = columns - lineWidth(right) - 4;
  const forms = [
    tabSpans(tabs, table.path, ({ title }) => title),
    tabSpans(tabs, table.path, ({ view }) => shortTitles[view]),
    tabSpans(tabs, table.path, () => ''),
    tabSpans(
      tabs.filter(({ chosen }) => chosen),
      table.path,
      () => '',
    ),
  ];
  const left = forms.find((line) => lineWidth(line) <= room) ?? fitted(forms.at(-1) ?? [], room);
  const rule = Math.max(1, columns - lineWidth(left) - lineWidth(right) - 3);
  return apart([span(' '), ...left, span(' '), span('─'.repeat(rule), { tone: 'dim' })], right, columns);
}

function tabSpans(tabs: View['tabs'], path: readonly string[], titleOf: (tab: View['tabs'][number]) => string): Line {
  return tabs.flatMap((tab, at): Line => {
    const gap = at === 0 ? [] : [span(' ')];
    const number = String(viewNames.indexOf(tab.view) + 1);
    const alarm = tab.faults > 0 ? [span('!', { tone: 'bad' })] : [span(' ')];
    if (tab.chosen) {
      const where = [tab.title, ...path].join(' ▸ ');
      return [...gap, span(`[${number}]`, { bold: true }), span(where, { bold: true, underline: true }), ...alarm];
    }
    const title = titleOf(tab);
    return [...gap, span(title === '' ? number : `${number} ${title}`, { tone: 'dim' }), ...alarm];
  });
}

function orderSpans({ sort, filter, rows, total }: View['table'], columns: number): Line {
  const hidden = total - rows.length;
  const filterText = filter === '' ? '–' : shortened(filter, columns < 100 ? 20 : LONGEST_FILTER);
  return [
    ...(columns < 60 ? [] : [span(' sort: ', { tone: 'dim' }), span(sort)]),
    span(' filter: ', { tone: 'dim' }),
    filter === '' ? span(filterText) : span(filterText, { tone: 'warn', bold: true }),
    ...(hidden > 0 ? [span(` ${rows.length}/${total}`, { tone: 'warn' })] : []),
    span(' '),
  ];
}
