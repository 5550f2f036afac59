/** What is drawn: lines of spans, each with what it means. Colours and glyphs are chosen when they are written. Types only. */
import type { Tone } from '../rows/row.ts';

export interface Span {
  /** Printable, without control characters; its width is measured, wide characters are two. */
  readonly text: string;
  readonly tone?: Tone;
  readonly bold?: boolean;
  /** The selected row, the focused button. */
  readonly inverse?: boolean;
  readonly underline?: boolean;
}

export type Line = readonly Span[];

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What the terminal can do. */
export interface Look {
  /** `none`: NO_COLOR, a dumb terminal. ANSI 16 slots otherwise, so that the user's theme decides. */
  readonly colour: 'none' | 'ansi16';
  /** `LANG=C`, `TERM=linux`, `--ascii`. */
  readonly ascii: boolean;
}
