/** How a standing looks: glyph, letter and colour together, so that nothing is said by colour alone (operator.md §3). */
import type { Standing, Tone } from '../rows/row.ts';
import type { Look } from './line.ts';

export interface Mark {
  readonly glyph: string;
  /** `-` where there is nothing to stand well or badly. */
  readonly letter: string;
  readonly tone: Tone;
}

const marks: Readonly<Record<Standing, Mark & { readonly ascii: string }>> = {
  up: { glyph: '✓', ascii: '+', letter: 'U', tone: 'good' },
  none: { glyph: '–', ascii: '-', letter: ' ', tone: 'dim' },
  maintenance: { glyph: '⏸', ascii: '=', letter: 'M', tone: 'info' },
  draining: { glyph: '◐', ascii: '~', letter: 'G', tone: 'going' },
  unknown: { glyph: '?', ascii: '?', letter: 'N', tone: 'unknown' },
  degraded: { glyph: '▲', ascii: '!', letter: 'W', tone: 'warn' },
  down: { glyph: '✗', ascii: 'x', letter: 'D', tone: 'bad' },
};

/** Of one standing; each takes one column for the glyph and one for the letter. */
export function markOf(standing: Standing, { ascii }: Pick<Look, 'ascii'>): Mark {
  const { glyph, letter, tone, ascii: plain } = marks[standing];
  return { glyph: ascii ? plain : glyph, letter, tone };
}
