/** How the screen is divided: which form it takes, how many rows of the table there is room for, which are seen. The store moves by it. */
import type { Size } from './line.ts';

/** `counters`: the verdict and the gauges. `cards`: two lines for each row. */
export type Form = 'counters' | 'cards' | 'table';

/** Header, verdict, gauges, tabs, titles, why, footer. */
const AROUND_TABLE = 7;

export function formOf({ columns, rows }: Size): Form {
  if (columns < 40 || rows < 10) return 'counters';
  return columns < 60 ? 'cards' : 'table';
}

/** Lines that one row of the table takes. */
export function rowHeight(size: Size): 1 | 2 {
  return formOf(size) === 'cards' ? 2 : 1;
}

/** How many rows of the table are seen at once; 0 where the screen is too small for any. */
export function tableRows(size: Size): number {
  const form = formOf(size);
  if (form === 'counters') return 0;
  return form === 'table' ? size.rows - AROUND_TABLE : Math.floor((size.rows - AROUND_TABLE + 1) / 2);
}

/** The first row to show, so that `cursor` is seen and no room is wasted below the last: `scroll` where that does. */
export function firstShown(scroll: number, cursor: number, count: number, room: number): number {
  const last = Math.max(0, count - room);
  const seen = Math.min(Math.max(scroll, cursor - room + 1), Math.max(0, cursor));
  return Math.max(0, Math.min(seen, last));
}
