/** The run-time layer on its own, by a clock of the test: how entries are put in force, end, sleep and outlive a process. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Config, UpstreamConfig } from '../../src/config/model.ts';
import { Logging } from '../../src/proxy/control/logging.ts';
import type { OverrideEntry, OverrideSetting } from '../../src/proxy/control/overrides/entry.ts';
import { layOver } from '../../src/proxy/control/overrides/layer.ts';
import { Overrides } from '../../src/proxy/control/overrides/overrides.ts';
import { StandingWarnings } from '../../src/proxy/control/standing-warnings.ts';
import { openLogTarget } from '../../src/proxy/shared/log-target.ts';
import { testFolder } from '../helpers/daemon.ts';
import { config, route, upstream } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const minute = 60_000;

interface LayerScene {
  readonly clock: ManualClock;
  readonly overrides: Overrides;
  readonly warnings: StandingWarnings;
  readonly folder: string;
  /** What the layer made of the file, each time that it was put in force. */
  readonly forced: Config[];
  /** Why the next attempt fails; null = it does not. */
  failing: string | null;
  file: Config;
  entry(setting: OverrideSetting, forMs?: number | null): OverrideEntry;
  /** Names of the events so far, each with its subject. */
  events(): readonly string[];
}

function base(timeoutMs = 0): Config {
  const plain = config({
    upstreams: [upstream([1, 2], { name: 'a' }), upstream([3], { name: 'b' })],
    routes: [route({ id: 'api', upstream: 'a' })],
  });
  return { ...plain, routes: plain.routes.map((one) => ({ ...one, policies: { ...one.policies, timeoutMs } })) };
}

