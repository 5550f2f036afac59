/** Verdicts by the clock: thresholds, pace, spreading out, ejections that grow, what may not be ejected, slow start, new plans. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Config, HealthCheckConfig, PassiveHealthConfig, UpstreamConfig } from '../../src/config/model.ts';
import { compilePlan } from '../../src/proxy/control/compile-plan.ts';
import { Breakers } from '../../src/proxy/control/health/breakers.ts';
import { Health } from '../../src/proxy/control/health/health.ts';
import type { ProbeResult } from '../../src/proxy/control/health/probe-result.ts';
import { LabelRegistry } from '../../src/proxy/control/labels.ts';
import { LiveParts } from '../../src/proxy/control/live-parts.ts';
import { Breaker, readBreaker } from '../../src/proxy/shared/breaker.ts';
import { CellRegistry, admission, targetStateFields } from '../../src/proxy/shared/cells.ts';
import { readWindow, recordOutcome } from '../../src/proxy/shared/outcome-window.ts';
import type { Plan, PlanTarget } from '../../src/proxy/shared/plan.ts';
import { config, upstream } from '../helpers/data-plane.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const check: HealthCheckConfig = {
  type: { kind: 'tcp' },
  intervalMs: 10_000,
  timeoutMs: 5_000,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
};
const passive: PassiveHealthConfig = { failureRate: 50, windowRequests: 10, ejectMs: 30_000, maxEjectedPercent: 50 };

/** Health over a fake network: `answers` says what a probe of a port finds now; `null` = it hangs until `answer` is called. */
class Scene {
  readonly clock = new ManualClock();
  readonly registry = new CellRegistry(1);
  readonly answers = new Map<number, boolean | null>();
  readonly probes: { readonly port: number; readonly at: number }[] = [];
  readonly lines: string[] = [];
  readonly hanging: ((ok: boolean) => void)[] = [];
  flips = 0;
  /** This process has no descriptor left. */
  wanting = false;
  readonly health: Health;
  readonly breakers: Breakers;
  plan!: Plan;
  #serial = 0;
  readonly #labels = { routeLabels: new LabelRegistry(), upstreamLabels: new LabelRegistry() };

