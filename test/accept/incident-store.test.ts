/** Fifty processes at one store, and a process killed at every single step of writing. */
import test from 'node:test';
import { dieAtSteps, openTogether } from '../incident/record/store-workers.ts';

const first = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);

test('fifty processes that open at once get fifty ids, and fifty that write at once lose nothing', (t) =>
  openTogether(t, 50, 1));

test('a process that is killed at any step of opening or writing leaves an incident that is whole, or none', (t) =>
  dieAtSteps(t, { open: first(12), append: first(8) }));
