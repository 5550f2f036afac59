/** Requests that run under a plan which is not yet in force, or no longer, and a worker that could not look for a while. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../../src/base/clock.ts';
import { DataPlane } from '../../../src/proxy/data/data-plane.ts';
import { TraceIds } from '../../../src/proxy/data/trace-ids.ts';
import { LogRing, newLogRing } from '../../../src/proxy/shared/log-ring.ts';
import { workerFields } from '../../../src/proxy/shared/cells.ts';
import { newSpanRing } from '../../../src/proxy/shared/span-ring.ts';
import { newRecordRings } from '../../../src/proxy/shared/record-rings.ts';
import { newRequestCounts, RequestCounter } from '../../../src/proxy/shared/request-counts.ts';
import { listener, startPlane, upstream } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { startOrigin } from '../../helpers/origin.ts';
import { proxied, sceneOf, scenery } from '../../helpers/proxied.ts';
import { get, RawClient } from '../../helpers/raw-http.ts';

test('a request that comes before the first plan is in force is served and logged', async (t) => {
  const { plan, registry } = await proxied(t, { accessLog: {} });
  const reports: string[] = [];
  const written: string[] = [];
  const logRing = new LogRing(newLogRing());
  logRing.append = (line) => written.push(line) > 0;
  const plane = new DataPlane({
    worker: 0,
    cell: registry.view(registry.cell('worker/0', workerFields.laneLength, workerFields.sharedLength, 0), 0),
    records: newRecordRings(),
    spans: newSpanRing(),
    clock: new ManualClock(),
    random: () => 0,
    ids: new TraceIds((bytes) => 'ab'.repeat(bytes)),
    counter: new RequestCounter(newRequestCounts()),
    logRing,
    stdoutPrefix: '',
    report: (line) => reports.push(JSON.stringify(line)),
  });
  t.after(() => plane.close());
  const [bound] = await plane.prepare(plan, registry.segments);
  const client = await RawClient.connect(t, Number(bound?.address.split(':').at(-1)));
  for (const path of ['/first', '/second']) {
    client.send(get(path));
    assert.equal((await client.response()).status, 200);
  }
  await eventually(() => written.length === 2);
  assert.deepEqual(reports, []);
});

test('a request of a plan that is gone is watched like any other', async (t) => {
  const scene = await proxied(t, {
    manual: true,
    upstream: { timeouts: { connectMs: 1000, requestMs: 2000, readMs: 0, writeMs: 0 } },
    script: {},
  });
  const client = await scene.client();
  const request = get();
  client.send(request.slice(0, -2));
  await eventually(() => scene.held().clients === 1);
  const next = await startOrigin(t);
  await scene.apply({
    ...scene.config,
    listeners: [listener({ id: 'other' })],
    upstreams: [upstream([next.port])],
  });
  // Nobody uses the old target any more, until now.
  scene.clock.advance(200);
  client.send(request.slice(-2));
  await scene.origin.request();
  scene.clock.advance(2300);
  assert.equal((await client.response()).status, 504);
  await eventually(() => scene.origin.open === 0);
});

test('time in which the worker could not look counts against nobody', async (t) => {
  const turned = new ManualClock();
  let stopped = 0;
  const clock: Clock = {
    now: () => turned.now() + stopped,
    wallMs: () => turned.wallMs(),
    every: (ms, task) => turned.every(ms, task),
    after: (ms, task) => turned.after(ms, task),
  };
  const origin = await startOrigin(t, {});
  const settings = scenery([origin.port], {
    listener: { headerTimeoutMs: 2000 },
    upstream: { timeouts: { connectMs: 1000, requestMs: 2000, readMs: 0, writeMs: 0 } },
  });
  const plane = await startPlane(t, settings, clock);
  const scene = sceneOf(t, plane);
  const waiting = await scene.client();
  waiting.send(get());
  await origin.request();
  const sending = await scene.client();
  sending.send(get().slice(0, -2));
  await eventually(() => scene.held().clients === 2);
  stopped = 60_000;
  turned.advance(200);
  sending.send('\r\n');
  await origin.request(1);
  turned.advance(2300);
  assert.equal((await waiting.response()).status, 504);
  assert.equal((await sending.response()).status, 504);
});
