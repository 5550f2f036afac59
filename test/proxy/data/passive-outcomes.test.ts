/** What passive health learns from traffic: every try's outcome once, and the word to the main thread when it is too much. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWindow } from '../../../src/proxy/shared/outcome-window.ts';
import { startPlanes, type TestPlane } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { answering, deadPort, ok, startOrigin } from '../../helpers/origin.ts';
import { sceneOf, scenery } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';
import { retryPolicy, severalTargets } from '../../helpers/several-targets.ts';

const passiveHealth = { failureRate: 50, windowRequests: 10, ejectMs: 30_000, maxEjectedPercent: 50 };
const sick = 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n';

function window(
  { registry, plan }: Pick<TestPlane, 'registry' | 'plan'>,
  at = 0,
): { requests: number; failures: number } {
  const ref = plan.upstreams[0]?.targets[at]?.window;
  assert.ok(ref);
  return readWindow(registry.view(ref, 0));
}

test('half of the last ten requests failing, over two workers, is told once', async (t) => {
  const origin = await startOrigin(t, {
    request: ({ connection, target }) => connection.send(target === '/bad' ? sick : ok()),
  });
  const planes = await startPlanes(t, scenery([origin.port], { upstream: { passiveHealth } }), 2);
  const scenes = planes.map((plane) => sceneOf(t, plane));
  const [first] = planes;
  assert.ok(first);
  const said = () => planes.flatMap(({ events }) => events);
  for (let i = 0; i < 9; i++) await scenes[i % 2]?.ask(get(i < 5 ? '/good' : '/bad'));
  assert.deepEqual(window(first), { requests: 9, failures: 4 });
  assert.deepEqual(said(), []);
  for (let i = 0; i < 3; i++) await scenes[i % 2]?.ask(get('/bad'));
  assert.deepEqual(said(), [
    { kind: 'failing', target: first.plan.upstreams[0]?.targets[0]?.id, failures: 5, requests: 10 },
  ]);
});

test('each try counts for its own target', async (t) => {
  const scene = await severalTargets(t, [answering(sick), await deadPort(), undefined], {
    upstream: { passiveHealth },
    route: { retry: retryPolicy() },
  });
  assert.equal((await scene.ask(get())).status, 200);
  assert.deepEqual(
    [0, 1, 2].map((at) => window(scene, at)),
    [
      { requests: 1, failures: 1 },
      { requests: 1, failures: 1 },
      { requests: 1, failures: 0 },
    ],
  );
});

test('a client that leaves says nothing of the target, unless the answer had begun well', async (t) => {
  const scene = await severalTargets(
    t,
    [
      {
        request: ({ connection, target }) => {
          if (target === '/begun') connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome');
        },
      },
    ],
    { upstream: { passiveHealth } },
  );
  const silent = await scene.client();
  silent.send(get('/silent'));
  await scene.origins[0]?.request();
  silent.reset();
  await scene.settled();
  assert.deepEqual(window(scene), { requests: 0, failures: 0 });
  const begun = await scene.client();
  begun.send(get('/begun'));
  await begun.until('the beginning', () => (begun.received.includes('some') ? true : undefined));
  begun.reset();
  await eventually(() => window(scene).requests === 1);
  assert.deepEqual(window(scene), { requests: 1, failures: 0 });
});
