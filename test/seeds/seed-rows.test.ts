/**
 * Everything that the seed runbooks say is accounted for: each row has an answer, each answer a row, and what an answer names is there –
 * the test with its title, the page with its heading, the command with its options, the series, the key of the configuration.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { generatedPages } from '../../scripts/docs.ts';
import { runbookVocabulary } from '../../src/cli/runbooks/vocabulary.ts';
import { translateSeedSpelling } from '../../src/cli/seed-spellings.ts';
import { commandWords } from '../../src/runbook/command-words.ts';
import { expected } from '../diagnosis/expected.ts';
import { answerOf, answerTables, counterpartTests, nameOf } from './row-answers.ts';
import { keyAnswers } from './answers-of-values.ts';
import { seedBlocks, seedFiles, seedText } from './seed-blocks.ts';
import { rowKinds, type SeedRow, seedRows } from './seed-rows.ts';
import { shown, type ShownName, shownBy } from './shown-by.ts';

const root = new URL('../..', import.meta.url).pathname;
const rows = seedRows();
const vocabulary = runbookVocabulary();
const place = ({ file, lines, kind, text }: SeedRow): string => `${file}:${lines.join()} ${kind}: ${text}`;

/** Read once each. */
const texts = new Map<string, string>();
function textOf(file: string): string {
  const known = texts.get(file) ?? readFileSync(path.join(root, file), 'utf8');
  texts.set(file, known);
  return known;
}

test('every row has an answer that names a test and a place, and says what does it', () => {
  const empty = rows.filter((row) => {
    const found = answerOf(row);
    return found === null || found.here === '' || found.tests.length === 0 || found.places.length === 0 || found.wrong === '';
  });
  assert.deepEqual(empty.map(place), []);
});

test('no answer is without its row', () => {
  const unused = Object.entries(answerTables).flatMap(([kind, table]) => {
    const names = new Set(rows.filter((row) => row.kind === kind).map((row) => nameOf(row.kind, row.text)));
    return Object.keys(table).filter((name) => !names.has(name));
  });
  const said = new Set(rows.map(({ text }) => text));
  unused.push(...[...Object.keys(counterpartTests), ...Object.keys(keyAnswers)].filter((text) => !said.has(text)));
  const named = new Set(rows.flatMap((row) => answerOf(row)?.tests ?? []));
  unused.push(...Object.keys(shown).filter((name) => !named.has(name as ShownName)));
  assert.deepEqual(unused, []);
});

