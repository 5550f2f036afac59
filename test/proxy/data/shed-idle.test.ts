/** What a reload that lowers a limit on connections does to those that are open. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Config, LimitsConfig } from '../../../src/config/model.ts';
import { proxyFields } from '../../../src/proxy/shared/cells.ts';
import { startPlanes, type TestPlane } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { ok, type OriginRequest, startOrigin } from '../../helpers/origin.ts';
import { scenery } from '../../helpers/proxied.ts';
import { get, RawClient } from '../../helpers/raw-http.ts';

interface Setting {
  readonly clock: ManualClock;
  readonly planes: readonly TestPlane[];
  /** Requests for `/hold`, unanswered. */
  readonly held: OriginRequest[];
  /** All workers take over other limits, one after another. */
  lower(limits: Partial<LimitsConfig>): Promise<void>;
  /** A connection to a worker that has been served, and is idle from now on. */
  idle(worker: number, from?: string): Promise<RawClient>;
  busy(worker: number, from?: string): Promise<RawClient>;
  count(): number;
  /** Numbers that the workers have told the main thread. */
  told(): readonly number[];
}

async function twoWorkers(t: TestContext): Promise<Setting> {
  const held: OriginRequest[] = [];
  const origin = await startOrigin(t, {
    request: (request) => {
      if (request.target === '/hold') held.push(request);
      else request.connection.send(ok());
    },
  });
  const clock = new ManualClock();
  const settings = scenery([origin.port], {});
  const planes = await startPlanes(t, settings, 2, clock);
  const connect = (worker: number, from = '127.0.0.1') =>
    RawClient.connect(t, (planes[worker] as TestPlane).port, '127.0.0.1', from);
  return {
    clock,
    planes,
    held,
    async lower(limits) {
      const next: Config = { ...settings, limits: { ...settings.limits, ...limits } };
      for (const plane of planes) await plane.prepare(next);
      for (const { plane } of planes) plane.commit();
    },
    async idle(worker, from) {
      const client = await connect(worker, from);
      client.send(get());
      await client.response();
      clock.advance(100);
      return client;
    },
    async busy(worker, from) {
      const client = await connect(worker, from);
      const before = held.length;
      client.send(get('/hold'));
      await eventually(() => held.length === before + 1);
      return client;
    },
    count: () => {
      const [{ registry, plan }] = planes as [TestPlane];
      return registry.shared(plan.cells.proxy, proxyFields.connections);
    },
    told: () =>
      planes.flatMap(({ events }) => events.map((event) => (event.kind === 'shed_idle' ? event.closed : NaN))),
  };
}

async function openOf(clients: readonly RawClient[]): Promise<readonly boolean[]> {
  await new Promise((resolve) => setImmediate(resolve));
  return clients.map((client) => client.ending === null);
}

test('idle connections above a lowered total are closed, the oldest first, shared between the workers, not one too many', async (t) => {
  const scene = await twoWorkers(t);
  const clients: RawClient[] = [];
  for (let i = 0; i < 10; i++) clients.push(await scene.idle(i % 2));
  await scene.lower({ maxTotalConnections: 4 });
  scene.clock.advance(3000);
  await eventually(() => clients.filter(({ ending }) => ending !== null).length === 6);
  assert.deepEqual(await openOf(clients), [false, false, false, false, false, false, true, true, true, true]);
  assert.equal(scene.count(), 4);
  assert.equal(
    scene.told().reduce((sum, closed) => sum + closed, 0),
    6,
  );
});

test('requests in flight finish, and their connections are closed when they are idle', async (t) => {
  const scene = await twoWorkers(t);
  const busy = [await scene.busy(0), await scene.busy(0), await scene.busy(1)];
  const idle = await scene.idle(1);
  await scene.lower({ maxTotalConnections: 1 });
  scene.clock.advance(3000);
  await idle.closed();
  assert.deepEqual(await openOf(busy), [true, true, true]);
  for (const { connection } of scene.held) connection.send(ok('whole'));
  for (const client of busy) assert.equal((await client.response()).text, 'whole');
  await eventually(() => {
    scene.clock.advance(100);
    return busy.filter(({ ending }) => ending !== null).length === 2;
  });
  assert.equal(scene.count(), 1);
  assert.equal(
    scene.told().reduce((sum, closed) => sum + closed, 0),
    3,
  );
});

test('a lowered limit per client concerns the clients above it alone', async (t) => {
  const scene = await twoWorkers(t);
  await scene.lower({ maxConnectionsPerClient: 6 });
  const many: RawClient[] = [];
  for (let i = 0; i < 6; i++) many.push(await scene.idle(i % 2, '127.0.0.2'));
  const few = [await scene.idle(0, '127.0.0.3'), await scene.busy(1, '127.0.0.3')];
  await scene.lower({ maxConnectionsPerClient: 2 });
  scene.clock.advance(3000);
  await eventually(() => many.filter(({ ending }) => ending !== null).length === 4);
  assert.deepEqual(await openOf(many), [false, false, false, false, true, true]);
  assert.deepEqual(await openOf(few), [true, true]);
  assert.equal(scene.count(), 4);
});

test('a limit that comes anew is held against clients that are above it already', async (t) => {
  const scene = await twoWorkers(t);
  const clients: RawClient[] = [];
  for (let i = 0; i < 5; i++) clients.push(await scene.idle(i % 2));
  await scene.lower({ maxConnectionsPerClient: 2 });
  scene.clock.advance(3000);
  await eventually(() => clients.filter(({ ending }) => ending !== null).length === 3);
  assert.equal(scene.count(), 2);
});

test('a limit that stays above what is open closes nothing and says nothing', async (t) => {
  const scene = await twoWorkers(t);
  const clients = [await scene.idle(0), await scene.idle(1)];
  await scene.lower({ maxTotalConnections: 2, maxConnectionsPerClient: 2 });
  scene.clock.advance(3000);
  assert.deepEqual(await openOf(clients), [true, true]);
  assert.deepEqual(scene.told(), []);
});
