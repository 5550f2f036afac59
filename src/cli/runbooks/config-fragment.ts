/**
 * A piece of configuration that a runbook shows, in the place that it belongs in: a whole file, a top-level node, or what stands in
 * a route, an upstream, its targets. Names what the language refuses of it; what it refers to need not be there.
 */
import { loadConfigText } from '../../config/load.ts';
import type { Diagnostic } from '../../config/diagnostic.ts';
import type { ConfigMistake } from '../../runbook/lint/vocabulary.ts';

const fileName = '<example>';

/** Where a piece can stand, likeliest first: what comes before it and behind it. */
const places: readonly (readonly [before: string, behind: string])[] = [
  ['', ''],
  ['upstream "example-upstream" { target "127.0.0.1:2"\n', '\n}'],
  ['upstream "example-upstream" {\n', '\n}'],
  ['upstream "example-upstream" { targets {\n', '\n}}'],
  ['route "example-route" { upstream "example-upstream"\n', '\n}'],
  ['route "example-route" { upstream "example-upstream"; policies {\n', '\n}}'],
  ['listener "example-listener" { address "127.0.0.1:3"\n', '\n}'],
  ['listener "example-listener" { address "127.0.0.1:3"; protocol "https"\n', '\n}'],
  ['listener "example-listener" { address "127.0.0.1:3"; tls {\n', '\n}}'],
  ...['server', 'limits', 'security', 'observability', 'alerts', 'history'].map(
    (name) => [`${name} {\n`, '\n}'] as const,
  ),
  ...['logging', 'metrics', 'admin', 'tracing'].map((name) => [`observability { ${name} {\n`, '\n}}'] as const),
];

/** What a file has besides, so that the piece is all that can be wrong. */
const surroundings = `
listener "surrounding-listener" { address "127.0.0.1:1" }
route "surrounding-route" { upstream "surrounding-upstream" }
upstream "surrounding-upstream" { target "127.0.0.1:1" }
`;

/** What is not there on this machine, or not in the piece: names, files, variables, certificates. */
const elsewhere = /^SNT-(?:C001|C12[0-2]|C130|C14[01]|C146|C162|C166|T\d{3})$/;

export function configMistakes(text: string): readonly ConfigMistake[] {
  let fewest: readonly ConfigMistake[] | null = null;
  for (const [before, behind] of places) {
    const found = mistakesIn(before, text, behind);
    if (found.length === 0) return [];
    if (fewest === null || found.length < fewest.length) fewest = found;
  }
  return fewest ?? [];
}

function mistakesIn(before: string, text: string, behind: string): readonly ConfigMistake[] {
  const result = loadConfigText(`${before}${text}${behind}\n${surroundings}`, { fileName });
  if (result.kind === 'unreadable')
    return [{ start: 0, end: text.length, message: result.error.message, code: result.error.code }];
  return result.diagnostics.filter(counts).map(({ code, message, span }) => ({
    start: clamp(span.start - before.length, text.length),
    end: clamp(span.end - before.length, text.length),
    message,
    code,
  }));
}

function counts({ level, code, span }: Diagnostic): boolean {
  return level === 'error' && !elsewhere.test(code) && span.source.name === fileName;
}

function clamp(offset: number, length: number): number {
  return Math.max(0, Math.min(offset, length));
}
