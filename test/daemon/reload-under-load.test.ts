/** Reloads while clients ask: nobody notices, and who came by a listener that goes is served to the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireComponent } from '../helpers/components.ts';
import { reloadUnderLoad } from '../helpers/reloads-under-load.ts';

test('reloads that change routes, upstreams, limits and listeners cost no request, on kept and on new connections', async (t) => {
  const wrk = requireComponent(t, 'wrk');
  if (wrk === undefined) return;
  const { kept, fresh, outlived } = await reloadUnderLoad(t, wrk, 20);
  assert.deepEqual({ kept: kept.failures, fresh: fresh.failures }, { kept: [], fresh: [] });
  assert.ok(kept.requests > 0 && fresh.requests > 0, 'both loads were served');
  assert.equal(outlived, 2);
  t.diagnostic(`${kept.requests} requests on kept connections, ${fresh.requests} on new ones`);
});
