/** Random operators against daemons and a model of them, with many more orders of what they do. */
import { test } from 'node:test';
import { operate } from '../drains/operators-model.ts';

for (let seed = 100; seed < 120; seed++) {
  test(`what operators of seed ${seed} do is in force, shown and kept as the model says`, async (t) => {
    await operate(t, seed, 150, 25);
  });
}
