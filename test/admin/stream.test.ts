/** The live stream of the admin API, over real sockets: resumed where it broke off, bounded, and ended when it has to. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { eventsOf, type ServerSentEvent } from '../../src/admin/client/event-source.ts';
import type { StreamGap } from '../../src/admin/contract/stream-shapes.ts';
import type { AdminProblem } from '../../src/proxy/control/admin/problem.ts';
import { Streams } from '../../src/proxy/control/admin/streams.ts';
import type { StreamNews, StreamTopic } from '../../src/proxy/control/admin/stream-topic.ts';
import { startDaemonProcess, staticConfig } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

/** A topic that says what a test tells it, and keeps the last ten. */
class Numbers implements StreamTopic {
  readonly name = 'numbers';
  readonly listeners = new Set<(news: StreamNews) => void>();
  at = 0;

  position(): string {
    return String(this.at);
  }

  open(
    query: URLSearchParams,
    position: string | null,
    ...[send, missed]: Parameters<StreamTopic['open']> extends [unknown, unknown, ...infer Rest] ? Rest : never
  ): () => void {
    const pad = query.get('pad') ?? '';
    const tell = (news: StreamNews) => send(pad === '' ? news : { ...news, data: `${news.data}${pad}` });
    if (position !== null) {
      const oldest = Math.max(1, this.at - 9);
      const from = Number(position) + 1;
      if (from < oldest) missed({ count: oldest - from, untilMs: null });
      for (let one = Math.max(from, oldest); one <= this.at; one++) tell({ position: String(one), data: one });
    }
    this.listeners.add(tell);
    return () => void this.listeners.delete(tell);
  }

  say(more: Partial<StreamNews> = {}): void {
    this.at++;
    for (const listener of this.listeners) listener({ position: String(this.at), data: this.at, ...more });
  }
}

interface Scene {
  readonly clock: ManualClock;
  readonly numbers: Numbers;
  readonly streams: Streams;
  readonly url: string;
  allowed: boolean;
  connections(): Promise<number>;
}

