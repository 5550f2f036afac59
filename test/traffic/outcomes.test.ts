/** What a data plane counts for windows when tries fail, are repeated, or lose their client: for route, upstream and each target. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Traffic } from '../../src/proxy/control/traffic/traffic.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { answering, deadPort, type OriginRequest } from '../helpers/origin.ts';
import { get } from '../helpers/raw-http.ts';
import { retryPolicy, severalTargets, type SeveralTargets } from '../helpers/several-targets.ts';

const unavailable = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nsick';

/** What the windows of a plane hold, whenever they are asked. */
function windowsOf(scene: SeveralTargets) {
  const clock = new ManualClock();
  const traffic = new Traffic(clock, scene.registry);
  traffic.follow(scene.plan);
  const ids = scene.plan.upstreams[0]?.targets.map(({ id }) => id) ?? [];
  return () => {
    clock.advance(1000);
    const route = traffic.window('route', 'all', '5m');
    const upstream = traffic.window('upstream', 'origin', '5m');
    return {
      route: [route?.requests, route?.errors],
      causes: route?.causes.map(({ cause, count }) => `${cause} ${count}`),
      upstream: [upstream?.requests, upstream?.errors],
      targets: ids.map((id) => {
        const window = traffic.window('target', id, '5m');
        return [window?.requests, window?.errors, window?.quantiles[0] !== null];
      }),
    };
  };
}

test('a retry is one request of its route and a try of each target', async (t) => {
  const scene = await severalTargets(t, [answering(unavailable), undefined], { route: { retry: retryPolicy() } });
  const read = windowsOf(scene);
  assert.equal((await scene.ask(get())).status, 200);
  await scene.settled();
  assert.deepEqual(read(), {
    route: [1, 0],
    causes: [],
    upstream: [1, 0],
    targets: [
      [1, 1, true],
      [1, 0, true],
    ],
  });
});

test('a connection refused is a failed try without a duration, and costs the route nothing', async (t) => {
  const scene = await severalTargets(t, [await deadPort(), undefined]);
  const read = windowsOf(scene);
  assert.equal((await scene.ask(get())).status, 200);
  await scene.settled();
  assert.deepEqual(read(), {
    route: [1, 0],
    causes: [],
    upstream: [1, 0],
    targets: [
      [1, 1, false],
      [1, 0, true],
    ],
  });
});

test('an answer of 500 and above is an error of all three, a lower one is none', async (t) => {
  const scene = await severalTargets(t, [answering(unavailable)]);
  const read = windowsOf(scene);
  assert.equal((await scene.ask(get())).status, 503);
  await scene.settled();
  assert.deepEqual(read(), {
    route: [1, 1],
    causes: ['upstream_status 1'],
    upstream: [1, 1],
    targets: [[1, 1, true]],
  });
});

test('a client that leaves is a request and a try, and nobody’s error', async (t) => {
  const waiting: OriginRequest[] = [];
  const scene = await severalTargets(t, [{ request: (request) => void waiting.push(request) }]);
  const read = windowsOf(scene);
  const client = await scene.client();
  client.send(get());
  await eventually(() => waiting.length === 1);
  client.socket.destroy();
  await scene.settled();
  assert.deepEqual(read(), {
    route: [1, 0],
    causes: ['client_closed 1'],
    upstream: [1, 0],
    targets: [[1, 0, false]],
  });
});
