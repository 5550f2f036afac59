/** What the feed says of daemons that answer, do not, do again: held against admin servers that behave as told, and a clock turned by hand. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { testFolder } from '../../helpers/daemon.ts';
import {
  answers,
  type Behaviour,
  drips,
  facts,
  hangs,
  plainReply,
  refuses,
  reply,
  startAdminServer,
} from './admin-server.ts';
import { socketTarget, wants, watch } from './watched.ts';

test('a daemon that never was is lost with the reason, and tried again ever more seldom up to eight seconds', async (t) => {
  const path = join(testFolder(t), 'none.sock');
  const { clock, loss, of } = watch(t, [socketTarget('a', path)]);
  const first = await loss(1);
  assert.deepEqual({ why: first.why, code: first.code }, { why: 'no such socket', code: 'SNT-A001' });
  for (const [attempt, retryMs] of [1_000, 2_000, 4_000, 8_000, 8_000].entries()) {
    assert.equal((await loss(attempt + 1)).retryMs, retryMs);
    clock.advance(retryMs - 1);
    assert.equal(of('lost').length, attempt + 1);
    clock.advance(1);
  }
  assert.equal(of('verdict').length, 1, 'that nothing can be judged is said once');
});

test('asked again by hand, a lost daemon is tried at once, and found again when it answers', async (t) => {
  const path = join(testFolder(t), 'late.sock');
  const { feed, loss, reading, lost } = watch(t, [socketTarget('a', path)]);
  await loss(1);
  feed.refresh();
  await loss(2);
  await startAdminServer(t, answers, path);
  feed.refresh();
  assert.equal((await reading(1)).generation, 3);
  assert.equal(lost().length, 2);
});

for (const [title, behaviour] of [
  ['accepts and never answers', hangs],
  ['drips and never ends', drips],
] as const) {
  test(`a daemon that ${title} is lost after three seconds, and does not hold up another`, async (t) => {
    const slow = await startAdminServer(t, behaviour);
    const good = await startAdminServer(t);
    const targets = [socketTarget('slow', slow.socket), socketTarget('a', good.socket)];
    const { clock, reading, lost, loss } = watch(t, targets);
    await reading(1);
    await eventually(() => slow.asked.length === 2);
    for (const count of [2, 3]) {
      clock.advance(1_000);
      await reading(count);
    }
    clock.advance(999);
    assert.equal(lost('slow').length, 0);
    clock.advance(1);
    assert.deepEqual((await loss(1, 'slow')).why, 'no answer in 3 s');
    assert.equal(slow.asked.length, 2, 'it was not asked again while it was waited for');
  });
}

test('of three daemons one that is dead does not hide the others', async (t) => {
  const one = await startAdminServer(t);
  const two = await startAdminServer(t);
  const dead = join(testFolder(t), 'dead.sock');
  const targets = [socketTarget('one', one.socket), socketTarget('dead', dead), socketTarget('two', two.socket)];
  const { reading, loss, clock } = watch(t, targets);
  await Promise.all([reading(1, 'one'), reading(1, 'two'), loss(1, 'dead')]);
  clock.advance(1_000);
  await Promise.all([reading(2, 'one'), reading(2, 'two'), loss(2, 'dead')]);
});

test('what answers, and is no daemon or does not want us, is lost with what it said', async (t) => {
  const rows: readonly (readonly [Behaviour, RegExp, string])[] = [
    [(_path, response) => response.end('<html>welcome</html>'), /not an answer of the admin API/, 'SNT-A010'],
    [(_path, response) => reply(response, { hello: 1 }), /not the state of a daemon/, 'SNT-A010'],
    [(_path, response) => reply(response, null), /not the state of a daemon/, 'SNT-A010'],
    [refuses(401, 'SNT-A003', 'the bearer token is not known'), /^the bearer token is not known$/, 'SNT-A003'],
    [refuses(403, 'SNT-A002', 'send a token'), /^send a token$/, 'SNT-A002'],
    [refuses(503, 'SNT-A011', 'the daemon is starting'), /^the daemon is starting$/, 'SNT-A011'],
  ];
  const server = await startAdminServer(t);
  const { feed, loss, reading } = watch(t, [socketTarget('a', server.socket)]);
  await reading(1);
  for (const [index, [behaviour, why, code]] of rows.entries()) {
    server.behave(behaviour);
    feed.refresh();
    const { why: words, code: said } = await loss(index + 1);
    assert.match(words, why);
    assert.equal(said, code);
  }
});

test('a daemon that dies is lost, and one that comes in its place begins anew', async (t) => {
  const first = await startAdminServer(t);
  const { feed, clock, loss, reading } = watch(t, [socketTarget('a', first.socket)], {
    wants: { parts: ['traffic', 'routes'] },
  });
  const points = (at: readonly string[]) => ({
    at: null,
    total: { windows: {}, series: series(at.length) },
    unrouted: { windows: {} },
    routes: [],
    upstreams: [],
    points: { at, covered_ms: at.map(() => 1_000) },
  });
  const says =
    (at: readonly string[], startedAt: string): Behaviour =>
    (path, response, query) =>
      path === '/admin/traffic'
        ? reply(response, points(at.filter((one) => one > (query.get('since') ?? ''))))
        : path === '/admin/stream'
          ? answers(path, response, query)
          : reply(response, plainReply(path, { startedAt }));
  const before = '2026-01-01T00:00:00.000Z';
  first.behave(says([second(1), second(2)], before));
  feed.refresh();
  await eventually(async () => assert.deepEqual((await reading(2)).parts.traffic?.points?.at, [second(1), second(2)]));
  first.behave(says([second(1), second(2), second(3)], before));
  clock.advance(1_000);
  const more = await reading(3);
  assert.deepEqual(more.parts.traffic?.points?.at, [second(1), second(2), second(3)]);
  assert.equal(more.parts.traffic?.total.series?.requests.length, 3);
  assert.match(first.asked.findLast((path) => path.startsWith('/admin/traffic')) ?? '', /series=1&since=/);
  await first.die();
  clock.advance(1_000);
  assert.match((await loss(1)).why, /no such socket|nothing listens there/);
  const second_ = await startAdminServer(t, says([second(8), second(9)], '2026-01-01T00:00:07.000Z'), first.socket);
  feed.refresh();
  const anew = await reading(4);
  assert.equal(anew.parts.traffic, undefined, 'the past of another process is not gone on with');
  assert.match(anew.unread.traffic ?? '', /anew/);
  clock.advance(1_000);
  assert.deepEqual((await reading(5)).parts.traffic?.points?.at, [second(8), second(9)]);
  assert.ok(second_.asked.length > 0);
});

function second(number: number): string {
  return `2026-01-01T00:00:0${number}.000Z`;
}

function series(length: number) {
  const zeros = Array.from({ length }, () => 0);
  return { requests: zeros, errors: zeros, p50_ms: zeros, p99_ms: zeros };
}

test('only what is wanted is asked for, at once when it becomes wanted, and certificates seldom', async (t) => {
  const server = await startAdminServer(t);
  const { feed, clock, reading } = watch(t, [socketTarget('a', server.socket)]);
  await reading(1);
  const count = (path: string) => server.asked.filter((one) => one.startsWith(path)).length;
  await eventually(() => count('/admin/stream') === 1);
  assert.deepEqual([...new Set(server.asked)].toSorted(), [
    '/admin/events?limit=500',
    '/admin/identity',
    '/admin/status',
    '/admin/stream?topics=events',
    '/admin/upstreams',
  ]);
  feed.want({ ...wants, parts: ['clients', 'certs'], clientsBy: 'path' });
  assert.deepEqual(Object.keys((await reading(2)).parts).toSorted(), ['certs', 'clients']);
  assert.equal(count('/admin/clients?by=path'), 1);
  feed.want({ ...wants, parts: ['clients', 'certs'], clientsBy: 'ip' });
  await reading(3);
  assert.equal(count('/admin/clients?by=ip'), 1);
  clock.advance(1_000);
  await reading(4);
  assert.equal(count('/admin/certs'), 1);
  assert.notEqual((await reading(4)).parts.certs, undefined, 'what was read of them stays');
  feed.refresh();
  await reading(5);
  assert.equal(count('/admin/certs'), 2, 'by hand everything is read anew');
  feed.want(wants);
  clock.advance(1_000);
  assert.deepEqual((await reading(6)).parts, {});
  assert.equal(count('/admin/clients'), 4);
  assert.equal(count('/admin/identity'), 1, 'who we are is asked once');
  assert.equal(count('/admin/logs'), 0);
});

test('a part that fails or takes too long stands as it was, with the reason, and the rest is read', async (t) => {
  const server = await startAdminServer(t);
  const { feed, clock, reading } = watch(t, [socketTarget('a', server.socket)], {
    wants: { parts: ['clients', 'runtime'] },
  });
  const first = await reading(1);
  assert.deepEqual(first.unread, {});
  server.behave((path, response, query) =>
    path === '/admin/clients'
      ? refuses(500, 'SNT-P070', 'the daemon met an internal error')(path, response, query)
      : answers(path, response, query),
  );
  clock.advance(1_000);
  const second = await reading(2);
  assert.deepEqual(second.unread, { clients: 'the daemon met an internal error' });
  assert.deepEqual(second.parts, first.parts);
  server.behave((path, response, query) => (path === '/admin/runtime' ? undefined : answers(path, response, query)));
  feed.want({ ...wants, parts: ['runtime'] });
  clock.advance(1_000);
  await eventually(() => server.asked.filter((one) => one === '/admin/runtime').length === 3);
  clock.advance(2_000);
  const third = await reading(3);
  assert.deepEqual(third.unread, { runtime: 'no answer in 2 s' });
  assert.deepEqual(third.parts, { runtime: first.parts.runtime });
  // What is of long ago is not shown as if it were of now.
  for (const asks of [4, 5, 6]) {
    await eventually(() => server.asked.filter((one) => one === '/admin/runtime').length === asks);
    clock.advance(2_000);
    await reading(asks);
  }
  const last = await reading(6);
  assert.deepEqual([last.parts, last.unread], [{}, { runtime: 'no answer in 2 s' }]);
});

test('who we are is known of a daemon that takes its time with it, and stays known while it says nothing', async (t) => {
  const held: ServerResponse[] = [];
  const holds: Behaviour = (path, response, query) =>
    path === '/admin/identity' ? void held.push(response) : answers(path, response, query);
  const server = await startAdminServer(t, holds);
  const { feed, clock, reading } = watch(t, [socketTarget('a', server.socket)]);
  await eventually(() => held.length === 1);
  clock.advance(2_000);
  assert.equal((await reading(1)).identity, null);
  reply(held[0] as ServerResponse, plainReply('/admin/identity'));
  const alice = { actor: 'user alice', role: 'operator' };
  await eventually(async () => {
    feed.refresh();
    clock.advance(1_000);
    assert.deepEqual((await reading(2)).identity ?? (await reading(3)).identity, alice);
  });
  assert.equal(held.length, 1);
});

test('nothing is asked while it is paused, and at once when it goes on', async (t) => {
  const server = await startAdminServer(t);
  const { feed, clock, reading, readings } = watch(t, [socketTarget('a', server.socket)]);
  await reading(1);
  await eventually(() => server.asked.includes('/admin/stream?topics=events'));
  feed.want({ ...wants, paused: true });
  const before = server.asked.length;
  clock.advance(60_000);
  feed.refresh();
  assert.equal(readings().length, 1);
  feed.want(wants);
  await reading(2);
  await eventually(() => server.asked.filter((one) => one.startsWith('/admin/stream')).length === 2);
  const after = server.asked.slice(before).toSorted();
  assert.deepEqual(after, ['/admin/status', '/admin/stream?topics=events', '/admin/upstreams']);
});

test('the interval is held, has a floor, and counts from the beginning of a poll', async (t) => {
  const server = await startAdminServer(t);
  const { feed, clock, reading, readings } = watch(t, [socketTarget('a', server.socket)], {
    wants: { intervalMs: 10 },
  });
  await reading(1);
  clock.advance(249);
  assert.equal(server.asked.filter((one) => one === '/admin/status').length, 1);
  clock.advance(1);
  await reading(2);
  feed.want({ ...wants, intervalMs: 5_000 });
  clock.advance(4_999);
  assert.equal(readings().length, 2);
  clock.advance(1);
  await reading(3);
});

test('connections to a daemon stay open from poll to poll', async (t) => {
  const server = await startAdminServer(t);
  const { clock, reading } = watch(t, [socketTarget('a', server.socket)], { wants: { parts: ['runtime'] } });
  await reading(1);
  await eventually(() => server.asked.includes('/admin/stream?topics=events'));
  const before = server.connections();
  for (const count of [2, 3, 4, 5]) {
    clock.advance(1_000);
    await reading(count);
  }
  assert.equal(server.connections(), before);
});

test('time, generation and ETag are of the older of the two replies that everything is judged by', async (t) => {
  const server = await startAdminServer(t, (path, response, query) => {
    if (path === '/admin/stream') return answers(path, response, query);
    const later = path === '/admin/upstreams' ? { 'x-sentinel-time': '2026-01-01T00:00:01.000Z', etag: '"3-2"' } : {};
    response.writeHead(200, { ...facts, ...later });
    response.end(JSON.stringify(plainReply(path)));
  });
  const { reading } = watch(t, [socketTarget('a', server.socket)]);
  assert.equal((await reading(1)).etag, '"3-1"');
});
