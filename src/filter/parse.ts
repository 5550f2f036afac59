/**
 * Reads the text of a filter (docs/filters.md) for one kind of thing. The one grammar of commands, admin API and dashboard.
 * Never throws: what is wrong is told with its place.
 */
import { nearestWord } from '../base/near-miss.ts';
import { factsOf, type FieldName, fieldsOf, insteadOf, isFieldName, type SubjectKind, subjectWords } from './fields.ts';
import { everything, type Filter, type NumberOperator, type Operator } from './filter.ts';
import { compilePattern, mostSteps, PatternFault } from './pattern.ts';
import { type FilterProblem, problemAt } from './problem.ts';
import { exampleOf, isUnitOf, readQuantity } from './quantity.ts';

export type ParsedFilter =
  | { readonly ok: true; readonly filter: Filter }
  | { readonly ok: false; readonly problem: FilterProblem };

/** UTF-16 units of a filter. */
export const longestFilter = 1024;
const deepestNesting = 32;

const operators: readonly Operator[] = ['!=', '!~', '>=', '<=', '=', '>', '<', '~'];

/** Empty text is a filter that everything matches. */
export function parseFilter(text: string, kind: SubjectKind): ParsedFilter {
  try {
    return { ok: true, filter: new Parser(text, kind).read() };
  } catch (error) {
    if (error instanceof Wrong) return { ok: false, problem: error.problem };
    throw error;
  }
}

class Wrong extends Error {
  readonly problem: FilterProblem;

  constructor(problem: FilterProblem) {
    super(problem.words);
    this.problem = problem;
  }
}

class Parser {
  readonly #text: string;
  readonly #kind: SubjectKind;
  #at = 0;
  #depth = 0;
  /** Of all its expressions. */
  #steps = 0;

  constructor(text: string, kind: SubjectKind) {
    this.#text = text;
    this.#kind = kind;
  }

