/** The KDL that the pages of `docs` show is understood as it stands: who copies it gets what the page says. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'node:test';
import { loadConfigText } from '../../src/config/load.ts';
import { root } from '../../src/config/schema/root.ts';
import { spellingsOf } from '../../src/config/spellings.ts';
import { caseFiles } from './case-files.ts';

const folder = join(import.meta.dirname, '../../docs');
/** A whole runbook that a page shows: its blocks are of another language, and held by the lint of runbooks. */
const shownRunbook = /^````markdown\n.*?^````$/gms;
const fence = /^```(\w*)\n(.*?)^```$/gms;
const nodes = spellingsOf(root);

/** What stands around a block whose first key is not one of the top level. */
const homes = [
  [root.listeners.keys, (text: string) => `listener "l" { address "0.0.0.0:1"; protocol "https"; ${text} }`],
  [root.upstreams.keys, (text: string) => `upstream "u" { target "a:1"; ${text} }`],
  [root.routes.keys, (text: string) => `route "r" { upstream "maintenance-page"; ${text} }`],
] as const;

interface Block {
  readonly place: string;
  readonly text: string;
}

/** Blocks that are said to be KDL, or begin with a key of the top level. */
function blocksOf(file: string): Block[] {
  const page = readFileSync(file, 'utf8').replaceAll(shownRunbook, (shown) => shown.replaceAll(/.+/g, ''));
  return [...page.matchAll(fence)].flatMap(({ index, 1: language = '', 2: text = '' }) => {
    const first = /^(?:\s*\/\/.*\n)*\s*([\w-]+) (?:"|\{)/.exec(text)?.[1] ?? '';
    const line = page.slice(0, index).split('\n').length;
    const place = `${basename(file)}:${line}`;
    if (nodes.has(first)) return language === 'kdl' || language === '' ? [{ place, text }] : [];
    const [, inHome = (whole: string) => whole] = homes.find(([keys]) => Object.hasOwn(keys, first)) ?? [];
    return language === 'kdl' ? [{ place, text: inHome(text) }] : [];
  });
}

/** What the pages call certificates and keys is there, whatever it is called. */
function certificateFor(path: string): string | null {
  if (path.endsWith('/…')) return '/case/tls/site.pem';
  if (path.endsWith('.crl')) return '/case/tls/clients.crl';
  if (!/\.(?:crt|pem|key)$/.test(path)) return null;
  if (/ca\b[^/]*$/.test(path)) return '/case/tls/clients-ca.crt';
  return `/case/tls/site.${path.endsWith('.key') ? 'key' : 'crt'}`;
}

const files = {
  ...caseFiles,
  readPem: (path: string) => caseFiles.readPem(certificateFor(path) ?? path),
};

const blocks = globSync('*.md', { cwd: folder }).flatMap((name) => blocksOf(join(folder, name)));

for (const { place, text } of blocks) {
  test(`the block at ${place} is a configuration, or a part of one`, () => {
    const result = loadConfigText(text, { files });
    const found = result.kind === 'unreadable' ? [] : result.diagnostics;
    // A part may refer to what stands elsewhere, and files of pages and lists are where the page says.
    const wrong = found.filter(({ level, code }) => level === 'error' && !/^SNT-C(?:14[01]|162|166)$/.test(code));
    assert.deepEqual(
      wrong.map(({ code, message }) => `${code} ${message}`),
      [],
    );
  });
}

test('the pages have such blocks', () => {
  assert.ok(blocks.length >= 5, `${blocks.length} blocks`);
});
