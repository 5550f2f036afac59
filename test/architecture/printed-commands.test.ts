/** Every command line that pages, manuals, error codes and hints print is one that the program takes, and so is every filter in it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { parseCommandLine } from '../../src/cli/parser.ts';
import { translateSeedSpelling } from '../../src/cli/seed-spellings.ts';
import type { SubjectKind } from '../../src/filter/fields.ts';
import { parseFilter } from '../../src/filter/parse.ts';

const root = new URL('../..', import.meta.url).pathname;

function filesBelow(folder: string, ending: RegExp): readonly string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => path.join(folder, name));
}

/** Words as a shell would make them, up to a comment, a pipe, a redirection or a second command. */
function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  let end = -1;
  for (const found of line.matchAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|([^\s'"]+)/g)) {
    const [whole, quoted, double, plain] = found;
    if (plain !== undefined && /^(#|\||[;&<>]|\d?>)/.test(plain)) break;
    const piece = quoted ?? double ?? plain ?? whole;
    // `--confirm='X'` is one word.
    if (found.index === end) words.push((words.pop() ?? '') + piece);
    else words.push(piece);
    end = found.index + whole.length;
  }
  return words;
}

const begins = /^(?:\$ )?sentinel (?=[a-z-])/;

/** In blocks of code and between backticks. */
function ofPage(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```(?:sh|console|bash)\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block.split('\n').filter((line) => begins.test(line)),
  );
  const inline = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`(sentinel [^`\n]+)`/g)];
  return [...blocks, ...inline.map(([, line = '']) => line)];
}

/** Strings that begin with the name of the program (two commands stand three spaces apart), those of templates with a word in each gap, and what stands in backticks. */
function ofSource(text: string): readonly string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const whole = [...code.matchAll(/(['"`])(sentinel [a-z][^\n]*?)(?<!\\)\1/g)].map(([, , line = '']) => line);
  const inside = [...code.matchAll(/\\?`(sentinel [a-z][^`\n]*?)\\?`/g)].map(([, line = '']) => line);
  return [...whole, ...inside]
    .flatMap((line) => line.split(/ {3}(?=sentinel )/))
    .filter((line) => !/ needs the id | is already /.test(line))
    .map((line) =>
      line
        .replaceAll(/\$\{[^}]*\}/g, 'X')
        .replaceAll(/\\(['"])/g, '$1')
        .replace(/\\?`.*/, ''),
    );
}

const kinds: Readonly<Record<string, SubjectKind>> = {
  requests: 'requests',
  tap: 'requests',
  inflight: 'inflight',
  clients: 'clients',
  events: 'events',
  logs: 'logs',
};

/** What is wrong with it; null for a command that would run. */
function mistakeIn(line: string): string | null {
  const [, ...args] = wordsOf(
    line
      .replace(/; .*/, '')
      .replace(/^\$ /, '')
      .replaceAll(/\{\{.*?\}\}/g, 'X'),
  );
  const parsed = parseCommandLine('sentinel', '', translateSeedSpelling('sentinel', args).args);
  // A command may be named without what it needs.
  if (parsed.kind === 'mistake') {
    // So may a choice that stands in a gap.
    const named = /^missing required argument|argument 'X' is invalid\. Allowed choices/.test(parsed.message);
    return named ? null : parsed.message;
  }
  if (parsed.kind === 'print') return parsed.exitCode === 0 ? null : 'names no command';
  const filter = parsed.values.options.get('filter');
  const access = parsed.values.options.get('access') === true;
  const kind = access ? 'requests' : kinds[parsed.spec.path[0] as string];
  if (typeof filter !== 'string' || kind === undefined || filter.includes('X')) return null;
  const read = parseFilter(filter, kind);
  return read.ok ? null : read.problem.words;
}

/** Not of the program, or a form for people that leaves something open. */
const open = /…|\||\[|<|\$\{|^sentinel help COMMAND$/;

function wrongIn(files: readonly string[], linesOf: (text: string) => readonly string[]): readonly string[] {
  let count = 0;
  const wrong = files.flatMap((file) =>
    linesOf(readFileSync(path.join(root, file), 'utf8'))
      .filter((line) => !open.test(line.replace(/ [|>#] .*$/, '')))
      .flatMap((line) => {
        count++;
        const mistake = mistakeIn(line);
        return mistake === null ? [] : [`${file}: ${line}: ${mistake}`];
      }),
  );
  assert.ok(count > 20, `only ${count} commands were found`);
  return wrong;
}

test('the program takes every command that a page prints', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...filesBelow('docs', /\.md$/)];
  assert.deepEqual(wrongIn(pages, ofPage), []);
});

test('the program takes every command that it says itself: hints, remedies, examples', () => {
  assert.deepEqual(wrongIn(filesBelow('src', /\.ts$/), ofSource), []);
});
