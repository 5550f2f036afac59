/** Workflow commands of GitHub Actions: the diagnostics appear beside the changed lines. */
import type { Diagnostic, DiagnosticLevel } from '../diagnostic.ts';
import { findingOf } from './finding.ts';

const commands: Readonly<Record<DiagnosticLevel, string>> = {
  error: 'error',
  warning: 'warning',
  info: 'notice',
  hint: 'notice',
};

export function renderGithub(diagnostics: readonly Diagnostic[]): string {
  return diagnostics
    .map((diagnostic) => {
      const { code, detail, location, suggestion } = findingOf(diagnostic);
      const { start, end } = location;
      const properties = [
        `file=${property(location.file)}`,
        `line=${start.line}`,
        `col=${start.col}`,
        `endLine=${end.line}`,
        `endColumn=${end.col}`,
        `title=${code}`,
      ];
      const message = suggestion === undefined ? detail : `${detail} (${suggestion.text})`;
      return `::${commands[diagnostic.level]} ${properties.join(',')}::${escape(message)}\n`;
    })
    .join('');
}

function escape(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return escape(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
