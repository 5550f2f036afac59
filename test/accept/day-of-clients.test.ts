/** Ten million addresses of a day, each of which a worker looks at with its path and user agent: no key more than the sketches have, and no byte more than after two hours. */
import { test } from 'node:test';
import { assertBounded, dayOf } from '../bounded/day-report.ts';

test('ten million addresses, each looked at, leave as much as those of two hours', async () => {
  assertBounded(await dayOf('talkers-one-by-one'), { keys: 16 * 4 * 256, heldBytes: 8 << 20 }, 512 << 10);
});