  constructor(t: TestContext, random: () => number = () => 0) {
    const { clock, registry } = this;
    const say =
      (level: string) =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
        const { upstream: name, target, from, to, why } = fields as Record<string, string>;
        this.lines.push([level, message, target ?? name, `${from}→${to}`, why].join(' | '));
      };
    const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
    this.breakers = new Breakers({ clock, registry, log, plan: () => this.plan });
    this.health = new Health({
      clock,
      random,
      registry,
      log,
      breakers: this.breakers,
      onFlip: () => void this.flips++,
      onReadiness: () => {},
      probe: async ({ socket }) => {
        const port = socket.kind === 'tcp' ? socket.port : 0;
        this.probes.push({ port, at: clock.now() });
        if (this.wanting) return { ...result(false, clock.wallMs()), code: 'OWN' };
        const set = this.answers.get(port);
        const ok = set === null ? await new Promise<boolean>((resolve) => this.hanging.push(resolve)) : set !== false;
        return result(ok, clock.wallMs());
      },
    });
    t.after(() => this.health.stop());
  }

  follow(...upstreams: UpstreamConfig[]): void {
    const settings: Config = config({ routes: [], upstreams });
    this.plan = compilePlan(settings, {
      serial: ++this.#serial,
      generation: this.#serial,
      digest: '',
      daemonId: '',
      workerCount: 1,
      registry: this.registry,
      ...this.#labels,
      live: new LiveParts({}).of(settings),
    });
    this.health.follow(settings, this.plan);
  }

  target(port: number): PlanTarget {
    const found = this.plan.upstreams
      .flatMap(({ targets }) => targets)
      .find(({ address }) => address.endsWith(`:${port}`));
    return found ?? assert.fail(`no target ${port}`);
  }

  admission(port: number): number {
    return this.registry.shared(this.target(port).state, targetStateFields.admission);
  }

  withheld(port: number): number {
    return this.registry.shared(this.target(port).state, targetStateFields.withheld);
  }

  verdict(port: number): string | null {
    return this.health.of(this.target(port).id)?.verdict ?? null;
  }

  /** Turns the clock in small steps, so that what probes begin can end. */
  async pass(ms: number, step = 100): Promise<void> {
    for (let left = ms; left > 0; left -= step) {
      this.clock.advance(Math.min(step, left));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** What workers do when requests of a target fail, until one of them says so. */
  fail(port: number, requests = passive.windowRequests): void {
    const { window, id } = this.target(port);
    const cell = this.registry.view(window ?? assert.fail('no window'), 0);
    for (let request = 0; request < requests; request++) {
      if (!recordOutcome(cell, true, passive.failureRate)) continue;
      const { failures, requests: seen } = readWindow(cell);
      this.health.failing({ kind: 'failing', target: id, failures, requests: seen });
    }
  }

  said(message: string): readonly string[] {
    return this.lines.filter((line) => line.includes(`| ${message} |`));
  }
}

function result(ok: boolean, atMs: number): ProbeResult {
  const found = ok
    ? ({ ok, code: 'L4OK', words: 'connected' } as const)
    : ({ ok, code: 'L4CON', words: 'refused' } as const);
  return { ...found, status: null, latencyMs: 1, atMs };
}

test('before the first result a target is unknown and takes traffic; the first result decides at once', async (t) => {
  const scene = new Scene(t);
  scene.answers.set(1, false).set(2, true);
  scene.follow(upstream([1, 2], { healthCheck: check }));
  assert.deepEqual([scene.verdict(1), scene.admission(1)], ['unknown', 0]);
  await scene.pass(100);
  assert.deepEqual([scene.verdict(1), scene.admission(1)], ['unhealthy', admission.unhealthy]);
  assert.deepEqual([scene.verdict(2), scene.admission(2)], ['healthy', 0]);
  assert.equal(scene.flips, 2);
  assert.deepEqual(scene.said('Target unhealthy'), [
    'warn | Target unhealthy | 127.0.0.1:1 | unknown→unhealthy | refused',
  ]);
});

test('a healthy target goes after three failures in a row, not after two of three', async (t) => {
  const scene = new Scene(t);
  scene.follow(upstream([1, 2], { healthCheck: check }));
  await scene.pass(100);
  for (const [ok, verdict] of [
    [false, 'healthy'],
    [false, 'healthy'],
    [true, 'healthy'],
    [false, 'healthy'],
    [false, 'healthy'],
    [false, 'unhealthy'],
  ] as const) {
    scene.answers.set(1, ok);
    await scene.pass(check.intervalMs);
    assert.equal(scene.verdict(1), verdict);
  }
  assert.equal(scene.verdict(2), 'healthy');
});

test('a target that answers again is back after two successes, which fit into one interval', async (t) => {
  const scene = new Scene(t);
  scene.answers.set(1, false);
  scene.follow(upstream([1], { healthCheck: check }));
  await scene.pass(20_000);
  assert.equal(scene.verdict(1), 'unhealthy');
  // The worst moment: right after a probe that still failed.
  const seen = scene.probes.length;
  while (scene.probes.length === seen) await scene.pass(100);
  scene.answers.set(1, true);
  await scene.pass(check.intervalMs - 100);
  assert.equal(scene.admission(1), admission.unhealthy);
  await scene.pass(200);
  assert.deepEqual([scene.verdict(1), scene.admission(1)], ['healthy', 0]);
  assert.deepEqual(scene.said('Upstream up'), ['info | Upstream up | origin | down→up | ']);
});

test('a breaker that opened while the target was down is closed when the check says that it is back', async (t) => {
  const scene = new Scene(t);
  const breaker = { failureThreshold: 1, successThreshold: 2, timeoutMs: 300_000, halfOpenMaxRequests: 3 };
  scene.answers.set(1, false).set(2, true);
  scene.follow(upstream([1, 2], { healthCheck: check, circuitBreaker: breaker }));
  await scene.pass(100);
  const stateOf = (port: number) => {
    const view = scene.registry.view(scene.target(port).breaker?.cell ?? assert.fail(), 0);
    return { view, state: readBreaker(view).state };
  };
  for (const port of [1, 2]) {
    const { view } = stateOf(port);
    const beside = new Breaker(view, breaker, () => {});
    beside.failed(beside.admit(scene.clock.now()), scene.clock.now(), 'connect_refused');
    assert.equal(stateOf(port).state, 'open');
  }
  scene.answers.set(1, true);
  await scene.pass(check.intervalMs);
  assert.equal(scene.verdict(1), 'healthy');
  assert.equal(stateOf(1).state, 'closed');
  // The check of the other never failed: it says nothing about what opened its breaker.
  assert.equal(stateOf(2).state, 'open');
  assert.equal(scene.said('Circuit breaker closed').length, 1);
});

test('a probe that could not even be sent changes no verdict, and is shown', async (t) => {
  const scene = new Scene(t);
  scene.follow(upstream([1], { healthCheck: check }));
  await scene.pass(100);
  scene.wanting = true;
  await scene.pass(60_000, 1_000);
  assert.deepEqual([scene.verdict(1), scene.admission(1)], ['healthy', 0]);
  const health = scene.health.of(scene.target(1).id);
  assert.equal(health?.last?.code, 'OWN');
  assert.deepEqual(health?.counts, { passed: 1, failed: 0 });
  assert.equal((await scene.health.checkNow('origin'))[0]?.result.code, 'OWN');
});

test('probes go from start to start, and one that hangs is not joined by another', async (t) => {
  const scene = new Scene(t);
  scene.follow(upstream([1], { healthCheck: check }));
  await scene.pass(30_050, 50);
  const starts = scene.probes.map(({ at }) => at);
  assert.deepEqual(
    starts.slice(1).map((at, index) => at - (starts[index] as number)),
    [10_000, 10_000, 10_000],
  );
  scene.answers.set(1, null);
  await scene.pass(10_000);
  const before = scene.probes.length;
  await scene.pass(50_000);
  assert.equal(scene.probes.length, before);
  scene.hanging[0]?.(false);
  await scene.pass(200);
  // Late: the next one does not wait for another interval.
  assert.equal(scene.probes.length, before + 1);
});

test('five hundred targets are spread over the interval, and each keeps its pace', async (t) => {
  let seed = 1;
  const scene = new Scene(t, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  });
  const ports = Array.from({ length: 500 }, (_, index) => index + 1);
  const everySecond = { ...check, intervalMs: 1_000, timeoutMs: 1_000 };
  scene.follow(upstream(ports, { healthCheck: everySecond }));
  await scene.pass(10_000, 10);
  const from = scene.clock.now() - 5_000;
  const late = scene.probes.filter(({ at }) => at >= from);
  // At least one a second each, and at most a tenth more than that, as chance only makes it sooner.
  assert.ok(late.length >= 2_500 && late.length <= 2_500 * 1.12, String(late.length));
  const slots = new Map<number, number>();
  for (const { at } of late) {
    const slot = Math.floor((at - from) / 100);
    slots.set(slot, (slots.get(slot) ?? 0) + 1);
  }
  const fullest = Math.max(...slots.values());
  assert.ok(fullest < 100, `${fullest} of 500 in one tenth of a second`);
  for (const port of ports.slice(0, 20)) {
    const starts = scene.probes.filter((one) => one.port === port).map(({ at }) => at);
    const gaps = starts.slice(1).map((at, index) => at - (starts[index] as number));
    assert.ok(Math.max(...gaps) <= 1_010, `${port}: ${gaps}`);
  }
});

