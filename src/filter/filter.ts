/** What a filter is once it is read: plain data, which may be posted to another thread. Writes it out again; judges nothing. */
import type { FieldName } from './fields.ts';

export type Filter =
  /** Of nothing: everything matches. */
  | { readonly kind: 'and'; readonly of: readonly Filter[] }
  | { readonly kind: 'or'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }
  /** Is found in the text of the subject. */
  | { readonly kind: 'word'; readonly text: string }
  /** Matches the text of the subject. */
  | { readonly kind: 'pattern'; readonly source: string }
  | { readonly kind: 'text'; readonly field: FieldName; readonly op: EqualityOperator; readonly text: string }
  | { readonly kind: 'field-pattern'; readonly field: FieldName; readonly op: PatternOperator; readonly source: string }
  | {
      readonly kind: 'number';
      readonly field: FieldName;
      readonly op: NumberOperator;
      /** As it was written, with its unit. */
      readonly written: string;
      /** In the unit that values of the field have. */
      readonly value: number;
    }
  /** A class of status codes: 5 of 5xx. */
  | { readonly kind: 'class'; readonly field: FieldName; readonly op: EqualityOperator; readonly hundreds: number };

export type EqualityOperator = '=' | '!=';
export type PatternOperator = '~' | '!~';
export type NumberOperator = '=' | '!=' | '>' | '<' | '>=' | '<=';
export type Operator = NumberOperator | PatternOperator;

/** Everything matches it. */
export const everything: Filter = { kind: 'and', of: [] };

/** The filter as text that reads back as the same. */
export function filterText(filter: Filter): string {
  switch (filter.kind) {
    case 'or':
      return filter.of.map((one) => (one.kind === 'or' ? `(${filterText(one)})` : filterText(one))).join(' or ');
    case 'and':
      return filter.of.map(operand).join(' and ');
    case 'not':
      return `!${operand(filter.of)}`;
    case 'word':
      return quoted(filter.text);
    case 'pattern':
      return `~${quoted(filter.source)}`;
    case 'text':
      return `${filter.field}${filter.op}${quoted(filter.text)}`;
    case 'field-pattern':
      return `${filter.field}${filter.op}${quoted(filter.source)}`;
    case 'number':
      return `${filter.field}${filter.op}${filter.written}`;
    case 'class':
      return `${filter.field}${filter.op}${filter.hundreds}xx`;
  }
}

function operand(filter: Filter): string {
  return filter.kind === 'and' || filter.kind === 'or' ? `(${filterText(filter)})` : filterText(filter);
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
