/** How many sessions a target gets, who waits for one, and how long each lives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyFields, targetFields } from '../../src/proxy/shared/cells.ts';
import { balancing, startPlanes, upstream } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { type Http2Origin, type StreamSeen, startHttp2Origin } from '../helpers/http2-origin.ts';
import { frameTypes } from '../helpers/http2-frames.ts';
import { startOrigin } from '../helpers/origin.ts';
import { sceneOf, scenery } from '../helpers/proxied.ts';
import { get } from '../helpers/raw-http.ts';
import { frameScene, http2Scene, sceneBefore } from './http2-scene.ts';

/** Holds requests until they are let go. */
class Hold {
  readonly held: StreamSeen[] = [];
  open = false;

  readonly behave = (seen: StreamSeen): void => {
    if (this.open) this.#answer(seen);
    else this.held.push(seen);
  };

  letGo(count = this.held.length): void {
    for (const seen of this.held.splice(0, count)) this.#answer(seen);
  }

  #answer({ stream }: StreamSeen): void {
    if (stream.destroyed) return;
    stream.respond({ ':status': 200, 'content-length': 2 });
    stream.end('ok');
  }
}

const pool = upstream([]).pool;

test('a session is filled before another is opened, as far as the target allows', async (t) => {
  const hold = new Hold();
  const s = await http2Scene(t, hold.behave, { origin: { settings: { maxConcurrentStreams: 2 } } });
  const asked = Array.from({ length: 5 }, () => s.ask(get()));
  await eventually(() => hold.held.length === 5);
  const loads = s.origin.sessions.map((session) => hold.held.filter((seen) => seen.session === session).length);
  assert.deepEqual(
    loads.sort((a, b) => a - b),
    [1, 2, 2],
  );
  assert.equal(s.held().targetConnections, 3);
  assert.equal(s.held().targetIdle, 0);
  assert.equal(s.held().targetInFlight, 5);
  hold.letGo();
  assert.deepEqual(
    (await Promise.all(asked)).map(({ text }) => text),
    Array(5).fill('ok'),
  );
  await s.settled();
  assert.equal(s.held().targetIdle, 3);
  const [target] = s.plan.upstreams[0]?.targets ?? [];
  assert.ok(target);
  const sum = (field: number) => s.registry.sum(target.cell, field);
  assert.equal(sum(targetFields.acquired), 5);
  assert.equal(sum(targetFields.opened), 3);
  // The next ones find room: they open nothing.
  hold.open = true;
  for (let i = 0; i < 3; i++) assert.equal((await s.ask(get())).text, 'ok');
  assert.equal(sum(targetFields.opened), 3);
  assert.equal(sum(targetFields.reused), 3);
});

test('at the bound of connections requests wait for a stream, in order and within their bounds', async (t) => {
  const hold = new Hold();
  const s = await http2Scene(t, hold.behave, {
    origin: { settings: { maxConcurrentStreams: 1 } },
    upstream: { pool: { ...pool, maxConnections: 1, maxPending: 2 } },
  });
  const asked = [s.ask(get('/1'))];
  await eventually(() => hold.held.length === 1);
  for (const path of ['/2', '/3']) {
    asked.push(s.ask(get(path)));
    await eventually(() => s.held().targetPending === asked.length - 1);
  }
  assert.equal(s.registry.shared(s.plan.cells.proxy, proxyFields.queued), 2);
  assert.equal((await s.ask(get('/4'))).status, 503);
  assert.equal(s.errors('queue_full'), 1);
  for (const path of ['/1', '/2', '/3']) {
    await eventually(() => hold.held[0]?.headers[':path'] === path);
    hold.letGo(1);
  }
  for (const answer of asked) assert.equal((await answer).text, 'ok');
  assert.equal(s.origin.sessions.length, 1);
  await s.settled();
});

