/** The person in front of a run: what Enter, a slip and the end of input mean. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Interruption, Invocation } from '../../src/cli/command.ts';
import { operatorOf } from '../../src/cli/runbooks/terminal-operator.ts';
import { styleFor } from '../../src/cli/streams.ts';

/** Types these lines, then nothing more. */
function typing(...lines: string[]) {
  let shown = '';
  const invocation = {
    stdin: { isTerminal: true, readUpTo: async () => Buffer.from(lines.length === 0 ? '' : `${lines.shift()}\n`) },
    stderr: { isTerminal: true, style: styleFor(false, 80), write: (text: string) => (shown += text) },
    flag: () => false,
  } as unknown as Invocation;
  const never = {
    signal: new AbortController().signal,
    ended: new Promise<never>(() => {}),
  } as unknown as Interruption;
  return { operator: operatorOf(invocation, never), shown: () => shown };
}

const choices = [
  { key: 'y', name: 'yes', means: 'yes' },
  { key: 'n', name: 'no', means: 'no' },
];

test('where Enter means nothing, it asks again and answers nothing', async () => {
  const { operator, shown } = typing('', 'maybe', 'Y');
  assert.equal(await operator.choose('Is it well?', choices, null), 'yes');
  assert.equal(shown().match(/type y, n\n/g)?.length, 2);
  assert.doesNotMatch(shown(), /capitals/);
});

test('where Enter means something, that is in capitals, and a slip does not count for it', async () => {
  const { operator, shown } = typing('maybe', '');
  assert.equal(await operator.choose('Run it?', choices, 'no'), 'no');
  assert.match(shown(), /y yes · N no/);
});

test('the end of input is no answer', async () => {
  assert.equal(await typing().operator.choose('Is it well?', choices, null), null);
});