async function scene(t: TestContext, boot = 'b1'): Promise<Scene> {
  const clock = new ManualClock();
  const numbers = new Numbers();
  const streams = new Streams({ clock, boot, startedAtMs: clock.wallMs(), topics: [numbers] });
  const server = createServer((message: IncomingMessage, response: ServerResponse) => {
    const resume = message.headers['last-event-id'];
    const query = new URL(message.url ?? '', 'http://x').searchParams;
    try {
      const stream = streams.open(query, typeof resume === 'string' ? resume : null);
      response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' });
      stream.begin(response, () => made.allowed);
    } catch (error) {
      const { status, code } = error as AdminProblem;
      response.writeHead(status).end(code);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  const made: Scene = {
    clock,
    numbers,
    streams,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    allowed: true,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
      }),
  };
  return made;
}

/** A client that reads event by event. */
async function listen(t: TestContext, url: string, headers: Record<string, string> = {}) {
  const call = request(url, { headers, agent: false });
  call.end();
  const [reply] = (await once(call, 'response')) as [IncomingMessage];
  t.after(() => void reply.destroy());
  const events = eventsOf(reply);
  const next = async (): Promise<ServerSentEvent | null> => {
    const { value, done } = await events.next();
    return done === true ? null : value;
  };
  return { reply, next };
}

const data = (event: ServerSentEvent | null): unknown => JSON.parse(event?.data ?? 'null');

test('a client gets hello and then what happens, each with the id by which it can come back', async (t) => {
  const { url, numbers } = await scene(t);
  numbers.say();
  const { next } = await listen(t, `${url}?topics=numbers`);
  const hello = await next();
  assert.deepEqual([hello?.event, hello?.id], ['hello', 'b1;numbers=1']);
  numbers.say();
  assert.deepEqual(await next(), { event: 'numbers', id: 'b1;numbers=2', data: '2' });
});

test('a client that comes back gets what it missed, in order and once', async (t) => {
  const { url, numbers } = await scene(t);
  for (let one = 0; one < 5; one++) numbers.say();
  const { next } = await listen(t, `${url}?topics=numbers`, { 'last-event-id': 'b1;numbers=2' });
  await next();
  assert.deepEqual([data(await next()), data(await next()), data(await next())], [3, 4, 5]);
  numbers.say();
  assert.equal(data(await next()), 6);
});

test('a client that comes back too late is told how much it missed', async (t) => {
  const { url, numbers } = await scene(t);
  for (let one = 0; one < 30; one++) numbers.say();
  const { next } = await listen(t, `${url}?topics=numbers`, { 'last-event-id': 'b1;numbers=5' });
  await next();
  const gap = await next();
  assert.equal(gap?.event, 'gap');
  const { topic, reason, missed } = data(gap) as StreamGap;
  assert.deepEqual({ topic, reason, missed }, { topic: 'numbers', reason: 'not_kept', missed: 15 });
  assert.equal(data(await next()), 21);
});

test('a client of an earlier run of the daemon is told so, and gets all that is kept', async (t) => {
  const { url, numbers, clock } = await scene(t, 'b2');
  numbers.say();
  for (const id of ['b1;numbers=7', 'nonsense', '%%;numbers=%']) {
    const { next } = await listen(t, `${url}?topics=numbers`, { 'last-event-id': id });
    await next();
    const { reason, missed, until } = data(await next()) as StreamGap;
    assert.deepEqual([reason, missed, until], ['restart', null, new Date(clock.wallMs()).toISOString()], id);
    assert.equal(data(await next()), 1);
  }
});

test('a client that does not read costs a bounded queue, and is told what it did not get', async (t) => {
  const { url, numbers, streams } = await scene(t);
  const { reply, next } = await listen(t, `${url}?topics=numbers`);
  assert.equal((await next())?.event, 'hello');
  reply.pause();
  // Far more than the buffers of the system and the queue hold.
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  const line = 'x'.repeat(64 << 10);
  for (let one = 0; one < 2_000; one++) {
    numbers.say({ data: line });
    if (one % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const grown = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before;
  assert.ok(grown < 64 << 20, `${grown} bytes more for ${2_000 * line.length} that were said`);
  assert.equal(streams.size, 1);
  let got = 0;
  let missed = 0;
  // Whatever the buffers of the system take in between: nothing is lost without a word.
  while (got + missed < 2_000) {
    const event = await next();
    if (event?.event === 'numbers') got++;
    else {
      const gap = data(event) as StreamGap;
      assert.equal(gap.reason, 'slow_reader');
      missed += gap.missed ?? 0;
    }
  }
  assert.equal(got + missed, 2_000);
  assert.ok(missed > 1_000, `only ${missed} were dropped`);
  numbers.say();
  assert.equal(data(await next()), 2_001, 'it goes on afterwards');
});

test('a comment comes every ten seconds, and a client that reads nothing for a minute is given up', async (t) => {
  const { url, numbers, clock, streams } = await scene(t);
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  t.after(() => socket.destroy());
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => void (text += part));
  socket.on('error', () => {});
  socket.write('GET /?topics=numbers HTTP/1.1\r\nHost: x\r\n\r\n');
  await eventually(() => assert.match(text, /event: hello/));
  clock.advance(10_000);
  await eventually(() => assert.match(text, /\n: \d{4}-\d\d-\d\dT[\d:.]+Z\n\n/));
  socket.pause();
  for (let one = 0; one < 200; one++) numbers.say({ data: 'x'.repeat(64 << 10) });
  clock.advance(59_000);
  assert.equal(streams.size, 1);
  clock.advance(2_000);
  await eventually(() => assert.equal(streams.size, 0));
  assert.equal(numbers.listeners.size, 0, 'its topics were let go');
});

test('a client that may no longer listen is told so within a second', async (t) => {
  const made = await scene(t);
  const { next } = await listen(t, `${made.url}?topics=numbers`);
  await next();
  made.allowed = false;
  made.clock.advance(1_000);
  const bye = await next();
  assert.deepEqual([bye?.event, data(bye)], ['bye', { reason: 'not_allowed' }]);
  assert.equal(await next(), null);
  assert.equal(made.streams.size, 0);
});

test('a client that may no longer listen, and does not read that either, loses its connection', async (t) => {
  const made = await scene(t);
  const { hostname, port } = new URL(made.url);
  const socket = connect(Number(port), hostname);
  t.after(() => socket.destroy());
  socket.on('error', () => {}).write('GET /?topics=numbers HTTP/1.1\r\nHost: x\r\n\r\n');
  await eventually(() => assert.equal(made.numbers.listeners.size, 1));
  // More than the buffers of the system hold.
  made.numbers.say({ data: 'x'.repeat(32 << 20) });
  made.allowed = false;
  made.clock.advance(1_000);
  assert.equal(made.streams.size, 0);
  assert.equal(await made.connections(), 1);
  made.clock.advance(5_000);
  await eventually(async () => assert.equal(await made.connections(), 0));
});

test('there is a bound on streams, which those that ended do not count towards', async (t) => {
  const { url, streams } = await scene(t);
  const opened = [];
  for (let one = 0; one < 32; one++) opened.push(await listen(t, `${url}?topics=numbers`));
  const { reply: refused } = await listen(t, `${url}?topics=numbers`);
  assert.equal(refused.statusCode, 503);
  assert.equal(await text(refused), 'SNT-A015');
  opened[0]?.reply.destroy();
  await eventually(() => assert.equal(streams.size, 31));
  assert.equal((await listen(t, `${url}?topics=numbers`)).reply.statusCode, 200);
});

test('topics that do not exist are refused, and leave no stream behind', async (t) => {
  const { url, streams } = await scene(t);
  for (const topics of ['', 'numbers,other', 'hello']) {
    assert.equal((await listen(t, `${url}?topics=${topics}`)).reply.statusCode, 400, topics);
  }
  assert.equal(streams.size, 0);
});

test('a parameter can be meant for one topic of several', async (t) => {
  const { url, numbers } = await scene(t);
  const { next } = await listen(t, `${url}?topics=numbers&pad=a&numbers.pad=b&other.pad=c`);
  await next();
  numbers.say();
  assert.equal(data(await next()), '1b');
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const tokens = (names: readonly string[]) =>
  staticConfig(
    'hello',
    `observability { admin { ${names.map((name) => `token "${name}" { role "viewer"; hash "sha256:${sha256(name)}" }`).join('\n')} } }`,
  );

test('a running daemon streams its events, stops when a token is taken back, and says farewell when it ends', async (t) => {
  const daemon = await startDaemonProcess(t, { config: tokens(['see', 'stay']), workers: 1 });
  const url = `${daemon.adminUrl()}/admin/stream?topics=events`;
  const bearer = (token: string) => ({ authorization: `Bearer ${token}`, host: 'proxy.example' });
  const see = await listen(t, url, bearer('see'));
  const stay = await listen(t, url, bearer('stay'));
  assert.equal(see.reply.headers['content-type'], 'text/event-stream; charset=utf-8');
  assert.equal(see.reply.headers['cache-control'], 'no-store');
  for (const { next } of [see, stay]) assert.equal((await next())?.event, 'hello');
  daemon.writeConfig(tokens(['stay']));
  await daemon.client.call('config-reload', { reason: 'ann left' });
  const until = async ({ next }: typeof see, wanted: (event: ServerSentEvent) => boolean) => {
    for (;;) {
      const event = await next();
      if (event === null || wanted(event)) return event;
    }
  };
  const kind = (name: string) => (event: ServerSentEvent) => (data(event) as { kind?: string }).kind === name;
  const reload = data(await until(stay, kind('reload'))) as { reason: string; generation: number; actor: string };
  assert.deepEqual([reload.reason, reload.generation], ['ann left', 2]);
  assert.deepEqual(data(await until(see, ({ event }) => event === 'bye')), { reason: 'not_allowed' });
  daemon.child.kill('SIGTERM');
  assert.notEqual(await until(stay, kind('drain')), null, 'the drain is news as well');
  assert.deepEqual(data(await until(stay, ({ event }) => event === 'bye')), { reason: 'stopping' });
  assert.equal((await daemon.ended()).code, 0);
});

test('HEAD of the stream is its head alone', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1 });
  const call = request(`${daemon.adminUrl()}/admin/stream?topics=events`, { method: 'HEAD', agent: false });
  call.end();
  const [reply] = (await once(call, 'response')) as [IncomingMessage];
  assert.deepEqual([reply.statusCode, reply.headers['content-type']], [200, 'text/event-stream; charset=utf-8']);
  reply.resume();
  await once(reply, 'end');
});