test('who waits too long for a stream is refused, and who leaves waits no longer', async (t) => {
  const hold = new Hold();
  const s = await http2Scene(t, hold.behave, {
    manual: true,
    origin: { settings: { maxConcurrentStreams: 1 } },
    upstream: { pool: { ...pool, maxConnections: 1 } },
  });
  const first = s.ask(get('/1'));
  await eventually(() => hold.held.length === 1);
  const left = await s.client();
  left.send(get('/2'));
  await eventually(() => s.held().targetPending === 1);
  left.reset();
  await eventually(() => s.held().targetPending === 0);
  const waits = s.ask(get('/3'));
  await eventually(() => s.held().targetPending === 1);
  s.clock.advance(5200);
  assert.equal((await waits).status, 503);
  assert.equal(s.errors('queue_timeout'), 1);
  hold.letGo();
  assert.equal((await first).text, 'ok');
});

test('more streams than were allowed at first go where room is made', async (t) => {
  const hold = new Hold();
  const s = await http2Scene(t, hold.behave, {
    origin: { settings: { maxConcurrentStreams: 1 } },
    upstream: { pool: { ...pool, maxConnections: 1 } },
  });
  const asked = [s.ask(get('/1')), s.ask(get('/2')), s.ask(get('/3'))];
  await eventually(() => hold.held.length === 1 && s.held().targetPending === 2);
  s.origin.sessions[0]?.settings({ maxConcurrentStreams: 3 });
  await eventually(() => hold.held.length === 3);
  hold.letGo();
  for (const answer of asked) assert.equal((await answer).text, 'ok');
});

test('a session that nobody uses, or that is old, says farewell and closes', async (t) => {
  const s = await frameScene(t, {}, { manual: true, upstream: { pool: { ...pool, idleTimeoutMs: 60_000 } } });
  const client = await s.client();
  client.send(get());
  const peer = await s.origin.peer();
  await eventually(() => peer.of(frameTypes.headers).length === 1);
  client.reset();
  await peer.resetOf(1);
  await s.settled();
  assert.equal(s.held().targetIdle, 1);
  s.clock.advance(59_000);
  assert.equal(s.held().targetIdle, 1);
  s.clock.advance(1500);
  await eventually(() => peer.gone);
  assert.equal(peer.of(frameTypes.goaway).length, 1);
  assert.equal(s.held().targetConnections, 0);
});

test('a session at the end of its life takes no more streams, and ends when its last one has', async (t) => {
  const hold = new Hold();
  const s = await http2Scene(t, hold.behave, {
    manual: true,
    upstream: {
      pool: { ...pool, maxLifetimeMs: 10_000 },
      timeouts: { ...upstream([]).timeouts, requestMs: 0, readMs: 0 },
    },
  });
  const first = s.ask(get('/1'));
  await eventually(() => hold.held.length === 1);
  s.clock.advance(11_000);
  const second = s.ask(get('/2'));
  await eventually(() => hold.held.length === 2);
  assert.equal(s.origin.sessions.length, 2);
  hold.letGo();
  assert.equal((await first).text, 'ok');
  assert.equal((await second).text, 'ok');
  await eventually(() => s.held().targetConnections === 1);
});

test('a target that leaves the configuration finishes what it has, and keeps nothing', async (t) => {
  const hold = new Hold();
  const s = await http2Scene(t, hold.behave);
  const asked = s.ask(get());
  await eventually(() => hold.held.length === 1);
  const other = await startHttp2Origin(t);
  await s.apply(scenery([other.port], { upstream: { httpVersion: '2' } }));
  hold.letGo();
  assert.equal((await asked).text, 'ok');
  await eventually(() => s.origin.open === 0);
  assert.equal((await s.ask(get())).text, 'ok');
  assert.equal(other.streams.length, 1);
});

test('a target of weight 0 keeps no session once its last request has ended', async (t) => {
  const hold = new Hold();
  const s = await http2Scene(t, hold.behave);
  const asked = s.ask(get());
  await eventually(() => hold.held.length === 1);
  const [target] = s.config.upstreams[0]?.targets ?? [];
  assert.ok(target);
  const drained = { ...upstream([]), httpVersion: '2' as const, targets: [{ ...target, weight: 0 }] };
  await s.apply({ ...s.config, upstreams: [drained] });
  hold.letGo();
  assert.equal((await asked).text, 'ok');
  await eventually(() => s.origin.open === 0 && s.held().targetConnections === 0);
});

