/** Requests under way: each phase as it is told, the order and bounds of the list, and what ending one does to whom. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type InflightRequest, inflightPhases } from '../../src/admin/contract/request-shapes.ts';
import { everything, type Filter } from '../../src/filter/filter.ts';
import { parseFilter } from '../../src/filter/parse.ts';
import { RateTables } from '../../src/proxy/control/rate-tables.ts';
import { acceptOf } from '../../src/proxy/data/websocket/handshake.ts';
import { readRecord } from '../../src/proxy/shared/finished-request.ts';
import type { InflightAnswer } from '../../src/proxy/shared/questions.ts';
import { RecordRingReader } from '../../src/proxy/shared/record-ring.ts';
import { rateLimit, startPlanes, type TestPlane } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { answerOf, http2Scene, send } from '../helpers/http2-scene.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { blackHole, ok, type Script, startOrigin } from '../helpers/origin.ts';
import { proxied, type Scene, sceneOf, scenery } from '../helpers/proxied.ts';
import { get, head, type RawClient } from '../helpers/raw-http.ts';
import { retryPolicy, severalTargets } from '../helpers/several-targets.ts';

type Cleanup = Parameters<typeof proxied>[0];
type Watched = Omit<Scene, 'origin' | 'clock'>;

function inFlight({ plane }: Pick<TestPlane, 'plane'>, filter: Filter = everything, limit = 1000): InflightAnswer {
  return plane.answer({ kind: 'inflight', filter, limit }) as InflightAnswer;
}

function kill({ plane }: Pick<TestPlane, 'plane'>, id: string): InflightRequest | null {
  return (plane.answer({ kind: 'kill', id }) as { killed: InflightRequest | null }).killed;
}

function filterOf(text: string): Filter {
  const parsed = parseFilter(text, 'inflight');
  assert.ok(parsed.ok);
  return parsed.filter;
}

/** The first request in that phase, once there is one. */
function reached(scene: Watched, phase: InflightRequest['phase']): Promise<InflightRequest> {
  return eventually(() => {
    const { requests } = inFlight(scene);
    const found = requests.find((one) => one.phase === phase);
    assert.ok(found, `in phase ${requests.map((one) => one.phase).join(', ')}`);
    return found;
  });
}

async function sent(scene: Watched, bytes: string): Promise<RawClient> {
  const client = await scene.client();
  client.send(bytes);
  return client;
}

const silent: Script = { request: () => {} };
const part = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf';
const much = Buffer.alloc(16 << 20, 'x');
const wantsSocket = head(
  'GET',
  '/',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
);

