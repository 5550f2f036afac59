/**
 * Whether a thing matches a filter. Pure, in time that the sizes of both bound; throws nothing for a filter that the parser
 * made. Expressions are compiled once for each filter, in the thread that asks.
 */
import type { FieldName } from './fields.ts';
import type { Filter, NumberOperator } from './filter.ts';
import { compilePattern, type Pattern } from './pattern.ts';
import { findsPattern } from './pattern-run.ts';

/** Numbers in the unit of the field: ratio 0–1, milliseconds, bytes, per second. Undefined: it has no such thing. */
export type FieldValue = string | number | readonly string[] | undefined;

/** What is asked of one thing. */
export interface FilterSubject {
  /** What a bare word is searched in, and what `name` is. */
  readonly name: string;
  /** Asked only for what the filter names, and never for `name`. */
  value(field: FieldName): FieldValue;
}

/**
 * True when the subject matches. No comparison holds of a field that the subject does not have, not even `!=`; `!` turns
 * the answer of what it stands before around, whatever it was.
 */
export function matches(filter: Filter, subject: FilterSubject): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.of.every((one) => matches(one, subject));
    case 'or':
      return filter.of.some((one) => matches(one, subject));
    case 'not':
      return !matches(filter.of, subject);
    case 'word':
      return contains(subject.name, filter.text);
    case 'pattern':
      return findsPattern(patternOf(filter), subject.name);
    case 'text':
      return someText(valueOf(subject, filter.field), filter.op === '!=', (text) => same(text, filter.text));
    case 'field-pattern': {
      const pattern = patternOf(filter);
      return someText(valueOf(subject, filter.field), filter.op === '!~', (text) => findsPattern(pattern, text));
    }
    case 'number':
      return compare(numberOf(valueOf(subject, filter.field)), filter.op, filter.value);
    case 'class': {
      const status = numberOf(valueOf(subject, filter.field));
      return status !== null && (Math.floor(status / 100) === filter.hundreds) === (filter.op === '=');
    }
  }
}

function valueOf(subject: FilterSubject, field: FieldName): FieldValue {
  return field === 'name' ? subject.name : subject.value(field);
}

function numberOf(value: FieldValue): number | null {
  return typeof value === 'number' && !Number.isNaN(value) ? value : null;
}

/** Of several values one is enough; with `negated` none may be. */
function someText(value: FieldValue, negated: boolean, judge: (text: string) => boolean): boolean {
  if (value === undefined || value === '' || typeof value === 'number') return false;
  const found = typeof value === 'string' ? judge(value) : value.some(judge);
  return typeof value !== 'string' && value.length === 0 ? false : found !== negated;
}

/** Case counts only where the word has an upper case letter. */
function contains(text: string, word: string): boolean {
  return word === word.toLowerCase() ? text.toLowerCase().includes(word) : text.includes(word);
}

function same(text: string, word: string): boolean {
  return word === word.toLowerCase() ? text.toLowerCase() === word : text === word;
}

function compare(value: number | null, op: NumberOperator, bound: number): boolean {
  if (value === null) return false;
  switch (op) {
    case '=':
      return value === bound;
    case '!=':
      return value !== bound;
    case '>':
      return value > bound;
    case '<':
      return value < bound;
    case '>=':
      return value >= bound;
    case '<=':
      return value <= bound;
  }
}

const compiled = new WeakMap<object, Pattern>();

function patternOf(filter: Extract<Filter, { readonly source: string }>): Pattern {
  const known = compiled.get(filter);
  if (known !== undefined) return known;
  const pattern = compilePattern(filter.source);
  compiled.set(filter, pattern);
  return pattern;
}
