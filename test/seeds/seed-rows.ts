/**
 * Everything that the seed runbooks say, as rows: each line that is not blank or mere layout belongs to one of them. Read by the test and
 * the page that account for them; judges nothing.
 */
import { seedBlocks, seedFiles, seedText } from './seed-blocks.ts';
import { everySeedCommand, seedQueries } from './seed-commands.ts';

export const rowKinds = [
  'heading',
  'statement',
  'command',
  'query',
  'endpoint',
  'metric',
  'key',
  'variable',
  'signal',
  'threshold',
  'checklist',
  'template',
  'tree',
  'symptom',
  'cause',
  'action',
  'contact',
] as const;
export type RowKind = (typeof rowKinds)[number];

export interface SeedRow {
  readonly file: string;
  /** From 1, ascending: everywhere that the section (of a metric, endpoint or signal: the file) says it. */
  readonly lines: readonly number[];
  /** The heading that it stands under, or is. */
  readonly section: string;
  readonly kind: RowKind;
  /** As printed, the third file's name of the product aside. Of a key: with the blocks around it. */
  readonly text: string;
  /** Of a key: name of the block that `seedBlocks` gives; else null. */
  readonly block: string | null;
}

interface Found {
  readonly line: number;
  readonly kind: RowKind;
  readonly text: string;
  readonly block?: string;
}

/** Said once in a file, wherever it stands. */
const oncePerFile: ReadonlySet<RowKind> = new Set(['metric', 'endpoint', 'signal']);

/** Every row of the three files, in their order. */
export function seedRows(): readonly SeedRow[] {
  return seedFiles.flatMap(rowsOf);
}

function rowsOf(file: string): readonly SeedRow[] {
  const lines = productText(file).split('\n');
  const read = readLines(lines);
  const found = [...read, ...commandsAndQueries(file), ...keys(file), ...facts(lines)].toSorted(
    (one, other) => one.line - other.line || rowKinds.indexOf(one.kind) - rowKinds.indexOf(other.kind),
  );
  const headings = read.filter(({ kind }) => kind === 'heading');
  const rows = new Map<string, SeedRow>();
  for (const { line, kind, text, block = null } of found) {
    const section = headings.findLast((heading) => heading.line <= line)?.text ?? '';
    const place = oncePerFile.has(kind) ? '' : (headings.findLast((heading) => heading.line <= line)?.line ?? 0);
    const name = [kind, text, place, block].join('\n');
    const known = rows.get(name);
    if (known === undefined) rows.set(name, { file, lines: [line], section, kind, text, block });
    else if (!known.lines.includes(line)) rows.set(name, { ...known, lines: [...known.lines, line] });
  }
  return [...rows.values()];
}

function productText(file: string): string {
  return seedText(file).replaceAll('zentinel', 'sentinel').replaceAll('Zentinel', 'Sentinel');
}

