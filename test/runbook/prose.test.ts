/** Prose of a runbook on the screen of a run: paragraphs are broken anew, and what has lines of its own keeps them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextSession } from '../../src/cli/runbooks/text-session.ts';
import { styleFor } from '../../src/cli/streams.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

test('a message to be copied keeps its lines, and its empty ones', () => {
  let shown = '';
  const output = {
    isTerminal: false,
    style: styleFor(false, 40),
    closed: new AbortController().signal,
    write: (text: string) => {
      shown += text;
    },
    flushed: () => Promise.resolve(),
  };
  const long = 'The first message, and who sends it to whom.';
  const template = ['```text', 'Subject: [UPDATE] [Service]', '', '**Status**: Monitoring', '```'];
  new TextSession(output, new ManualClock(), null).prose([long, '', ...template, 'Behind', 'it.'].join('\n'));
  assert.deepEqual(shown.split('\n'), [
    '',
    '  The first message, and who sends it to',
    '  whom.',
    '',
    '  ```text',
    '  Subject: [UPDATE] [Service]',
    '',
    '  **Status**: Monitoring',
    '  ```',
    '',
    '  Behind it.',
    '',
  ]);
});
