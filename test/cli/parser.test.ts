/** A word of the command line may group commands and be one itself. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { exitCodes } from '../../src/base/exit-codes.ts';
import type { CommandSpec } from '../../src/cli/command.ts';
import { type Parsed, parseCommandLine } from '../../src/cli/parser.ts';

function spec(path: CommandSpec['path'], rest: Partial<CommandSpec>): CommandSpec {
  return {
    path,
    changes: false,
    summary: path.join(' '),
    description: ['It does it.'],
    arguments: [],
    options: [],
    examples: [{ command: `sentinel ${path.join(' ')}`, meaning: 'does it' }],
    exits: [[exitCodes.ok, 'done']],
    load: () => Promise.reject(new Error('nobody runs it')),
    ...rest,
  };
}

const json = { flags: '--json', description: 'as JSON' };
const snapshot = spec(['incident', 'snapshot'], {
  arguments: [{ name: 'id', required: false, description: 'which' }],
  options: [{ flags: '--plan', description: 'only say' }, { flags: '--output <file>', description: 'where' }, json],
});
const show = spec(['incident', 'snapshot', 'show'], {
  arguments: [{ name: 'file', required: true, description: 'which' }],
  options: [json],
});

for (const [order, commands] of [
  ['the group is declared first', [snapshot, show]],
  ['the group is declared last', [show, snapshot]],
] as const) {
  const parse = (...args: string[]): Parsed =>
    parseCommandLine('sentinel', '', args, [{ title: 'Incidents', commands }]);
  const found = (...args: string[]): readonly [string, unknown, unknown] => {
    const parsed = parse(...args);
    if (parsed.kind !== 'command') throw new Error(JSON.stringify(parsed));
    const { arguments: given, options } = parsed.values;
    return [parsed.spec.path.join(' '), Object.fromEntries(given), options.get('json') ?? false];
  };

  test(`a group that is a command takes its own arguments and leaves those of its commands to them: ${order}`, () => {
    assert.deepEqual(found('incident', 'snapshot'), ['incident snapshot', {}, false]);
    assert.deepEqual(found('incident', 'snapshot', 'INC-001', '--json'), [
      'incident snapshot',
      { id: 'INC-001' },
      true,
    ]);
    assert.deepEqual(found('incident', 'snapshot', '--json', '--output', 'show'), ['incident snapshot', {}, true]);
    assert.deepEqual(found('incident', 'snapshot', 'show', 'a.tar.gz', '--json'), [
      'incident snapshot show',
      { file: 'a.tar.gz' },
      true,
    ]);
  });

  test(`an option of the group before one of its commands is refused, not forgotten: ${order}`, () => {
    const parsed = parse('incident', 'snapshot', '--plan', 'show', 'a.tar.gz');
    assert.equal(parsed.kind, 'mistake');
    assert.match(parsed.kind === 'mistake' ? parsed.message : '', /^--plan stands before `show`/);
    assert.match(parsed.kind === 'mistake' ? parsed.hint : '', /--help$/);
  });
}
