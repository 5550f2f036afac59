/** Who takes out the last targets of an upstream, in whatever way, at the same time as somebody else; and what a killed process still had to do. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { AdminRefusal } from '../../src/admin/client/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { DrainScene } from './drain-scene.ts';

test('of two who take out the last pair by drain, weight or removal at the same time, one is refused', async (t) => {
  const scene = await DrainScene.start(t);
  const { client } = scene.daemon;
  const ways = {
    drain: (target: string) => scene.begin({ target }),
    weight: (target: string) =>
      client.call('override-set', {
        params: { kind: 'weight' },
        body: { subject: `api/${target}`, values: { weight: 0 }, expires_in_ms: null },
      }),
    removal: (target: string) => client.call('target-remove', { params: { name: 'api' }, query: { address: target } }),
    written: (target: string) =>
      client.call('target-weight', { params: { name: 'api' }, body: { address: target, weight: 0, persist: true } }),
  } as const;
  const [one, other] = scene.targets.map(({ address }) => address) as [string, string];
  const pairs = [
    ['drain', 'weight'],
    ['weight', 'drain'],
    ['removal', 'drain'],
    ['removal', 'removal'],
    ['weight', 'removal'],
    ['written', 'removal'],
  ] as const;
  for (const [first, second] of pairs) {
    const results = await Promise.allSettled([ways[first](one), ways[second](other)]);
    const codes = results.flatMap((result) =>
      result.status === 'rejected' ? [(result.reason as AdminRefusal).code] : [],
    );
    assert.equal(codes.length, 1, `${first} and ${second}: ${codes.join()}`);
    assert.match(String(codes[0]), /^SNT-(A036|U005)$/);
    assert.equal(new Set(await scene.ask(4)).size, 1, `${first} and ${second}: the other one serves`);
    for (const { id } of (await client.call('drains')).data.drains) await client.call('drain-end', { params: { id } });
    await client.call('overrides-clear');
    scene.daemon.writeConfig(scene.config);
    await client.call('config-reload');
  }
});

test('what is to follow a drain follows it after a restart, too', async (t) => {
  const scene = await DrainScene.start(t);
  await scene.hold(0, '/download/1');
  const { drains } = await scene.begin({ target: scene.target(0).address, persist: true });
  const id = drains[0]?.id as string;
  await scene.restart('SIGKILL');
  await eventually(async () => assert.equal((await scene.drain(id)).follow_up?.state, 'done'));
  const weights = () => readFileSync(scene.daemon.configFile, 'utf8').match(/weight=\d/g);
  assert.deepEqual(weights(), ['weight=0', 'weight=2']);
  await scene.daemon.client.call('drain-end', { params: { id } });
  assert.deepEqual(weights(), ['weight=2', 'weight=2']);
});
