/**
 * Everything that is to be seen of a state, before anybody asks how wide the screen is. Called for each frame, and once by what prints;
 * what depends on readings alone is made once for each of them.
 */
import type { Column, ViewName } from '../rows/row.ts';
import { type Rows, rowsOf } from '../rows/rows.ts';
import { cursorIndex } from '../store/selection.ts';
import type { Level, State } from '../store/state.ts';
import { footerOf } from './footer.ts';
import { gaugesOf } from './gauges.ts';
import { headerOf } from './header.ts';
import { offeredOf } from './offered.ts';
import { tabsOf } from './tabs.ts';
import { verdictLineOf } from './verdict-line.ts';
import type { TableView, View } from './view.ts';

export function viewOf(state: State): View {
  const rows = rowsOf(state);
  const cursor = cursorIndex(state);
  const row = rows.rows[cursor] ?? null;
  return {
    header: headerOf(state),
    verdict: verdictLineOf(state),
    gauges: gaugesOf(state),
    tabs: tabsOf(state),
    table: tableOf(state, rows, cursor),
    why: row?.why ?? null,
    footer: footerOf(state, row),
    overlay: state.overlay,
    offered: offeredOf(state),
  };
}

function tableOf(state: State, { columns, rows, total, title, path, empty }: Rows, cursor: number): TableView {
  const level = state.stack.at(-1) as Level;
  return {
    title,
    path,
    columns,
    rows,
    total,
    sort: sortWords(level, columns),
    filter: level.filter.text,
    cursor,
    scroll: level.scroll,
    marks: level.marks,
    empty,
  };
}

/** Views that begin with what happened last. */
const byTime: ReadonlySet<ViewName> = new Set(['errors', 'events', 'log']);

/** `worst ▼`, `newest ▼`, `P99 ▼`, `UPSTREAM/TARGET ▲`: which column, and whether the largest is first. */
function sortWords({ view, sorting: { column, reverse } }: Level, columns: readonly Column[]): string {
  const found = column === null ? undefined : columns.find(({ id }) => id === column);
  if (found === undefined && byTime.has(view)) return reverse ? 'oldest ▲' : 'newest ▼';
  if (found === undefined) return reverse ? 'best ▲' : 'worst ▼';
  const falling = (found.worst === 'high') !== reverse;
  return `${found.title} ${falling ? '▼' : '▲'}`;
}
