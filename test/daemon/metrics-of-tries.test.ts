/** The series of tries over a whole daemon: retries by outcome, failovers, and bodies held before a target is asked. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { deadPort, ok, type OriginRequest, startOrigin } from '../helpers/origin.ts';

const sick = 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n';

test('retries, failovers and held bodies move their series', async (t) => {
  const waiting: OriginRequest[] = [];
  const holding = await startOrigin(t, { request: (request) => void waiting.push(request) });
  const app = await startOrigin(t);
  const dead = await deadPort();
  const daemon = await startDaemonProcess(t, {
    config: `
listener "http" { address "127.0.0.1:0" }
route "tried" { matches { path-prefix "/tried" }; upstream "holding"; retry-policy { max-attempts 2; backoff-base-ms 1; backoff-max-ms 1 } }
route "over" { matches { path-prefix "/over" }; upstream "half" }
route "backed" { matches { path-prefix "/backed" }; upstream "gone"; fallback-upstream "maintenance-page" }
route "buffered" { matches { path-prefix "/buffered" }; upstream "app"; policies { buffer-requests #true } }
upstream "holding" { target "127.0.0.1:${holding.port}"; circuit-breaker { failure-threshold 100 } }
upstream "half" { target "127.0.0.1:${dead}"; target "127.0.0.1:${app.port}" }
upstream "gone" { target "127.0.0.1:${dead}" }
upstream "app" { target "127.0.0.1:${app.port}" }`,
  });
  const url = daemon.url();
  const shown = async (line: string) => {
    const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
    assert.ok(
      text.includes(`\n${line}\n`),
      `${line} is not in\n${text.match(/^sentinel_(retries|.*failovers|memory).*$/gm)?.join('\n')}`,
    );
  };
  await shown('sentinel_retries_total{upstream="holding",outcome="succeeded"} 0');

  const five = Array.from({ length: 5 }, () => fetch(`${url}/tried`));
  await eventually(() => waiting.length === 5);
  for (const { connection } of waiting.splice(0)) connection.send(sick);
  // Three may be tried again; they wait until the other two have been counted.
  await eventually(() => waiting.length === 3);
  await eventually(() => shown('sentinel_retries_total{upstream="holding",outcome="over_budget"} 2'));
  waiting.pop()?.connection.send(ok());
  for (const { connection } of waiting.splice(0)) connection.send(sick);
  assert.deepEqual(
    (await Promise.all(five)).map(({ status }) => status).sort((a, b) => a - b),
    [200, 503, 503, 503, 503],
  );
  await shown('sentinel_retries_total{upstream="holding",outcome="succeeded"} 1');
  await shown('sentinel_retries_total{upstream="holding",outcome="failed"} 2');

  await eventually(async () => {
    assert.equal((await fetch(`${url}/over`)).status, 200);
    await shown('sentinel_target_failovers_total{upstream="half"} 1');
  });
  assert.equal((await fetch(`${url}/backed`)).status, 503);
  await shown('sentinel_failovers_total{route="backed"} 1');
  await shown('sentinel_failovers_total{route="over"} 0');

  const slow = connect(Number(new URL(url).port), '127.0.0.1');
  t.after(() => void slow.destroy());
  slow.write('POST /buffered HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000\r\n\r\n');
  slow.write('x'.repeat(600));
  await eventually(() => shown('sentinel_memory_usage_bytes{kind="request_buffers"} 600'));
  slow.write('x'.repeat(400));
  await eventually(() => shown('sentinel_memory_usage_bytes{kind="request_buffers"} 0'));
});
