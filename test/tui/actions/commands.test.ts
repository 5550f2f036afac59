/** The commands that previews and replies name are ones that the program takes, word for word, for this daemon and for a named one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommandLine } from '../../../src/cli/parser.ts';
import type { ActionName, ActionValues } from '../../../src/tui/actions/action.ts';
import { words } from '../../../src/tui/actions/deeds.ts';
import { previewOf } from '../../../src/tui/actions/preview.ts';
import { commandAt } from '../../../src/tui/actions/shell-words.ts';
import type { Thing } from '../../../src/tui/rows/row.ts';
import { nodeAt } from '../../../src/tui/store/node.ts';
import { rowOf } from '../flows/flow-scene.ts';
import { degradedUpstreams, sampleReading } from '../sample-state.ts';

const target: Thing = { kind: 'target', upstream: 'api-backend', target: '10.1.1.10:8080' };
const draining: Thing = { kind: 'target', upstream: 'api-backend', target: '10.1.1.11:8080' };
const upstream: Thing = { kind: 'upstream', upstream: 'api-backend' };
const route: Thing = { kind: 'route', route: 'a route' };
const client: Thing = { kind: 'client', client: '10.9.0.4', by: 'ip' };
const inflight: Thing = { kind: 'inflight', id: '1-40', correlationId: 'c' };

const actions: readonly (readonly [ActionName, Thing, ActionValues?])[] = [
  ['drain', target],
  ['undrain', draining],
  ['check', upstream],
  ['reset-breaker', target],
  ['reset-breaker', route],
  ['maintenance', route, { for: '1h' }],
  ['maintenance', upstream, { for: '1h' }],
  ['maintenance', route, { for: '1h', subject: '*' }],
  ['end-maintenance', route],
  ['block-client', client, { address: '10.9.0.4', for: '1h' }],
  ['block-client', client, { address: '127.0.0.1', for: '1h' }],
  ['unblock-client', client, { address: '10.9.0.4' }],
  ['kill-request', inflight],
  ['log-level', client, { level: 'debug', for: '15m' }],
  ['log-level', client, { level: 'debug', for: '15m', module: 'health' }],
  ['log-level', client, { level: 'reset' }],
  ['snapshot', client],
];

/** Words as a shell makes them of what stands here: single quotes around those that need them. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

function taken(text: string): void {
  for (const command of text.split(' && ')) {
    const [program, ...rest] = wordsOf(command);
    assert.equal(program, 'sentinel', command);
    const parsed = parseCommandLine('sentinel', '', rest);
    assert.equal(parsed.kind, 'command', `${command}: ${parsed.kind === 'mistake' ? parsed.message : ''}`);
  }
}

test('what a preview names as the same, and as what takes it back, are commands', () => {
  const state = { ...nodeAt('local'), reading: sampleReading({ upstreams: degradedUpstreams() }) };
  for (const node of [state, { ...state, node: '10.0.0.1:9090' }]) {
    for (const [action, thing, values] of actions) {
      const { cli, undo } = previewOf(action, rowOf(thing), node, values);
      taken(cli);
      assert.equal(cli.includes('--daemon'), node !== state, cli);
      if (undo.startsWith('sentinel ')) taken(undo);
      else assert.match(undo, /^(?:nothing: |set them again$)/, action);
    }
  }
});

test('what is said to take back what was done is a command', () => {
  const block = {
    ...{
      address: '10.9.0.4',
      reason: null,
      actor: 'a',
      added_at: '',
      expires_at: null,
      expires_in_ms: null,
      allowed: [],
    },
  };
  const deeds = [
    words.block({ block, replaced: false, in_force: true, kept: true }),
    words.reset({ breaker: { id: 'route/a route', state: 'closed' } as never }),
  ];
  for (const { undo } of deeds) taken(commandAt('10.0.0.1:9090', undo ?? ''));
});