function layerScene(t: TestContext, folder = testFolder(t), clock = new ManualClock()): LayerScene {
  const logFile = join(folder, 'log');
  const logging = new Logging({ clock, environment: {}, stdout: openLogTarget(logFile), level: 'debug' });
  const warnings = new StandingWarnings(logging.module('daemon'));
  const scene = {
    clock,
    warnings,
    folder,
    forced: [] as Config[],
    failing: null as string | null,
    file: base(),
    entry: (setting: OverrideSetting, forMs: number | null = 30 * minute): OverrideEntry => ({
      ...setting,
      actor: 'user op',
      reason: 'test',
      setAt: clock.wallMs(),
      expiresAt: forMs === null ? null : clock.wallMs() + forMs,
    }),
    events: () =>
      readFileSync(logFile, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter((line) => String(line['event']).startsWith('override'))
        .map((line) => `${String(line['event'])} ${String(line['subject'])}`),
  };
  const overrides: Overrides = new Overrides({
    clock,
    log: logging.module('overrides'),
    warnings,
    instance: { find: () => folder, ensure: () => folder },
    relayer: async () => {
      if (scene.failing !== null) throw new Error(scene.failing);
      scene.forced.push(overrides.over(scene.file));
    },
    base: () => scene.file,
    onChange: () => {},
  });
  t.after(() => overrides.close());
  return Object.assign(scene, { overrides });
}

const slow = { kind: 'timeout', subject: 'api', key: 'timeout-secs', value: 60 } as const;
const fewer = { kind: 'limits', subject: 'max-total-connections', key: null, value: 20 } as const;

test('a value is in force until its time is over, and its end is put in force and said', async (t) => {
  const scene = layerScene(t);
  await scene.overrides.set([scene.entry(slow), scene.entry(fewer, 60 * minute)]);
  assert.equal(scene.forced.at(-1)?.routes[0]?.policies.timeoutMs, 60_000);
  assert.equal(scene.forced.at(-1)?.limits.maxTotalConnections, 20);
  scene.clock.advance(30 * minute - 1);
  assert.equal(scene.overrides.all.length, 2);
  scene.clock.advance(1);
  await eventually(() => assert.equal(scene.forced.at(-1)?.routes[0]?.policies.timeoutMs, 0));
  assert.equal(scene.forced.at(-1)?.limits.maxTotalConnections, 20, 'the other lasts longer');
  scene.clock.advance(30 * minute);
  await eventually(() => assert.equal(scene.forced.at(-1)?.limits.maxTotalConnections, 10_000));
  await eventually(() =>
    assert.deepEqual(scene.events().slice(-2), ['override_expired api', 'override_expired max-total-connections']),
  );
});

test('what cannot be put in force is taken back whole, and its predecessor stays', async (t) => {
  const scene = layerScene(t);
  await scene.overrides.set([scene.entry(slow)]);
  scene.failing = 'the workers could not';
  const both = [scene.entry({ ...slow, value: 90 }), scene.entry(fewer)];
  await assert.rejects(scene.overrides.set(both), /the workers could not/);
  await assert.rejects(
    scene.overrides.clear(() => true, 'user op', null),
    /the workers could not/,
  );
  assert.deepEqual(
    scene.overrides.all.map(({ subject, value }) => [subject, value]),
    [['api', 60]],
  );
  await eventually(() => assert.deepEqual(scene.events(), ['override_set api']));
});

test('an end that cannot be put in force is a standing warning and tried until it is', async (t) => {
  const scene = layerScene(t);
  await scene.overrides.set([scene.entry(slow, minute)]);
  scene.failing = 'a worker is stuck';
  scene.clock.advance(minute);
  await eventually(() => assert.match(scene.warnings.texts.join(), /SNT-A033.*a worker is stuck/));
  scene.failing = null;
  scene.clock.advance(5000);
  await eventually(() => assert.deepEqual(scene.warnings.texts, []));
  assert.equal(scene.forced.at(-1)?.routes[0]?.policies.timeoutMs, 0);
});

test('the next process has what is not over, and says what ended meanwhile', async (t) => {
  const first = layerScene(t);
  await first.overrides.set([first.entry(slow, minute), first.entry(fewer, 60 * minute)]);
  first.overrides.close();
  first.clock.advance(2 * minute);
  const second = layerScene(t, first.folder, first.clock);
  assert.deepEqual(
    second.overrides.all.map(({ subject, actor, reason }) => [subject, actor, reason]),
    [['max-total-connections', 'user op', 'test']],
  );
  await eventually(() => assert.ok(second.events().includes('override_expired api')));
  assert.equal(second.overrides.over(base()).limits.maxTotalConnections, 20);
});

test('a file that no daemon wrote is put aside with a warning, and nothing of it is in force', (t) => {
  const folder = testFolder(t);
  writeFileSync(join(folder, 'overrides.json'), '{"schema":"sentinel.overrides/1","value":[{"kind":"limits"}]}');
  const scene = layerScene(t, folder);
  assert.deepEqual(scene.overrides.all, []);
  assert.match(scene.warnings.texts.join(), /SNT-A032.*overrides\.json\.unusable/);
});

test('an override ends when the file says the same', async (t) => {
  const scene = layerScene(t);
  await scene.overrides.set([scene.entry(slow), scene.entry(fewer)]);
  scene.file = base(60_000);
  scene.overrides.follow(scene.file);
  assert.deepEqual(
    scene.overrides.all.map(({ subject }) => subject),
    ['max-total-connections'],
  );
  await eventually(() => assert.deepEqual(scene.events().slice(-1), ['override_settled api']));
});

test('an override whose subject leaves the file sleeps, and is in force again when it comes back', async (t) => {
  const scene = layerScene(t);
  await scene.overrides.set([scene.entry(slow)]);
  scene.file = { ...base(), routes: [] };
  scene.overrides.follow(scene.file);
  assert.match(scene.overrides.dormant(scene.overrides.all[0] as OverrideEntry) ?? '', /there is no route api/);
  assert.deepEqual(scene.overrides.over(scene.file).routes, []);
  scene.file = base();
  scene.overrides.follow(scene.file);
  assert.equal(scene.overrides.over(scene.file).routes[0]?.policies.timeoutMs, 60_000);
  await eventually(() => assert.deepEqual(scene.events().slice(-2), ['override_dormant api', 'override_awake api']));
});

test('what is said of one route is stronger than what is said of all, whichever came first', async (t) => {
  const scene = layerScene(t);
  const one = { kind: 'rate-limit', subject: 'api', key: null, value: { 'requests-per-second': 9 } } as const;
  await scene.overrides.set([scene.entry(one)]);
  await scene.overrides.set([scene.entry({ ...one, subject: '*', value: { 'requests-per-second': 2 } })]);
  assert.equal(scene.forced.at(-1)?.routes[0]?.policies.rateLimit?.requestsPerSecond, 9);
});

test('a body limit that is lowered binds every route, one that is raised those alone that had it from the limit', async (t) => {
  const scene = layerScene(t);
  const [first] = scene.file.routes;
  const own = { ...first, id: 'own', policies: { ...first?.policies, maxBodyBytes: 1000 } } as Config['routes'][number];
  scene.file = { ...scene.file, routes: [...scene.file.routes, own] };
  const bodies = () => scene.forced.at(-1)?.routes.map(({ policies }) => policies.maxBodyBytes);
  const limit = { kind: 'limits', subject: 'max-body-size-bytes', key: null } as const;
  await scene.overrides.set([scene.entry({ ...limit, value: 500 })]);
  assert.deepEqual(bodies(), [500, 500]);
  await scene.overrides.set([scene.entry({ ...limit, value: 50_000_000 })]);
  assert.deepEqual(bodies(), [50_000_000, 1000]);
});

test('a weight is that of one target, by its address or by the name behind which it is', async (t) => {
  const scene = layerScene(t);
  const weight = { kind: 'weight', key: null } as const;
  await scene.overrides.set([
    scene.entry({ ...weight, subject: 'a/app:80', value: 3 }, null),
    scene.entry({ ...weight, subject: 'a/10.0.0.1:80', value: 0 }, null),
  ]);
  const of = (address: string, name = 'a') => scene.overrides.weightOf({ name }, { address, written: 'app:80' });
  assert.deepEqual([of('10.0.0.1:80'), of('10.0.0.2:80'), of('10.0.0.1:80', 'b')], [0, 3, null]);
});

test('what is said of one route stays beside what is said of all, also where the file says the same of it', async (t) => {
  const scene = layerScene(t);
  const one = { kind: 'rate-limit', subject: 'api', key: null, value: { 'requests-per-second': 9 } } as const;
  await scene.overrides.set([scene.entry({ ...one, subject: '*', value: { 'requests-per-second': 2 } })]);
  await scene.overrides.set([scene.entry(one)]);
  scene.file = layOver(base(), [scene.entry(one)]);
  scene.overrides.follow(scene.file);
  assert.equal(scene.overrides.over(scene.file).routes[0]?.policies.rateLimit?.requestsPerSecond, 9);
  assert.equal(scene.overrides.all.length, 2);
});

test('how long a check may take holds whichever was said first, it or how often it is made', async (t) => {
  const scene = layerScene(t);
  const [first, ...others] = scene.file.upstreams;
  const check = { intervalMs: 2000, timeoutMs: 1000 } as UpstreamConfig['healthCheck'];
  scene.file = { ...scene.file, upstreams: [{ ...first, healthCheck: check } as UpstreamConfig, ...others] };
  const health = { kind: 'health', subject: 'a' } as const;
  await scene.overrides.set([scene.entry({ ...health, key: 'timeout-secs', value: 8 })]);
  await scene.overrides.set([scene.entry({ ...health, key: 'interval-secs', value: 10 })]);
  const forced = scene.forced.at(-1)?.upstreams[0]?.healthCheck;
  assert.deepEqual([forced?.intervalMs, forced?.timeoutMs], [10_000, 8000]);
});

test('names of upstreams may have slashes', async (t) => {
  const scene = layerScene(t);
  scene.file = { ...scene.file, upstreams: [...scene.file.upstreams, upstream([4], { name: 'a/b' })] };
  const address = scene.file.upstreams.at(-1)?.targets[0]?.address as string;
  await scene.overrides.set([
    scene.entry({ kind: 'weight', subject: `a/b/${address}`, key: null, value: 0 }, null),
    scene.entry({ kind: 'target', subject: 'a/b/unix:/run/a.sock', key: null, value: 4 }, null),
  ]);
  assert.equal(scene.overrides.weightOf({ name: 'a/b' }, { address, written: address }), 0);
  assert.deepEqual(
    scene.forced.at(-1)?.upstreams.map(({ targets }) => targets.length),
    [2, 1, 2],
  );
  assert.deepEqual(
    scene.overrides.all.map((entry) => scene.overrides.dormant(entry)),
    [null, null],
  );
});

test('there is an end to how many values lie over a file, and those that are there can still be changed', async (t) => {
  const scene = layerScene(t);
  const added = (at: number) =>
    scene.entry({ kind: 'target', subject: `a/10.${at >> 8}.${at & 255}.1:80`, key: null, value: 1 }, null);
  await scene.overrides.set(Array.from({ length: 1000 }, (_, at) => added(at)));
  scene.overrides.follow({ ...scene.file });
  assert.equal(scene.forced.at(-1)?.upstreams[0]?.targets.length, 1002);
  await assert.rejects(scene.overrides.set([added(1000)]), /there are 1000 overrides/);
  await scene.overrides.set([added(3)]);
  assert.equal(scene.overrides.all.length, 1000);
});

test('a layer that is closed tries no more to put in force that something is over', async (t) => {
  const scene = layerScene(t);
  await scene.overrides.set([scene.entry(slow)]);
  scene.failing = 'the workers do not answer';
  scene.clock.advance(30 * minute);
  await eventually(() => assert.ok(scene.warnings.texts.some((words) => words.includes('SNT-A033'))));
  const { length } = scene.forced;
  scene.overrides.close();
  scene.failing = null;
  scene.clock.advance(60_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(scene.forced.length, length);
});
