/** The quick tier's daemons that are killed at random moments of random changes, many more of them. */
import { test } from 'node:test';
import { dieAtRandom } from '../helpers/random-deaths.ts';

for (let seed = 100; seed < 110; seed++) {
  test(`of twenty daemons killed at random moments with the seed ${seed}, each next one runs one generation whole`, (t) =>
    dieAtRandom(t, seed, 20));
}
