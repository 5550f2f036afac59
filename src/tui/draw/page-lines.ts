/** Boxes that are read: the help of the keys, what a code means, and the palette with the command at a shell beside each line. */
import type { Overlay } from '../store/state.ts';
import type { HelpGroup } from '../keys/help.ts';
import type { Offered } from '../view/view.ts';
import { type Box, bodyColumns, bodyRows } from './box-lines.ts';
import { type Choice, choiceLines } from './choice-lines.ts';
import { firstShown } from './heights.ts';
import { typedSpans } from './input-lines.ts';
import type { Line, Look, Size } from './line.ts';
import { fitted, span } from './spans.ts';
import { padded, widthOf } from './width.ts';
import { wrapped } from './wrapped.ts';

/** Lines longer than this are hard to read. */
const READABLE = 100;

export function explainBox({ title, lines, scroll }: Extract<Overlay, { kind: 'explain' }>, size: Size): Box {
  const columns = Math.min(READABLE, bodyColumns(size));
  const whole = paragraphs(lines)
    .flatMap((line) => wrapped(shortRule(line, columns), columns))
    .map((line): Line => [span(line)]);
  return { ...scrolled(whole, scroll, size), title, wide: columns, tall: true };
}

/** `─────── title`: made for another width, it is as long as this page is wide. */
function shortRule(line: string, columns: number): string {
  const over = line.startsWith('──') ? widthOf(line) - columns : 0;
  return over > 0 ? line.slice(over) : line;
}

/** What was broken to the width of another page is one again; what is set in, or alone, stays as it is. */
function paragraphs(lines: readonly string[]): readonly string[] {
  const whole: string[] = [];
  for (const line of lines) {
    const last = whole.at(-1) ?? '';
    if (/^[a-z`]/.test(line) && /^\S.*\S$/.test(last)) whole[whole.length - 1] = `${last} ${line}`;
    else whole.push(line);
  }
  return whole;
}

/** The part of a page from `scroll` on, and how much of it that is. */
function scrolled(whole: readonly Line[], scroll: number, size: Size): Pick<Box, 'body' | 'foot'> {
  const room = bodyRows(size);
  const first = Math.max(0, Math.min(scroll, whole.length - room));
  const last = Math.min(whole.length, first + room);
  const where = whole.length > room ? `${first + 1}–${last} of ${whole.length}   ↑↓ PgUp PgDn scroll   ` : '';
  return { body: whole.slice(first, first + room), foot: [span(`${where}Esc leave`, { tone: 'dim' })] };
}

/** Keys, what they do, and the same at a shell where there is room for it. */
export function helpBox(
  { scroll }: Extract<Overlay, { kind: 'help' }>,
  groups: readonly HelpGroup[],
  access: string,
  size: Size,
): Box {
  const columns = bodyColumns(size);
  const keys = groups.flatMap((group) => group.keys);
  const wideKey = Math.max(0, ...keys.map(({ shown }) => widthOf(shown)));
  const wideWords = Math.max(0, ...keys.map(({ meaning }) => widthOf(meaning)));
  const withCommands = columns >= wideKey + wideWords + 24;
  const lines = groups.flatMap((group, at): readonly Line[] => [
    ...(at === 0 ? [] : [[]]),
    [span(group.title, { bold: true })],
    ...group.keys.map(
      ({ shown, meaning, cli }): Line => [
        span(`  ${padded(shown, wideKey)}  `, { bold: true }),
        span(withCommands ? padded(meaning, wideWords) : meaning),
        ...(withCommands && cli !== null ? [span(`  ${cli}`, { tone: 'dim' as const })] : []),
      ],
    ),
  ]);
  const marks: Line = [span('✓U up  ◐G draining  ⏸M maintenance  ▲W degraded  ✗D down  ?N unknown', { tone: 'dim' })];
  const whole = [...lines, [], [span('Marks', { bold: true })], [span('  '), ...marks]];
  return { ...scrolled(whole, scroll, size), title: `keys   ${access}`, wide: Math.min(columns, 118), tall: true };
}

/** What is typed, what it finds, and below the command that the chosen one stands for. */
export function paletteBox(
  { text, caret, chosen }: Extract<Overlay, { kind: 'palette' }>,
  offered: Extract<Offered, { kind: 'palette' }>,
  size: Size,
  look: Look,
): Box {
  const columns = Math.min(READABLE, bodyColumns(size));
  const room = Math.max(1, bodyRows(size) - 3);
  const { entries, rowCommand } = offered;
  const first = firstShown(Math.max(0, chosen - Math.floor(room / 2)), chosen, entries.length, room);
  const seen = entries.slice(first, first + room).map(
    ({ words, key, cli, disabled }): Choice => ({
      words: `${padded(key ?? '', 8)} ${words}`,
      beside: disabled ?? cli,
      disabled: disabled !== null,
    }),
  );
  const command = entries[chosen]?.cli ?? rowCommand;
  const body: readonly Line[] = [
    [span(': ', { bold: true }), ...typedSpans(text, caret, look)],
    [],
    ...(entries.length === 0
      ? [[span('  nothing is called that', { tone: 'dim' })] satisfies Line]
      : choiceLines(seen, chosen - first, columns)),
  ];
  const blank = Array.from({ length: Math.max(0, room + 2 - body.length) }, (): Line => []);
  const below: Line = command === null ? [] : [span('$ ', { tone: 'dim' }), span(command)];
  return {
    title: 'command',
    body: [...body, ...blank, below].map((line) => fitted(line, columns)),
    foot: [span(`${entries.length} found   Enter do it   Esc leave`, { tone: 'dim' })],
    wide: columns,
    tall: true,
  };
}
