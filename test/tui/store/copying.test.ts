import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommandLine } from '../../../src/cli/parser.ts';
import { viewNames } from '../../../src/tui/rows/row.ts';
import { rowsOf } from '../../../src/tui/rows/rows.ts';
import { copyChoices } from '../../../src/tui/store/copying.ts';
import type { State } from '../../../src/tui/store/state.ts';
import { okVerdict, readingNews, sampleParts, sampleRequest, sampleState, sampleEvent } from '../sample-state.ts';
import { pressed } from './pressing.ts';

function texts(state: State): readonly string[] {
  return copyChoices(state).map(({ text }) => text);
}

/** The first row of a kind in a view. */
function at(state: State, view: string, kind: string): State {
  const shown = pressed(state, view).state;
  const index = rowsOf(shown).rows.findIndex(({ thing }) => thing.kind === kind);
  assert.ok(index >= 0, kind);
  return pressed(shown, 'home', ...Array.from({ length: index }, () => 'down')).state;
}

function withRequest(given: Parameters<typeof sampleRequest>[1]): State {
  const parts = sampleParts();
  return sampleState([
    readingNews({ parts: { ...parts, errors: { ...parts.errors, requests: [sampleRequest('1-1', given)] } } }),
  ]);
}

test('a target is copied as its address, one of several with the command for its daemon', () => {
  const [address, command] = texts(at(sampleState(), '1', 'target'));
  assert.match(address ?? '', /^10\.1\.\d\.\d+:8080$/);
  assert.match(command ?? '', /^sentinel upstreams \S+$/);
  const two = sampleState([readingNews({ node: 'a.example:9090' })], { nodes: ['a.example:9090', 'b'] });
  assert.match(texts(at(two, '1', 'target')).join('\n'), /--daemon a\.example:9090/);
});

test('a request is copied by its correlation id, and as curl without what could be another command', () => {
  const [id, , curl] = texts(at(withRequest({}), '3', 'request'));
  assert.equal(id, 'c0ffee-1-1');
  assert.equal(curl, "curl -sv -X GET 'http://api.example.com/api/users'");
  const nasty = texts(at(withRequest({ path: "/a'; reboot; '" }), '3', 'request')).join('\n');
  assert.ok(!nasty.includes('curl'));
  const quoted = texts(at(withRequest({ path: "/a';reboot;'" }), '3', 'request')).join('\n');
  assert.match(quoted, /\/a%27;reboot;%27'/);
  const host = texts(at(withRequest({ host: "x';reboot;'" }), '3', 'request')).join('\n');
  assert.match(host, /http:\/\/x%27;reboot;%27\//);
});

test('the verdict can be copied wherever one is', () => {
  const verdict = {
    ...okVerdict,
    status: 'problems',
    severity: 'SEV3',
    causes: [
      {
        cause: 'target-refuses',
        strength: 1,
        detail: 'api refuses connections',
        resource: null,
        evidence: [],
        impact: null,
        since: null,
        next: [],
      },
    ],
  } as never;
  const state = sampleState([readingNews(), { kind: 'verdict', node: 'local', verdict, why: null }]);
  for (const [index] of viewNames.entries())
    assert.ok(texts(pressed(state, String(index + 1)).state).includes('local: SEV3 api refuses connections'));
});

test('every command that is copied is one that the program takes', () => {
  const state = sampleState([
    readingNews(),
    { kind: 'events', node: 'local', events: [sampleEvent(1)], gap: false },
    { kind: 'logs', node: 'local', lines: [{ level: 'info', time: 'now', module: 'proxy', message: 'a' }], gap: false },
  ]);
  let commands = 0;
  for (const [index] of viewNames.entries()) {
    let shown = pressed(state, String(index + 1)).state;
    for (const row of rowsOf(shown).rows) {
      for (const text of texts(shown).filter((one) => one.startsWith('sentinel '))) {
        commands++;
        const words = text.match(/'[^']*'|\S+/g)?.map((word) => word.replace(/^'(.*)'$/, '$1')) ?? [];
        assert.equal(parseCommandLine('sentinel', '', words.slice(1)).kind, 'command', `${row.id}: ${text}`);
      }
      shown = pressed(shown, 'down').state;
    }
  }
  assert.ok(commands > 10);
});

test('what is chosen goes to the clipboard, by Enter or its number', () => {
  const open = pressed(at(sampleState(), '1', 'target'), 'y').state;
  assert.equal(open.overlay?.kind, 'copy');
  const [first, second] = texts(open);
  assert.deepEqual(pressed(open, 'enter').effects, [{ kind: 'copy', text: first }]);
  assert.deepEqual(pressed(open, '2').effects, [{ kind: 'copy', text: second }]);
  assert.deepEqual(pressed(open, 'down', 'enter').effects, [{ kind: 'copy', text: second }]);
});
