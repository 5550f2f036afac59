/** How the screen is divided: which form it takes, how many rows of the table there is room for, which are seen. The store moves by it. */
import type { Size } from './line.ts';

/** `counters`: the verdict and the gauges. `cards`: two lines for each row. */
export type Form = 'counters' | 'cards' | 'table';

/** Header, verdict, gauges, tabs, titles, footer; and why. */
const AROUND_TABLE = 6;
/** What else the bottom line says. */
const BESIDE_NOTICE = 14;
/** Words are not cut in two where a line ends. */
const LOST_BY_BREAKS = 16;
/** From this height on there is room for a second line of why. */
const TALL = 24;

export function formOf({ columns, rows }: Size): Form {
  if (columns < 40 || rows < 10) return 'counters';
  return columns < 60 ? 'cards' : 'table';
}

/** Lines that one row of the table takes. */
export function rowHeight(size: Size): 1 | 2 {
  return formOf(size) === 'cards' ? 2 : 1;
}

/** Lines that say why the selected row stands as it does. */
export function whyRows(size: Size): 1 | 2 {
  return formOf(size) === 'table' && size.rows >= TALL ? 2 : 1;
}

/** Columns, at least, for what was just done: on the bottom line, and where that is too little in the place of why. */
export function noticeRoom(size: Size): number {
  return (size.columns - BESIDE_NOTICE) * (whyRows(size) + 1) - LOST_BY_BREAKS * whyRows(size);
}

/** How many rows of the table are seen at once; 0 where the screen is too small for any. */
export function tableRows(size: Size): number {
  const form = formOf(size);
  if (form === 'counters') return 0;
  const room = size.rows - AROUND_TABLE - whyRows(size);
  // Cards have no titles.
  return form === 'table' ? room : Math.floor((room + 1) / 2);
}

/** The first row to show, so that `cursor` is seen and no room is wasted below the last: `scroll` where that does. */
export function firstShown(scroll: number, cursor: number, count: number, room: number): number {
  const last = Math.max(0, count - room);
  const seen = Math.min(Math.max(scroll, cursor - room + 1), Math.max(0, cursor));
  return Math.max(0, Math.min(seen, last));
}
