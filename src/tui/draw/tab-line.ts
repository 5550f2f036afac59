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
const NARROW = 100;

/** ` [1]Upstreams  2 Routes  3 Errors! … ──────── sort: worst ▼  filter: –` */
export function tabLine({ tabs, table }: Pick<View, 'tabs' | 'table'>, columns: number): Line {
  const right = orderSpans(table, columns);
  const left = fitted(
    tabsFor(tabs, table.path, columns - lineWidth(right) - 4).flatMap(({ line }) => line),
    columns - lineWidth(right) - 4,
  );
  const rule = Math.max(1, columns - lineWidth(left) - lineWidth(right) - 3);
  return apart([span(' '), ...left, span(' '), span('─'.repeat(rule), { tone: 'dim' })], right, columns);
}

/** The tab at a column of that line; null = none. */
export function tabAt({ tabs, table }: Pick<View, 'tabs' | 'table'>, columns: number, column: number): ViewName | null {
  let end = 1;
  for (const { view, line } of tabsFor(tabs, table.path, columns - lineWidth(orderSpans(table, columns)) - 4)) {
    end += lineWidth(line);
    if (column >= 1 && column < end) return view;
  }
  return null;
}

interface Tab {
  readonly view: ViewName;
  readonly line: Line;
}

/** As much of their names as there is room for; at the narrowest only the one that is chosen. */
function tabsFor(tabs: View['tabs'], path: readonly string[], room: number): readonly Tab[] {
  const chosen = tabs.filter((tab) => tab.chosen);
  const forms = [
    drawnTabs(tabs, path, ({ title }) => title),
    drawnTabs(tabs, path, ({ view }) => shortTitles[view]),
    drawnTabs(tabs, path, () => ''),
    drawnTabs(chosen, path, () => ''),
  ];
  return forms.find((form) => form.reduce((sum, { line }) => sum + lineWidth(line), 0) <= room) ?? forms.at(-1) ?? [];
}

function drawnTabs(
  tabs: View['tabs'],
  path: readonly string[],
  titleOf: (tab: View['tabs'][number]) => string,
): readonly Tab[] {
  return tabs.map((tab, at): Tab => {
    const gap = at === tabs.length - 1 ? [] : [span(' ')];
    const number = String(viewNames.indexOf(tab.view) + 1);
    const alarm = tab.faults > 0 ? span('!', { tone: 'bad' }) : span(' ');
    if (tab.chosen) {
      const where = [tab.title, ...path].join(' ▸ ');
      const line = [span(`[${number}]`, { bold: true }), span(where, { bold: true, underline: true }), alarm, ...gap];
      return { view: tab.view, line };
    }
    const title = titleOf(tab);
    const words = title === '' ? number : `${number} ${title}`;
    return { view: tab.view, line: [span(words, { tone: 'dim' }), alarm, ...gap] };
  });
}

function orderSpans({ sort, filter, rows, total }: View['table'], columns: number): Line {
  const hidden = total - rows.length;
  const narrow = columns < NARROW;
  const filterText = filter === '' ? '–' : shortened(filter, narrow ? 20 : LONGEST_FILTER);
  return [
    ...(columns < 60 ? [] : [span(narrow ? ' ' : ' sort: ', { tone: 'dim' }), span(sort)]),
    // The names of views are worth more than that there is no filter.
    ...(filter === '' && narrow ? [] : [span(' filter: ', { tone: 'dim' })]),
    ...(filter === '' ? (narrow ? [] : [span(filterText)]) : [span(filterText, { tone: 'warn', bold: true })]),
    ...(hidden > 0 ? [span(` ${rows.length}/${total}`, { tone: 'warn' })] : []),
    span(' '),
  ];
}
