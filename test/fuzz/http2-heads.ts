/** Fuzz target of HTTP/2 heads and trailers, which are written as HTTP/1.1 text; see `test/http2/head-trial.ts`. */
import { Dice } from '../helpers/dice.ts';
import { fuzz } from '../helpers/fuzz-run.ts';
import { requestComplaint, responseComplaint, trailerComplaint } from '../http2/head-trial.ts';

await fuzz('heads', (seed) => {
  const dice = new Dice(seed);
  return requestComplaint(dice) ?? responseComplaint(dice) ?? trailerComplaint(dice);
});
