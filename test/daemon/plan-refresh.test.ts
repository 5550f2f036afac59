/** A configuration in force that is compiled again: one change at a time, all workers or none. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { LoadedConfig } from '../../src/config/load.ts';
import { Applier } from '../../src/proxy/control/applier.ts';
import { DaemonState } from '../../src/proxy/control/daemon-state.ts';
import { LabelRegistry } from '../../src/proxy/control/labels.ts';
import { LiveParts } from '../../src/proxy/control/live-parts.ts';
import { Logging } from '../../src/proxy/control/logging.ts';
import { fixedSettings } from '../../src/proxy/control/settings.ts';
import { StandingWarnings } from '../../src/proxy/control/standing-warnings.ts';
import type { Supervisor } from '../../src/proxy/control/supervisor.ts';
import { CellRegistry } from '../../src/proxy/shared/cells.ts';
import { openLogTarget } from '../../src/proxy/shared/log-target.ts';
import type { Plan } from '../../src/proxy/shared/plan.ts';
import { config, upstream } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

/** An applier over workers that do as the test says. */
async function scene(t: TestContext) {
  const clock = new ManualClock();
  const steps: string[] = [];
  const gates: (() => void)[] = [];
  const workers = { faults: [] as string[], slow: false };
  const hold = () => (workers.slow ? new Promise<void>((resolve) => gates.push(resolve)) : Promise.resolve());
  const supervisor = {
    async start(plan: Plan) {
      steps.push(`start ${plan.serial}`);
    },
    async prepare(plan: Plan) {
      steps.push(`prepare ${plan.serial}`);
      await hold();
      return workers.faults;
    },
    most: 1,
    shrink() {},
    async commit(plan: Plan) {
      steps.push(`commit ${plan.serial}`);
    },
    abandon(plan: Plan) {
      steps.push(`abandon ${plan.serial}`);
    },
  } as unknown as Supervisor;
  const logging = new Logging({ clock, environment: {}, stdout: openLogTarget('/dev/null'), level: null });
  t.after(() => logging.close());
  const state = new DaemonState();
  const warnings = new StandingWarnings(logging.module('daemon'));
  const wanted = config({ listeners: [], upstreams: [upstream([80])] });
  const loaded = {
    kind: 'ok',
    config: wanted,
    digest: 'd',
    diagnostics: [],
    secrets: [],
    settled: { routes: [] },
  } as unknown as LoadedConfig;
  const plans: number[] = [];
  const live = { port: 80 };
  const applier = new Applier({
    clock,
    environment: {},
    overrides: {},
    fixed: { ...fixedSettings(wanted, {}, {}), workers: 1 },
    pid: process.pid,
    daemonId: 'feedbeef',
    registry: new CellRegistry(1),
    routeLabels: new LabelRegistry(),
    upstreamLabels: new LabelRegistry(),
    logging,
    supervisor,
    state,
    warnings,
    live: new LiveParts({
      targets: {
        targetsOf: () => {
          const socket = { kind: 'tcp', host: '10.0.0.1', port: live.port } as const;
          return [{ address: `10.0.0.1:${live.port}`, written: 'api:80', socket, weight: 1 }];
        },
        unresolved: () => null,
      },
    }),
    layer: { over: (config) => config },
    onPlan: (plan) => void plans.push(plan.serial),
  });
  t.after(() => applier.close());
  await applier.start(loaded, 1);
  state.phase = 'running';
  const target = () => state.applied.plan.upstreams[0]?.targets[0]?.address;
  return { applier, clock, gates, live, loaded, plans, state, steps, target, warnings, workers };
}

test('a refresh brings what is live into all workers and keeps generation and revision', async (t) => {
  const { applier, live, plans, state, steps, target } = await scene(t);
  const { etag } = state;
  live.port = 81;
  assert.equal(await applier.refresh('addresses of api'), true);
  assert.equal(target(), '10.0.0.1:81');
  assert.equal(state.etag, etag);
  assert.equal(state.applied.plan.generation, 1);
  assert.deepEqual(steps, ['start 1', 'prepare 2', 'commit 2']);
  assert.deepEqual(plans, [1, 2]);
});

test('refreshes that are asked for while one is under way become one, which sees what is live then', async (t) => {
  const { applier, gates, live, steps, target, workers } = await scene(t);
  workers.slow = true;
  const first = applier.refresh('a');
  await eventually(() => gates.length === 1);
  const later = ['b', 'c', 'd'].map((reason) => applier.refresh(reason));
  live.port = 99;
  workers.slow = false;
  gates[0]?.();
  assert.deepEqual(await Promise.all([first, ...later]), [true, true, true, true]);
  assert.deepEqual(steps, ['start 1', 'prepare 2', 'commit 2', 'prepare 3', 'commit 3']);
  assert.equal(target(), '10.0.0.1:99');
});

test('a reload and a refresh never run at once', async (t) => {
  const { applier, gates, loaded, steps, state, workers } = await scene(t);
  workers.slow = true;
  const reload = applier.reload({ ...loaded, digest: 'e' });
  await eventually(() => gates.length === 1);
  const refresh = applier.refresh('a');
  workers.slow = false;
  gates[0]?.();
  await Promise.all([reload, refresh]);
  assert.deepEqual(steps, ['start 1', 'prepare 2', 'commit 2', 'prepare 3', 'commit 3']);
  assert.deepEqual([state.applied.digest, state.applied.plan.digest, state.applied.plan.generation], ['e', 'e', 2]);
});

test('a refresh that a worker cannot take leaves the plan before in force, says so, and is tried again', async (t) => {
  const { applier, clock, live, plans, steps, target, warnings, workers } = await scene(t);
  workers.faults = ['out of memory'];
  live.port = 81;
  assert.equal(await applier.refresh('addresses of api'), false);
  assert.equal(target(), '10.0.0.1:80');
  assert.match(warnings.texts.join(), /could not be put in force \(addresses of api\): .*out of memory/);
  assert.deepEqual(steps.slice(1), ['prepare 2', 'abandon 2']);
  workers.faults = [];
  clock.advance(5000);
  await eventually(() => plans.length === 2);
  assert.equal(target(), '10.0.0.1:81');
  assert.deepEqual(warnings.texts, []);
});

test('a daemon that drains puts no override in force, and does not say that it did', async (t) => {
  const { applier, state, steps } = await scene(t);
  state.phase = 'draining';
  await assert.rejects(applier.relayer('limits'), { code: 'SNT-P011', message: /is draining/ });
  assert.deepEqual(steps, ['start 1']);
});

test('a daemon that drains takes no refresh', async (t) => {
  const { applier, state, steps } = await scene(t);
  state.phase = 'draining';
  assert.equal(await applier.refresh('a'), false);
  assert.deepEqual(steps, ['start 1']);
});