/** No row: layout, front matter, contents (whose headings are rows), labels before a fence or a list, heads of tables. */
const layout =
  /^(?:---|\+\+\+|title = .*|weight = .*|\d+\. \[.*\]\(#.*\)|\*\*[A-Z][\w &-]*\*\*:|\|[-| ]+\||\| (?:Severity|Cause|Error|Metric|Variable|Role) \|.*)$/;

/** What stands outside of fences, and in those that no program reads. */
function readLines(lines: readonly string[]): readonly Found[] {
  const found: Found[] = [];
  let fence: { language: string; first: number } | null = null;
  let heading = '';
  for (const [index, line] of lines.entries()) {
    const mark = /^\s*```(\w*)/.exec(line);
    if (mark !== null) {
      if (fence !== null) found.push(...fenced(fence.language, lines.slice(fence.first, index), fence.first + 1));
      fence = fence === null ? { language: mark[1] ?? '', first: index + 1 } : null;
    } else if (fence === null && line.trim() !== '' && !layout.test(line)) {
      const title = /^#+ (.*)/.exec(line)?.[1];
      if (title !== undefined) heading = title;
      found.push(title === undefined ? outside(line.trim(), heading, index + 1) : { line: index + 1, kind: 'heading', text: title });
    }
  }
  return found;
}

const thresholdTables = /^(?:Severity Levels|Escalation Matrix|Key Metrics to Monitor)$/;

function outside(line: string, heading: string, number: number): Found {
  const row = (kind: RowKind, text: string): Found => ({ line: number, kind, text });
  const box = /^- \[ \] (.*)/.exec(line)?.[1];
  if (box !== undefined) return row('checklist', box);
  if (line.startsWith('**Symptoms**: ')) return row('symptom', line.slice('**Symptoms**: '.length));
  if (line.startsWith('|')) {
    if (thresholdTables.test(heading)) return row('threshold', line);
    if (heading === 'Environment Variables') return row('variable', line);
    return row(heading === 'Escalation Contacts' ? 'contact' : 'cause', line);
  }
  if (/\d+% over \d+/.test(line)) return row('threshold', line.slice(2));
  if (heading === 'Support Contacts' && line.startsWith('- ')) return row('contact', line.slice(2));
  const item = /^\d+\. (.*)/.exec(line)?.[1];
  if (item !== undefined) return row(item.startsWith('`sentinel_') ? 'metric' : 'action', item);
  return row('statement', line.replace(/^- /, ''));
}

/** Checklists, trees and templates. What programs read (bash, kdl, yaml, sql) is read elsewhere, but for alerts. */
function fenced(language: string, lines: readonly string[], first: number): readonly Found[] {
  if (language === 'yaml') return alerts(lines, first);
  if (language !== '' && language !== 'markdown') return [];
  if (lines[0]?.startsWith('[ ] ')) return lines.map((line, at) => ({ line: first + at, kind: 'checklist', text: line.slice(4) }));
  if (lines.some((line) => line.startsWith('├─')))
    return lines.flatMap((line, at) => {
      const text = line.replace(/^[│├└─ ]+/, '');
      return text === '' ? [] : [{ line: first + at, kind: 'tree' as const, text }];
    });
  return paragraphs(lines, first);
}

function paragraphs(lines: readonly string[], first: number): readonly Found[] {
  const found: Found[] = [];
  let begin: number | null = null;
  for (const [at, line] of [...lines, ''].entries()) {
    if (line !== '') begin ??= at;
    else if (begin !== null) {
      found.push({ line: first + begin, kind: 'template', text: lines.slice(begin, at).join('\n') });
      begin = null;
    }
  }
  return found;
}

/** Name, time and words of each alert; its expression is a query. */
function alerts(lines: readonly string[], first: number): readonly Found[] {
  return lines.flatMap((line, at) => {
    const name = /- alert: (\w+)/.exec(line)?.[1];
    if (name === undefined) return [];
    const rest = lines.slice(at + 1, at + 5).join(' ');
    const time = /for: (\w+)/.exec(rest)?.[1] ?? '';
    const words = /summary: "(.*)"/.exec(rest)?.[1] ?? '';
    return [{ line: first + at, kind: 'threshold' as const, text: `${name}, for ${time}: “${words}”` }];
  });
}

function commandsAndQueries(file: string): readonly Found[] {
  const rows = (kind: RowKind, all: ReturnType<typeof seedQueries>): readonly Found[] =>
    all.flatMap(({ text, places }) =>
      places.filter((place) => place.startsWith(`${file}:`)).map((place) => ({ line: Number(place.split(':')[1]), kind, text })),
    );
  return [...rows('command', everySeedCommand()), ...rows('query', seedQueries())];
}

/** Every node of a block, with the nodes around it. */
function keys(file: string): readonly Found[] {
  return seedBlocks(file).flatMap(({ name, text }) => {
    const first = Number(/:(\d+) /.exec(name)?.[1]);
    const around: string[] = [];
    return text.split('\n').flatMap((line, at) => {
      const found: Found[] = [];
      for (const [piece] of line.replace(/\/\/.*/, '').matchAll(/[{}]|[^{};]+/g)) {
        const node = piece.trim();
        if (node === '}') around.pop();
        else if (node === '{') around.push(found.at(-1)?.text.split(' › ').at(-1) ?? '');
        else if (node !== '') found.push({ line: first + at, kind: 'key', text: [...around, node].join(' › '), block: name });
      }
      return found;
    });
  });
}

/** Endpoints, series and signals, and keys that sentences name. */
function facts(lines: readonly string[]): readonly Found[] {
  return lines.flatMap((line, index) => {
    const found = (kind: RowKind, text: string): Found => ({ line: index + 1, kind, text });
    const endpoints = [...line.matchAll(/localhost:(8080|9090)(\/[\w/*-]*)/g)].map(([, port = '', path = '']) =>
      found('endpoint', `${line.includes('-X POST') ? 'POST' : 'GET'} :${port}${path}`),
    );
    const greps = line.includes(':9090/metrics') ? [...line.matchAll(/\| grep '?([a-z_]+)/g)] : [];
    const series = /^\d+\. `/.test(line) ? [] : [...line.matchAll(/\bsentinel_\w+(?:\{[^}]*\})?/g)].map(([name]) => name);
    const signals = [...line.matchAll(/\bkill -(HUP|TERM|9|USR1|USR2)\b/g)].map(([, name = '']) => found('signal', name));
    const named = [...line.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, key = '']) => found('key', key));
    return [
      ...endpoints,
      ...greps.filter(([, word]) => word !== 'quantile').map(([, word = '']) => found('metric', word)),
      ...series.map((name) => found('metric', name)),
      ...signals,
      ...named,
    ];
  });
}
