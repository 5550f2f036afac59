/** The exposition: well formed in both formats, complete by the catalogue, and every series moves when its thing happens. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { renderExposition } from '../../src/proxy/control/metrics/exposition.ts';
import { metricCatalogue } from '../../src/proxy/shared/metric-catalogue.ts';
import type { MetricFacts } from '../../src/proxy/shared/metric-facts.ts';
import { type DaemonProcess, startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

async function scrape(daemon: DaemonProcess, accept = '*/*'): Promise<{ type: string; text: string }> {
  const reply = await fetch(`${daemon.adminUrl()}/metrics`, { headers: { accept } });
  return { type: String(reply.headers.get('content-type')), text: await reply.text() };
}

/** The value of one sample, `undefined` when it is not there. */
function sample(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  for (const line of text.split('\n')) {
    const found = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (found?.[1] !== name) continue;
    const all = new Map(
      [...(found[2] ?? '').matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, value]) => [key, value]),
    );
    if (Object.entries(labels).every(([key, value]) => all.get(key) === value)) return Number(found[3]);
  }
  return undefined;
}

async function busyDaemon(t: TestContext): Promise<DaemonProcess> {
  const origin = createServer((request, response) => {
    request.resume();
    response.statusCode = request.url === '/fail' ? 500 : 200;
    response.end('ok');
  });
  await once(origin.listen(0, '127.0.0.1'), 'listening');
  t.after(() => origin.close().closeAllConnections());
  return startDaemonProcess(t, {
    config: `
listener "http" { address "127.0.0.1:0" }
route "app" { matches { host "app.example" }; upstream "app" }
route "dead" { matches { path-prefix "/dead" }; upstream "dead" }
upstream "app" { target "127.0.0.1:${(origin.address() as AddressInfo).port}" weight=7 }
upstream "dead" { target "127.0.0.1:1" }`,
  });
}

/** One request over a connection of its own; resolves with the status. */
async function send(daemon: DaemonProcess, head: string): Promise<number> {
  const socket = connect(Number(new URL(daemon.url()).port), '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (part) => {
    text += part;
  });
  socket.write(head);
  await once(socket, 'close');
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
}

