/** One line for each diagnostic: `file:line:col: error[CODE]: message`, as editors and `grep` want it. */
import { positionOf } from '../../kdl/source.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { harmlessText } from './display-width.ts';

export function renderShort(diagnostics: readonly Diagnostic[]): string {
  return diagnostics
    .map(({ level, code, message, span, suggestion }) => {
      const { line, column } = positionOf(span.source, span.start);
      const meant = suggestion === null ? '' : ` (${suggestion.text})`;
      return harmlessText(`${span.source.name}:${line}:${column}: ${level}[${code}]: ${message}${meant}`) + '\n';
    })
    .join('');
}
