/** A few daemons that are killed at random moments of random changes; `test/accept/random-deaths.test.ts` kills many more. */
import { test } from 'node:test';
import { dieAtRandom } from '../helpers/random-deaths.ts';

test('killed at random moments of random changes, the next start runs one generation whole, and says which and why', (t) =>
  dieAtRandom(t, 1, 3));
