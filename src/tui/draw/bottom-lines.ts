/** The lines below the table: why the selected row stands as it does, and the keys, or what was just done. */
import type { FooterView, View } from '../view/view.ts';
import type { Line } from './line.ts';
import { wrapped } from './wrapped.ts';
import { apart, fitted, type Piece, piecesFor, span } from './spans.ts';

/** Below this the bottom line says either what may be changed or what was done. */
const NARROW = 60;

/** ` ▸ why: connect ECONNREFUSED ×3 …`, in `rows` lines; empty, but there, where nothing is to be said. */
function whyLines({ why }: Pick<View, 'why'>, columns: number, rows: number): readonly Line[] {
  const head = ' ▸ why: ';
  const [first = '', ...rest] = why === null ? [] : wrapped(why, Math.max(1, columns - head.length - 1));
  const texts = rows === 1 ? [why ?? ''] : [first, rest.join(' ')];
  return texts.slice(0, rows).map((text, at): Line => {
    if (text === '') return [];
    return fitted([span(at === 0 ? head : ' '.repeat(head.length), { tone: 'dim' }), span(text)], columns);
  });
}

/**
 * Below the table. What was just done, and is too long for the bottom line, is said in those of why as well: the end of such a sentence is
 * what to do next.
 */
export function bottomLines(view: Pick<View, 'why' | 'footer'>, columns: number, rows: number): readonly Line[] {
  const { footer } = view;
  const { notice } = footer;
  const lines = notice === null ? [] : wrapped(notice.words, noticeColumns(footer, columns));
  const above = lines.slice(0, Math.max(0, Math.min(lines.length - 1, rows)));
  const why = rows > above.length ? whyLines(view, columns, rows - above.length) : [];
  return [
    ...Array.from({ length: rows - above.length }, (_, at) => why[at] ?? []),
    ...above.map((text): Line => [span(` ${text}`, { tone: notice?.tone ?? 'plain' })]),
    footerLine(
      { ...footer, notice: notice === null ? null : { ...notice, words: lines.slice(above.length).join(' ') } },
      columns,
    ),
  ];
}

function noticeColumns({ access }: FooterView, columns: number): number {
  return Math.max(1, columns - 1 - (columns < NARROW ? 0 : access.length + 2));
}

/** ` q quit  ? help  / filter …     READ-WRITE` */
function footerLine({ keys, access, notice }: FooterView, columns: number): Line {
  const right: Line = [span(` ${access} `, { tone: access === 'READ-WRITE' ? 'dim' : 'warn' })];
  if (notice !== null)
    return apart(
      fitted([span(` ${notice.words}`, { tone: notice.tone })], columns),
      columns < NARROW ? [] : right,
      columns,
    );
  const pieces = keys.map(({ key, words, disabled }, at): Piece => {
    const tone = disabled ? { tone: 'dim' as const } : {};
    return { line: [span(key, { bold: !disabled, ...tone }), span(` ${words}`, { tone: 'dim' })], drop: at + 1 };
  });
  const room = columns - 1 - access.length - 2;
  return apart([span(' '), ...piecesFor(pieces, room)], right, columns);
}
