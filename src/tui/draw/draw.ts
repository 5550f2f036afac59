/**
 * A view as lines for a screen of a given size: exactly its height, never wider. A pure function, called for every frame, for `--once`
 * and by tests; the same view at the same size is always the same lines.
 */
import type { View } from '../view/view.ts';
import { bottomLines } from './bottom-lines.ts';
import { type Box, bodyColumns, bodyRows, boxed } from './box-lines.ts';
import { cardLines } from './card-lines.ts';
import { actionsBox, copyBox, sortBox } from './choice-lines.ts';
import { counterLines } from './counter-lines.ts';
import { confirmBox, quitBox } from './dialog-lines.ts';
import { gaugeLine } from './gauge-line.ts';
import { headerLine, verdictLine } from './header-lines.ts';
import { formOf, tableRows, whyRows } from './heights.ts';
import { filterLines } from './input-lines.ts';
import type { Line, Look, Size } from './line.ts';
import { asciiText, safeText } from './plain-text.ts';
import { explainBox, helpBox, paletteBox } from './page-lines.ts';
import { faded, fitted } from './spans.ts';
import { tabLine } from './tab-line.ts';
import { tableLines } from './table-lines.ts';

/** `size.rows` lines, none wider than `size.columns`; in an ASCII look nothing but ASCII. */
export function draw(view: View, size: Size, look: Look): readonly Line[] {
  const { columns, rows } = size;
  const lines = withOverlay(view, baseLines(view, size, look), size, look);
  return Array.from({ length: rows }, (_, at) => lastLook(lines[at] ?? [], columns, look));
}

function baseLines(view: View, size: Size, look: Look): readonly Line[] {
  const { columns, rows } = size;
  const form = formOf(size);
  if (form === 'counters') {
    const counters = counterLines(view, columns, rows, look);
    return [...counters, ...Array.from({ length: Math.max(0, rows - counters.length) }, () => [])];
  }
  const { mode } = view.header;
  const old = mode === 'stale' || mode === 'lost';
  const room = tableRows(size);
  const table =
    form === 'table'
      ? tableLines(view.table, columns, room, look, old)
      : cardLines(view.table, columns, room, look, old);
  const top = [
    headerLine(view.header, columns),
    verdictLine(view.verdict, columns, look),
    gaugeLine(view.gauges, columns),
    tabLine(view, columns),
    ...table,
  ];
  const bottom = bottomLines(view, columns, whyRows(size));
  const blank = Array.from({ length: rows - bottom.length - top.length }, () => []);
  return [...top, ...blank, ...bottom];
}

function withOverlay(view: View, base: readonly Line[], size: Size, look: Look): readonly Line[] {
  const { overlay } = view;
  if (overlay === null) return base;
  if (overlay.kind === 'filter') {
    const [input, below] = filterLines(overlay, size.columns, look);
    if (size.rows < 3) return [input];
    const blank = Array.from({ length: whyRows(size) - 1 }, () => []);
    return [...base.slice(0, -2 - blank.length), ...blank, input, below];
  }
  return boxed(base.map(faded), boxOf(view, overlay, size, look), size);
}

const nothingFound = { kind: 'palette', entries: [], rowCommand: null } as const;

function boxOf(
  view: View,
  overlay: Exclude<NonNullable<View['overlay']>, { kind: 'filter' }>,
  size: Size,
  look: Look,
): Box {
  const columns = bodyColumns(size);
  switch (overlay.kind) {
    case 'help':
      return helpBox(overlay, view.offered?.kind === 'help' ? view.offered.groups : [], view.footer.access, size);
    case 'palette':
      return paletteBox(overlay, view.offered?.kind === 'palette' ? view.offered : nothingFound, size, look);
    case 'sort':
      return sortBox(overlay, view.offered?.kind === 'sort' ? view.offered.choices : [null], columns);
    case 'actions':
      return actionsBox(overlay, view.table.rows.find(({ id }) => id === overlay.row)?.name ?? overlay.row, columns);
    case 'confirm':
      return confirmBox(overlay, columns, bodyRows(size), look);
    case 'copy':
      return copyBox(overlay, columns);
    case 'explain':
      return explainBox(overlay, size);
    case 'quit':
      return quitBox();
  }
}

/** Whatever came from a log, a header or a client: no control character passes, and the width is what was promised. */
function lastLook(line: Line, columns: number, { ascii }: Look): Line {
  const safe = line.map((one) => {
    const text = ascii ? asciiText(safeText(one.text)) : safeText(one.text);
    return text === one.text ? one : { ...one, text };
  });
  return fitted(safe, columns).map((one) => (ascii ? { ...one, text: asciiText(one.text) } : one));
}
