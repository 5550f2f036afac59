/** Events, log lines and verdicts of the feed: what is told of the past, what comes, and what is missing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import type { Judge } from '../../../src/tui/feed/judging.ts';
import { eventually } from '../../helpers/eventually.ts';
import { answers, facts, hangs, startAdminServer } from './admin-server.ts';
import { socketTarget, wants, watch } from './watched.ts';

/** A server whose streams a test writes to. */
async function streaming(t: TestContext) {
  const streams = new Map<string, ServerResponse>();
  const resumed: string[] = [];
  const server = await startAdminServer(t, (path, response, query) => {
    if (path !== '/admin/stream') return answers(path, response, query);
    response.writeHead(200, { ...facts, 'content-type': 'text/event-stream' });
    response.flushHeaders();
    resumed.push(String(response.req.headers['last-event-id']));
    streams.set(query.get('topics') ?? '', response);
  });
  const tell = async (topic: string, event: string, id: string, data: unknown) => {
    const stream = await eventually(() => streams.get(topic) ?? false);
    (stream as ServerResponse).write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  return { server, tell, resumed, streams };
}

test('events of the past come first and once, then what happens, in batches, with gaps said', async (t) => {
  const { server, tell, resumed, streams } = await streaming(t);
  const { clock, reading, of, loss, feed } = watch(t, [socketTarget('a', server.socket)]);
  await reading(1);
  const told = () => of('events').map(({ events, gap }) => ({ seqs: events.map(({ seq }) => seq), gap }));
  const shows = (expected: ReturnType<typeof told>) =>
    eventually(() => {
      clock.advance(100);
      assert.deepEqual(told(), expected);
    });
  await shows([{ seqs: [1], gap: false }]);
  await tell('events', 'events', 'two', { seq: 2 });
  await tell('events', 'gap', 'two', { topic: 'events', reason: 'slow_reader', missed: 3, since: null, until: null });
  await tell('events', 'events', 'six', { seq: 6 });
  await eventually(() => {
    clock.advance(100);
    assert.deepEqual(
      told().flatMap(({ seqs }) => seqs),
      [1, 2, 6],
    );
  });
  assert.equal(told().at(-1)?.gap, true);
  const readings = of('reading').length;
  server.behave(hangs);
  feed.refresh();
  await eventually(() => {
    clock.advance(1_000);
    assert.ok(of('lost').length > 0);
  });
  await loss(1);
  streams.clear();
  server.behave((path, response, query) => {
    if (path !== '/admin/stream') return answers(path, response, query);
    response.writeHead(200, { ...facts, 'content-type': 'text/event-stream' });
    response.flushHeaders();
    resumed.push(String(response.req.headers['last-event-id']));
  });
  feed.refresh();
  await reading(readings + 1);
  await eventually(() => assert.equal(resumed.at(-1), 'six'));
  assert.equal(resumed[0], 'one');
  assert.equal(server.asked.filter((path) => path.startsWith('/admin/events')).length, 1);
});

test('log lines are followed while they are wanted, and gone on with where they were left', async (t) => {
  const { server, tell, resumed } = await streaming(t);
  const { feed, clock, reading, of } = watch(t, [socketTarget('a', server.socket)]);
  await reading(1);
  assert.equal(
    server.asked.some((path) => path.startsWith('/admin/logs')),
    false,
  );
  feed.want({ ...wants, logs: true });
  await tell('logs', 'logs', 'two', { message: 'second' });
  await eventually(() => {
    clock.advance(100);
    assert.deepEqual(
      of('logs').flatMap(({ lines }) => lines.map(({ message }) => message)),
      ['first', 'second'],
    );
  });
  assert.ok(server.asked.includes('/admin/logs?limit=2000'));
  feed.want(wants);
  const before = resumed.length;
  feed.want({ ...wants, logs: true });
  await eventually(() => assert.deepEqual(resumed.slice(before), ['two']));
});

test('a daemon is judged by each reading, one at a time, and not while it does not answer', async (t) => {
  const server = await startAdminServer(t);
  let asked = 0;
  let done: () => void = () => {};
  const judge: Judge = {
    judge: () =>
      new Promise((resolve) => {
        asked++;
        done = () => resolve({ verdict: null, why: `judged ${asked}` });
      }),
    close: () => {},
  };
  const { feed, clock, reading, loss, of } = watch(t, [socketTarget('a', server.socket)], { judge });
  await reading(1);
  clock.advance(1_000);
  await reading(2);
  assert.equal(asked, 1);
  done();
  await eventually(() =>
    assert.deepEqual(
      of('verdict').map(({ why }) => why),
      ['judged 1'],
    ),
  );
  clock.advance(1_000);
  await reading(3);
  assert.equal(asked, 2);
  await server.die();
  feed.refresh();
  await loss(1);
  done();
  await feed.stop();
  const words = of('verdict').map(({ why }) => why ?? '');
  assert.equal(words.length, 2);
  assert.match(words[1] ?? '', /^the daemon does not answer: /);
});

test('after the end nothing is told, and nothing is left open', async (t) => {
  const server = await startAdminServer(t, (path, response, query) =>
    path === '/admin/upstreams' ? undefined : answers(path, response, query),
  );
  const { feed, news } = watch(t, [socketTarget('a', server.socket)]);
  await eventually(() => server.asked.includes('/admin/upstreams'));
  await feed.stop();
  assert.deepEqual(news, []);
  await server.die();
});

test('a defect of whoever listens is no loss of a daemon: it ends the program', () => {
  const from = (path: string) => JSON.stringify(new URL(`../../../src/${path}`, import.meta.url).href);
  const code = `
    const { createFeed } = await import(${from('tui/feed/feed.ts')});
    const { systemClock } = await import(${from('base/clock.ts')});
    const target = { name: 'a', addresses: [{ kind: 'socket', path: '/nonexistent/admin.sock' }] };
    createFeed({ targets: [target], version: 'test', clock: systemClock }).start(() => { throw new Error('a defect'); });`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /Error: a defect/);
});
