/** Diagnostics in every format that `validate --format` knows. */
import type { Diagnostic } from '../diagnostic.ts';
import { findingOf } from './finding.ts';
import { renderGithub } from './github.ts';
import { renderSarif } from './sarif.ts';
import { renderShort } from './short.ts';
import { renderText } from './text.ts';

export const diagnosticFormats = ['text', 'json', 'short', 'github', 'sarif'] as const;

export type DiagnosticFormat = (typeof diagnosticFormats)[number];

export interface RenderOptions {
  readonly colour: boolean;
  /** Version of sentinel, for SARIF. */
  readonly version: string;
}

/** `json` gives the findings alone, as a list: commands put them into their envelope. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  format: DiagnosticFormat,
  options: RenderOptions,
): string {
  switch (format) {
    case 'text':
      return renderText(diagnostics, options);
    case 'json':
      return `${JSON.stringify(diagnostics.map(findingOf), null, 2)}\n`;
    case 'short':
      return renderShort(diagnostics);
    case 'github':
      return renderGithub(diagnostics);
    case 'sarif':
      return renderSarif(diagnostics, options.version);
  }
}