test('no more than five hundred and twelve probes hang at once; the others wait for a place', async (t) => {
  const scene = new Scene(t);
  const ports = Array.from({ length: 520 }, (_, index) => index + 1);
  for (const port of ports) scene.answers.set(port, null);
  scene.follow(upstream(ports, { healthCheck: check }));
  await scene.pass(100);
  assert.equal(scene.probes.length, 512);
  for (const answer of scene.hanging.splice(0, 3)) answer(true);
  await scene.pass(100);
  assert.equal(scene.probes.length, 515);
});

test('an ejection lasts twice as long each time, up to a bound, and is forgotten after a quiet time', async (t) => {
  const scene = new Scene(t);
  scene.follow(upstream([1, 2], { passiveHealth: passive }));
  const lasting: number[] = [];
  for (let round = 0; round < 6; round++) {
    scene.fail(1);
    assert.equal(scene.admission(1), admission.ejected);
    const began = scene.clock.now();
    while (scene.admission(1) !== 0) await scene.pass(1_000, 1_000);
    lasting.push((scene.clock.now() - began) / passive.ejectMs);
    assert.equal(readWindow(scene.registry.view(scene.target(1).window as never, 0)).requests, 0);
  }
  assert.deepEqual(lasting, [1, 2, 4, 8, 16, 16]);
  await scene.pass(16 * passive.ejectMs, 10_000);
  scene.fail(1);
  assert.equal(scene.health.of(scene.target(1).id)?.ejection?.forMs, passive.ejectMs);
  assert.match(
    scene.said('Target ejected')[0] as string,
    /127\.0\.0\.1:1 \| available→ejected \| 10 of the last 10 requests failed/,
  );
  assert.match(scene.said('Target returned')[0] as string, /ejected→available/);
});

