/** What is wrong with a configuration, and where: plain data that every renderer and the admin interface share. */
import type { ErrorCode } from '../base/codes.ts';
import type { Source, Span } from '../kdl/source.ts';

export type DiagnosticLevel = 'error' | 'warning' | 'info' | 'hint';

export interface Diagnostic {
  readonly level: DiagnosticLevel;
  readonly code: ErrorCode;
  /** What is wrong, in one line; never a value that came from `${…}`. */
  readonly message: string;
  readonly span: Span;
  /** Words under the marked text, where there is no suggestion to put there. */
  readonly label: string | null;
  /** Other places that belong to it: "first given here", "in this route". */
  readonly secondary: readonly LabelledSpan[];
  readonly suggestion: Suggestion | null;
  readonly help: string | null;
}

export interface LabelledSpan {
  readonly span: Span;
  readonly label: string;
}

export interface Suggestion {
  /** Said under the marked text: "did you mean `matches`?". */
  readonly text: string;
  /** What would carry it out, where that is certain enough to be applied by a program. */
  readonly edit: SuggestedEdit | null;
}

export interface SuggestedEdit {
  readonly span: Span;
  readonly replacement: string;
}

const longestSentence = 400;

export interface DiagnosticFacts {
  readonly label?: string | null;
  readonly secondary?: readonly LabelledSpan[];
  readonly suggestion?: Suggestion | null;
  readonly help?: string | null;
}

export function diagnostic(
  level: DiagnosticLevel,
  code: ErrorCode,
  span: Span,
  message: string,
  facts: DiagnosticFacts = {},
): Diagnostic {
  const { label = null, secondary = [], suggestion = null, help = null } = facts;
  return {
    level,
    code,
    message: clip(message),
    span,
    label: label === null ? null : clip(label),
    secondary,
    suggestion: suggestion === null ? null : { ...suggestion, text: clip(suggestion.text) },
    help: help === null ? null : clip(help),
  };
}

/** A name in a file may be megabytes long; a sentence may not. */
function clip(text: string): string {
  return text.length <= longestSentence ? text : `${text.slice(0, longestSentence)}…`;
}

/** "did you mean `x`?" with the edit that puts `replacement` in the place of `span`. */
export function didYouMean(span: Span, shown: string, replacement: string): Suggestion {
  return { text: `did you mean \`${shown}\`?`, edit: { span, replacement } };
}

/** By file in the order of reading, then by position. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[], sources: readonly Source[]): Diagnostic[] {
  const rank = new Map(sources.map((source, index) => [source, index]));
  const rankOf = ({ span }: Diagnostic): number => rank.get(span.source) ?? sources.length;
  return [...diagnostics].sort((one, other) => rankOf(one) - rankOf(other) || one.span.start - other.span.start);
}

/** The text with every suggested edit of `diagnostics` that lies in `source` carried out; overlapping ones: the first wins. */
export function applySuggestions(source: Source, diagnostics: readonly Diagnostic[]): string {
  const edits = diagnostics
    .flatMap(({ suggestion }) => (suggestion?.edit?.span.source === source ? [suggestion.edit] : []))
    .sort((one, other) => one.span.start - other.span.start);
  let text = '';
  let offset = 0;
  for (const { span, replacement } of edits) {
    if (span.start < offset) continue;
    text += source.text.slice(offset, span.start) + replacement;
    offset = span.end;
  }
  return text + source.text.slice(offset);
}
