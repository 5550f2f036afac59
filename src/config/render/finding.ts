/** Diagnostics as findings: the shape that every JSON envelope and the admin interface carry. */
import { codes } from '../../base/codes.ts';
import type { ErrorCode } from '../../base/codes.ts';
import { positionOf } from '../../kdl/source.ts';
import type { Span } from '../../kdl/source.ts';
import type { Diagnostic, DiagnosticLevel } from '../diagnostic.ts';

export interface ConfigFinding {
  readonly code: ErrorCode;
  readonly severity: DiagnosticLevel;
  /** Title of the code. */
  readonly title: string;
  /** The message. */
  readonly detail: string;
  readonly location: FindingLocation;
  readonly related: readonly { readonly label: string; readonly location: FindingLocation }[];
  readonly help?: string;
  readonly suggestion?: {
    readonly text: string;
    readonly edit?: { readonly location: FindingLocation; readonly replacement: string };
  };
}

export interface FindingLocation {
  readonly file: string;
  readonly start: FindingPosition;
  /** After the last character. */
  readonly end: FindingPosition;
}

/** `line` and `col` from 1, `col` in characters, `byte` from 0. */
export interface FindingPosition {
  readonly line: number;
  readonly col: number;
  readonly byte: number;
}

export function findingOf(diagnostic: Diagnostic): ConfigFinding {
  const { code, level, message, span, secondary, help, suggestion } = diagnostic;
  const edit = suggestion?.edit ?? null;
  return {
    code,
    severity: level,
    title: codes[code].title,
    detail: message,
    location: locationOf(span),
    related: secondary.map((one) => ({ label: one.label, location: locationOf(one.span) })),
    ...(help === null ? {} : { help }),
    ...(suggestion === null
      ? {}
      : {
          suggestion: {
            text: suggestion.text,
            ...(edit === null ? {} : { edit: { location: locationOf(edit.span), replacement: edit.replacement } }),
          },
        }),
  };
}

function locationOf(span: Span): FindingLocation {
  return { file: span.source.name, start: positionAt(span, span.start), end: positionAt(span, span.end) };
}

function positionAt(span: Span, offset: number): FindingPosition {
  const { line, column, byte } = positionOf(span.source, offset);
  return { line, col: column, byte };
}