test('at most half of an upstream is ejected, one of two may be, and never the last', async (t) => {
  const scene = new Scene(t);
  scene.follow(
    upstream([1, 2, 3], { passiveHealth: passive }),
    upstream([4, 5], { name: 'pair', passiveHealth: passive }),
    upstream([6], { name: 'single', passiveHealth: passive }),
    upstream([7, 8, 9, 10], { name: 'kept', passiveHealth: passive, minHealthy: { percent: 75 } }),
  );
  for (const port of [1, 2, 3, 4, 5, 6, 7, 8]) scene.fail(port);
  const out = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter((port) => scene.admission(port) !== 0);
  assert.deepEqual(out, [1, 4, 7]);
  const why = scene.said('Target not ejected').map((line) => line.split(' | ').at(-1));
  assert.deepEqual(why, [
    '10 of the last 10 requests failed, but 1 of 3 targets are ejected, and max-ejected-percent is 50',
    '10 of the last 10 requests failed, but 1 of 3 targets are ejected, and max-ejected-percent is 50',
    '10 of the last 10 requests failed, but no other target could take its requests',
    '10 of the last 10 requests failed, but no other target could take its requests',
    '10 of the last 10 requests failed, but min-healthy wants 3 of 4 targets to stay',
  ]);
  // Judged again from the start, and said again only when it is news.
  const { window } = scene.target(5);
  assert.deepEqual(readWindow(scene.registry.view(window ?? assert.fail(), 0)), { requests: 0, failures: 0 });
  scene.fail(5, passive.windowRequests - 1);
  assert.equal(scene.said('Target not ejected').length, 5);
  await scene.pass(passive.ejectMs, 1_000);
  scene.fail(5);
  assert.equal(scene.admission(5), admission.ejected);
});

test('whoever allows ejection at all allows one of two targets, and none where the share is zero', (t) => {
  const scene = new Scene(t);
  scene.follow(
    upstream([1, 2], { name: 'some', passiveHealth: { ...passive, maxEjectedPercent: 1 } }),
    upstream([3, 4], { name: 'none', passiveHealth: { ...passive, maxEjectedPercent: 0 } }),
  );
  for (const port of [1, 3]) scene.fail(port);
  assert.deepEqual([scene.admission(1), scene.admission(3)], [admission.ejected, 0]);
});

test('a target whose only fellow is down by its check or its breaker is not ejected, even if it is broken itself', async (t) => {
  const scene = new Scene(t);
  scene.answers.set(2, false);
  const breaker = { failureThreshold: 1, successThreshold: 2, timeoutMs: 30_000, halfOpenMaxRequests: 3 };
  scene.follow(
    upstream([1, 2], { passiveHealth: passive, healthCheck: check }),
    upstream([3, 4], { name: 'broken', passiveHealth: passive, circuitBreaker: breaker }),
  );
  await scene.pass(100);
  const force = (id: string) => scene.breakers.set(scene.breakers.find(id) ?? assert.fail(), 'forced_open', 'test');
  force('broken/127.0.0.1:4');
  scene.fail(1);
  scene.fail(3);
  // Its last requests ended after its breaker had opened: no reason to let both go.
  force('broken/127.0.0.1:3');
  scene.fail(3);
  assert.deepEqual([scene.admission(1), scene.admission(3), scene.admission(4)], [0, 0, 0]);
  // Out by its check: an ejection on top would only keep it out when it is back.
  scene.fail(2);
  assert.equal(scene.admission(2), admission.unhealthy);
  scene.answers.set(2, true);
  await scene.pass(check.intervalMs);
  assert.equal(scene.admission(2), 0);
});

