/**
 * A KDL text with everything that is no data still in it: comments, what `/-` takes out, where blank lines were. Made for
 * `layout.ts`, which writes it out again. Reads texts that parse; spelling of values is left as it is written.
 */
import { endOfEntry, pieceAt } from './between.ts';

/** A line of a block: a node, or a comment that has the line for itself. */
export interface Item {
  readonly kind: 'node' | 'comment';
  /** A blank line came before it. */
  readonly blankBefore: boolean;
  /** Comments that stand on its line before it. */
  readonly before: readonly string[];
  /** Comments behind it; a `//` one comes last. */
  readonly behind: readonly string[];
  /** Of a comment. */
  readonly text: string;
  /** Of a node: what it consists of, in order. */
  readonly parts: readonly Part[];
}

export type Part =
  /** Name, argument or property, as written. */
  | { readonly kind: 'word'; readonly text: string; readonly dashed: boolean; readonly gap: readonly string[] }
  | { readonly kind: 'block'; readonly block: Block; readonly dashed: boolean; readonly gap: readonly string[] }
  /** `/-` before a whole node. */
  | { readonly kind: 'dash'; readonly gap: readonly string[] };

export interface Block {
  /** Comments on the line of `{`. */
  readonly opening: readonly string[];
  readonly items: readonly Item[];
}

/** A line that goes on: stands in a gap; the comment behind it follows. */
export const continued = '\\';

export function readConcrete(text: string): readonly Item[] {
  const reading = new Reading(text);
  return reading.items();
}

class Reading {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Up to the `}` of the block, or the end. */
  items(): Item[] {
    const items: Item[] = [];
    let waiting: string[] = [];
    let lines = 0;
    let blank = false;
    for (;;) {
      const piece = pieceAt(this.#text, this.#at);
      const written = this.#text.slice(this.#at, piece.end);
      switch (piece.kind) {
        case 'newline':
          lines++;
          if (lines > 1 && waiting.length === 0) blank = true;
          if (waiting.length > 0) {
            items.push(commentItem(waiting.join(' '), blank));
            waiting = [];
            blank = false;
            lines = 1;
          }
          break;
        case 'line-comment':
        case 'block-comment':
          if (lines === 0 && waiting.length === 0 && items.length > 0 && this.#endsLine(piece.end)) {
            const last = items.at(-1) as Item;
            items[items.length - 1] = { ...last, behind: [...last.behind, written.trimEnd()] };
          } else waiting.push(written.trimEnd());
          if (waiting.length > 0 && waiting.length === 1 && lines > 1) blank = true;
          break;
        case 'space':
        case 'semicolon':
        case 'continuation':
          break;
        case 'slashdash':
        case 'other':
          if (this.#at >= this.#text.length || this.#text[this.#at] === '}') {
            if (waiting.length > 0) items.push(commentItem(waiting.join(' '), blank));
            return items;
          }
          items.push(this.#node(waiting, blank));
          waiting = [];
          blank = false;
          lines = 0;
          continue;
      }
      this.#at = piece.end;
    }
  }

  /** Whether only space, comments and `;` come before the line end. */
  #endsLine(from: number): boolean {
    for (let at = from; ; ) {
      const { kind, end } = pieceAt(this.#text, at);
      if (kind === 'newline' || at >= this.#text.length) return true;
      if (kind === 'other' || kind === 'slashdash') return this.#text[at] === '}';
      at = end;
    }
  }

  #node(before: readonly string[], blankBefore: boolean): Item {
    const parts: Part[] = [];
    if (this.#text.startsWith('/-', this.#at)) {
      this.#at += 2;
      parts.push({ kind: 'dash', gap: this.#blank() });
    }
    parts.push({ kind: 'word', text: this.#word(), dashed: false, gap: [] });
    for (;;) {
      const from = this.#at;
      const gap = this.#gap();
      const dashed = this.#text.startsWith('/-', this.#at);
      if (dashed) {
        this.#at += 2;
        gap.push(...this.#blank());
      }
      const unit = this.#text[this.#at];
      const ends = unit === undefined || unit === '}' || unit === ';' || pieceAt(this.#text, this.#at).end > this.#at;
      if (ends) {
        // What was skipped belongs behind the node, not into it.
        this.#at = from;
        return { kind: 'node', blankBefore, before, behind: this.#behind(), text: '', parts };
      }
      if (unit === '{') parts.push({ kind: 'block', block: this.#block(), dashed, gap });
      else parts.push({ kind: 'word', text: this.#word(), dashed, gap });
    }
  }

  /** Comments between a node and its end; continuations there hide nothing. */
  #behind(): string[] {
    const pieces = this.#gap().map((piece) => (piece.startsWith(continued) ? piece.slice(2) : piece));
    return pieces.filter((piece) => piece !== '');
  }

  #word(): string {
    const from = this.#at;
    this.#at = endOfEntry(this.#text, from);
    return this.#text.slice(from, this.#at);
  }

  #block(): Block {
    this.#at++;
    const opening: string[] = [];
    for (;;) {
      const { kind, end } = pieceAt(this.#text, this.#at);
      if (kind === 'space') this.#at = end;
      else if ((kind === 'line-comment' || kind === 'block-comment') && this.#endsLine(end)) {
        opening.push(this.#text.slice(this.#at, end).trimEnd());
        this.#at = end;
      } else break;
    }
    const items = this.items();
    this.#at++;
    return { opening, items };
  }

  /** Between the parts of one node: comments, and a `\` for each line that goes on, with the comment behind it. */
  #gap(): string[] {
    const found: string[] = [];
    for (;;) {
      const { kind, end } = pieceAt(this.#text, this.#at);
      if (kind === 'block-comment') found.push(this.#text.slice(this.#at, end));
      else if (kind === 'continuation') {
        const words = /\/[/*].*/s.exec(this.#text.slice(this.#at, end))?.[0].trimEnd();
        found.push(words === undefined ? continued : `${continued} ${words}`);
      } else if (kind !== 'space') return found;
      this.#at = end;
    }
  }

  /** After `/-`: comments and line ends may stand before what is taken out. */
  #blank(): string[] {
    const found: string[] = [];
    for (;;) {
      const { kind, end } = pieceAt(this.#text, this.#at);
      if (kind === 'line-comment' || kind === 'block-comment') found.push(this.#text.slice(this.#at, end).trimEnd());
      else if (kind !== 'space' && kind !== 'newline' && kind !== 'continuation') return found;
      this.#at = end;
    }
  }
}

function commentItem(text: string, blankBefore: boolean): Item {
  return { kind: 'comment', blankBefore, before: [], behind: [], text, parts: [] };
}
