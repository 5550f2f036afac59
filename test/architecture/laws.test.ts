/** The sources keep every law, and every law fails where it is broken. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { laws, lengths } from './laws.ts';
import { importsOf, readTree, withFile } from './source-tree.ts';

const root = new URL('../..', import.meta.url).pathname;
const tree = readTree(root, 'src');

/** For each law, by words of its title: a file that breaks it. */
const plants: readonly { readonly law: string; readonly file: string; readonly text: string }[] = [
  {
    law: 'imports go down',
    file: 'src/base/planted.ts',
    text: "/** A. */\nimport type { Config } from '../config/model.ts';\n",
  },
  {
    law: 'imports go down',
    file: 'src/config/planted.ts',
    text: "/** A. */\nexport const a = () => import('../admin/client/client.ts');\n",
  },
  { law: 'imports go down', file: 'src/planted.ts', text: "/** A. */\nimport { codes } from './base/codes.ts';\n" },
  { law: 'in a circle', file: 'src/base/codes.ts', text: "/** A. */\nimport type { Failure } from './errors.ts';\n" },
  {
    law: 'what lies between is pure',
    file: 'src/tui/store/planted.ts',
    text: "/** A. */\nimport { readFileSync } from 'node:fs';\nexport const a = readFileSync;\n",
  },
  {
    law: 'data plane never',
    file: 'src/proxy/data/planted.ts',
    text: "/** A. */\nimport type { A } from '../control/labels.ts';\n",
  },
  {
    law: 'only through admin/client',
    file: 'src/cli/commands/planted.ts',
    text: "/** A. */\nexport const a = () => import('../../proxy/control/labels.ts');\n",
  },
  {
    law: 'only through admin/client',
    file: 'src/cli/commands/run.ts',
    text: "/** A. */\nimport { a } from '../../proxy/control/labels.ts';\n",
  },
  {
    law: 'one door',
    file: 'src/config/planted.ts',
    text: "/** A. */\nimport type { Document } from '@bgotink/kdl';\n",
  },
  { law: 'one door', file: 'src/base/planted.ts', text: "/** A. */\nimport merge from 'lodash-es/merge.js';\n" },
  { law: 'one door', file: 'src/web/planted.ts', text: "/** A. */\nexport const a = [import('undici')];\n" },
  { law: 'node: names', file: 'src/base/planted.ts', text: "/** A. */\nimport { join } from 'path';\n" },
  {
    law: 'live in one place',
    file: 'src/base/planted.ts',
    text: '/** A. */\nexport const a = () => process.exit(1);\n',
  },
  { law: 'live in one place', file: 'src/base/planted.ts', text: "/** A. */\nexport const a = process.env['A'];\n" },
  { law: 'live in one place', file: 'src/base/planted.ts', text: '/** A. */\nexport const a = `${new Date()}`;\n' },
  { law: 'live in one place', file: 'src/base/planted.ts', text: '/** A. */\nexport const a = Math.random();\n' },
  { law: 'kebab case', file: 'src/base/planted-utils.ts', text: '/** A. */\n' },
  { law: 'kebab case', file: 'src/base/plantedThing.ts', text: '/** A. */\n' },
  { law: 'opens with a comment', file: 'src/base/planted.ts', text: 'export const a = 1;\n/** A. */\n' },
  { law: 'opens with a comment', file: 'src/base/planted.ts', text: `/**\n${' * A.\n'.repeat(6)} */\n` },
  { law: 're-exported wholesale', file: 'src/base/planted.ts', text: "/** A. */\nexport * from './clock.ts';\n" },
  { law: 're-exported wholesale', file: 'src/base/planted.ts', text: `/** A. */\n// ${'TO'}DO later\n` },
  { law: '450 lines', file: 'src/base/planted.ts', text: `/** A. */\n${'export {};\n'.repeat(450)}` },
];

for (const law of laws) {
  test(`law: ${law.title}`, () => {
    const broken = law.check(tree).map(({ file, line, what }) => `${file}:${line}: ${what}`);
    assert.deepEqual(broken, []);
  });

  const planted = plants.filter((plant) => law.title.includes(plant.law));
  test(`a planted violation breaks: ${law.title}`, () => {
    assert.notEqual(planted.length, 0, 'no violation is planted for this law');
    for (const { file, text } of planted) {
      // A law that has a door of one file sees two when the real one stands beside the planted one.
      const withDoor = withFile(tree, 'src/web/real-door.ts', "/** A. */\nimport { request } from 'undici';\n");
      const found = law.check(withFile(withDoor, file, text)).filter((violation) => violation.file.includes(file));
      assert.notEqual(found.length, 0, `not seen in ${file}: ${text}`);
    }
  });
}

test('imports are found in every form, and prose and data are not taken for code', () => {
  const text = [
    "import a, { type B } from './a.ts';",
    "import type { C } from './c.ts';",
    "export { d } from './d.ts';",
    "import './e.ts';",
    "const f = await import('./f.ts');",
    "const g = new Worker(new URL('./g.ts', import.meta.url));",
    "type H = import('./h.ts').H;",
    'import {',
    '  i,',
    "} from './i.ts';",
    "// import { x } from './x.ts';",
    'const s = "import { x } from \'./x.ts\'";',
    "const t = `${a /* ' */} import './x.ts' ${`nested ${b}`}`;",
    'const r = /[\'"`]/.test(s) && 4 / 2 / 1;',
    "import { z } from './z.ts';",
  ].join('\n');
  const found = importsOf('src/base/sample.ts', text).map(({ target, kind, line }) => `${line} ${kind} ${target}`);
  assert.deepEqual(found, [
    '1 static src/base/a.ts',
    '2 type src/base/c.ts',
    '3 static src/base/d.ts',
    '4 static src/base/e.ts',
    '5 dynamic src/base/f.ts',
    '6 dynamic src/base/g.ts',
    '7 dynamic src/base/h.ts',
    '8 static src/base/i.ts',
    '15 static src/base/z.ts',
  ]);
});

test('long files are reported', (t) => {
  for (const { file, lines } of lengths(tree)) if (lines > 350) t.diagnostic(`${file}: ${lines} lines`);
});
