/** Heads of HTTP/2 become HTTP/1.1 text that says the same and no more, whatever stands in them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Dice } from '../helpers/dice.ts';
import { requestComplaint, responseComplaint, trailerComplaint } from './head-trial.ts';

const TRIALS = 5000;

for (const [what, complaint] of Object.entries({ requestComplaint, responseComplaint, trailerComplaint })) {
  test(`what comes in is what goes on, or is refused: ${what.replace('Complaint', '')}s`, () => {
    for (let seed = 1; seed <= TRIALS; seed++) assert.equal(complaint(new Dice(seed)), null, `seed ${seed}`);
  });
}
