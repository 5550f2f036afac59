/**
 * Writes mdoc(7): escapes, wraps at sentences and at 76 columns, and turns `code` into macros, so that `mandoc -T lint` has
 * nothing to say. Used by `config-man.ts` and by pages of `scripts/`.
 */

const columns = 76;

export class Mdoc {
  readonly #lines: string[] = [];

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  /** Lines of mdoc as they are. */
  line(...lines: readonly string[]): void {
    this.#lines.push(...lines);
  }

  comment(text: string): void {
    this.#lines.push(`.\\" ${text}`);
  }

  heading(text: string): void {
    this.#lines.push(`.Ss ${escape(text)}`);
  }

  /** A heading with its paragraphs below. */
  section(title: string, paragraphs: readonly string[]): void {
    this.heading(title);
    paragraphs.forEach((paragraph, index) => {
      if (index > 0) this.line('.Pp');
      this.text(paragraph);
    });
  }

  /** A list item with the names of a key. */
  item(names: readonly string[]): void {
    this.#lines.push(`.It ${names.map((name) => `Ic ${argument(name)}`).join(' , ')}`);
  }

  literal(text: string): void {
    this.#lines.push('.Bd -literal -offset indent', ...text.split('\n').map((line) => guard(escape(line))), '.Ed');
  }

  /** Running text with `code` in backticks; every sentence on a line of its own. */
  text(text: string): void {
    const parts = text.split('`');
    let pendingOpen = '';
    for (let index = 0; index < parts.length; index++) {
      const part = parts[index] ?? '';
      if (index % 2 === 1) {
        const after = /^[^\s]*/.exec(parts[index + 1] ?? '')?.[0] ?? '';
        parts[index + 1] = (parts[index + 1] ?? '').slice(after.length);
        this.#lines.push(`.Ql ${pendingOpen}${argument(part)}${trailing(after)}`);
        pendingOpen = '';
        continue;
      }
      // An opening bracket right before code goes into the macro, or a space would come between them.
      const open = index + 1 < parts.length && part.endsWith('(');
      pendingOpen = open ? '( ' : '';
      this.#prose(open ? part.slice(0, -1) : part);
    }
  }

  #prose(text: string): void {
    for (const sentence of text.trim().split(/(?<=[.?!])\s+(?=[A-Z0-9])/)) {
      let line = '';
      for (const word of sentence.split(/\s+/)) {
        if (line !== '' && line.length + 1 + word.length > columns) {
          this.#lines.push(guard(escape(line)));
          line = '';
        }
        line = line === '' ? word : `${line} ${word}`;
      }
      if (line !== '') this.#lines.push(guard(escape(line)));
    }
  }
}

/** What follows code without a space: punctuation as arguments of the macro, anything else joined to it. */
function trailing(after: string): string {
  if (after === '') return '';
  if (/^[.,;:)?!]+$/.test(after)) return ` ${after.split('').join(' ')}`;
  const [, word = '', punctuation = ''] = /^(.*?)([.,;:)?!]*)$/.exec(after) ?? [];
  return ` Ns ${argument(word)}${punctuation === '' ? '' : ` ${punctuation.split('').join(' ')}`}`;
}

/** One argument of a macro. Quoted where it has spaces, and where mdoc would take it for a macro or punctuation. */
function argument(text: string): string {
  const escaped = escape(text).replaceAll('"', '\\(dq');
  const special = /\s/.test(text) || text === '' || /^[A-Z][a-z]{1,2}$/.test(text) || /^[.,;:()[\]?!|]$/.test(text);
  if (/^[.,;:()[\]?!|]$/.test(text)) return `\\&${escaped}`;
  return special && !/^[A-Z][a-z]{1,2}$/.test(text) ? `"${escaped}"` : special ? `\\&${escaped}` : escaped;
}

function escape(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('\u203a', '\\(fc')
    .replaceAll('\u2026', '...')
    .replaceAll('\u2013', '\\(en')
    .replaceAll('\u2014', '\\(em');
}

/** A line that begins with a dot or an apostrophe would be taken for a macro. */
function guard(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}