  read(): Filter {
    if (this.#text.length > longestFilter) {
      throw this.#wrong(longestFilter, this.#text.length, `at most ${longestFilter} characters`);
    }
    this.#skipSpace();
    if (this.#at === this.#text.length) return everything;
    const filter = this.#or();
    if (this.#at < this.#text.length) throw this.#wrong(this.#at, this.#at + 1, 'a "(" before this ")"');
    return filter;
  }

  #or(): Filter {
    const of = [this.#and()];
    while (this.#joiner('or', '||')) of.push(this.#and());
    return of.length === 1 ? (of[0] as Filter) : { kind: 'or', of };
  }

  #and(): Filter {
    const of = [this.#not()];
    while (this.#joiner('and', '&&') || this.#beginsOperand()) of.push(this.#not());
    return of.length === 1 ? (of[0] as Filter) : { kind: 'and', of };
  }

  /** Takes a word that joins, or the sign for it. */
  #joiner(word: string, sign: string): boolean {
    this.#skipSpace();
    const length = this.#joinerAt(this.#at, word, sign);
    this.#at += length;
    return length > 0;
  }

  #joinerAt(at: number, word: string, sign: string): number {
    if (this.#text.startsWith(sign, at)) return sign.length;
    const end = at + word.length;
    if (this.#text.slice(at, end).toLowerCase() !== word) return 0;
    // `order` begins with `or`; `or(` and `or"` do not go on as a word.
    return /^[\s()"!~]|^$/.test(this.#text.slice(end, end + 1)) ? word.length : 0;
  }

  /** What stands next is another operand, joined by nothing but the space before it. */
  #beginsOperand(): boolean {
    this.#skipSpace();
    const next = this.#text.charAt(this.#at);
    return next !== '' && next !== ')' && this.#joinerAt(this.#at, 'or', '||') === 0;
  }

  #not(): Filter {
    this.#skipSpace();
    const from = this.#at;
    let turns = 0;
    while (this.#text.charAt(this.#at) === '!') {
      turns++;
      this.#at++;
      this.#skipSpace();
    }
    if (turns > deepestNesting) throw this.#wrong(from, this.#at, `at most ${deepestNesting} "!"`);
    let filter = this.#primary();
    for (; turns > 0; turns--) filter = { kind: 'not', of: filter };
    return filter;
  }

  #primary(): Filter {
    const from = this.#at;
    const next = this.#text.charAt(from);
    if (next === '(') return this.#group();
    if (next === '"') return { kind: 'word', text: this.#quoted() };
    if (next === '~') {
      this.#at++;
      return { kind: 'pattern', source: this.#source() };
    }
    if (next === '' || next === ')') throw this.#wrong(from, this.#at + next.length, 'a word, or a field with a value');
    const join = this.#joinerAt(from, 'and', '&&') + this.#joinerAt(from, 'or', '||');
    if (join > 0) throw this.#wrong(from, from + join, 'a word, or a field with a value, on both sides');
    return this.#comparison() ?? this.#word();
  }

  #group(): Filter {
    const from = this.#at++;
    if (++this.#depth > deepestNesting) {
      throw this.#wrong(from, from + 1, `at most ${deepestNesting} parentheses in each other`);
    }
    const filter = this.#or();
    if (this.#text.charAt(this.#at) !== ')') {
      throw this.#wrong(from, from + 1, 'a ")" that closes this', 'expected a ")" that closes this');
    }
    this.#at++;
    this.#depth--;
    return filter;
  }

  #word(): Filter {
    const from = this.#at;
    const text = this.#bare(false);
    const sign = /!?=|[<>]|!~/.exec(text);
    if (sign !== null) {
      const at = from + sign.index;
      const expected = `a field before ${JSON.stringify(sign[0])}, or quotes around what is searched for`;
      throw this.#wrong(at, at + sign[0].length, expected, `expected ${expected}`);
    }
    if (text.toLowerCase() === 'not') {
      throw this.#wrong(from, this.#at, '"!"', 'expected "!" (or quotes, to search for the word "not")');
    }
    return { kind: 'word', text };
  }

  /** A field with an operator and a value; null, and nothing is taken, when none begins here. */
  #comparison(): Filter | null {
    const from = this.#at;
    const [name] = /^[a-z_][\w-]*/i.exec(this.#text.slice(from)) ?? [];
    if (name === undefined) return null;
    const known = isFieldName(name.toLowerCase());
    const afterName = from + name.length;
    const spaces = /^\s*/.exec(this.#text.slice(afterName))?.[0].length ?? 0;
    const signAt = afterName + spaces;
    const op = operators.find((one) => this.#text.startsWith(one, signAt));
    if (op === undefined) return null;
    // `timeout ~^GET` is a word and an expression; `path ~^/api` a field and its.
    if (spaces > 0 && !known && (op === '~' || op === '!~')) return null;
    if (!known) throw this.#unknownField(from, name);
    const field = name.toLowerCase() as FieldName;
    if (!fieldsOf(this.#kind).includes(field)) throw this.#foreignField(from, name, field);
    this.#at = signAt + op.length;
    return this.#compared(field, op, signAt);
  }

  #compared(field: FieldName, op: Operator, signAt: number): Filter {
    const facts = factsOf(field);
    const spot = [signAt, signAt + op.length] as const;
    if (op === '~' || op === '!~') {
      if (facts.type !== 'text')
        throw this.#wrong(...spot, '= != > < >= or <=', `${field} is a number: use = != > < >= or <=`);
      this.#skipSpace();
      return { kind: 'field-pattern', field, op, source: this.#source() };
    }
    if (facts.type === 'text') {
      if (op !== '=' && op !== '!=') throw this.#wrong(...spot, '= != ~ or !~', `${field} is text: use = != ~ or !~`);
      return { kind: 'text', field, op, text: this.#value(field) };
    }
    this.#skipSpace();
    const from = this.#at;
    const written = this.#value(field) + this.#unitApart(field, from);
    const [, hundreds] = facts.type === 'status' ? (/^([1-9])xx$/i.exec(written) ?? []) : [];
    if (hundreds !== undefined) {
      if (op === '=' || op === '!=') return { kind: 'class', field, op, hundreds: Number(hundreds) };
      throw this.#wrong(
        from,
        this.#at,
        `a status such as ${hundreds}00`,
        `a class has only = and !=: use ${hundreds}00`,
      );
    }
    const value = readQuantity(written, facts);
    if (value === null || (facts.type === 'status' && !/^\d{3}$/.test(written)))
      throw this.#wrong(from, this.#at, exampleOf(facts.type));
    return { kind: 'number', field, op: op satisfies NumberOperator, written, value };
  }

  /** The unit that stands apart from its number (`5 mb`); empty = none does. */
  #unitApart(field: FieldName, from: number): string {
    if (!/^[\d.]+$/.test(this.#text.slice(from, this.#at))) return '';
    const [whole, unit] = /^\s+([a-z%]+)(?=[\s()"]|$)/i.exec(this.#text.slice(this.#at)) ?? [];
    if (whole === undefined || unit === undefined || !isUnitOf(factsOf(field).type, unit)) return '';
    this.#at += whole.length;
    return unit;
  }

  #value(field: FieldName): string {
    this.#skipSpace();
    const next = this.#text.charAt(this.#at);
    if (next === '"') return this.#quoted();
    const from = this.#at;
    const text = this.#bare(false);
    if (text === '') throw this.#wrong(from, from + next.length, exampleOf(factsOf(field).type));
    const sign = /^[=<>~!]/.exec(text);
    if (sign !== null)
      throw this.#wrong(from, from + 1, `${exampleOf(factsOf(field).type)} (quoted, if it begins with this)`);
    return text;
  }

  /** An expression, bare or quoted, that compiles. */
  #source(): string {
    const from = this.#at;
    const isQuoted = this.#text.charAt(from) === '"';
    const source = isQuoted ? this.#quoted() : this.#bare(true);
    if (source === '') throw this.#wrong(from, this.#at, 'a regular expression after "~"');
    try {
      this.#steps += compilePattern(source).steps.length;
      if (this.#steps > mostSteps) throw new PatternFault(0, 'the expressions of the filter come to too much');
    } catch (error) {
      if (!(error instanceof PatternFault)) throw error;
      const at = isQuoted ? from : from + error.at;
      throw this.#wrong(at, this.#at, 'a regular expression', `not a regular expression here: ${error.message}`);
    }
    return source;
  }

  /** Up to a space, a quote, a parenthesis or a sign that joins; an expression keeps the parentheses that it opens itself. */
  #bare(expression: boolean): string {
    const from = this.#at;
    let open = 0;
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text.charAt(this.#at);
      if (/\s/.test(char) || char === '"') break;
      if (expression && char === '\\' && /\S/.test(this.#text.charAt(this.#at + 1))) this.#at++;
      else if (char === '(' && !expression) break;
      else if (char === '(') open++;
      else if (char === ')' && open-- === 0) break;
      else if (open === 0 && (this.#text.startsWith('&&', this.#at) || this.#text.startsWith('||', this.#at))) break;
    }
    return this.#text.slice(from, this.#at);
  }

  #quoted(): string {
    const from = this.#at++;
    let text = '';
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text.charAt(this.#at);
      if (char === '"') {
        this.#at++;
        return text;
      }
      // Only these two are escaped, so that expressions can be quoted as they are.
      if (char === '\\' && /["\\]/.test(this.#text.charAt(this.#at + 1))) this.#at++;
      text += this.#text.charAt(this.#at);
    }
    throw this.#wrong(from, this.#text.length, 'a quote that closes this', 'expected a quote that closes this');
  }

  #unknownField(from: number, name: string): Wrong {
    const names = fieldsOf(this.#kind);
    const meant = nearestWord(name.toLowerCase(), names);
    const words = `there is no field ${JSON.stringify(name)}; ${meant === null ? `${subjectWords[this.#kind]} have ${names.join(' ')}` : `did you mean ${meant}?`}`;
    return this.#wrong(from, from + name.length, `one of ${names.join(' ')}`, words);
  }

  #foreignField(from: number, name: string, field: FieldName): Wrong {
    const other = insteadOf(this.#kind, field);
    const names = fieldsOf(this.#kind);
    const words = `${subjectWords[this.#kind]} have no ${field}; ${other === null ? `they have ${names.join(' ')}` : `use ${other}`}`;
    return this.#wrong(from, from + name.length, `one of ${names.join(' ')}`, words);
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  #wrong(from: number, to: number, expected: string, words?: string): Wrong {
    return new Wrong(problemAt(this.#text, from, to, expected, words));
  }
}
