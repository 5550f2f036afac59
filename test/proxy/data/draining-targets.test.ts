/** A target that drains gets no new request: not under any policy, not from who is held to it, not from retries or fallbacks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admission, targetFields, targetStateFields } from '../../../src/proxy/shared/cells.ts';
import { balancingPolicies } from '../../helpers/balancing-policies.ts';
import { balancing, route, startPlane, type TestPlane, upstream } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { answering, ok, type OriginRequest, startOrigin } from '../../helpers/origin.ts';
import { sceneOf, scenery } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';
import { retryPolicy, severalTargets } from '../../helpers/several-targets.ts';

/** As the main thread does it: from here on, in every plan that the worker still has. */
function drain({ registry, plan }: TestPlane, upstreamAt: number, targetAt: number): void {
  const state = plan.upstreams[upstreamAt]?.targets[targetAt]?.state;
  assert.ok(state);
  Atomics.or(registry.view(state, 0).shared, targetStateFields.admission, admission.draining);
}

const sticky = { policy: 'sticky', cookie: { name: 'home', ttlMs: 0 } } as const;

for (const policy of balancingPolicies) {
  test(`${policy}: nothing new goes to a target that drains, also of clients that it had`, async (t) => {
    const scene = await severalTargets(t, [answering(ok('a')), answering(ok('b'))], {
      upstream: { loadBalancing: { ...balancing(policy), ...(policy === 'sticky' ? sticky : {}) } },
    });
    let cookie = '';
    let home = '';
    // Whoever is held to a target is held to this one.
    for (let i = 0; i < 40; i++) {
      const answer = await scene.ask(get(`/${i}`, ...(cookie === '' ? [] : [`Cookie: ${cookie}`])));
      cookie = answer.header('set-cookie')?.split(';')[0] ?? cookie;
      home = answer.text;
    }
    const going = home === 'a' ? 0 : 1;
    const before = scene.origins[going]?.requests.length as number;
    assert.ok(before > 0);
    drain(scene, 0, going);
    for (let i = 0; i < 40; i++) {
      const answer = await scene.ask(get(`/${i}`, ...(cookie === '' ? [] : [`Cookie: ${cookie}`])));
      assert.deepEqual([answer.status, answer.text], [200, going === 0 ? 'b' : 'a']);
    }
    assert.equal(scene.origins[going]?.requests.length, before);
  });
}

test('a retry does not go to a target that began to drain while the first try was under way', async (t) => {
  const waiting: OriginRequest[] = [];
  const scene = await severalTargets(t, [{ request: (request) => void waiting.push(request) }, answering(ok('b'))], {
    route: { retry: retryPolicy() },
  });
  const client = await scene.client();
  client.send(get());
  await eventually(() => waiting.length === 1);
  drain(scene, 0, 1);
  waiting[0]?.connection.send('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n');
  // The only other one drains: it may be asked again itself, or its answer is all there is.
  await eventually(() => assert.ok(waiting.length >= 1 && scene.origins[1]?.requests.length === 0));
  while (waiting.length < 3) {
    const next = waiting.length;
    await eventually(() => waiting.length > next);
    waiting[next]?.connection.send('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n');
  }
  assert.equal((await client.response()).status, 503);
  assert.equal(scene.origins[1]?.requests.length, 0);
});

test('a fallback is not taken to a target that drains', async (t) => {
  const [first, backup] = [await startOrigin(t), await startOrigin(t)];
  const settings = scenery([], {
    accessLog: {},
    config: {
      routes: [route({ fallbackUpstream: 'backup' })],
      upstreams: [upstream([first.port]), upstream([backup.port], { name: 'backup' })],
    },
  });
  const plane = await startPlane(t, settings);
  const scene = sceneOf(t, plane);
  drain(plane, 0, 0);
  assert.equal((await scene.ask(get())).status, 200);
  assert.equal(backup.requests.length, 1);
  drain(plane, 1, 0);
  const { status } = await scene.ask(get());
  assert.equal(status, 503);
  assert.deepEqual([first.requests.length, backup.requests.length], [0, 1]);
  assert.equal((await scene.line(1))['cause'], 'draining');
});

test('what is idle is closed with the plan that says weight 0, and what is under way keeps its connection to its end', async (t) => {
  const waiting: OriginRequest[] = [];
  const scene = await severalTargets(t, [
    { request: (request) => (request.target === '/slow' ? void waiting.push(request) : request.connection.send(ok())) },
  ]);
  const slow = await scene.client();
  slow.send(get('/slow'));
  await eventually(() => waiting.length === 1);
  await scene.ask(get('/'));
  const cell = scene.plan.upstreams[0]?.targets[0]?.cell;
  assert.ok(cell);
  await eventually(() => scene.registry.shared(cell, targetFields.idle) === 1);
  drain(scene, 0, 0);
  const [origin] = scene.config.upstreams;
  assert.ok(origin);
  await scene.apply({
    ...scene.config,
    upstreams: [{ ...origin, targets: origin.targets.map((target) => ({ ...target, weight: 0 })) }],
  });
  await eventually(() => assert.equal(scene.origins[0]?.open, 1));
  assert.equal(scene.registry.sum(cell, targetFields.inFlight), 1);
  waiting[0]?.connection.send(ok('done'));
  assert.equal((await slow.response()).text, 'done');
  await eventually(() => assert.equal(scene.origins[0]?.open, 0));
  assert.equal(scene.registry.sum(cell, targetFields.inFlight), 0);
});
