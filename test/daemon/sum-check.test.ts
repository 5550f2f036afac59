/** Nothing that was answered is missing in metrics or access log, and nothing is there twice; the long tier sends more. */
import { test } from 'node:test';
import { requireComponent } from '../helpers/components.ts';
import { allIsCounted, nothingIsLostWithAWorker } from '../helpers/sum-check.ts';

test('metrics and access log count by class of status what h2load was answered', async (t) => {
  const h2load = requireComponent(t, 'h2load');
  if (h2load !== undefined) await allIsCounted(t, h2load, 5000);
});

test('nothing that was counted or logged is lost with a worker that dies under load', async (t) => {
  const h2load = requireComponent(t, 'h2load');
  if (h2load !== undefined) await nothingIsLostWithAWorker(t, h2load, 5000);
});
