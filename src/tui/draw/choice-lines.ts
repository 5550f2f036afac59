/** Lists to choose from: how to sort, what to do to a row, what to copy. One line each, the chosen one stands out. */
import type { Column } from '../rows/row.ts';
import type { Overlay } from '../store/state.ts';
import type { Box } from './box-lines.ts';
import type { Line } from './line.ts';
import { selected, span } from './spans.ts';
import { padded, shortened, widthOf } from './width.ts';

export interface Choice {
  readonly words: string;
  /** Beside it, dimmed: why it cannot be done, what it would copy. */
  readonly beside: string | null;
  readonly disabled: boolean;
}

/** The beginning of a command or of a reason that is shorter than this says nothing. */
const SHORTEST_BESIDE = 12;

/** Lines of `columns` at most. */
export function choiceLines(choices: readonly Choice[], chosen: number, columns: number): readonly Line[] {
  const wide = Math.max(0, ...choices.map(({ words }) => widthOf(words)));
  const hasRoom = columns - 2 - wide - 2 >= SHORTEST_BESIDE;
  return choices.map(({ words, beside, disabled }, at) => {
    const own = at === chosen;
    const line: Line = [
      span(own ? '▸ ' : '  '),
      span(padded(words, Math.min(wide, Math.max(1, columns - 2))), disabled ? { tone: 'dim' } : {}),
      ...(beside === null || !hasRoom ? [] : [span(`  ${beside}`, { tone: 'dim' })]),
    ];
    return own ? selected(line, columns) : line;
  });
}

const keysToChoose: Line = [span('Enter choose  Esc leave', { tone: 'dim' })];

/** @param offered null = worst first */
export function sortBox(
  { chosen }: Extract<Overlay, { kind: 'sort' }>,
  offered: readonly (Column | null)[],
  columns: number,
): Box {
  const choices = offered.map((column, at): Choice => {
    if (column === null) return { words: '0  worst first', beside: 'what is wrong stands on top', disabled: false };
    const { title, worst } = column;
    return {
      words: `${at < 10 ? at : ' '}  ${title}`,
      beside: `${worst === 'high' ? 'highest' : 'lowest'} first; once more turns it around`,
      disabled: false,
    };
  });
  return listBox('sort by', choices, chosen, columns);
}

export function actionsBox(overlay: Extract<Overlay, { kind: 'actions' }>, name: string, columns: number): Box {
  const choices = overlay.choices.map(
    ({ words, disabled }): Choice => ({ words, beside: disabled, disabled: disabled !== null }),
  );
  return listBox(`actions: ${name}`, choices, overlay.chosen, columns);
}

export function copyBox({ choices, chosen }: Extract<Overlay, { kind: 'copy' }>, columns: number): Box {
  const shown = choices.map(
    ({ words, text }): Choice => ({ words, beside: shortened(text.replaceAll(/\s+/g, ' '), 60), disabled: false }),
  );
  return listBox('copy', shown, chosen, columns);
}

function listBox(title: string, choices: readonly Choice[], chosen: number, columns: number): Box {
  const natural = Math.max(...choices.map(({ words, beside }) => widthOf(words) + widthOf(beside ?? '') + 4), 24);
  const widest = Math.max(0, ...choices.map(({ words }) => widthOf(words)));
  const wide = Math.min(
    columns,
    Math.max(natural, widest + 2 + Math.max(0, ...choices.map(({ beside }) => widthOf(beside ?? '') + 2))),
  );
  return { title, body: choiceLines(choices, chosen, wide), foot: keysToChoose, wide, focus: chosen };
}
