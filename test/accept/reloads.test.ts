/** Two hundred reloads under load: nobody notices. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireComponent } from '../helpers/components.ts';
import { reloadUnderLoad } from '../helpers/reloads-under-load.ts';

test('two hundred reloads cost no request, on kept and on new connections', async (t) => {
  const wrk = requireComponent(t, 'wrk');
  if (wrk === undefined) return;
  const { kept, fresh, outlived } = await reloadUnderLoad(t, wrk, 200);
  assert.deepEqual({ kept: kept.failures, fresh: fresh.failures }, { kept: [], fresh: [] });
  assert.ok(kept.requests > 0 && fresh.requests > 0, 'both loads were served');
  assert.equal(outlived, 20);
  t.diagnostic(`${kept.requests} requests on kept connections, ${fresh.requests} on new ones`);
});
