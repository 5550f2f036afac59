/** What lies under a place of the screen, for the mouse: told from the view and the size, as `draw` put it there. */
import type { Pointed } from '../store/state.ts';
import type { View } from '../view/view.ts';
import { firstShown, formOf, rowHeight, tableRows } from './heights.ts';
import type { Size } from './line.ts';
import { tabAt } from './tab-line.ts';

/** Header, verdict, gauges. */
const TAB_LINE = 3;

/** Null = nothing that can be pointed at; while something lies over the screen there is nothing else. */
export function pointedAt(
  view: View,
  size: Size,
  { column, row }: { readonly column: number; readonly row: number },
): Pointed | null {
  const form = formOf(size);
  if (view.overlay !== null || form === 'counters') return null;
  if (row === TAB_LINE) {
    const tab = tabAt(view, size.columns, column);
    return tab === null ? null : { on: 'tab', view: tab };
  }
  const top = TAB_LINE + (form === 'table' ? 2 : 1);
  const room = tableRows(size);
  const line = Math.floor((row - top) / rowHeight(size));
  const { scroll, cursor, rows } = view.table;
  const first = firstShown(scroll, cursor, rows.length, room);
  return row < top || line >= Math.min(room, rows.length - first) ? null : { on: 'row', line };
}
