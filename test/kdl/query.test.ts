/** `sentinel config query`: nodes by the KDL query language, in both versions of KDL, with their places. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { callSentinel, type Ended } from '../cli/command-line.ts';
import { testFolder } from '../helpers/daemon.ts';

const text = `listener "http" { address "127.0.0.1:8080" }
route "api" {
    matches { path-prefix "/api" }
    upstream "app"
    policies { websocket #false; request-headers { set { "X-Key" "\${NOT_SET}" } } }
}
upstream "app" {
    target "10.1.1.10:8080" weight=2
    target "10.1.1.11:8080"
}
`;

function ask(t: TestContext, query: string, { config = text, args = [] as readonly string[] } = {}): Promise<Ended> {
  const file = join(testFolder(t), 'sentinel.kdl');
  writeFileSync(file, config);
  return callSentinel(['config', 'query', query, file, ...args]);
}

const short = ({ stdout }: Ended): string => stdout.replaceAll(/^\/\S*\/(?=sentinel\.kdl:)/gm, '');

test('a query prints nodes as they are written, with file and line', async (t) => {
  const found = await ask(t, 'upstream >> target');
  assert.equal(found.code, 0, found.stderr);
  assert.equal(
    short(found),
    'sentinel.kdl:8: target "10.1.1.10:8080" weight=2\nsentinel.kdl:9: target "10.1.1.11:8080"\n',
  );
  const block = await ask(t, 'route[val() = "api"] > policies');
  assert.match(short(block), /^sentinel\.kdl:5: policies \{ .*\$\{NOT_SET\}/);
  const several = await ask(t, 'top() > upstream');
  assert.equal(
    short(several),
    'sentinel.kdl:7:\nupstream "app" {\n    target "10.1.1.10:8080" weight=2\n    target "10.1.1.11:8080"\n}\n',
  );
});

test('what a node lacks is passed by, not a mistake', async (t) => {
  const heavy = await ask(t, 'target[prop(weight) > 1]');
  assert.equal(short(heavy), 'sentinel.kdl:8: target "10.1.1.10:8080" weight=2\n', heavy.stderr);
  const quoted = await ask(t, 'target[val() = "[val() = 1"]');
  assert.match(quoted.stdout, /nothing matches/);
  assert.equal(quoted.code, 0);
});

test('a query that maps prints values, one row for each node', async (t) => {
  const rows = await ask(t, 'target => (val(), prop(weight))');
  assert.equal(rows.stdout, '10.1.1.10:8080\t2\n10.1.1.11:8080\t–\n');
});

test('a file of KDL version 1 is searched as well', async (t) => {
  const found = await ask(t, 'route >> websocket', { config: 'route "a" { policies { websocket false; }; }' });
  assert.equal(short(found), 'sentinel.kdl:1: websocket false\n', found.stderr);
});

test('included files are searched, and --json names every place', async (t) => {
  const folder = testFolder(t);
  writeFileSync(join(folder, 'main.kdl'), 'include "more.kdl"\nroute "a" { upstream "u" }\n');
  writeFileSync(join(folder, 'more.kdl'), '\n  route "b" { upstream "u" }\n');
  const { code, stdout } = await callSentinel(['config', 'query', 'top() > route', join(folder, 'main.kdl'), '--json']);
  assert.equal(code, 0);
  const { data } = JSON.parse(stdout);
  assert.deepEqual(
    data.matches.map(({ file, line, column, name }: Record<string, unknown>) => [
      String(file).split('/').at(-1),
      line,
      column,
      name,
    ]),
    [
      ['main.kdl', 2, 1, 'route'],
      ['more.kdl', 2, 3, 'route'],
    ],
  );
});

test('a query that cannot be read is a mistake of usage, in every format; a file that is no KDL is a problem', async (t) => {
  for (const query of ['route[[', 'route + route', 'target[val() = 3]'])
    for (const args of [[], ['--json']]) {
      const wrong = await ask(t, query, { args });
      assert.equal(wrong.code, 2, query);
      assert.match(wrong.stdout + wrong.stderr, /SNT-P052/);
    }
  assert.equal((await ask(t, 'route', { config: 'route "a" {' })).code, 1);
});
