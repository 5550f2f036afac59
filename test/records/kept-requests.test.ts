/** Which finished requests are kept, and what their records say: through a data plane with real sockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestRecord } from '../../src/admin/contract/request-shapes.ts';
import { readRecord } from '../../src/proxy/shared/finished-request.ts';
import { RecordRingReader } from '../../src/proxy/shared/record-ring.ts';
import { config, type TestPlane } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { answering, deadPort, ok, type Script } from '../helpers/origin.ts';
import { proxied } from '../helpers/proxied.ts';
import { get, head } from '../helpers/raw-http.ts';
import { retryPolicy, severalTargets } from '../helpers/several-targets.ts';

function kept(plane: TestPlane, ring: 'errors' | 'slow' | 'sample'): RequestRecord[] {
  return new RecordRingReader(plane.records[ring]).all().map(({ text }) => readRecord(text) as RequestRecord);
}

test('an error is kept with the fields of its access log line, whether there is an access log or not', async (t) => {
  for (const accessLog of [{}, { format: 'combined' as const }, undefined]) {
    const scene = await proxied(t, {
      script: answering('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n'),
      ...(accessLog === undefined ? {} : { accessLog }),
    });
    const response = await scene.ask(head('GET', '/bad?token=abc', 'User-Agent: spoon "x"'));
    assert.equal(response.status, 500);
    const [record] = await eventually(() => {
      const found = kept(scene, 'errors');
      assert.equal(found.length, 1);
      return found;
    });
    assert.ok(record !== undefined);
    assert.deepEqual(
      [record.status, record.cause, record.path, record.query, record.user_agent, record.kept, record.tries],
      [500, 'upstream_status', '/bad', 'token=[redacted]', 'spoon "x"', 'error', []],
    );
    assert.equal(record.correlation_id, response.header('x-correlation-id'));
    assert.match(record.id, /^0-[1-9]\d*$/);
  }
});

test('a record says what became of each failed try', async (t) => {
  const dead = await deadPort();
  const sick = answering('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n');
  const scene = await severalTargets(t, [dead, sick, sick], {
    route: { retry: retryPolicy({ maxAttempts: 2 }) },
  });
  assert.equal((await scene.ask(get('/tries'))).status, 503);
  const [record] = kept(scene, 'errors');
  assert.deepEqual(
    record?.tries.map(({ kind, target, status, cause }) => [kind, target, status, cause]),
    [
      ['first', `127.0.0.1:${dead}`, 0, 'connect_refused'],
      ['failover', `127.0.0.1:${scene.origins[0]?.port}`, 503, 'upstream_status'],
    ],
  );
  assert.deepEqual([record?.attempts, record?.last_try, record?.tries_omitted], [3, 'retry', 0]);
  const [first, second] = record?.tries ?? [];
  assert.ok(
    (second?.start_ms ?? 0) >= (first?.start_ms ?? 0) + (first?.duration_ms ?? 0) - 0.02,
    'one after the other',
  );
  assert.ok((second?.first_byte_ms ?? 0) > 0);
});

test('a request that only its second target answered is kept although it ended well', async (t) => {
  const scene = await severalTargets(t, [await deadPort(), undefined], {});
  for (let at = 0; at < 30; at++) assert.equal((await scene.ask(get(`/${at}`))).status, 200);
  assert.equal(kept(scene, 'errors').length, 0);
  const repaired = kept(scene, 'sample').filter(({ tries }) => tries.length > 0);
  assert.equal(repaired.length, 30);
});

test('of many targets that refuse one request the first and the last are told, and how many are not', async (t) => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => deadPort()));
  const scene = await severalTargets(t, ports, {});
  assert.equal((await scene.ask(get('/none'))).status, 502);
  const [record] = kept(scene, 'errors');
  assert.deepEqual([record?.attempts, record?.tries.length, record?.tries_omitted], [20, 16, 4]);
  assert.deepEqual(
    [record?.tries[0]?.target, record?.tries.at(-1)?.target],
    [ports[0], ports.at(-1)].map((port) => `127.0.0.1:${port}`),
  );
});

test('a slow request is kept, by the time that alerts name', async (t) => {
  const waiting: (() => void)[] = [];
  const script: Script = {
    request: ({ connection, target }) => {
      if (target === '/slow') waiting.push(() => connection.send(ok('late')));
      else connection.send(ok('soon'));
    },
  };
  const scene = await proxied(t, {
    script,
    manual: true,
    config: { alerts: { ...config({}).alerts, p99Ms: 300 } },
  });
  assert.equal((await scene.ask(get('/quick'))).status, 200);
  const asked = scene.ask(get('/slow'));
  await eventually(() => assert.equal(waiting.length, 1));
  scene.clock.advance(301);
  waiting[0]?.();
  assert.equal((await asked).status, 200);
  assert.deepEqual(
    kept(scene, 'slow').map(({ path, duration_ms }) => [path, duration_ms]),
    [['/slow', 301]],
  );
  assert.deepEqual(
    kept(scene, 'sample').map(({ path }) => path),
    ['/quick'],
  );
});

test('of the rest, and of refusals, no more than a few a second are kept; of errors every one', async (t) => {
  const scene = await proxied(t, {
    manual: true,
    script: { request: ({ connection, target }) => connection.send(target === '/bad' ? bad : ok('ok')) },
  });
  const client = await scene.client();
  for (let at = 0; at < 80; at++) {
    for (const request of [get('/good'), get('/bad')]) {
      client.send(request);
      await client.response();
    }
    assert.equal((await scene.ask(head('TRACE', '/'))).status, 405);
  }
  assert.equal(kept(scene, 'sample').length, 20);
  const errors = kept(scene, 'errors');
  assert.equal(errors.filter(({ status }) => status === 500).length, 80);
  assert.equal(errors.filter(({ cause }) => cause === 'bad_request').length, 50);
  assert.equal(new RecordRingReader(scene.records.errors).skipped, 30);
  scene.clock.advance(1000);
  client.send(get('/good'));
  await client.response();
  assert.equal(kept(scene, 'sample').length, 21, 'the next second has room again');
});

const bad = 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n';
