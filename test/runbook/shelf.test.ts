/** Runbooks of the site come before those of the package or add to them, and a broken one hides nothing. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { openShelf, withSubsections } from '../../src/runbook/shelf.ts';

function runbook(id: string, title: string, ...lines: readonly string[]): string {
  return [
    '---',
    `id: ${id}`,
    `title: ${title}`,
    'severity: SEV4',
    'symptoms: [one]',
    '---',
    `# ${title}`,
    ...lines,
    '',
  ].join('\n');
}

function folders(
  t: TestContext,
  shipped: Readonly<Record<string, string | Uint8Array>>,
  site: typeof shipped,
): { shipped: string; site: string } {
  const root = mkdtempSync(path.join(tmpdir(), 'sentinel-shelf-'));
  t.after(() => rmSync(root, { recursive: true }));
  const made = { shipped: path.join(root, 'shipped'), site: path.join(root, 'site') };
  for (const [folder, files] of [
    [made.shipped, shipped],
    [made.site, site],
  ] as const) {
    mkdirSync(folder);
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  }
  return made;
}

test('a runbook of the site takes the place of the one with its id, others are added', async (t) => {
  const shelf = await openShelf(
    folders(
      t,
      { 'a.md': runbook('a', 'Ours'), 'b.md': runbook('b', 'Ours') },
      { 'b.md': runbook('b', 'Theirs'), 'c.md': runbook('c', 'Theirs'), 'README.md': 'no runbook' },
    ),
  );
  assert.deepEqual(
    shelf.all().map(({ id, title, origin }) => `${id} ${title} ${origin}`),
    ['a Ours shipped', 'b Theirs site', 'c Theirs site'],
  );
  assert.deepEqual(shelf.problems, []);
});

test('one of the site that cannot be read leaves the one of the package in use, and is told', async (t) => {
  const bytes = Uint8Array.of(0x2d, 0xff, 0xfe);
  const made = folders(
    t,
    { 'a.md': runbook('a', 'Ours'), 'b.md': runbook('b', 'Ours') },
    { 'a.md': '# nothing', 'b.md': bytes },
  );
  const shelf = await openShelf(made);
  assert.deepEqual(
    shelf.all().map(({ id, origin }) => `${id} ${origin}`),
    ['a shipped', 'b shipped'],
  );
  assert.deepEqual(
    shelf.problems.map(({ code, span }) => `${code} ${span.source.name}`),
    [`SNT-R002 ${made.site}/a.md`, `SNT-R001 ${made.site}/b.md`],
  );
});

test('a folder of the site that nobody named need not be there; one that was named has to be', async (t) => {
  const { shipped } = folders(t, { 'a.md': runbook('a', 'Ours') }, {});
  const site = path.join(shipped, 'missing');
  assert.deepEqual((await openShelf({ shipped, site })).problems, []);
  const [problem] = (await openShelf({ shipped, site, siteNamed: true })).problems;
  assert.equal(problem?.code, 'SNT-R001');
  assert.match(problem?.message ?? '', /there is no such file/);
});

test('a section is found by its anchor, with those below it', async (t) => {
  const shelf = await openShelf(folders(t, { 'a.md': runbook('a', 'Ours', '## One', '### Below', '## Two') }, {}));
  const one = shelf.section('a', 'one');
  const ours = shelf.get('a');
  assert.ok(one !== null && ours !== null);
  assert.deepEqual(
    withSubsections(ours, one).map(({ anchor }) => anchor),
    ['one', 'below'],
  );
  assert.equal(shelf.section('a', 'three'), null);
  assert.equal(shelf.section('x', 'one'), null);
});
