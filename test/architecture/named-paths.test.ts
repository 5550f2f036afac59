/** Pages and comments name files of this project that exist, and the page on logs has the fields that are logged. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { type AccessLine, jsonLine } from '../../src/proxy/data/access-line.ts';

const root = new URL('../..', import.meta.url).pathname;

function filesBelow(folder: string, ending: RegExp): readonly string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => path.join(folder, name));
}

/** Paths that a text names; folders of the project at the front keep words with dots and slashes out. */
function namedPaths(text: string): readonly string[] {
  const form = /(?<![\w./-])(?:src|test|docs|design|bench|scripts|bin|man)\/[\w./-]*\.(?:md|ts|js|mjs|txt)\b/g;
  return [...text.matchAll(form)].map((match) => match[0]);
}

test('every file that a page names exists', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', ...filesBelow('docs', /\.md$/)];
  const missing = pages.flatMap((page) => {
    const text = readFileSync(path.join(root, page), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) =>
      path.join(path.dirname(page), match[1] as string),
    );
    return [...namedPaths(text), ...links]
      .filter((file) => !existsSync(path.join(root, file)))
      .map((file) => `${page}: ${file}`);
  });
  assert.deepEqual(missing, []);
});

test('every file that a comment of the sources names exists', () => {
  const missing = filesBelow('src', /\.ts$/).flatMap((file) => {
    const comments = readFileSync(path.join(root, file), 'utf8').match(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm) ?? [];
    const named = comments.flatMap((comment) => namedPaths(comment));
    return named.filter((one) => !existsSync(path.join(root, one))).map((one) => `${file}: ${one}`);
  });
  assert.deepEqual(missing, []);
});

test('the page on logs lists the fields of the access log in their order', () => {
  const page = readFileSync(path.join(root, 'docs/logs.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
  const line = new Proxy(
    {},
    { get: (_line, name) => (/Ms|status|attempts|bytes/.test(String(name)) ? 0 : '') },
  ) as AccessLine;
  assert.deepEqual(listed, Object.keys(JSON.parse(jsonLine(line)) as object));
});
