/** SARIF 2.1.0 (OASIS): what code scanning and editors import. */
import { codes } from '../../base/codes.ts';
import type { Diagnostic, DiagnosticLevel } from '../diagnostic.ts';
import { findingOf } from './finding.ts';
import type { ConfigFinding, FindingLocation } from './finding.ts';

const levels: Readonly<Record<DiagnosticLevel, string>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
  hint: 'note',
};

/** @param version Version of sentinel. */
export function renderSarif(diagnostics: readonly Diagnostic[], version: string): string {
  const rules = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'sentinel',
            version,
            rules: rules.map((code) => ({
              id: code,
              shortDescription: { text: codes[code].title },
              fullDescription: { text: codes[code].meaning },
              help: { text: codes[code].remedy },
            })),
          },
        },
        columnKind: 'unicodeCodePoints',
        results: diagnostics.map((diagnostic) => resultOf(findingOf(diagnostic), rules.indexOf(diagnostic.code))),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function resultOf(finding: ConfigFinding, ruleIndex: number): unknown {
  const { code, severity, detail, location, related, suggestion } = finding;
  return {
    ruleId: code,
    ruleIndex,
    level: levels[severity],
    message: { text: suggestion === undefined ? detail : `${detail} (${suggestion.text})` },
    locations: [{ physicalLocation: physical(location) }],
    ...(related.length === 0
      ? {}
      : {
          relatedLocations: related.map((one, id) => ({
            id,
            message: { text: one.label },
            physicalLocation: physical(one.location),
          })),
        }),
    ...(suggestion?.edit === undefined
      ? {}
      : {
          fixes: [
            {
              description: { text: suggestion.text },
              artifactChanges: [
                {
                  artifactLocation: { uri: uriOf(suggestion.edit.location.file) },
                  replacements: [
                    {
                      deletedRegion: regionOf(suggestion.edit.location),
                      insertedContent: { text: suggestion.edit.replacement },
                    },
                  ],
                },
              ],
            },
          ],
        }),
  };
}

function physical(location: FindingLocation): unknown {
  return { artifactLocation: { uri: uriOf(location.file) }, region: regionOf(location) };
}

function regionOf({ start, end }: FindingLocation): unknown {
  return {
    startLine: start.line,
    startColumn: start.col,
    endLine: end.line,
    endColumn: end.col,
    byteOffset: start.byte,
    byteLength: end.byte - start.byte,
  };
}

/** A relative reference, or `file:` for an absolute path. */
function uriOf(file: string): string {
  const encoded = file.split('/').map(encodeURIComponent).join('/');
  return file.startsWith('/') ? `file://${encoded}` : encoded;
}