/** Brings a request into a phase; the client is the one of that request. */
const ways: Readonly<Record<InflightRequest['phase'], (t: Cleanup) => Promise<readonly [Watched, RawClient]>>> = {
  async guard(t) {
    const origin = await startOrigin(t);
    const clock = new ManualClock();
    const rates = new RateTables(clock);
    t.after(() => rates.close());
    await rates.prepare();
    const settings = scenery([origin.port], { policies: { rateLimit: rateLimit({ action: 'delay' }) } });
    const [plane] = await startPlanes(t, settings, 1, clock, undefined, { rates });
    rates.adopt();
    const scene = { ...sceneOf(t, plane as TestPlane), config: settings };
    assert.equal((await scene.ask(get('/'))).status, 200);
    return [scene, await sent(scene, get('/'))];
  },
  async receive(t) {
    const scene = await proxied(t, { policies: { bufferRequests: true } });
    return [scene, await sent(scene, `${head('POST', '/', 'Content-Length: 10')}abc`)];
  },
  async pause(t) {
    const scene = await severalTargets(t, [{ request: ({ connection }) => connection.reset() }, undefined], {
      manual: true,
      route: { retry: retryPolicy({ backoffBaseMs: 20_000, backoffMaxMs: 20_000 }) },
    });
    return [scene, await sent(scene, get('/'))];
  },
  async queue(t) {
    const pool = { maxConnections: 1, maxIdle: 1, idleTimeoutMs: 0, maxLifetimeMs: 0, maxPending: 10 };
    const scene = await proxied(t, { script: silent, upstream: { pool } });
    await sent(scene, get('/first'));
    await reached(scene, 'wait');
    return [scene, await sent(scene, get('/second'))];
  },
  async connect(t) {
    const scene = await severalTargets(t, [await blackHole(t)]);
    return [scene, await sent(scene, get('/'))];
  },
  async send(t) {
    const scene = await proxied(t);
    return [scene, await sent(scene, `${head('POST', '/', 'Content-Length: 10')}abc`)];
  },
  async wait(t) {
    const scene = await proxied(t, { script: silent });
    return [scene, await sent(scene, get('/'))];
  },
  async relay(t) {
    const scene = await proxied(t, { script: { request: ({ connection }) => connection.send(part) } });
    return [scene, await sent(scene, get('/'))];
  },
  async client(t) {
    const scene = await proxied(t, {
      script: {
        request: ({ connection }) => {
          connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${2 * much.length}\r\n\r\n`);
          connection.send(much);
        },
      },
    });
    const client = await scene.client();
    client.socket.pause();
    client.send(get('/'));
    return [scene, client];
  },
  async websocket(t) {
    const scene = await proxied(t, {
      script: {
        head: ({ connection, header }) => {
          const accept = acceptOf(header('sec-websocket-key') ?? '');
          const fields = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n`;
          connection.send(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
        },
      },
    });
    return [scene, await sent(scene, wantsSocket)];
  },
};

for (const phase of inflightPhases) {
  test(`a request in phase ${phase} is told as that, and ended: its client is cut, nothing is held, no target blamed`, async (t) => {
    const [scene, client] = await ways[phase](t);
    const found = await reached(scene, phase);
    assert.match(found.id, /^0-[1-9]\d*$/);
    assert.equal(inFlight(scene, filterOf(`phase=${phase}`)).matching, 1);
    const before = inFlight(scene).total;
    assert.equal(kill(scene, found.id)?.correlation_id, found.correlation_id);
    client.socket.resume();
    await client.closed();
    await eventually(() => assert.equal(inFlight(scene).total, before - 1));
    for (const { id } of inFlight(scene).requests) kill(scene, id);
    await scene.settled();
    assert.equal(scene.errors('killed'), before);
    assert.deepEqual(
      scene.events.filter(({ kind }) => kind === 'failing'),
      [],
    );
    const record = new RecordRingReader(scene.records.errors)
      .all()
      .map(({ text }) => readRecord(text))
      .find((one) => one?.id === found.id);
    assert.equal(record?.cause, 'killed');
    assert.equal(record?.status, phase === 'websocket' ? 101 : phase === 'relay' || phase === 'client' ? 200 : 499);
    assert.equal(kill(scene, found.id), null, 'it is gone');
  });
}

test('the oldest come first, as many as are asked for, and those that match are counted', async (t) => {
  const scene = await proxied(t, { script: silent, manual: true });
  for (let at = 0; at < 5; at++) {
    await sent(scene, get(`/${at}`, 'User-Agent: spoon'));
    await eventually(() => assert.equal(inFlight(scene).total, at + 1));
    scene.clock.advance(50);
  }
  const { total, matching, requests } = inFlight(scene, everything, 2);
  assert.deepEqual([total, matching], [5, 5]);
  assert.deepEqual(
    requests.map(({ path, age_ms }) => [path, age_ms]),
    [
      ['/0', 250],
      ['/1', 200],
    ],
  );
  assert.equal(inFlight(scene, filterOf('age>=150ms agent=spoon !path=/2')).matching, 2);
  assert.deepEqual(
    inFlight(scene, filterOf(`id=${requests[1]?.correlation_id}`)).requests.map(({ path }) => path),
    ['/1'],
  );
});

test('an id stays with its request, and none is given twice', async (t) => {
  const scene = await proxied(t, { script: silent });
  await sent(scene, get('/a'));
  const { id } = await reached(scene, 'wait');
  assert.equal((await reached(scene, 'wait')).id, id);
  kill(scene, id);
  await sent(scene, get('/b'));
  assert.notEqual((await reached(scene, 'wait')).id, id);
});

test('of an HTTP/2 connection one stream is reset, the others go on', async (t) => {
  const waiting: (() => void)[] = [];
  const scene = await http2Scene(t, {
    script: { request: ({ connection }) => void waiting.push(() => connection.send(ok('late'))) },
  });
  const session = await scene.session();
  const answers = ['/stays', '/goes'].map((path) => answerOf(send(session, { ':path': path })));
  await eventually(() => assert.equal(waiting.length, 2));
  const { requests } = inFlight(scene, filterOf('path=/goes protocol=HTTP/2.0'));
  assert.equal(requests.length, 1);
  kill(scene, requests[0]?.id ?? '');
  assert.equal((await (answers[1] as Promise<{ code: number }>)).code, 8, 'CANCEL');
  for (const answer of waiting) answer();
  assert.equal((await answers[0])?.body.toString(), 'late');
  assert.equal(session.destroyed, false);
});

test('an answer to an old client that only the end of the connection ends is reset: it must not look whole', async (t) => {
  const scene = await proxied(t, {
    script: {
      request: ({ connection }) =>
        connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
    },
  });
  const client = await sent(scene, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n');
  const { id } = await reached(scene, 'relay');
  await client.until('the part that has come', () => (client.received.includes('half') ? true : undefined));
  kill(scene, id);
  assert.equal(await client.closed(), 'reset');
});