/** What stands in a file between two rows, and is none: layout, comments, and what goes on from the line before. */
const noRow =
  /^\s*(?:---|\+\+\+|title = .*|weight = .*|```\w*|#.*|--.*|\/\/.*|[{}]|│?|[│ ]*|\d+\. \[.*\]\(#.*\)|\*\*[A-Z][\w &-]*\*\*:|\|[-| ]+\||\| (?:Severity|Cause|Error|Metric|Variable|Role) \|.*)$/;

test('no line of a runbook is left out', () => {
  for (const file of seedFiles) {
    const own = rows.filter((row) => row.file === file);
    const begins = new Set(own.flatMap(({ lines }) => lines));
    // A command, a template and the lines of an alert go on over several lines.
    const said = own.map(({ text }) => text).join('\n');
    const lines = seedText(file).replaceAll('zentinel', 'sentinel').replaceAll('Zentinel', 'Sentinel').split('\n');
    const left = lines.flatMap((line, index) => {
      const words = line.trim().replace(/\s*\\$/, '');
      if (begins.has(index + 1) || noRow.test(line) || said.includes(words)) return [];
      const ofAlert = /^(?:groups:|- name: sentinel|rules:|expr: .*|annotations:)$/.test(words);
      const value = /^(?:for|summary): "?(.*?)"?$/.exec(words)?.[1];
      return ofAlert || (value !== undefined && said.includes(value)) ? [] : [`${file}:${index + 1} ${line}`];
    });
    assert.deepEqual(left, []);
  }
});

test('the numbers of rows are those that a reader of the runbooks counts', () => {
  const count = (pattern: RegExp): number =>
    seedFiles.reduce((sum, file) => sum + [...seedText(file).matchAll(pattern)].length, 0);
  const of = (...kinds: readonly string[]): number => rows.filter(({ kind }) => kinds.includes(kind)).length;
  assert.equal(of('checklist'), count(/^(?:- )?\[ \] /gm));
  assert.equal(of('symptom'), count(/^\*\*Symptoms\*\*/gm));
  // Headings of templates are those of a document to be written, and `# …` in a fence of a shell is a comment.
  const fences = /^ *```\w*\n[\s\S]*?^ *```$/gm;
  const headings = seedFiles.flatMap((file) => [...seedText(file).replaceAll(fences, '').matchAll(/^#+ /gm)]);
  assert.equal(of('heading'), headings.length);
  for (const kind of rowKinds) assert.ok(of(kind) > 0, kind);
});

/** Titles of a file, those that are made of a table as patterns. */
function titlesOf(file: string): readonly RegExp[] {
  const quoted = /\b(?:test|it)\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`)/g;
  return [...textOf(file).matchAll(quoted)].map(([, single, double, template]) => {
    const words = (single ?? double ?? template ?? '').replaceAll(/\\(['"`])/g, '$1');
    const pieces = template === undefined ? [words] : words.split(/\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/);
    return new RegExp(`^${pieces.map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`);
  });
}

test('every test that a row names is there, by its title', () => {
  const names = new Set(rows.flatMap((row) => answerOf(row)?.tests ?? []));
  const blocks = new Set(seedFiles.flatMap((file) => seedBlocks(file).map(({ name }) => name)));
  for (const name of names) {
    const { test: file, title } = shownBy(name);
    assert.ok(existsSync(path.join(root, file)), `${name}: ${file}`);
    assert.ok(
      titlesOf(file).some((known) => known.source !== '^.*$' && known.test(title)),
      `${file} has no test ${JSON.stringify(title)}, which shown-by.ts calls ${name}`,
    );
    if (name.startsWith('fault ')) assert.ok(name.slice('fault '.length) in expected, name);
    if (name.startsWith('block ')) assert.ok(blocks.has(name.slice('block '.length)), name);
  }
});

function anchorOf(title: string): string {
  return title.toLowerCase().replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '').replaceAll(' ', '-');
}

