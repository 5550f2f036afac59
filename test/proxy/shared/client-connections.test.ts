/** The table of open connections per client: exact over threads, bounded, and given back when a worker dies. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import {
  ClientConnections,
  newClientConnections,
  reclaimClients,
} from '../../../src/proxy/shared/client-connections.ts';
import { eventually } from '../../helpers/eventually.ts';
import type { Visiting } from './client-visitor.ts';

const visitor = new URL('./client-visitor.ts', import.meta.url);

function visit(options: Omit<Visiting, 'limit'>): Worker {
  return new Worker(visitor, { workerData: { limit: 10, ...options } satisfies Visiting });
}

test('counts do what a map would do, for any addresses, workers and order', () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom('', '::1', '0.0.0.0', '::ffff:192.0.2.1', '192.0.2.1'),
  );
  const step = fc.record({ client: address, lane: fc.nat(2), enter: fc.boolean(), limit: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer(), (steps, identity) => {
      const table = newClientConnections(400, 3, identity);
      const views = [0, 1, 2].map((lane) => new ClientConnections(table, lane));
      const model = new Map<string, number[]>();
      for (const { client, lane, enter, limit } of steps) {
        const view = views[lane] as ClientConnections;
        const key = clientKey(client);
        const counts = model.get(key) ?? [0, 0, 0];
        const total = counts.reduce((sum, count) => sum + count, 0);
        if (enter) {
          const may = key === '' || limit === 0 || total < limit;
          assert.equal(view.enter(client, limit), may);
          if (may && key !== '') counts[lane] = (counts[lane] as number) + 1;
        } else {
          const may = key === '' ? limit === 0 : (counts[lane] as number) > 0 && total > limit;
          assert.equal(view.leaveAbove(client, limit), may);
          if (may && key !== '') counts[lane] = (counts[lane] as number) - 1;
        }
        model.set(key, counts);
        assert.equal(view.held(client), key === '' ? 0 : counts[lane]);
        assert.equal(view.count(client), key === '' ? 0 : counts.reduce((sum, count) => sum + count, 0));
      }
    }),
  );
});

/** By another road than the table's: the /64 of an IPv6 address through the URL parser. */
function clientKey(client: string): string {
  if (client === '') return '';
  if (!client.includes(':')) return client;
  const host = new URL(`http://[${client}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(host);
  if (mapped !== null) {
    const [high = 0, low = 0] = mapped.slice(1).map((group) => Number.parseInt(group, 16));
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  const [before = '', after] = host.split('::');
  const left = before === '' ? [] : before.split(':');
  const right = after === undefined || after === '' ? [] : after.split(':');
  const middle = after === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...middle, ...right].slice(0, 4).join(':');
}

test('threads that enter and leave at once never have more inside than the limit', async () => {
  const table = newClientConnections(100, 3, 7);
  const inside = new SharedArrayBuffer(12);
  const workers = [0, 1, 2].map((lane) => visit({ table, lane, inside, rounds: 60_000 }));
  const held = await Promise.all(workers.map(async (worker) => ((await once(worker, 'message')) as [number])[0]));
  const words = new Int32Array(inside);
  assert.equal(words[1], 10, 'the limit was reached, and no more');
  assert.equal(words[2], 180_000);
  assert.equal(
    new ClientConnections(table, 0).count('192.0.2.1'),
    held.reduce((sum, count) => sum + count, 0),
  );
});

test('what a killed worker held is given back, and nobody waits for a lock that it died with', async () => {
  const table = newClientConnections(100, 2, 7);
  const other = new ClientConnections(table, 1);
  assert.equal(other.enter('192.0.2.1', 10), true);
  for (let time = 0; time < 5; time++) {
    const inside = new SharedArrayBuffer(12);
    const worker = visit({ table, lane: 0, inside, rounds: 1e9 });
    await eventually(() => Atomics.load(new Int32Array(inside), 2) > 1000);
    await worker.terminate();
    reclaimClients(table, 0);
    assert.equal(other.count('192.0.2.1'), 1);
  }
  other.leave('192.0.2.1');
  assert.equal(other.count('192.0.2.1'), 0);
});

test('a slot is free again when its last connection has gone: more clients pass than there are slots', () => {
  const connections = new ClientConnections(newClientConnections(32, 1, 99), 0);
  for (let i = 0; i < 10_000; i++) {
    const client = `10.0.${i >> 8}.${i & 255}`;
    assert.equal(connections.enter(client, 1), true);
    assert.equal(connections.enter(client, 1), false);
    connections.leave(client);
  }
  assert.equal(connections.refusedFull, 0);
});

test('slots of a dead worker are taken by others', () => {
  const table = newClientConnections(32, 2, 99);
  const dead = new ClientConnections(table, 0);
  for (let i = 0; i < 64; i++) assert.equal(dead.enter(`10.0.0.${i}`, 1), true);
  const living = new ClientConnections(table, 1);
  assert.equal(living.enter('10.0.1.0', 1), false, 'the table is full');
  assert.equal(living.refusedFull, 1);
  reclaimClients(table, 0);
  for (let i = 0; i < 64; i++) assert.equal(living.enter(`10.0.1.${i}`, 1), true);
});