test('one upstream may speak either version, and a reload that changes it takes new connections', async (t) => {
  const s = await http2Scene(t);
  assert.equal((await s.ask(get())).text, 'ok');
  const plain = await startOrigin(t);
  await s.apply(scenery([plain.port], {}));
  assert.equal((await s.ask(get())).text, 'ok');
  await eventually(() => s.origin.open === 0);
  await s.apply(s.config);
  assert.equal((await s.ask(get())).text, 'ok');
});

test('workers share the bound of connections: one that has none gets one from another that has nothing to do', async (t) => {
  const origin = await startHttp2Origin(t);
  const config = scenery([origin.port], { upstream: { httpVersion: '2', pool: { ...pool, maxConnections: 1 } } });
  const [one, two] = await startPlanes(t, config, 2);
  assert.ok(one && two);
  const [a, b] = [sceneOf(t, one), sceneOf(t, two)];
  for (let i = 0; i < 3; i++) {
    assert.equal((await a.ask(get())).text, 'ok');
    assert.equal((await b.ask(get())).text, 'ok');
  }
  assert.equal(a.held().targetConnections, 1);
});

test('a worker that always has something to do gives up its session, too, where another has none', async (t) => {
  const hold = new Hold();
  const origin: Http2Origin = await startHttp2Origin(t, hold.behave);
  const config = scenery([origin.port], { upstream: { httpVersion: '2', pool: { ...pool, maxConnections: 1 } } });
  const [one, two] = await startPlanes(t, config, 2);
  assert.ok(one && two);
  const [a, b] = [sceneOf(t, one), sceneOf(t, two)];
  const first = a.ask(get());
  await eventually(() => hold.held.length === 1);
  const second = b.ask(get());
  await eventually(() => a.held().targetPending === 1);
  // Whatever the first worker is asked from now on, its session takes no more once the other's need has been seen.
  await eventually(() => origin.sessions[0]?.closed === true);
  hold.open = true;
  hold.letGo();
  assert.equal((await first).text, 'ok');
  assert.equal((await second).text, 'ok');
});

test('the target with the fewest streams is taken next, though all of them are on one session each', async (t) => {
  const holds = [new Hold(), new Hold()];
  const origins = [await startHttp2Origin(t, holds[0]?.behave), await startHttp2Origin(t, holds[1]?.behave)];
  const ports = origins.map(({ port }) => port);
  const s = await sceneBefore(t, ports, { upstream: { loadBalancing: balancing('least_connections') } });
  const asked = [];
  for (let i = 1; i <= 6; i++) {
    asked.push(s.ask(get()));
    await eventually(() => holds.reduce((sum, { held }) => sum + held.length, 0) === i);
  }
  assert.deepEqual(
    holds.map(({ held }) => held.length),
    [3, 3],
  );
  // One target gets room: it takes the next ones.
  holds[0]?.letGo(2);
  await Promise.race(asked);
  await eventually(() => s.held().targetInFlight === 4);
  for (let i = 1; i <= 2; i++) {
    asked.push(s.ask(get()));
    await eventually(() => holds[0]?.held.length === 1 + i);
  }
  for (const hold of holds) hold.letGo();
  for (const answer of asked) assert.equal((await answer).text, 'ok');
});

test('a target that restarts its sessions under load costs no request', async (t) => {
  let count = 0;
  const s = await http2Scene(t, ({ stream, session }) => {
    stream.on('end', () => {
      if (++count % 20 === 0) session.close();
      stream.respond({ ':status': 200, 'content-length': 2 });
      stream.end('ok');
    });
  });
  const clients = Array.from({ length: 8 }, async () => {
    const client = await s.client();
    for (let i = 0; i < 50; i++) {
      client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc`);
      const answer = await client.response('POST');
      assert.equal(answer.status, 200);
    }
    client.socket.destroy();
  });
  await Promise.all(clients);
  assert.ok(s.origin.sessions.length > 10, `${s.origin.sessions.length} sessions`);
  await s.settled();
});
