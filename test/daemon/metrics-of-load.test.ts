/** The series of load over a whole daemon: what is under way, what waits, quantiles and error ratios of windows. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { test } from 'node:test';
import { requireComponent } from '../helpers/components.ts';
import { startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { ok, type OriginRequest, startOrigin } from '../helpers/origin.ts';

test('what is under way, what waits for a connection, and Connection fields that lie move their series', async (t) => {
  const waiting: OriginRequest[] = [];
  const origin = await startOrigin(t, { request: (request) => void waiting.push(request) });
  const daemon = await startDaemonProcess(t, {
    workers: 1,
    config: `
listener "http" { address "127.0.0.1:0" }
route "app" { upstream "app" }
upstream "app" { target "127.0.0.1:${origin.port}"; connection-pool { max-connections 1 } }`,
  });
  const shown = async (...lines: readonly string[]) => {
    const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
    for (const line of lines) {
      const family = line.slice(0, line.search(/[{ ]/));
      const found = text.split('\n').filter((one) => one.startsWith(family));
      assert.ok(found.includes(line), `${line} is not in\n${found.join('\n')}`);
    }
  };
  const target = `{upstream="app",target="127.0.0.1:${origin.port}"}`;
  const two = [fetch(`${daemon.url()}/a`, { headers: { 'x-a': '1' } }), fetch(`${daemon.url()}/b`)];
  await eventually(() => waiting.length === 1);
  await eventually(() =>
    shown(
      'sentinel_in_flight_requests 2',
      'sentinel_pending_requests 1',
      // One is sent; the other has chosen the target and waits for its connection.
      `sentinel_target_in_flight${target} 2`,
      `sentinel_connection_pool_pending${target} 1`,
    ),
  );
  waiting.pop()?.connection.send(ok());
  await eventually(() => waiting.length === 1);
  waiting.pop()?.connection.send(ok());
  await Promise.all(two);
  await eventually(() =>
    shown(
      'sentinel_in_flight_requests 0',
      'sentinel_pending_requests 0',
      `sentinel_target_in_flight${target} 0`,
      `sentinel_connection_pool_pending${target} 0`,
      'sentinel_protected_fields_total 0',
    ),
  );
  const liar = connect(Number(new URL(daemon.url()).port), '127.0.0.1');
  t.after(() => void liar.destroy());
  liar.write('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: authorization\r\nAuthorization: x\r\n\r\n');
  await eventually(() => shown('sentinel_protected_fields_total 1'));
  const before = await eventually(async () => {
    const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
    return Number(/^sentinel_config_reload_last_success_timestamp_seconds (\S+)$/m.exec(text)?.[1]);
  });
  await daemon.client.call('config-reload');
  const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  assert.ok(Number(/^sentinel_config_reload_last_success_timestamp_seconds (\S+)$/m.exec(text)?.[1]) > before);
});

test('quantiles agree with the histogram of the same durations, whose sum and count they carry, and the error rate is a share', async (t) => {
  const promtool = requireComponent(t, 'promtool');
  if (promtool === undefined) return;
  const origin = await startOrigin(t);
  const daemon = await startDaemonProcess(t, {
    config: `
listener "http" { address "127.0.0.1:0" }
route "good" { matches { path-prefix "/good" }; upstream "good" }
route "bad" { matches { path-prefix "/bad" }; upstream "bad" }
upstream "good" { target "127.0.0.1:${origin.port}" }
upstream "bad" { static { status 503; body "x" } }`,
  });
  const value = (text: string, start: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${start} `))
        ?.slice(start.length + 1),
    );
  const scrape = async (accept: string) =>
    await (await fetch(`${daemon.adminUrl()}/metrics`, { headers: { accept } })).text();
  const before = (await scrape('*/*')).split('\n');
  for (const unknown of [
    'sentinel_request_duration_quantile_seconds{route="good",quantile="0.5"} NaN',
    'sentinel_error_rate{window="1m"} NaN',
  ]) {
    assert.ok(before.includes(unknown), unknown);
  }
  for (let number = 0; number < 30; number++) assert.equal((await fetch(`${daemon.url()}/good`)).status, 200);
  for (let number = 0; number < 10; number++) assert.equal((await fetch(`${daemon.url()}/bad`)).status, 503);
  const text = await eventually(async () => {
    const now = await scrape('*/*');
    for (const window of ['10s', '1m', '5m']) assert.equal(value(now, `sentinel_error_rate{window="${window}"}`), 0.25);
    return now;
  });
  for (const [name, durations, label] of [
    ['sentinel_request_duration_quantile_seconds', 'sentinel_request_duration_seconds', 'route'],
    ['sentinel_upstream_request_duration_quantile_seconds', 'sentinel_upstream_request_duration_seconds', 'upstream'],
  ] as const) {
    assert.equal(value(text, `${name}_count{${label}="good"}`), 30);
    const sum = value(text, `${name}_sum{${label}="good"}`);
    assert.equal(sum, value(text, `${durations}_sum{${label}="good"}`));
    const rising = ['0.5', '0.9', '0.95', '0.99'].map((q) => value(text, `${name}{${label}="good",quantile="${q}"}`));
    assert.deepEqual(
      rising,
      rising.toSorted((a, b) => a - b),
    );
    // No bucket that holds durations lies beside the quantiles.
    const upTo = (bound: string) => value(text, `${durations}_bucket{${label}="good",le="${bound}"}`);
    const [p50 = 0, , , p99 = 0] = rising;
    assert.ok(p50 > 0 && p99 <= sum * 1.02, `${p50} and ${p99} of a sum of ${sum}`);
    for (const bound of ['0.001', '0.005', '0.01', '0.05', '0.1', '1']) {
      if (upTo(bound) === 30) assert.ok(p99 <= Number(bound) * 1.02, `p99 ${p99} though all are below ${bound}`);
      if (upTo(bound) < 15) assert.ok(p50 >= Number(bound) * 0.98, `p50 ${p50} though most are above ${bound}`);
    }
  }
  // promtool reads the older format alone.
  const checked = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' });
  assert.deepEqual([checked.status, checked.stdout, checked.stderr], [0, '', '']);
  const open = await scrape('application/openmetrics-text;version=1.0.0');
  assert.match(open, /^# TYPE sentinel_request_duration_quantile_seconds summary$/m);
  assert.equal(value(open, 'sentinel_request_duration_quantile_seconds_count{route="bad"}'), 10);
});
