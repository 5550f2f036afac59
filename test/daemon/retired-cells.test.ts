/** Cells of targets that come and go: memory stays bounded, numbers stay whose they are. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { UpstreamConfig } from '../../src/config/model.ts';
import { compilePlan } from '../../src/proxy/control/compile-plan.ts';
import { LabelRegistry } from '../../src/proxy/control/labels.ts';
import { LiveParts } from '../../src/proxy/control/live-parts.ts';
import { RETIRED_CELLS_MS, RetiredCells } from '../../src/proxy/control/retired-cells.ts';
import { acquire, CellRegistry, targetFields } from '../../src/proxy/shared/cells.ts';
import type { Plan, PlanTarget } from '../../src/proxy/shared/plan.ts';
import { config, upstream } from '../helpers/data-plane.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

function scene() {
  const clock = new ManualClock();
  const registry = new CellRegistry(2);
  const retired = new RetiredCells(clock, registry);
  const labels = { routeLabels: new LabelRegistry(), upstreamLabels: new LabelRegistry() };
  const live = new LiveParts({});
  let serial = 0;
  const use = (...hosts: readonly string[]): Plan => {
    const targets: UpstreamConfig['targets'] = hosts.map((host) => ({
      address: `${host}:80`,
      socket: { kind: 'tcp', host, port: 80 },
      weight: 1,
    }));
    const circuitBreaker = { failureThreshold: 5, successThreshold: 2, timeoutMs: 1000, halfOpenMaxRequests: 3 };
    const passiveHealth = { failureRate: 50, windowRequests: 100, ejectMs: 1000, maxEjectedPercent: 50 };
    const wanted = config({ upstreams: [upstream([], { targets, circuitBreaker, passiveHealth })] });
    const context = { generation: 1, digest: '', daemonId: '', workerCount: 2, registry, ...labels };
    const plan = compilePlan(wanted, { ...context, serial: ++serial, live: live.of(wanted) });
    retired.follow(plan);
    return plan;
  };
  return { clock, registry, use };
}

const only = (plan: Plan) => plan.upstreams[0]?.targets[0] as PlanTarget;

test('ten thousand addresses, one after the other, take no more memory than a few', () => {
  const { clock, registry, use } = scene();
  for (let turn = 0; turn < 10_000; turn++) {
    use(`10.0.${turn >> 8}.${turn & 255}`);
    clock.advance(20_000);
  }
  assert.equal(registry.segments.length, 1);
  assert.ok(registry.size < 40, `${registry.size} identities`);
});

test('an address that comes back soon has its numbers, one that comes back late begins anew', () => {
  const { clock, registry, use } = scene();
  const { cell } = only(use('10.0.0.1'));
  registry.view(cell, 0).lane[targetFields.acquired] = 7;
  use('10.0.0.2');
  clock.advance(RETIRED_CELLS_MS - 1);
  assert.equal(registry.sum(only(use('10.0.0.1')).cell, targetFields.acquired), 7);
  use('10.0.0.2');
  clock.advance(RETIRED_CELLS_MS);
  use('10.0.0.2');
  assert.equal(registry.sum(only(use('10.0.0.1')).cell, targetFields.acquired), 0);
});

test('the next owner of a cell finds nothing of the one before', () => {
  const { clock, registry, use } = scene();
  const before = only(use('10.0.0.1'));
  for (const lane of [0, 1]) registry.view(before.cell, lane).lane.fill(3);
  const window = before.window;
  assert.ok(window !== null);
  registry.view(window, 0).shared.fill(9);
  // Nothing is held, for the cell to be given back at all.
  for (const field of [targetFields.connections, targetFields.inFlight])
    for (const lane of [0, 1]) registry.view(before.cell, lane).lane[field] = 0;
  use('10.0.0.2');
  clock.advance(RETIRED_CELLS_MS);
  use('10.0.0.2');
  const after = only(use('10.0.0.3'));
  assert.deepEqual(after.cell, before.cell);
  assert.deepEqual(
    [...registry.view(after.cell, 1).lane],
    Array.from({ length: targetFields.laneLength }, () => 0),
  );
  assert.ok(registry.view(after.window ?? window, 0).shared.every((word) => word === 0));
});

test('a cell of which something is still held is given to nobody', () => {
  const { clock, registry, use } = scene();
  const { cell } = only(use('10.0.0.1'));
  acquire(registry.view(cell, 1), targetFields.connections, 0);
  use('10.0.0.2');
  clock.advance(10 * RETIRED_CELLS_MS);
  use('10.0.0.2');
  assert.notDeepEqual(only(use('10.0.0.3')).cell, cell);
  assert.equal(registry.shared(cell, targetFields.connections), 1);
});
