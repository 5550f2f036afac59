/** Every answer is counted once, the proxy's own included. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { histogramFields, listenerFields, proxyFields } from '../../../src/proxy/shared/cells.ts';
import { upstream } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { deadPort, ok } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get, head, post } from '../../helpers/raw-http.ts';

const total = (counts: readonly { readonly status: number; readonly count: number }[]) =>
  Object.fromEntries(
    [...Map.groupBy(counts, ({ status }) => status)].map(([status, group]) => [
      status,
      group.reduce((sum, { count }) => sum + count, 0),
    ]),
  );

test('good answers, refusals, failures and aborts are each counted by status', async (t) => {
  const scene = await proxied(t, {
    limits: { maxUriBytes: 100 },
    script: {
      request: ({ connection, target }) => {
        if (target === '/500') connection.send('HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n');
        else if (target === '/reset') connection.reset();
        else if (target !== '/hold') connection.send(ok());
      },
    },
  });
  for (let i = 0; i < 3; i++) await scene.ask(get());
  await scene.ask(get('/500'));
  await scene.ask(post('x', '/reset'));
  await scene.ask(get('/health'));
  await scene.ask('GET / HTTP/3.0\r\n\r\n');
  await scene.ask(get(`/${'x'.repeat(200)}`));
  const leaving = await scene.client();
  leaving.send(get('/hold'));
  await eventually(() => scene.origin.requests.at(-1)?.target === '/hold');
  leaving.reset();
  await eventually(() => scene.errors('client_closed') === 1);
  assert.deepEqual(total(scene.requests()), { 200: 4, 414: 1, 499: 1, 500: 1, 502: 1, 505: 1 });
});

test('durations and bytes are counted where they belong', async (t) => {
  const scene = await proxied(t);
  const sizes = [await scene.ask(get()), await scene.ask(post('hello')), await scene.ask('BAD\r\n\r\n', '')];
  const { plan, registry } = scene;
  const observed = (cell: typeof plan.cells.proxy) => {
    const between = (from: number, to: number) => {
      let count = 0;
      for (let field = from; field < to; field++) count += registry.sum(cell, field);
      return count;
    };
    const { buckets, sketch, laneLength } = histogramFields;
    return { inBuckets: between(buckets, sketch), onFineScale: between(sketch, laneLength) };
  };
  assert.deepEqual(observed(plan.routes[0]?.cell ?? plan.cells.proxy), { inBuckets: 2, onFineScale: 2 });
  assert.deepEqual(observed(plan.upstreams[0]?.cell ?? plan.cells.proxy), { inBuckets: 2, onFineScale: 2 });
  assert.deepEqual(observed(plan.cells.unrouted), { inBuckets: 1, onFineScale: 1 });
  assert.equal(registry.sum(plan.cells.proxy, proxyFields.bytesIn), 5);
  assert.equal(
    registry.sum(plan.cells.proxy, proxyFields.bytesOut),
    sizes.reduce((sum, { size }) => sum + size, 0),
  );
});

test('connections are counted as they come and go', async (t) => {
  const scene = await proxied(t);
  const { plan, registry } = scene;
  const listener = plan.listeners[0]?.cell ?? plan.cells.proxy;
  const clients = [await scene.client(), await scene.client(), await scene.client()];
  await eventually(() => registry.sum(listener, listenerFields.open) === 3);
  for (const client of clients) client.socket.destroy();
  await eventually(() => registry.sum(listener, listenerFields.open) === 0);
  assert.equal(registry.sum(listener, listenerFields.accepted), 3);
  assert.equal(registry.sum(plan.cells.proxy, proxyFields.connectionsTotal), 3);
});

test('a static answer is counted under its upstream, a failed one under the upstream that failed', async (t) => {
  const fixed = await proxied(t, {
    upstream: { targets: [], static: { status: 200, headers: [], bodyBase64: '' } },
  });
  await fixed.ask(head('HEAD', '/'));
  assert.deepEqual(fixed.requests(), [{ route: 'all', upstream: 'origin', method: 'HEAD', status: 200, count: 1 }]);
  const failing = await proxied(t, { config: { upstreams: [upstream([await deadPort()])] } });
  await failing.ask(get());
  assert.deepEqual(failing.requests(), [{ route: 'all', upstream: 'origin', method: 'GET', status: 502, count: 1 }]);
  const unrouted = await proxied(t, { config: { routes: [] } });
  await unrouted.ask(head('PURGE', '/'));
  assert.deepEqual(unrouted.requests(), [{ route: '', upstream: '', method: 'other', status: 404, count: 1 }]);
});
