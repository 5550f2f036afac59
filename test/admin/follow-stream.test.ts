/** The client of the live stream: it reconnects, goes on where it broke off, notices silence, and gives up only when it must. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { AdminClient, AdminRefusal } from '../../src/admin/client/client.ts';
import type { StreamItem } from '../../src/admin/client/stream.ts';
import type { StreamGap } from '../../src/admin/contract/stream-shapes.ts';
import { startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

type Answerer = (request: IncomingMessage, response: ServerResponse, turn: number) => void;

/** A daemon that says what a test makes it say, connection by connection. */
async function fake(t: TestContext, answer: Answerer): Promise<{ client: AdminClient; turns: IncomingMessage[] }> {
  const turns: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    turns.push(request);
    answer(request, response, turns.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  const address = { kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port } as const;
  return { turns, client: new AdminClient({ target: { name: 'fake', addresses: [address] }, version: '0' }) };
}

const begin = (response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
const event = (name: string, id: string, data: unknown) =>
  `event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

async function take(items: AsyncIterator<StreamItem>, count: number): Promise<unknown[]> {
  const data: unknown[] = [];
  while (data.length < count) {
    const { value, done } = await items.next();
    if (done === true) break;
    data.push(value.data);
  }
  return data;
}

test('it goes on after the last event that it got, and says that it waited', async (t) => {
  const clock = new ManualClock();
  const { client, turns } = await fake(t, (_, response, turn) => {
    begin(response);
    response.write(event('hello', `b;n=${turn}`, {}));
    response.write(event('n', `b;n=${turn}0`, turn));
    if (turn === 1) response.end();
  });
  const said: string[] = [];
  const items = client
    .stream(
      ['n'],
      { filter: 'a b' },
      {
        clock,
        from: 'b;n=0',
        onLost: (why, retryMs) => {
          said.push(`${why}, ${retryMs}`);
          // The wait begins right after this.
          setImmediate(() => clock.advance(retryMs));
        },
        onBack: () => said.push('back'),
      },
    )
    [Symbol.asyncIterator]();
  assert.deepEqual(await take(items, 2), [1, 2]);
  assert.deepEqual(said, ['the daemon ended the stream, 500', 'back']);
  assert.deepEqual(
    turns.map(({ headers, url }) => [headers['last-event-id'], url]),
    [
      ['b;n=0', '/admin/stream?filter=a+b&topics=n'],
      ['b;n=10', '/admin/stream?filter=a+b&topics=n'],
    ],
  );
  await items.return?.(undefined);
});

test('a connection that is silent for too long is given up and made anew', async (t) => {
  const clock = new ManualClock();
  const { client } = await fake(t, (_, response, turn) => {
    begin(response);
    response.write(turn === 1 ? event('hello', 'b', {}) : event('n', 'b;n=1', 'again'));
  });
  const why: string[] = [];
  const items = client
    .stream(
      ['n'],
      {},
      {
        clock,
        silenceMs: 50,
        onLost: (words, retryMs) => {
          why.push(words);
          setImmediate(() => clock.advance(retryMs));
        },
      },
    )
    [Symbol.asyncIterator]();
  assert.deepEqual(await take(items, 1), ['again']);
  assert.deepEqual(why, ['the daemon fell silent']);
  await items.return?.(undefined);
});

test('gaps are told in their place, and farewells say why', async (t) => {
  const gap: StreamGap = { topic: 'n', reason: 'slow_reader', missed: 3, since: null, until: null };
  const clock = new ManualClock();
  const { client } = await fake(t, (_, response, turn) => {
    begin(response);
    response.write(event('n', 'b;n=1', 1) + event('gap', 'b;n=1', gap) + event('n', 'b;n=5', 5));
    if (turn === 1) response.end(event('bye', 'b;n=5', { reason: 'stopping' }));
  });
  const said: unknown[] = [];
  const items = client.stream(
    ['n'],
    {},
    {
      clock,
      onGap: (one) => said.push(one),
      onLost: (why, retryMs) => {
        said.push(why);
        setImmediate(() => clock.advance(retryMs));
      },
    },
  );
  let taken = 0;
  for await (const { data } of items) {
    said.push(data);
    if (++taken === 3) break;
  }
  assert.deepEqual(said, [1, gap, 5, 'the daemon stops', 1]);
});

test('what cannot begin is thrown, and so is a refusal later; a daemon that is starting is waited for', async (t) => {
  const refuse = (response: ServerResponse, status: number, code: string) =>
    response
      .writeHead(status, { 'content-type': 'application/problem+json' })
      .end(JSON.stringify({ type: 'about:blank', title: 't', status, detail: 'no', code }));
  const first = await fake(t, (_, response) => void refuse(response, 403, 'SNT-A002'));
  await assert.rejects(take(first.client.stream(['n'])[Symbol.asyncIterator](), 1), { code: 'SNT-A002' });
  const clock = new ManualClock();
  const later = await fake(t, (_, response, turn) => {
    if (turn === 1) begin(response).end(event('n', 'b;n=1', 1));
    else if (turn === 2) refuse(response, 503, 'SNT-A011');
    else refuse(response, 401, 'SNT-A003');
  });
  const waits: number[] = [];
  const items = later.client
    .stream(
      ['n'],
      {},
      {
        clock,
        onLost: (_, retryMs) => {
          waits.push(retryMs);
          setImmediate(() => clock.advance(retryMs));
        },
      },
    )
    [Symbol.asyncIterator]();
  assert.deepEqual(await take(items, 1), [1]);
  await assert.rejects(items.next(), (error: unknown) => error instanceof AdminRefusal && error.status === 401);
  assert.deepEqual(waits, [500, 1_000]);
  const nobody = new AdminClient({
    target: { name: 'x', addresses: [{ kind: 'socket', path: '/nonexistent' }] },
    version: '0',
  });
  await assert.rejects(take(nobody.stream(['n'])[Symbol.asyncIterator](), 1), { code: 'SNT-A001' });
});

test('who goes on from somewhere waits for a daemon that is gone already', async (t) => {
  const clock = new ManualClock();
  const { client, turns } = await fake(t, (_, response, turn) => {
    if (turn === 1) response.destroy();
    else begin(response).write(event('n', 'b;n=5', 5));
  });
  const said: string[] = [];
  const items = client
    .stream(
      ['n'],
      {},
      {
        clock,
        from: 'b;n=4',
        onBack: () => said.push('back'),
        onLost: (_, retryMs) => {
          said.push('lost');
          setImmediate(() => clock.advance(retryMs));
        },
      },
    )
    [Symbol.asyncIterator]();
  assert.deepEqual(await take(items, 1), [5]);
  await items.return?.(undefined);
  assert.deepEqual(said, ['lost', 'back']);
  assert.equal(turns.length, 2);
});

test('who has enough ends it without an error, also while it waits', async (t) => {
  const { client, turns } = await fake(t, (_, response, turn) => {
    begin(response).write(event('n', 'b;n=1', turn));
    if (turn === 2) response.end();
  });
  const open = new AbortController();
  const items = client.stream(['n'], {}, { signal: open.signal })[Symbol.asyncIterator]();
  await take(items, 1);
  open.abort();
  assert.equal((await items.next()).done, true);
  await eventually(() => assert.equal(turns[0]?.socket.destroyed, true));
  const waiting = new AbortController();
  const others = client
    .stream(
      ['n'],
      {},
      { signal: waiting.signal, clock: new ManualClock(), onLost: () => setImmediate(() => waiting.abort()) },
    )
    [Symbol.asyncIterator]();
  await take(others, 1);
  assert.equal((await others.next()).done, true);
});

test('across a restart of the daemon it says that something may be missing, and gets what happened since the start', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1 });
  const gaps: StreamGap[] = [];
  const lost: string[] = [];
  const items = daemon.client
    .stream(['events'], {}, { onGap: (gap) => gaps.push(gap), onLost: (why) => lost.push(why) })
    [Symbol.asyncIterator]();
  const pending = items.next();
  // Whatever comes first, it was connected before the daemon goes.
  await daemon.client.call('config-reload');
  assert.equal(((await pending).value as StreamItem).topic, 'events');
  daemon.child.kill('SIGKILL');
  await daemon.ended();
  const kinds: string[] = [];
  const reading = (async () => {
    while (!kinds.includes('ready'))
      kinds.push((((await items.next()).value as StreamItem).data as { kind: string }).kind);
  })();
  await startDaemonProcess(t, { folder: daemon.folder, workers: 1 });
  await reading;
  assert.equal(lost[0], 'the connection broke');
  assert.deepEqual(
    gaps.map(({ topic, reason, missed }) => ({ topic, reason, missed })),
    [{ topic: 'events', reason: 'restart', missed: null }],
  );
  await items.return?.(undefined);
});
