/** Drains on a clock of the test: deadlines, expiry, restarts, and targets that leave. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Config, UpstreamConfig } from '../../src/config/model.ts';
import { Drains, type DrainsOptions } from '../../src/proxy/control/drains/drains.ts';
import type { DrainOrder } from '../../src/proxy/control/drains/drain-record.ts';
import { KeptDrains } from '../../src/proxy/control/drains/kept-drains.ts';
import type { InstanceFolder } from '../../src/proxy/control/instance-folder.ts';
import { CellRegistry, targetFields } from '../../src/proxy/shared/cells.ts';
import type { Plan } from '../../src/proxy/shared/plan.ts';
import { config, upstream } from '../helpers/data-plane.ts';
import { testFolder } from '../helpers/daemon.ts';
import { turn } from '../helpers/dice.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

/** Drains over a plan whose weights they decide; `work` says how much is in flight, and answers for the workers. */
function scene(t: TestContext, folder = testFolder(t), clock = new ManualClock()) {
  const registry = new CellRegistry(2);
  const events: Record<string, unknown>[] = [];
  const held = new Map<string, boolean>();
  const warnings = new Map<string, string | null>();
  const note = (_message: string, fields: Record<string, unknown> = {}) => void events.push(fields);
  const log = { debug: note, info: note, warn: note, error: note };
  let names = 0;
  let now: { config: Config; targets: readonly (readonly [upstream: string, address: string, written: string])[] };
  const cut: string[][] = [];
  const instance = { find: () => folder, ensure: () => folder } as InstanceFolder;
  const cellOf = (name: string, address: string) =>
    registry.cell(`target/${name}/${address}`, targetFields.laneLength, targetFields.sharedLength);
  const plan = () =>
    ({
      upstreams: [...new Set(now.targets.map(([name]) => name))].map((name) => ({
        name,
        targets: now.targets
          .filter(([of]) => of === name)
          .map(([, address, written]) => ({
            id: `${name}/${address}`,
            address,
            written,
            weight: drains.of({ upstream: name, address, written }) === undefined ? 1 : 0,
            cell: cellOf(name, address),
          })),
      })),
    }) as unknown as Plan;
  const drains: Drains = new Drains({
    clock,
    newId: () => `d-${++names}`,
    log,
    warnings: { set: (subject: string, text: string | null) => void warnings.set(subject, text) } as never,
    registry,
    kept: new KeptDrains(instance, log),
    followUp: {
      async carryOut() {
        await turn();
        return { ok: true, lines: ['-a', '+b'], weights: [] };
      },
    } as never,
    health: () => ({ of: (id: string) => ({ drain: (on: boolean) => void held.set(id, on) }) }) as never,
    ask: (async ({ kind, targets }: { kind: string; targets: string[] }) => {
      if (kind === 'cut') cut.push(targets);
      return [{ worker: 0, answer: kind === 'cut' ? { cut: 2 } : { targets: [] } }];
    }) as DrainsOptions['ask'],
    refresh: async () => {
      drains.follow(now.config, plan());
      return true;
    },
    mayChange: () => true,
    touch: () => {},
  });
  t.after(() => drains.stop());
  const follow = (upstreams: readonly UpstreamConfig[], targets: typeof now.targets) => {
    now = { config: config({ upstreams }), targets };
    drains.follow(now.config, plan());
  };
  const pair = upstream([80, 81], { name: 'api' });
  const settle = (): void =>
    follow(
      [pair],
      [
        ['api', '127.0.0.1:80', '127.0.0.1:80'],
        ['api', '127.0.0.1:81', '127.0.0.1:81'],
      ],
    );
  settle();
  const work = (count: number, address = '127.0.0.1:80', name = 'api') => {
    registry.view(cellOf(name, address), 0).lane[targetFields.inFlight] = count;
  };
  const begin = async (more: Partial<DrainOrder> = {}) => {
    const startedMs = clock.wallMs();
    const { drain, inForce } = drains.begin({
      target: '127.0.0.1:80',
      by: 'address',
      upstreams: ['api'],
      actor: 'user ann',
      reason: 'patch',
      startedMs,
      deadlineMs: startedMs + 60_000,
      onTimeout: 'wait',
      expiresMs: null,
      persist: false,
      remove: false,
      ...more,
    });
    await inForce;
    return drain;
  };
  const said = () => events.map(({ event }) => event);
  return { drains, clock, folder, events, said, held, warnings, cut, work, begin, follow, settle };
}

