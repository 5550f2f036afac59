/** The sum check of the suite with a hundred thousand requests. */
import { test } from 'node:test';
import { requireComponent } from '../helpers/components.ts';
import { allIsCounted, nothingIsLostWithAWorker } from '../helpers/sum-check.ts';

test('of 100,000 requests metrics and access log count by class of status what h2load was answered', async (t) => {
  const h2load = requireComponent(t, 'h2load');
  if (h2load !== undefined) await allIsCounted(t, h2load, 100_000);
});

test('of 100,000 requests nothing that was counted or logged is lost when workers die again and again', async (t) => {
  const h2load = requireComponent(t, 'h2load');
  if (h2load !== undefined) await nothingIsLostWithAWorker(t, h2load, 100_000, 4);
});
