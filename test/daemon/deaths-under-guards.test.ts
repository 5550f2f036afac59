/** What workers hold for requests that wait – for a body, a pause, a turn, a connection – is given back when they die. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

const faultyEntry = new URL('./workers/faulty.ts', import.meta.url);

test('workers that die while requests wait leave bodies, retries, turns, queues and clients counted by nobody', async (t) => {
  let sick = true;
  const server = createServer((asked, answer) => {
    asked.resume();
    if (asked.url === '/queued') return;
    answer.statusCode = sick ? 503 : 200;
    answer.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const folder = testFolder(t);
  const order = join(folder, 'fault');
  const patience = 'max-attempts 3; backoff-base-ms 60000; backoff-max-ms 60000; retryable-status-codes 503';
  const daemon = await startDaemonProcess(t, {
    folder,
    config: `
listener "http" { address "127.0.0.1:0" }
route "buffered" { matches { path "/buffered" }; upstream "origin"; policies { buffer-requests #true } }
route "retried" { matches { path "/retried" }; upstream "origin"; policies { timeout-secs 0 }
  retry-policy { ${patience} } }
route "delayed" { matches { path "/delayed" }; upstream "origin"
  policies { rate-limit { requests-per-second 0.1; burst 1; key "route"; action "delay"; max-delay-ms 600000 } } }
route "queued" { matches { path "/queued" }; upstream "narrow" }
upstream "origin" { target "127.0.0.1:${port}"; timeouts { request-secs 0 }; circuit-breaker { enabled #false } }
upstream "narrow" { target "127.0.0.1:${port}"; timeouts { connect-secs 600; request-secs 0 }
  connection-pool { max-connections 1; max-pending 4 } }
limits { max-connections-per-client 40; max-queued-requests 4 }
server { graceful-shutdown-timeout-secs 1 }`,
    workerEntry: faultyEntry,
    environment: { SENTINEL_TEST_FAULT: order },
  });
  const address = Number(new URL(daemon.url()).port);
  const send = (bytes: string): Socket => {
    const client = connect(address, '127.0.0.1').on('error', () => {});
    t.after(() => void client.destroy());
    client.write(bytes);
    return client;
  };
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
    return text
      .split('\n')
      .filter((line) => line.startsWith(name))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  };
  const counts = async () => (await daemon.client.call('status')).data.counts;
  const buffers = 'sentinel_memory_usage_bytes{kind="request_buffers"}';
  const overBudget = 'sentinel_retries_total{upstream="origin",outcome="over_budget"}';

  const occupy = async (): Promise<void> => {
    const refused = await metric(overBudget);
    for (let n = 0; n < 8; n++) {
      send('POST /buffered HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc');
      send(get('/retried'));
      send(get('/delayed'));
      send(get('/queued'));
      send('GET /');
    }
    await eventually(async () => (await counts()).open_connections === 40);
    await eventually(async () => (await metric(buffers)) === 24);
    // Bodies, turns, and one that is served with four behind it; beside them, as many retries as may be.
    await eventually(async () => (await counts()).in_flight_requests >= 8 + 7 + 5);
    await eventually(async () => (await metric(overBudget)) > refused);
  };

  for (const round of [0, 1]) {
    await occupy();
    for (const worker of [0, 1]) {
      writeFileSync(`${order}.draft`, 'throw');
      renameSync(`${order}.draft`, `${order}.${worker}`);
    }
    await daemon.line('Worker replaced', 2 * round + 2);
    await eventually(async () => (await counts()).open_connections === 0);
    assert.equal((await counts()).in_flight_requests, 0);
    assert.equal(await metric(buffers), 0);
  }
  sick = false;
  const answers = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const client = send(get('/retried'));
      const [bytes] = (await once(client, 'data')) as [Buffer];
      return bytes.toString('latin1', 9, 12);
    }),
  );
  assert.deepEqual([...new Set(answers)], ['200'], 'a client has all its connections, and the proxy all its places');
});
