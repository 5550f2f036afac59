/**
 * A manual page as text: the part of mdoc(7) that our own pages use, laid out for a terminal. So that the manual can be read where no `man`
 * is installed. A macro that it does not know is an error: the pages are ours, and a test lays out every one.
 */
import { stripVTControlCharacters } from 'node:util';
import type { Style } from '../streams.ts';

const BODY = 5;
const DEEPER = 6;
/** Longer lines are hard to read. */
const WIDEST = 100;

/** @throws Error for a macro that is not known */
export function layOutPage(source: string, style: Style): string {
  const page = new Page(style);
  for (const line of source.split('\n')) page.take(line);
  return page.text();
}

type Paint = (text: string) => string;

class Page {
  readonly #style: Style;
  readonly #columns: number;
  readonly #lines: string[] = [];
  /** Words of the paragraph that is open, painted; `joined`: no space before it. */
  #words: { readonly text: string; readonly joined: boolean }[] = [];
  #indent = 0;
  #depth = 0;
  #section = '';
  #name = '';
  #literal = false;
  /** Lines after the first of a synopsis. */
  #hanging = 0;

  constructor(style: Style) {
    this.#style = style;
    this.#columns = Math.min(style.columns, WIDEST);
  }

  text(): string {
    this.#flush();
    return `${this.#lines.join('\n').trimEnd()}\n`;
  }

  take(line: string): void {
    if (line.startsWith('.\\"') || line === '') return;
    if (line === '.Ed') this.#literal = false;
    else if (this.#literal) this.#lines.push(`${' '.repeat(this.#indent + DEEPER)}${unescaped(line)}`);
    else if (line.startsWith('.')) this.#macro(line);
    else this.#say(unescaped(line), plain);
  }

  #macro(line: string): void {
    const [name = '', ...args] = argumentsOf(line.slice(1));
    switch (name) {
      case 'Dd':
      case 'Os':
        return;
      case 'Dt':
        this.#lines.push(this.#style.dim(`${unescaped(args[0] ?? '')}(${args[1] ?? ''})`));
        return;
      case 'Sh':
        this.#section = args.map(unescaped).join(' ');
        this.#heading(0, this.#section);
        this.#indent = BODY;
        this.#depth = 0;
        return;
      case 'Ss':
        this.#heading(2, args.map(unescaped).join(' '));
        return;
      case 'br':
        this.#flush();
        return;
      case 'Pp':
        this.#flush();
        this.#blank();
        return;
      case 'Bl':
        this.#flush();
        this.#depth += 1;
        return;
      case 'It':
        this.#flush();
        this.#blank();
        this.#inline(args);
        this.#flush(BODY + (this.#depth - 1) * DEEPER);
        this.#indent = BODY + this.#depth * DEEPER;
        return;
      case 'El':
        this.#flush();
        this.#depth -= 1;
        this.#indent = BODY + this.#depth * DEEPER;
        return;
      case 'Bd':
        this.#flush();
        this.#blank();
        this.#literal = true;
        return;
      case 'Dl':
        this.#flush();
        this.#lines.push(`${' '.repeat(this.#indent + DEEPER)}${this.#style.cyan(args.map(unescaped).join(' '))}`);
        return;
      case 'Nm':
        this.#name = args[0] ?? this.#name;
        if (this.#section === 'SYNOPSIS') {
          this.#flush();
          this.#hanging = this.#name.length + 1;
        }
        this.#say(unescaped(this.#name), this.#style.bold);
        return;
      case 'Nd':
        this.#hanging = this.#name.length + 3;
        this.#say(`– ${args.map(unescaped).join(' ')}`, plain);
        return;
      default:
        this.#inline([name, ...args]);
    }
  }

