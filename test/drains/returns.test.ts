/** A drained target that leaves the configuration and comes back: a machine that is switched off must get nothing because of somebody's rollback. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DrainScene } from './drain-scene.ts';

async function scene(t: Parameters<typeof DrainScene.start>[0]) {
  const here = await DrainScene.start(t);
  const { address } = here.target(0);
  const without = here.config.replace(/^.*weight=2.*\n/m, '');
  assert.ok(!without.includes(address));
  await here.begin({ target: address });
  const drained = async () => (await here.daemon.client.call('drains')).data.drains.map(({ target }) => target);
  return { here, address, without, drained };
}

test('a trial that took a drained target out goes back to it drained, and no request meets it', async (t) => {
  const { here, address, without, drained } = await scene(t);
  const { client } = here.daemon;
  await client.call('config-apply', { body: { text: without, confirm_within_ms: 90_000 } });
  assert.deepEqual(await drained(), []);
  await client.call('config-rollback', { body: {} });
  assert.deepEqual(await drained(), [address]);
  assert.deepEqual(new Set(await here.ask(4)), new Set(['o1']));
  assert.deepEqual((await client.call('drains')).data.ended, []);
  await here.daemon.line('Target is back and drained as before');

  await client.call('config-apply', { body: { text: without, confirm_within_ms: 90_000 } });
  await here.restart('SIGKILL');
  assert.deepEqual(await drained(), [address], 'the start is the rollback of what was never confirmed');
  assert.deepEqual(new Set(await here.ask(4)), new Set(['o1']));
});

test('a target that a reload takes out and a reload brings back serves, and no later rollback or restart drains it', async (t) => {
  const { here, without, drained } = await scene(t);
  const { client } = here.daemon;
  for (const text of [without, here.config, `${here.config}// another\n`]) {
    here.daemon.writeConfig(text);
    await client.call('config-reload');
  }
  assert.deepEqual(await drained(), []);
  await client.call('config-rollback', { body: {} });
  assert.deepEqual(await drained(), []);
  await here.restart('SIGKILL');
  assert.deepEqual(await drained(), []);
  assert.deepEqual(new Set(await here.ask(4)), new Set(['o0', 'o1']));
});
