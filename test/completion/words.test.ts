import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitLine } from '../../src/cli/completion/line.ts';
import { valuesOf } from '../../src/cli/completion/value-kinds.ts';
import { longOf, nextWords, takesValue } from '../../src/cli/completion/words.ts';
import { allCommands } from '../../src/cli/tree.ts';

const fixed = (...words: readonly string[]): readonly string[] => {
  const { candidates, values, typed } = nextWords(allCommands, words);
  const chosen = typeof values === 'string' || values === null ? [] : values;
  return [...candidates.map(({ word }) => word), ...chosen].filter((word) => word.startsWith(typed));
};
const kind = (...words: readonly string[]) => nextWords(allCommands, words).values;

test('it is known of every argument and every option that takes a value what can stand there', () => {
  const forgotten = allCommands.flatMap(({ path, arguments: args, options }) => {
    const command = path.join(' ');
    const names = [
      ...args.map(({ name }) => name),
      ...options.filter((one) => takesValue(one) && one.choices === undefined).map((one) => longOf(one) ?? one.flags),
    ];
    return names.filter((name) => valuesOf(command, name) === null).map((name) => `${command} ${name}`);
  });
  assert.deepEqual(forgotten, []);
});

test('commands are completed word by word, with what they do', () => {
  assert.deepEqual(fixed('dra'), ['drain', 'drains']);
  assert.deepEqual(fixed('incident', 'snapshot', 'd'), ['diff']);
  assert.ok(fixed('').includes('help') && fixed('').includes('incident'));
  assert.deepEqual(fixed('help', 'config', 'ro'), ['rollback']);
  const { candidates } = nextWords(allCommands, ['undr']);
  assert.notEqual(candidates.find(({ word }) => word === 'undrain')?.meaning, '');
});

test('options of the command are offered, those that were given are not, but for those that repeat', () => {
  assert.deepEqual(fixed('drain', '--allow'), ['--allow-below-min']);
  assert.deepEqual(fixed('drain', '--yes', '--y'), []);
  assert.ok(fixed('drain', '--h').includes('--help'));
  assert.deepEqual(fixed('--ver'), ['--version']);
  assert.deepEqual(fixed('diagnose', '--format', 'm'), ['markdown']);
  assert.deepEqual(fixed('diagnose', '--format=m'), ['markdown']);
  assert.equal(nextWords(allCommands, ['diagnose', '--format=m']).prefix, '--format=');
});

test('of names it is said which kind, by their place', () => {
  assert.equal(kind('drain', ''), 'target');
  assert.equal(kind('drain', '--reason', 'kernel', ''), 'target');
  assert.equal(kind('drain', '--upstream', ''), 'upstream');
  assert.equal(kind('target', 'remove', 'api', ''), 'target');
  assert.equal(kind('breakers', 'reset', ''), 'breaker');
  assert.equal(kind('incident', 'show', ''), 'incident');
  assert.equal(kind('runbook', 'show', ''), 'runbook');
  assert.equal(kind('explain', ''), 'code');
  assert.equal(kind('validate', ''), 'file');
  assert.equal(kind('config', 'alerts', '--output', ''), 'folder');
  assert.equal(kind('undrain', '10.0.0.1:80', ''), null, 'there is no second argument');
});

test('what was said before about the daemon and the file is handed on', () => {
  const { options } = nextWords(allCommands, ['drain', '--daemon', '127.0.0.1:9090', '']);
  assert.equal(options.get('daemon'), '127.0.0.1:9090');
  assert.equal(nextWords(allCommands, ['incident', 'show', '-c', 'a.kdl', '']).options.get('config'), 'a.kdl');
});

test('a line is cut into words as shells cut it', () => {
  assert.deepEqual(splitLine('sentinel drain 10.0.0.1:80'), ['sentinel', 'drain', '10.0.0.1:80']);
  assert.deepEqual(splitLine('sentinel drain --reason "a b" '), ['sentinel', 'drain', '--reason', 'a b', '']);
  assert.deepEqual(splitLine("cd /x && sentinel note 'it\"s' a\\ b"), ['sentinel', 'note', 'it"s', 'a b']);
});