test('both formats are well formed, and promtool has nothing to say', async (t) => {
  const daemon = await busyDaemon(t);
  await send(daemon, 'GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n');
  const plain = await scrape(daemon);
  assert.equal(plain.type, 'text/plain; version=0.0.4; charset=utf-8');
  const checked = spawnSync('promtool', ['check', 'metrics'], { input: plain.text, encoding: 'utf8' });
  assert.deepEqual([checked.status, checked.stdout, checked.stderr], [0, '', '']);
  const open = await scrape(daemon, 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
  assert.equal(open.type, 'application/openmetrics-text; version=1.0.0; charset=utf-8');
  assert.ok(open.text.endsWith('\n# EOF\n'));
  assert.match(open.text, /^# TYPE sentinel_requests counter$/m);
  assert.match(open.text, /^sentinel_requests_total\{/m);
  assert.match(open.text, /le="1\.0"/);
  // One scrape in one format leaves the other as it was.
  assert.match((await scrape(daemon)).text, /^# TYPE sentinel_requests_total counter$/m);
});

test('every series of the catalogue is exposed with its type and help, beside those of the process', async (t) => {
  const { text } = await scrape(await busyDaemon(t));
  for (const { name, type, help } of Object.values<MetricFacts>(metricCatalogue)) {
    assert.ok(text.includes(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`), name);
  }
  assert.ok((sample(text, 'process_resident_memory_bytes') ?? 0) > 1e6);
  assert.ok((sample(text, 'nodejs_eventloop_lag_p99_seconds') ?? 0) >= 0);
});

test('series move with what happens', async (t) => {
  const daemon = await busyDaemon(t);
  const app = 'Host: app.example\r\nConnection: close\r\n';
  assert.equal(await send(daemon, `GET / HTTP/1.1\r\n${app}\r\n`), 200);
  assert.equal(await send(daemon, `POST /x HTTP/1.1\r\n${app}Content-Length: 5\r\n\r\nhello`), 200);
  assert.equal(await send(daemon, `PROPFIND /fail HTTP/1.1\r\n${app}\r\n`), 500);
  assert.equal(await send(daemon, 'GET /nowhere HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n'), 404);
  assert.equal(await send(daemon, 'GET /dead HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n'), 502);
  assert.equal(await send(daemon, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'), 400);
  const idle = connect(Number(new URL(daemon.url()).port), '127.0.0.1');
  t.after(() => idle.destroy());
  const text = await eventually(async () => {
    const now = (await scrape(daemon)).text;
    assert.equal(sample(now, 'sentinel_open_connections', { listener: 'http' }), 1);
    return now;
  });
  const requests = (labels: Record<string, string>) => sample(text, 'sentinel_requests_total', labels);
  assert.equal(requests({ route: 'app', upstream: 'app', method: 'GET', status: '200' }), 1);
  assert.equal(requests({ route: 'app', upstream: 'app', method: 'POST', status: '200' }), 1);
  assert.equal(requests({ route: 'app', method: 'other', status: '500' }), 1, 'a method of the client is no label');
  assert.equal(requests({ route: '-', upstream: '-', status: '404' }), 1);
  assert.equal(requests({ route: 'dead', upstream: 'dead', status: '502' }), 1);
  assert.equal(requests({ route: '-', status: '400' }), 1, 'refused requests are responses too');
  assert.equal(sample(text, 'sentinel_request_duration_seconds_count', { route: 'app' }), 3);
  assert.equal(sample(text, 'sentinel_request_duration_seconds_bucket', { route: 'app', le: '+Inf' }), 3);
  assert.ok((sample(text, 'sentinel_request_duration_seconds_sum', { route: 'app' }) ?? 0) > 0);
  assert.equal(sample(text, 'sentinel_upstream_request_duration_seconds_count', { upstream: 'app' }), 3);
  assert.equal(sample(text, 'sentinel_errors_total', { cause: 'no_route', source: 'proxy' }), 1);
  assert.equal(sample(text, 'sentinel_errors_total', { cause: 'connect_refused', source: 'upstream' }), 1);
  assert.equal(sample(text, 'sentinel_errors_total', { cause: 'upstream_status', source: 'upstream' }), 1);
  assert.equal(sample(text, 'sentinel_rejected_requests_total', { reason: 'host' }), 1);
  assert.equal(sample(text, 'sentinel_connections_total'), 7);
  assert.equal(sample(text, 'sentinel_client_bytes_total', { direction: 'in' }), 5);
  assert.ok((sample(text, 'sentinel_client_bytes_total', { direction: 'out' }) ?? 0) > 300);
  const target = { upstream: 'app' };
  assert.equal(sample(text, 'sentinel_target_weight', target), 7);
  assert.equal(sample(text, 'sentinel_connection_pool_acquired_total', target), 3);
  const opened = sample(text, 'sentinel_connection_pool_opened_total', target) ?? 0;
  const reused = sample(text, 'sentinel_connection_pool_reused_total', target) ?? 0;
  assert.equal(opened + reused, 3);
  assert.equal(sample(text, 'sentinel_connection_pool_size', target), opened);
  assert.equal(sample(text, 'sentinel_connection_pool_idle', target), opened);
  assert.equal(sample(text, 'sentinel_target_in_flight', target), 0);
  assert.equal(sample(text, 'sentinel_workers', { state: 'serving' }), 2);
  assert.ok((sample(text, 'sentinel_memory_usage_bytes', { kind: 'rss' }) ?? 0) > 1e6);
  const { version, node } = (await daemon.client.call('status')).data;
  assert.equal(sample(text, 'sentinel_build_info', { version, node }), 1);
});

test('the path of the exposition follows the configuration', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.writeConfig(`
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200; body "x" } }
observability { metrics { path "/stats" } }`);
  await daemon.client.call('config-reload');
  assert.equal((await fetch(`${daemon.adminUrl()}/stats`)).status, 200);
  assert.equal((await fetch(`${daemon.adminUrl()}/metrics`)).status, 404);
});

test('label values with quotes, backslashes and line ends are escaped', () => {
  const text = renderExposition(
    [{ kind: 'plain', facts: metricCatalogue.openConnections, samples: [{ labels: ['a"b\\c\nd'], value: 1 }] }],
    'text',
  );
  assert.ok(text.includes('sentinel_open_connections{listener="a\\"b\\\\c\\nd"} 1\n'));
  assert.equal(spawnSync('promtool', ['check', 'metrics'], { input: text }).status, 0);
});
