/** Orders as the screen makes them, given to a real daemon: what is previewed is what the daemon judges, and what it answers is what is said. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { AdminClient } from '../../../src/admin/client/client.ts';
import type { DrainPreview } from '../../../src/admin/contract/drain-shapes.ts';
import { sceneOf } from '../../../src/cli/drains/order.ts';
import type { Order } from '../../../src/tui/actions/action.ts';
import { choicesFor } from '../../../src/tui/actions/choices.ts';
import { drainPreviews } from '../../../src/tui/actions/drain-preview.ts';
import { orderOf, ordersOf } from '../../../src/tui/actions/order.ts';
import { perform } from '../../../src/tui/actions/perform.ts';
import { previewOf, previewOfSeveral } from '../../../src/tui/actions/preview.ts';
import type { Reading } from '../../../src/tui/feed/reading.ts';
import { socketFolder } from '../../helpers/origin.ts';
import { FlowScene, rowOf } from './flow-scene.ts';

const terms = { id: 1, reason: '', confirmed: false };

test('orders to a real daemon', { timeout: 60_000 }, async (t) => {
  const scene = await FlowScene.start(t, {
    targets: 4,
    settings: 'min-healthy 2',
    more: `
      route "other" { matches { path-prefix "/other" }; upstream "api" }
      upstream "web" { target "127.0.0.1:1"; target "127.0.0.1:2" }`,
  });
  const target = (at: number) => rowOf({ kind: 'target', upstream: 'api', target: scene.address(at) });
  const undrainAll = async () => {
    for (const { id } of (await scene.client.call('drains')).data.drains) {
      await scene.client.call('drain-end', { params: { id } });
    }
  };
  const states = async () => {
    const { data } = await scene.client.call('upstream', { params: { name: 'api' } });
    return data.targets.map(({ drain }) => drain?.state ?? null);
  };

  await t.test('a drain is previewed with the numbers by which the daemon judges it', async () => {
    await scene.ask(40);
    const agree = async (going: readonly number[], asked: string, all = false) => {
      const node = await scene.node();
      const addresses = going.map((at) => scene.address(at));
      const mine = drainPreviews(node.reading as Reading, new Set(addresses));
      const { data } = await scene.client.call('drain-begin', {
        body: { target: asked, upstream: 'api', all, dry_run: true },
      });
      assert.equal(sceneOf({ data: { preview: mine }, generation: 1 }), sceneOf({ data, generation: 1 }));
      const [his] = data.preview as [DrainPreview];
      const [ours] = mine;
      for (const key of ['available', 'draining', 'down', 'min_healthy', 'in_flight', 'sticks'] as const) {
        assert.equal(ours?.[key], his[key], key);
      }
      assert.ok(
        Math.abs((ours?.load_ratio ?? -1) - (his.load_ratio ?? -1)) < 0.01,
        `${ours?.load_ratio} ${his.load_ratio}`,
      );
    };
    await agree([0], scene.address(0));
    await scene.client.call('drain-begin', { body: { target: scene.address(3) } });
    await agree([0], scene.address(0));
    await agree([0, 1, 2], '127.0.0.1:*', true);
    await undrainAll();
  });

  await t.test('marked rows are drained in turn, up to the first that is refused', async () => {
    const node = await scene.node();
    const subjects = [0, 1].map((at) => ({ row: target(at), node, values: {} }));
    const preview = previewOfSeveral('drain', subjects);
    assert.equal(preview.what, `drain ${scene.address(0)}; drain ${scene.address(1)}`);
    assert.match(preview.effect, /^api: 2\/4 take requests then \(min-healthy 2\), est\. load on the rest \d+ %; now /);
    assert.equal(preview.danger, 'severe');
    assert.equal(preview.confirmName, '2 targets');
    assert.equal(preview.undo, `sentinel undrain ${scene.address(0)} && sentinel undrain ${scene.address(1)}`);
    const three = [0, 1, 2].map((at) => ({ row: target(at), node, values: {} }));
    assert.match(previewOfSeveral('drain', three).what, /\(below min-healthy\)/);

    // Confirmed for two; the third would leave too few.
    const [order] = ordersOf('drain', subjects, { ...terms, reason: ' new kernel ', confirmed: true }) as [Order];
    assert.equal(order.others.length, 1);
    const others = [...order.others, { row: target(2), values: { target: scene.address(2) } }];
    const result = await perform(scene.client, { ...order, others });
    assert.equal(result.kind, 'refused');
    assert.equal(result.code, 'SNT-U005');
    const [first, second] = [scene.address(0), scene.address(1)];
    assert.ok(
      result.words.includes(`${first} is draining`) || result.words.includes(`${first} is drained`),
      result.words,
    );
    assert.ok(result.words.includes(second), result.words);
    assert.match(result.words, /then, with 1 of 3 left: would leave api with 1\/4 healthy \(min-healthy 2\)/);
    assert.deepEqual(await states(), ['drained', 'drained', null, null]);
    const { drains } = (await scene.client.call('drains')).data;
    assert.equal(drains[0]?.reason, 'new kernel');

    // Confirmed as below min-healthy, it is.
    const now = await scene.node();
    const severe = previewOf('drain', target(2), now);
    assert.equal(severe.confirmName, scene.address(2));
    assert.equal(severe.cli, `sentinel drain ${scene.address(2)} --allow-below-min --confirm=${scene.address(2)}`);
    const done = await perform(
      scene.client,
      orderOf('drain', { row: target(2), node: now, values: {} }, { ...terms, confirmed: true }),
    );
    assert.equal(done.kind, 'done', done.words);
    assert.deepEqual(await states(), ['drained', 'drained', 'drained', null]);
    await undrainAll();
  });

  await t.test('what was judged by another state is refused, and is to be asked again', async () => {
    const node = await scene.node();
    const order = orderOf('drain', { row: target(0), node, values: {} }, terms);
    await scene.client.call('drain-begin', { body: { target: scene.address(1) } });
    const result = await perform(scene.client, order);
    assert.deepEqual(
      [result.kind, result.kind === 'refused' && [result.code, result.again]],
      ['refused', ['SNT-A007', true]],
    );
    assert.notEqual(previewOf('drain', target(0), await scene.node()).basis, previewOf('drain', target(0), node).basis);
    assert.equal((await states())[0], null);
    await undrainAll();
  });

  await t.test('maintenance of an upstream is that of its routes, one of all is that of all', async () => {
    const row = rowOf({ kind: 'upstream', upstream: 'api' });
    const node = await scene.node();
    const preview = previewOf('maintenance', row, node, { for: '1h' });
    assert.equal(preview.what, 'put all of api (routes all, other) under maintenance');
    assert.equal(preview.confirmName, 'api');
    assert.equal(preview.undo, 'sentinel maintenance off --route all && sentinel maintenance off --route other');
    const order = orderOf('maintenance', { row, node, values: { for: '1h' } }, { ...terms, confirmed: true });
    const result = await perform(scene.client, order);
    assert.equal(result.kind, 'done', result.words);
    assert.equal(result.undo, preview.undo);
    assert.deepEqual(await scene.ask(1), ['503']);
    const under = await scene.node();
    const choices = new Map(choicesFor(row, under).map(({ action, disabled }) => [action, disabled]));
    assert.equal(choices.get('end-maintenance'), null);
    const over = await perform(scene.client, orderOf('end-maintenance', { row, node: under, values: {} }, terms));
    assert.equal(over.kind, 'done', over.words);
    assert.notDeepEqual(await scene.ask(1), ['503']);

    const everybody = { for: '10m', subject: '*' };
    const all = previewOf('maintenance', row, await scene.node(), everybody);
    assert.equal(all.confirmName, 'all');
    const now = await scene.node();
    const unconfirmed = await perform(
      scene.client,
      orderOf('maintenance', { row, node: now, values: everybody }, terms),
    );
    assert.deepEqual([unconfirmed.kind, unconfirmed.kind === 'refused' && unconfirmed.code], ['refused', 'SNT-A012']);
    const typed = { ...terms, confirmed: true };
    const put = await perform(scene.client, orderOf('maintenance', { row, node: now, values: everybody }, typed));
    assert.equal(put.kind, 'done', put.words);
    assert.equal(previewOf('end-maintenance', row, await scene.node()).cli, 'sentinel maintenance off --all');
    const end = await perform(
      scene.client,
      orderOf('end-maintenance', { row, node: await scene.node(), values: {} }, terms),
    );
    assert.equal(end.kind, 'done', end.words);
  });

  await t.test('a check says what it found, and that it is no good news', async () => {
    const row = rowOf({ kind: 'target', upstream: 'web', target: '127.0.0.1:1' });
    const result = await perform(scene.client, orderOf('check', { row, node: await scene.node(), values: {} }, terms));
    assert.equal(result.kind, 'done');
    assert.equal(result.kind === 'done' && result.well, false);
    assert.match(result.words, /^0 of 2 targets of web pass: 127\.0\.0\.1:1 L4CON /);
  });

  await t.test('where nothing listens nothing was done; where the answer is lost that is not known', async () => {
    const folder = socketFolder(t);
    const at = (path: string) =>
      new AdminClient({ target: { name: 'x', addresses: [{ kind: 'socket', path }] }, version: '0' });
    const node = await scene.node();
    const order = orderOf('drain', { row: target(0), node, values: {} }, terms);
    const none = await perform(at(join(folder, 'none.sock')), order);
    assert.equal(none.kind, 'failed');
    assert.match(none.words, /^nothing was done: no daemon answers/);
    const mute = join(folder, 'mute.sock');
    const server = createServer((socket) => socket.once('data', () => socket.destroy())).listen(mute);
    t.after(() => server.close());
    const lost = await perform(at(mute), { ...order, node: 'prod-2' });
    assert.equal(lost.kind, 'unknown');
    assert.match(lost.words, /^it is not known whether it was done: .*; see: sentinel drains --daemon prod-2$/);
  });
});