test('an ejected target stays out for its time though its check passes, and then for as long as its check fails', async (t) => {
  const scene = new Scene(t);
  scene.follow(upstream([1, 2, 3], { passiveHealth: passive, healthCheck: check }));
  await scene.pass(100);
  scene.fail(1);
  await scene.pass(20_000, 1_000);
  assert.equal(scene.verdict(1), 'healthy');
  assert.equal(scene.admission(1), admission.ejected);
  await scene.pass(10_000, 1_000);
  assert.equal(scene.admission(1), 0);
  scene.fail(1);
  scene.answers.set(1, false);
  await scene.pass(30_000, 1_000);
  assert.equal(scene.admission(1), admission.ejected | admission.unhealthy);
  await scene.pass(31_000, 1_000);
  assert.equal(scene.admission(1), admission.unhealthy);
  assert.equal(scene.said('Ejection over').length, 1);
  scene.answers.set(1, true);
  await scene.pass(check.intervalMs, 1_000);
  assert.equal(scene.admission(1), 0);
});

test('what comes back gets its share little by little; what is there from the start does not', async (t) => {
  const scene = new Scene(t);
  scene.answers.set(1, false);
  const slow = { healthCheck: check, slowStartMs: 20_000 };
  scene.follow(upstream([1, 2], slow));
  await scene.pass(100);
  assert.equal(scene.withheld(2), 0);
  scene.answers.set(1, true);
  while (scene.admission(1) !== 0) await scene.pass(100);
  assert.ok(scene.withheld(1) >= 890 && scene.withheld(1) <= 900, String(scene.withheld(1)));
  await scene.pass(10_000);
  assert.ok(Math.abs(scene.withheld(1) - 450) <= 20, String(scene.withheld(1)));
  await scene.pass(10_000);
  assert.equal(scene.withheld(1), 0);
  await scene.pass(1_000);
  assert.equal(scene.withheld(1), 0);
  // Another target of the same upstream, while these run.
  scene.follow(upstream([1, 2, 3], slow));
  assert.deepEqual([scene.withheld(1), scene.withheld(3)], [0, 900]);
  scene.answers.set(3, false);
  await scene.pass(100);
  assert.deepEqual([scene.withheld(3), scene.admission(3)], [0, admission.unhealthy]);
});

test('a new plan keeps what is known of targets that stay, other thresholds or not', async (t) => {
  const scene = new Scene(t);
  scene.answers.set(1, false);
  const settings = { healthCheck: check, passiveHealth: passive };
  scene.follow(upstream([1, 2, 3], settings));
  await scene.pass(100);
  scene.fail(2);
  scene.follow(upstream([1, 2, 3, 4], settings));
  assert.deepEqual([scene.verdict(1), scene.admission(1)], ['unhealthy', admission.unhealthy]);
  assert.deepEqual([scene.verdict(2), scene.admission(2)], ['healthy', admission.ejected]);
  assert.equal(scene.verdict(4), 'unknown');
  await scene.pass(1_000);
  assert.equal(scene.verdict(4), 'healthy');
  // As the runbooks say in an outage: more patience. What is dead gets no request for that, nor do the others lose theirs.
  scene.follow(
    upstream([1, 2, 3, 4], { ...settings, healthCheck: { ...check, unhealthyThreshold: 5, timeoutMs: 9_000 } }),
  );
  assert.deepEqual([scene.verdict(1), scene.admission(1)], ['unhealthy', admission.unhealthy]);
  assert.deepEqual([scene.verdict(2), scene.admission(2)], ['healthy', admission.ejected]);
  assert.deepEqual([scene.verdict(3), scene.admission(3)], ['healthy', 0]);
  await scene.pass(1_000);
  assert.equal(scene.admission(1), admission.unhealthy);
  // No check, no passive health: nothing is left that could keep a target out, and nothing is asked.
  scene.follow(upstream([1, 2], {}));
  assert.deepEqual([scene.verdict(1), scene.admission(1), scene.admission(2)], [null, 0, 0]);
  const asked = scene.probes.length;
  await scene.pass(30_000, 1_000);
  assert.equal(scene.probes.length, asked);
});