  /** Macros within a line, each with what follows it up to the next. */
  #inline(args: readonly string[]): void {
    let paint: Paint = plain;
    let before = '';
    let quote = '';
    let joined = false;
    let first = true;
    for (const [at, arg] of args.entries()) {
      if (arg === 'Op') return this.#optional(args.slice(at + 1));
      const macro = inlineMacros[arg];
      if (macro !== undefined) {
        quote = macro.quoted === true && !this.#style.coloured ? "'" : '';
        paint = macro.underlined === true ? this.#style.dim : macro.bold === true ? this.#style.bold : plain;
        before = macro.before ?? '';
        first = true;
        continue;
      }
      if (arg === 'Ns') {
        joined = true;
        paint = plain;
        before = '';
        quote = '';
        continue;
      }
      if (/^(?:[A-Z][a-z]|[a-z]{2})$/.test(arg) && first && at === 0) throw new Error(`the macro ${arg} is not known`);
      const text = unescaped(arg);
      const closes = /^[.,;:)\]?!]$/.test(arg);
      // The section of a cross reference stands in brackets right behind its name.
      const section = before === 'xr' && !first && /^\d$/.test(arg);
      const lead = before === 'xr' ? '' : before;
      const shown = section ? `(${text})` : closes ? text : `${lead}${quote}${text}${quote}`;
      this.#say(shown, closes ? plain : paint, closes || section || joined);
      joined = arg === '(' || arg === '[';
      first = false;
    }
  }

  /** What may be left out; it is not broken over two lines. */
  #optional(args: readonly string[]): void {
    const before = this.#words.splice(0);
    this.#inline(args);
    const whole = this.#words.map(({ text, joined }, index) => (joined || index === 0 ? text : ` ${text}`)).join('');
    this.#words = [...before, { text: `[${whole}]`, joined: false }];
  }

  #say(text: string, paint: Paint, joined = false): void {
    for (const [index, word] of text
      .split(/ +/)
      .filter((one) => one !== '')
      .entries())
      this.#words.push({ text: paint(word), joined: joined && index === 0 });
  }

  #heading(indent: number, title: string): void {
    this.#flush();
    this.#blank();
    this.#lines.push(`${' '.repeat(indent)}${this.#style.bold(title)}`);
  }

  #blank(): void {
    const last = this.#lines.at(-1);
    const heading = last !== undefined && /^ {0,2}\S/.test(stripVTControlCharacters(last)) && this.#lines.length > 1;
    if (last !== '' && !heading) this.#lines.push('');
  }

  #flush(indent = this.#indent): void {
    const words = this.#words;
    this.#words = [];
    let line = '';
    let lead = ' '.repeat(indent);
    const end = (): void => {
      if (line !== '') this.#lines.push(lead + line);
      lead = ' '.repeat(indent + this.#hanging);
      line = '';
    };
    for (let at = 0; at < words.length; ) {
      // What is joined to a word goes to the next line with it.
      let piece = words[at]?.text ?? '';
      for (at += 1; words[at]?.joined === true; at += 1) piece += words[at]?.text ?? '';
      const longer = line === '' ? piece : `${line} ${piece}`;
      if (line !== '' && stripVTControlCharacters(lead + longer).length > this.#columns) {
        end();
        line = piece;
      } else line = longer;
    }
    end();
    this.#hanging = 0;
  }
}

const plain: Paint = (text) => text;

const inlineMacros: Readonly<
  Record<
    string,
    { readonly bold?: true; readonly underlined?: true; readonly quoted?: true; readonly before?: string } | undefined
  >
> = {
  Fl: { bold: true, before: '-' },
  Ar: { underlined: true },
  Cm: { bold: true },
  Ic: { bold: true },
  Ev: { bold: true },
  Pa: { underlined: true },
  Ql: { bold: true, quoted: true },
  Xr: { bold: true, before: 'xr' },
};

/** Words between spaces; those in double quotes are one. */
function argumentsOf(text: string): readonly string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

const characters: Readonly<Record<string, string>> = {
  '\\e': '\\',
  '\\&': '',
  '\\-': '-',
  '\\(dq': '"',
  '\\(fc': '›',
  '\\(en': '–',
  '\\(em': '—',
};

function unescaped(text: string): string {
  return text.replace(/\\(?:\([a-z]{2}|[e&-])/g, (one) => characters[one] ?? one);
}
