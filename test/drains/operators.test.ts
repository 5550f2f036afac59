/** Random operators against one daemon and a model of it, short; `accept/operators.test.ts` goes on for longer. */
import { test } from 'node:test';
import { operate } from './operators-model.ts';

test('whatever operators do in whatever order, what is shown, what is in force and what clients get is what the model says', async (t) => {
  await operate(t, 1, 60, 30);
});
