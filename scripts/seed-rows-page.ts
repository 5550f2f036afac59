/** The page that accounts for everything that the seed runbooks say, row by row. Makes text; checks nothing. */
import path from 'node:path';
import { answerOf } from '../test/seeds/row-answers.ts';
import { rowKinds, type SeedRow, seedRows } from '../test/seeds/seed-rows.ts';
import { seedFiles } from '../test/seeds/seed-blocks.ts';
import { type ShownName, shownBy } from '../test/seeds/shown-by.ts';

const titles: Readonly<Record<(typeof seedFiles)[number], string>> = {
  'incident-response-page.md': 'Incident response, the page',
  'incident-response-runbook.md': 'Incident response, the runbook',
  'operational-runbook.md': 'The operational runbook',
};

export function renderSeedRows(generated: string): string {
  const rows = seedRows();
  const answers = rows.map(answerOf);
  const wrong = answers.filter((one) => one !== null && one.wrong !== null).length;
  const counts = rowKinds.map((kind) => `| ${kind} | ${rows.filter((row) => row.kind === kind).length} |`);
  const tables = seedFiles.map((file) => {
    const lines = rows.filter((row) => row.file === file).map(line);
    return `## ${titles[file]}\n\n[${file}](../test/seeds/${file})\n\n| Line | What it says | What does it here | Shown by |\n| --- | --- | --- | --- |\n${lines.join('\n')}`;
  });
  return `${[
    generated,
    '# Everything that the runbooks say',
    `The three runbooks that sentinel comes from, row by row: ${rows.length} rows. Each names what does it here, where that is described, and the tests that show it. ${wrong} of them mislead; what is wrong and what is done instead stands beside them. Commands alone, each once: [Every command of the runbooks](seed-commands.md). One of the three calls the product by a name that it got later; it is read as sentinel.`,
    'The word under *Shown by* is short for a test; [the tests](#the-tests) are listed below with file and title. A series, an endpoint or a signal is one row for each runbook, under the heading where it is first named.',
    `| Kind | Rows |\n| --- | --- |\n${counts.join('\n')}`,
    ...tables,
    '## The tests',
    `| Short | Test | Title |\n| --- | --- | --- |\n${testRows(rows).join('\n')}`,
  ].join('\n\n')}\n`;
}

function line(row: SeedRow): string {
  const found = answerOf(row);
  const says = row.kind === 'heading' ? `**${cell(row.text)}**` : `${row.kind}: ${text(row)}`;
  if (found === null) return `| ${row.lines.join(', ')} | ${says} | **nothing** | **nothing** |`;
  const wrong = found.wrong === null ? '' : `**Misleads**: ${escaped(found.wrong)}. Here: `;
  const places = found.places.map((place) => `[${nameOf(place)}](${fromDocs(place)})`).join(', ');
  const tests = found.tests.map((name) => link(name)).join(', ');
  return `| ${row.lines.join(', ')} | ${says} | ${wrong}${escaped(found.here)} (${places}) | ${tests} |`;
}

const inCode: ReadonlySet<string> = new Set(['command', 'query', 'endpoint', 'key', 'signal', 'template']);

function text(row: SeedRow): string {
  if (!inCode.has(row.kind) && !row.text.startsWith('sentinel_')) return cell(row.text);
  return row.text
    .split('\n')
    .map((one) => (one === '' ? '' : `\`${one.replaceAll('|', '\\|')}\``))
    .join('<br>');
}

/** A line of a runbook as the text of a cell: tables as their cells, links as their words, nothing in bold. */
function cell(line: string): string {
  const words = line.startsWith('|')
    ? line
        .slice(1, -1)
        .split(/ \| /)
        .map((one) => one.trim())
        .join(' · ')
    : line;
  return escaped(
    words
      .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1')
      .replaceAll('**', '')
      .replaceAll('\\|', '|'),
  ).replaceAll('<', '&lt;');
}

function escaped(words: string): string {
  return words.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function fromDocs(place: string): string {
  return place.startsWith('docs/') ? place.slice('docs/'.length) : `../${place}`;
}

function nameOf(place: string): string {
  return path.basename(place.replace(/#.*/, ''), '.md');
}

function link(name: ShownName): string {
  return `[${name}](../${shownBy(name).test})`;
}

/** Each test that a row names, once, in the order of the alphabet. */
function testRows(rows: readonly SeedRow[]): readonly string[] {
  const names = new Set(rows.flatMap((row) => answerOf(row)?.tests ?? []));
  return [...names].toSorted().map((name) => {
    const { test, title } = shownBy(name);
    return `| ${name} | [${test.replace('test/', '')}](../${test}) | ${escaped(title).replaceAll('<', '&lt;')} |`;
  });
}
