/** Traces of a whole daemon: over its workers and reloads, to its very end, under TLS, and what its metrics and its log say of them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TestAuthority } from '../helpers/certificates.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { startOrigin } from '../helpers/origin.ts';
import { TraceReceiver } from '../helpers/trace-receiver.ts';

const tracing = (url: string, more = '') =>
  `observability { tracing { backend "otlp" { endpoint "${url}"; ${more} }; sampling-rate 1.0; service-name "edge" } }`;
const settings = (port: number, more: string) => `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "origin" }
upstream "origin" { target "127.0.0.1:${port}" }
server { graceful-shutdown-timeout-secs 2 }
${more}
`;

async function ask(daemon: DaemonProcess, times: number): Promise<void> {
  for (let i = 0; i < times; i++) assert.equal((await fetch(daemon.url())).status, 200);
}

/** `sentinel_trace_spans_total` by result. */
async function counted(daemon: DaemonProcess) {
  const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  const count = (result: string) =>
    Number(new RegExp(`^sentinel_trace_spans_total\\{result="${result}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
  return { exported: count('exported'), failed: count('failed'), dropped: count('dropped') };
}

async function scene(t: TestContext, more = '') {
  const origin = await startOrigin(t);
  const receiver = await TraceReceiver.start(t);
  const daemon = await startDaemonProcess(t, {
    config: settings(origin.port, tracing(receiver.url, more)),
    workers: 2,
  });
  return { origin, receiver, daemon };
}

test('spans of all workers arrive by themselves, are counted, and lead to the line of the request', async (t) => {
  const { origin, receiver, daemon } = await scene(t);
  await ask(daemon, 10);
  await eventually(() => receiver.spans.length === 20);
  const [span] = receiver.spans;
  assert.deepEqual(
    [span?.resource['service.name'], span?.resource['process.pid'], typeof span?.resource['host.name']],
    ['edge', daemon.pid, 'string'],
  );
  assert.equal(span?.resource['service.version'], span?.scope.version);
  const told = new Set(origin.requests.map((request) => request.header('traceparent')?.split('-')[2]));
  const tries = receiver.spans.filter(({ kind }) => kind === 'client');
  assert.deepEqual(new Set(tries.map(({ spanId }) => spanId)), told);
  assert.deepEqual(await counted(daemon), { exported: 20, failed: 0, dropped: 0 });
});

test('a reload moves the export, changes its rate, and ends it', async (t) => {
  const { origin, receiver, daemon } = await scene(t);
  const other = await TraceReceiver.start(t);
  const reload = async (more: string) => {
    daemon.writeConfig(settings(origin.port, more));
    await daemon.client.call('config-reload');
  };
  await ask(daemon, 1);
  await eventually(() => receiver.spans.length === 2);
  await reload(tracing(other.url));
  await ask(daemon, 1);
  await eventually(() => other.spans.length === 2);
  await reload(tracing(other.url).replace('sampling-rate 1.0', 'sampling-rate 0'));
  await ask(daemon, 2);
  await reload('');
  await ask(daemon, 2);
  await reload(tracing(receiver.url));
  await ask(daemon, 1);
  await eventually(() => receiver.spans.length === 4);
  assert.equal(other.spans.length, 2);
  assert.deepEqual(await counted(daemon), { exported: 6, failed: 0, dropped: 0 });
});

test('what the last requests were is sent before the daemon ends', async (t) => {
  const { receiver, daemon } = await scene(t);
  await ask(daemon, 3);
  daemon.child.kill('SIGTERM');
  assert.deepEqual(await daemon.ended(), { code: 0, signal: null });
  assert.equal(receiver.spans.length, 6);
  assert.doesNotMatch(daemon.output(), /trace_export/);
});

test('a collector that answers nothing neither slows requests nor holds up the end, and the log says what was lost', async (t) => {
  const { receiver, daemon } = await scene(t);
  receiver.answer = () => {};
  await ask(daemon, 5);
  await eventually(() => receiver.exports.length === 1);
  await ask(daemon, 5);
  daemon.child.kill('SIGTERM');
  assert.deepEqual(await daemon.ended(), { code: 0, signal: null });
  const lost = daemon.lines().filter(({ event }) => event === 'trace_export_ended');
  assert.deepEqual(
    lost.map((line) => line['lost_spans']),
    [20],
  );
});

test('trouble and its end are events', async (t) => {
  const { receiver, daemon } = await scene(t);
  receiver.answer = (response) => response.writeHead(400).end();
  await ask(daemon, 1);
  const began = await daemon.line('Traces are not exported');
  assert.deepEqual([began['collector'], began['why']], [`${receiver.url}/v1/traces`, 'it answered 400']);
  receiver.answer = (response) => response.writeHead(200).end();
  await ask(daemon, 1);
  assert.equal((await daemon.line('Traces are exported again'))['lost_spans'], 2);
  assert.deepEqual(await counted(daemon), { exported: 2, failed: 2, dropped: 0 });
});

test('over TLS the authorities of the machine decide, and a token is shown to the collector alone', async (t) => {
  const folder = testFolder(t);
  const authority = TestAuthority.root(t);
  const { certFile, keyFile } = authority.issue({ names: ['localhost'] });
  const [key, cert] = [readFileSync(keyFile, 'utf8'), readFileSync(certFile, 'utf8')];
  const receiver = await TraceReceiver.start(t, { key, cert });
  const origin = await startOrigin(t);
  const token = 'tok-5f2c9a8e71';
  const config = settings(
    origin.port,
    tracing(`https://localhost:${receiver.port}`, 'headers { "Authorization" "Bearer ${COLLECTOR_TOKEN}" }'),
  );
  const start = (environment: Record<string, string>) =>
    startDaemonProcess(t, { config, environment: { COLLECTOR_TOKEN: token, ...environment } });
  const trusting = await start({ SSL_CERT_FILE: authority.certFile, SSL_CERT_DIR: join(folder, 'none') });
  await ask(trusting, 1);
  await eventually(() => receiver.spans.length === 2);
  assert.equal(receiver.exports[0]?.headers.authorization, `Bearer ${token}`);
  const { text } = await trusting.client.call('config').then(({ data }) => data);
  assert.match(text, /"Authorization" "\[redacted\]"/);
  assert.ok(!trusting.output().includes(token));
  const wary = await start({});
  await ask(wary, 1);
  const line = await wary.line('Traces are not exported');
  assert.match(String(line['why']), /^handshake failed \(UNABLE_TO_VERIFY/);
  assert.equal(receiver.spans.length, 2);
});