/** Anchors of a page as GitHub makes them. */
function anchorsOf(file: string): ReadonlySet<string> {
  const anchors = new Map<string, number>();
  const plain = textOf(file).replaceAll(/^ *(`{3,})[^`]*\n[\s\S]*?^ *\1$/gm, '');
  for (const [, title = ''] of plain.matchAll(/^#{1,6} (.+)$/gm)) {
    const anchor = anchorOf(title);
    anchors.set(anchor, (anchors.get(anchor) ?? 0) + 1);
  }
  return new Set([...anchors].flatMap(([anchor, times]) => [anchor, ...Array.from({ length: times - 1 }, (_, at) => `${anchor}-${at + 1}`)]));
}

test('every page and heading that a row names is there', () => {
  const missing = new Set<string>();
  for (const row of rows) {
    for (const named of answerOf(row)?.places ?? []) {
      const [file = '', anchor] = named.split('#');
      const there = existsSync(path.join(root, file)) && (anchor === undefined || anchorsOf(file).has(anchor));
      if (!there) missing.add(named);
    }
  }
  assert.deepEqual([...missing], []);
});

test('every command of ours that a row names exists, with its options', () => {
  const wrong = rows.flatMap((row) => {
    const commands = [...(answerOf(row)?.here ?? '').matchAll(/`sentinel ([^`]+)`/g)].map(([, words = '']) => words);
    return commands.flatMap((words) => {
      const { args } = translateSeedSpelling('sentinel', commandWords(words).words);
      const mistake = vocabulary.commandMistake(args, false);
      return mistake === null ? [] : [`${place(row)}: sentinel ${words}: ${mistake}`];
    });
  });
  assert.deepEqual(wrong, []);
});

test('what is asked of the metrics finds a series, and every series that a row or its answer names is one of ours', () => {
  const names = [...vocabulary.metrics];
  for (const row of rows) {
    const said = [...`${row.kind === 'metric' ? row.text : ''} ${answerOf(row)?.here ?? ''}`.matchAll(/\bsentinel_\w+/g)];
    for (const [name] of said) assert.ok(vocabulary.metrics.has(name), `${place(row)}: ${name}`);
    if (row.kind !== 'metric' || !/^\w+$/.test(row.text)) continue;
    assert.ok(names.some((name) => name.includes(row.text)), place(row));
  }
});

/** From a heading up to the next one of its depth. */
function sectionOf(named: string): string {
  const [file = '', anchor = ''] = named.split('#');
  const text = textOf(file);
  for (const { 0: heading, 1: marks = '', 2: title = '', index } of text.matchAll(/^(#{1,6}) (.+)$/gm)) {
    if (anchorOf(title) !== anchor) continue;
    const [rest = ''] = text.slice(index + heading.length).split(new RegExp(`^#{1,${marks.length}} `, 'm'));
    return heading + rest;
  }
  return '';
}

test('every key that the runbooks print stands in the manual of the configuration, under the heading that the row names', () => {
  for (const row of rows.filter(({ kind }) => kind === 'key')) {
    const name = row.text.split(' › ').at(-1)?.split(' ')[0] ?? '';
    const section = (answerOf(row)?.places ?? []).map(sectionOf).join('\n');
    assert.match(section, new RegExp(`\`${name}[\` ]`), place(row));
  }
});

test('every endpoint that the runbooks ask is one that the daemon has', () => {
  const known = new Set<string>(vocabulary.endpoints);
  for (const row of rows.filter(({ kind }) => kind === 'endpoint')) {
    const asked = row.text.replace(/^\w+ :\d+/, '').replace(/upstreams\/(?:api-backend|\*)/, 'upstreams/{name}');
    assert.ok([...known].some((one) => one.replaceAll(/\{\w+\}|:\w+/g, '{name}') === asked), `${place(row)}: ${asked}`);
  }
});

test('every line of a checklist and of a template stands in the runbook that its row names', () => {
  const plain = (text: string): string => text.replaceAll('`', '').replaceAll('Slack: ', '');
  for (const row of rows.filter(({ kind }) => kind === 'checklist' || kind === 'template')) {
    const runbooks = (answerOf(row)?.places ?? []).filter((one) => one.startsWith('runbooks/')).map((one) => plain(textOf(one.replace(/#.*/, ''))));
    // The third file's template is the second's, with shorter words for the root cause, and actions without their number.
    const short = row.file === 'incident-response-page.md' && /^## (?:Root Cause|Action Items)/.test(row.text);
    const words = short ? nameOf(row.kind, row.text) : row.text;
    for (const line of words.split('\n')) assert.ok(runbooks.some((one) => one.includes(plain(line))), `${place(row)}: ${line}`);
  }
});

test('the page has a line for each row, none of them empty', () => {
  const page = generatedPages().get('docs/seeds.md') ?? '';
  assert.equal(textOf('docs/seeds.md'), page, 'docs/seeds.md is stale; run `npm run docs`');
  const lines = page.split('\n').filter((line) => /^\| \d+(?:, \d+)* \|/.test(line));
  assert.equal(lines.length, rows.length);
  for (const line of lines) {
    const cells = line.slice(2, -2).split(/ (?<!\\)\| /);
    assert.equal(cells.length, 4, line);
    assert.ok(cells.every((cell) => cell.trim() !== '') && !line.includes('**nothing**'), line);
  }
});