test('where another thing is asked, verdicts stay until it is answered: one success then brings a target back, one failure takes none out', async (t) => {
  const scene = new Scene(t);
  const named = (path: string): HealthCheckConfig => ({
    ...check,
    type: { kind: 'http', path, expectedStatus: [[200, 200]], host: null, expectedBody: null },
  });
  scene.answers.set(1, false);
  scene.answers.set(2, false);
  scene.follow(upstream([1, 2, 3], { healthCheck: named('/heath') }));
  await scene.pass(100);
  // The path was wrong. The second target is ill all the same, and the third fails now.
  scene.answers.set(1, true);
  scene.answers.set(3, false);
  scene.follow(upstream([1, 2, 3], { healthCheck: named('/health') }));
  assert.deepEqual(
    [1, 2, 3].map((port) => scene.admission(port)),
    [admission.unhealthy, admission.unhealthy, 0],
  );
  await scene.pass(1_000);
  assert.deepEqual(
    [1, 2, 3].map((port) => scene.verdict(port)),
    ['healthy', 'unhealthy', 'healthy'],
  );
  // From there on the thresholds hold: two successes, three failures.
  scene.answers.set(2, true);
  const asked = scene.probes.filter(({ port }) => port === 2).length;
  while (scene.verdict(2) === 'unhealthy') await scene.pass(100);
  assert.equal(scene.probes.filter(({ port }) => port === 2).length, asked + 2);
  const failing = scene.probes.filter(({ port }) => port === 3).length;
  while (scene.verdict(3) === 'healthy') await scene.pass(100);
  assert.ok(scene.probes.filter(({ port }) => port === 3).length <= failing + 2);
});

test('a target that is gone and comes back is judged anew', async (t) => {
  const scene = new Scene(t);
  scene.answers.set(2, false);
  scene.follow(upstream([1, 2], { healthCheck: check }));
  await scene.pass(100);
  assert.equal(scene.admission(2), admission.unhealthy);
  scene.follow(upstream([1], { healthCheck: check }));
  const asked = scene.probes.filter(({ port }) => port === 2).length;
  await scene.pass(30_000, 1_000);
  assert.equal(scene.probes.filter(({ port }) => port === 2).length, asked);
  scene.answers.set(2, true);
  scene.follow(upstream([1, 2], { healthCheck: check }));
  assert.deepEqual([scene.verdict(2), scene.admission(2)], ['unknown', 0]);
});

test('upstreams with too few targets are named, with numbers', async (t) => {
  const scene = new Scene(t);
  for (const port of [1, 2, 3, 4]) scene.answers.set(port, false);
  scene.follow(
    upstream([1, 2, 3], { name: 'api', healthCheck: check }),
    upstream([4, 5, 6], { name: 'web', healthCheck: check, minHealthy: { count: 3 } }),
    upstream([7, 8], { name: 'fine', healthCheck: check }),
    upstream([], { name: 'empty' }),
  );
  assert.deepEqual(scene.health.degraded, ['upstream empty: no targets']);
  await scene.pass(100);
  assert.deepEqual(scene.health.degraded, [
    'upstream api: 0 of 3 targets healthy',
    'upstream web: 2 of 3 targets take requests, min-healthy is 3',
    'upstream empty: no targets',
  ]);
  assert.deepEqual(scene.said('Upstream down'), [
    'error | Upstream down | empty | up→down | upstream empty: no targets',
    'error | Upstream down | api | up→down | upstream api: 0 of 3 targets healthy',
  ]);
});

test('a probe by order counts for the verdict, joins one under way, and only connects where no check is configured', async (t) => {
  const scene = new Scene(t);
  scene.follow(upstream([1], { healthCheck: check }), upstream([2], { name: 'unchecked' }));
  await scene.pass(100);
  scene.answers.set(1, false).set(2, false);
  for (let order = 1; order <= 3; order++) {
    const [found] = await scene.health.checkNow('origin');
    assert.deepEqual([found?.target, found?.result.ok, found?.check], ['127.0.0.1:1', false, check]);
    assert.equal(scene.verdict(1), order < 3 ? 'healthy' : 'unhealthy');
  }
  const [plain] = await scene.health.checkNow('unchecked');
  assert.deepEqual([plain?.check, plain?.result.ok], [null, false]);
  assert.deepEqual([scene.verdict(2), scene.admission(2)], [null, 0]);
  scene.answers.set(1, null);
  const asked = () => scene.probes.filter(({ port }) => port === 1).length;
  const before = asked();
  const both = Promise.all([scene.health.checkNow('origin'), scene.health.checkNow(null)]);
  await scene.pass(100);
  assert.equal(asked(), before + 1);
  scene.hanging[0]?.(true);
  assert.deepEqual(
    (await both).map((all) => all.length),
    [1, 2],
  );
});