test('a drain with nothing in flight is drained as soon as every worker knows of it', async (t) => {
  const { begin, said, held } = scene(t);
  const drain = await begin();
  assert.equal(drain.record.state, 'drained');
  assert.deepEqual(said(), ['drain_begin', 'drain_done']);
  assert.equal(held.get('api/127.0.0.1:80'), true);
});

test('at its deadline a drain that waits says so once, goes on, and is drained with the last of its work', async (t) => {
  const { begin, work, clock, said, drains } = scene(t);
  work(3);
  const drain = await begin();
  clock.advance(59_900);
  assert.deepEqual([drain.record.state, drain.record.overdueMs], ['draining', null]);
  clock.advance(100);
  assert.ok(drain.record.overdueMs);
  clock.advance(3_600_000);
  assert.deepEqual(said(), ['drain_begin', 'drain_timeout']);
  assert.equal(drains.count('waited'), 1);
  work(0);
  clock.advance(100);
  assert.deepEqual([drain.record.state, drain.finished], ['drained', 3]);
  assert.equal(drains.count('drained'), 0, 'each drain counts once');
});

test('at its deadline a drain that restores ends, and the target is held no more', async (t) => {
  const { begin, work, clock, said, held, drains } = scene(t);
  work(1);
  const drain = await begin({ onTimeout: 'restore' });
  clock.advance(60_000);
  assert.equal(drain.result, 'restored');
  assert.deepEqual(said(), ['drain_begin', 'drain_timeout', 'undrain']);
  assert.equal(held.get('api/127.0.0.1:80'), false);
  assert.equal(drains.of({ upstream: 'api', address: '127.0.0.1:80', written: '' }), undefined);
  assert.equal(drains.count('restored'), 1);
});

test('at its deadline a drain that closes cuts, and cuts again what is there a second later', async (t) => {
  const { begin, work, clock, cut, drains } = scene(t);
  work(3);
  const drain = await begin({ onTimeout: 'close' });
  clock.advance(60_000);
  await eventually(() => assert.equal(drain.record.cut, 2));
  work(1);
  clock.advance(1_000);
  await eventually(() => assert.equal(drain.record.cut, 4));
  work(0);
  clock.advance(100);
  assert.equal(drain.record.state, 'drained');
  assert.deepEqual(cut, [['api/127.0.0.1:80'], ['api/127.0.0.1:80']]);
  assert.equal(drains.count('cut'), 1);
});

test('a drain with an expiry ends by itself, drained or not, and says so', async (t) => {
  const { begin, clock, events, held } = scene(t);
  const drain = await begin({ expiresMs: clock.wallMs() + 7_200_000 });
  assert.equal(drain.record.state, 'drained');
  clock.advance(7_199_900);
  assert.equal(drain.result, null);
  clock.advance(100);
  assert.equal(drain.result, 'expired');
  const last = events.at(-1);
  assert.deepEqual([last?.['event'], last?.['result'], last?.['actor']], ['undrain', 'expired', 'sentinel']);
  assert.equal(held.get('api/127.0.0.1:80'), false);
});

test('the estimate goes by the last seconds, and there is none while nothing gets less', async (t) => {
  const { begin, work, clock } = scene(t);
  work(20);
  const drain = await begin();
  clock.advance(5_000);
  assert.equal(drain.etaMs, null);
  for (let left = 19; left >= 10; left--) {
    work(left);
    clock.advance(1_000);
  }
  // One goes each second, and ten are left.
  const eta = drain.etaMs ?? 0;
  assert.ok(eta > 8_000 && eta < 12_500, `${eta} ms`);
});

test('a restart forgets no drain: not whose it is, nor until when', async (t) => {
  const first = scene(t);
  first.work(2);
  const { record } = await first.begin({ onTimeout: 'restore', expiresMs: first.clock.wallMs() + 90_000 });
  first.clock.advance(10_000);
  first.drains.stop();
  const second = scene(t, first.folder, first.clock);
  const [drain] = second.drains.inForce;
  assert.deepEqual(
    [drain?.record.id, drain?.record.actor, drain?.record.reason, drain?.record.deadlineMs],
    [record.id, 'user ann', 'patch', record.deadlineMs],
  );
  assert.equal(second.held.get('api/127.0.0.1:80'), true);
  // The work went with the process.
  assert.equal(drain?.record.state, 'drained');
  second.clock.advance(80_000);
  assert.equal(drain?.result, 'expired');
});

test('a file that holds no drains is put aside, and it is said that they are lost', (t) => {
  const folder = testFolder(t);
  writeFileSync(join(folder, 'drains.json'), '{"schema":"sentinel.drains/1","value":[{"id":7}]}');
  const { drains, said, warnings } = scene(t, folder);
  assert.deepEqual(drains.inForce, []);
  assert.deepEqual(said(), ['drains_lost']);
  assert.match(warnings.get('drains') ?? '', /drains of the process before are lost: .*drains\.json\.unusable/);
  assert.deepEqual(readdirSync(folder), ['drains.json.unusable']);
});

test('a target that leaves the configuration while it drains is waited for, and then its drain has ended', async (t) => {
  const { begin, work, clock, follow, said, drains } = scene(t);
  work(1);
  const drain = await begin();
  follow([upstream([81], { name: 'api' })], [['api', '127.0.0.1:81', '127.0.0.1:81']]);
  assert.deepEqual([drain.result, said().at(-1)], [null, 'drain_gone']);
  clock.advance(1_000);
  assert.equal(drain.result, null);
  work(0);
  clock.advance(100);
  assert.deepEqual([drain.result, said().at(-1)], ['gone', 'drain_done']);
  assert.equal(drains.count('gone'), 1);
});

test('a target that leaves when it is drained ends its drain at once, and a reload that keeps it changes nothing', async (t) => {
  const { begin, follow, settle, drains } = scene(t);
  const drain = await begin();
  settle();
  assert.deepEqual([drain.result, drains.inForce.length], [null, 1]);
  follow([upstream([81], { name: 'api' })], [['api', '127.0.0.1:81', '127.0.0.1:81']]);
  assert.equal(drain.result, 'gone');
  settle();
  assert.equal(drains.of({ upstream: 'api', address: '127.0.0.1:80', written: '127.0.0.1:80' }), undefined);
});

test('a drain of a name covers the addresses that it gets later, and one of an address waits for its return', async (t) => {
  const { begin, follow, drains, held } = scene(t);
  const base = upstream([80], { name: 'api' });
  const named: UpstreamConfig = {
    ...base,
    targets: [{ address: 'app.internal:80', socket: { kind: 'tcp', host: 'app.internal', port: 80 }, weight: 1 }],
  };
  const addresses = (...last: number[]) =>
    last.map((number) => ['api', `10.0.0.${number}:80`, 'app.internal:80'] as const);
  follow([named], addresses(1, 2));
  const whole = await begin({ target: 'app.internal:80', by: 'name' });
  assert.deepEqual(whole.ids, ['api/10.0.0.1:80', 'api/10.0.0.2:80']);
  follow([named], addresses(2, 3));
  assert.deepEqual(whole.ids, ['api/10.0.0.2:80', 'api/10.0.0.3:80']);
  assert.equal(held.get('api/10.0.0.3:80'), true);
  await drains.end(whole, 'undrained', 'user ann', null);
  const one = await begin({ target: '10.0.0.2:80' });
  follow([named], addresses(3));
  assert.deepEqual([one.result, one.ids], [null, []]);
  follow([named], addresses(2, 3));
  assert.deepEqual(one.ids, ['api/10.0.0.2:80']);
});

test('what is to follow is done once it is drained, and what came of it is kept', async (t) => {
  const { begin, said } = scene(t);
  const drain = await begin({ persist: true });
  await eventually(() => assert.deepEqual(drain.record.followed, { ok: true, lines: ['-a', '+b'] }));
  assert.equal(said().at(-1), 'drain_follow_up');
});

test('who takes a target back waits until what follows its drain has been done, and can be undone', async (t) => {
  const { begin, drains } = scene(t);
  const drain = await begin({ persist: true });
  assert.deepEqual([drain.record.state, drain.record.followed], ['drained', null]);
  await drains.settled(drain);
  assert.deepEqual(drain.record.followed, { ok: true, lines: ['-a', '+b'] });
});

test('drains that cannot be written down hold all the same, under a standing warning', async (t) => {
  const { begin, warnings, folder } = scene(t, '/proc/no-such-folder');
  const drain = await begin();
  assert.equal(drain.record.state, 'drained');
  assert.match(String(warnings.get('drains')), /^drains would not outlive a restart: /);
  assert.ok(folder);
});
