/** Overrides of a running daemon, each by what clients and targets see of it; what is refused; reload and restart. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { AdminRefusal } from '../../src/admin/client/client.ts';
import type { OverrideRequest } from '../../src/admin/contract/override-shapes.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

/** A target that answers with its port, after a while where the path asks for it. */
async function target(t: TestContext, healthy = () => true): Promise<number> {
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    if (request.url === '/health') response.writeHead(healthy() ? 200 : 500).end();
    else if (request.url === '/slow') setTimeout(() => response.end(String(port)), 1500).unref();
    else response.end(String(port));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function configOf(ports: readonly number[], more = ''): string {
  return `listener "http" { address "127.0.0.1:0" }
route "api" { upstream "app"; fallback-upstream "sorry" }
upstream "app" {
    ${ports.map((port) => `target "127.0.0.1:${port}"`).join('\n    ')}
    health-check { type "http" { path "/health" }; interval-secs 1; unhealthy-threshold 2; healthy-threshold 1 }
    circuit-breaker { enabled #false }
    passive-health { enabled #false }
}
upstream "sorry" { static { status 200; body "sorry" } }
${more}`;
}

function set(daemon: DaemonProcess, kind: string, body: OverrideRequest) {
  return daemon.client.call('override-set', { params: { kind }, body, reason: 'test' });
}

function clear(daemon: DaemonProcess, kind: string) {
  return daemon.client.call('override-clear', { params: { kind } });
}

async function ask(daemon: DaemonProcess, path = '/', init: RequestInit = {}): Promise<string> {
  const reply = await fetch(daemon.url() + path, { ...init, headers: { connection: 'close' } });
  const text = await reply.text();
  return reply.ok ? text : String(reply.status);
}

async function metric(daemon: DaemonProcess, line: string): Promise<number> {
  const { text } = await daemon.client.text('/metrics');
  return Number(
    text
      .split('\n')
      .find((one) => one.startsWith(`${line} `))
      ?.slice(line.length + 1),
  );
}

function code(expected: string, words = /./): (error: unknown) => boolean {
  return (error) => {
    assert.equal((error as AdminRefusal).code, expected);
    assert.match((error as AdminRefusal).message, words);
    return true;
  };
}

test('each kind of override is in force at every worker when its call returns, is counted, and gone when it is taken back', async (t) => {
  const ports = [await target(t), await target(t)];
  const daemon = await startDaemonProcess(t, { config: configOf(ports) });
  const active = (kind: string) => metric(daemon, `sentinel_overrides_active{kind="${kind}"}`);
  const many = async (path = '/', init: RequestInit = {}) =>
    new Set(await Promise.all(Array.from({ length: 12 }, () => ask(daemon, path, init))));

  const limits = await set(daemon, 'limits', { values: { 'max-uri-bytes': 20, 'max-body-size-bytes': 4 } });
  assert.deepEqual(
    limits.data.overrides.map(({ subject, value, replaces, reason }) => [subject, value, replaces, reason]),
    [
      ['max-uri-bytes', '20', '8192', 'test'],
      ['max-body-size-bytes', '4', '10485760', 'test'],
    ],
  );
  const left = limits.data.overrides[0]?.expires_in_ms ?? 0;
  assert.ok(left > 1_700_000 && left <= 1_800_000, 'half an hour where nothing is said');
  assert.deepEqual(await many('/a-path-that-is-long-enough'), new Set(['414']));
  assert.deepEqual(await many('/', { method: 'POST', body: '12345' }), new Set(['413']));
  assert.equal(await active('limits'), 2);
  await clear(daemon, 'limits');
  assert.equal((await many('/a-path-that-is-long-enough')).has('414'), false);
  assert.equal(await active('limits'), 0);

  await set(daemon, 'rate-limit', { subject: '*', values: { 'requests-per-second': 0.001 } });
  assert.equal(await active('rate_limit'), 1);
  await ask(daemon);
  assert.deepEqual(await many(), new Set(['429']));
  await clear(daemon, 'rate-limit');

  await set(daemon, 'timeout', { subject: 'api', values: { 'timeout-secs': 0.1 } });
  assert.equal(await active('timeout'), 1);
  assert.deepEqual(await many('/slow'), new Set(['504']));
  await clear(daemon, 'timeout');

  await set(daemon, 'weight', { subject: `app/127.0.0.1:${ports[0]}`, values: { weight: 0 }, expires_in_ms: null });
  assert.equal(await active('weight'), 1);
  assert.deepEqual(await many(), new Set([String(ports[1])]));
  await clear(daemon, 'weight');

  await set(daemon, 'fallback', { subject: 'api', values: {} });
  assert.equal(await active('fallback'), 1);
  assert.deepEqual(await many(), new Set(['sorry']));
  await clear(daemon, 'fallback');
  assert.deepEqual(await many(), new Set(ports.map(String)));
});

test('a health check becomes more patient, and as impatient as the file when that is over', async (t) => {
  let healthy = true;
  const daemon = await startDaemonProcess(t, { config: configOf([await target(t, () => healthy)]) });
  const judged = async () => (await daemon.client.call('upstream', { params: { name: 'app' } })).data.targets[0];
  await eventually(async () => assert.equal((await judged())?.verdict, 'healthy'));
  await set(daemon, 'health', { subject: 'app', values: { 'unhealthy-threshold': 1000, 'interval-secs': 0.05 } });
  assert.equal(await metric(daemon, 'sentinel_overrides_active{kind="health"}'), 2);
  const address = (await judged())?.address;
  healthy = false;
  const failed = () =>
    metric(daemon, `sentinel_upstream_health_checks_total{upstream="app",target="${address}",result="failed"}`);
  await eventually(async () => assert.ok((await failed()) >= 5));
  assert.notEqual(await ask(daemon), 'sorry', 'five failures would have been enough for the file');
  await clear(daemon, 'health');
  await eventually(async () => assert.equal(await ask(daemon), 'sorry'));
});

test('what makes no sense is refused with what was expected, and nothing of it is set', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1, config: configOf([await target(t)]) });
  const rows: readonly (readonly [kind: string, body: OverrideRequest, code: string, words: RegExp])[] = [
    ['limits', { values: { 'max-uri-byts': 1 } }, 'SNT-A008', /did you mean max-uri-bytes\?/],
    ['limits', { values: { 'max-uri-bytes': -1 } }, 'SNT-A008', /is -1, expected a whole number, 0 or more/],
    ['limits', { values: {} }, 'SNT-A008', /no limit is named/],
    ['limits', { values: { 'max-uri-bytes': 8192 } }, 'SNT-A035', /is 8192 in the file already/],
    ['limits', { values: { 'max-uri-bytes': 1 }, expires_in_ms: null }, 'SNT-A008', /it must end/],
    ['limits', { values: { 'max-uri-bytes': 1 }, expires_in_ms: 700_000_000 }, 'SNT-A008', /expires_in_ms/],
    ['limits', { values: { 'max-uri-bytes': 1, 'max-header-count': -1 } }, 'SNT-A008', /max-header-count is -1/],
    ['timeout', { subject: 'nothing', values: { 'timeout-secs': 1 } }, 'SNT-A034', /there is no route nothing/],
    ['timeout', { subject: 'api', values: { 'read-secs': 1 } }, 'SNT-A034', /there is no upstream api/],
    ['health', { subject: 'sorry', values: { 'interval-secs': 1 } }, 'SNT-A034', /sorry has no health-check/],
    ['rate-limit', { subject: 'api', values: { burst: 5 } }, 'SNT-A008', /requests-per-second is missing/],
    ['rate-limit', { values: { 'requests-per-second': 5 } }, 'SNT-A008', /expected a route, or \* for all/],
    ['weight', { subject: 'app', values: { weight: 1 } }, 'SNT-A008', /expected UPSTREAM\/ADDRESS/],
    ['weight', { subject: 'app/10.0.0.1:1', values: { weight: 1 } }, 'SNT-A034', /app has no target/],
    ['fallback', { subject: 'api', values: { upstream: 'x' } }, 'SNT-A034', /there is no upstream x/],
    ['maintenance', { subject: 'api', values: { allow: ['office'] } }, 'SNT-A008', /allow has "office"/],
    ['maintenance', { subject: 'api', values: { page: 'x'.repeat(65_537) } }, 'SNT-A008', /65537 bytes, and may have/],
    ['maintenance', { subject: '*', values: {} }, 'SNT-A012', /every request of every client/],
    ['colour', { values: {} }, 'SNT-A005', /expected limits, rate-limit/],
  ];
  for (const [kind, body, expected, words] of rows)
    await assert.rejects(set(daemon, kind, body), code(expected, words));
  assert.deepEqual((await daemon.client.call('overrides')).data.overrides, []);
  await assert.rejects(clear(daemon, 'limits'), code('SNT-A013'));
  const etag = daemon.client.call('override-set', {
    params: { kind: 'limits' },
    body: { values: { 'max-uri-bytes': 99 } },
    ifMatch: '"1.99999"',
  });
  await assert.rejects(etag, code('SNT-A007'));
});

test('overrides survive a reload, a kill and a restart; one list shows all kinds; blocks and levels among them', async (t) => {
  const folder = testFolder(t);
  const config = configOf([await target(t)]);
  const first = await startDaemonProcess(t, { folder, workers: 1, config });
  await set(first, 'fallback', { subject: 'api', values: {} });
  await set(first, 'limits', { values: { 'max-uri-bytes': 9000 } });
  await first.client.call('config-reload');
  assert.equal(await ask(first), 'sorry');
  first.child.kill('SIGKILL');
  await first.ended();
  const second = await startDaemonProcess(t, { folder, workers: 1 });
  assert.equal(await ask(second), 'sorry');
  await second.client.call('block-add', { body: { address: '203.0.113.7' } });
  await second.client.call('log-level-set', { body: { level: 'debug', expires_in_ms: 60_000 } });
  const { overrides } = (await second.client.call('overrides')).data;
  assert.deepEqual(
    overrides.map(({ kind, subject, value, replaces, loosens, undo }) => [
      kind,
      subject,
      value,
      replaces,
      loosens,
      undo,
    ]),
    [
      ['block', '203.0.113.7', 'blocked', null, false, 'sentinel block remove 203.0.113.7'],
      ['fallback', 'api', 'sorry', 'app', false, 'sentinel override clear fallback api'],
      ['limits', 'max-uri-bytes', '9000', '8192', true, 'sentinel override clear limits max-uri-bytes'],
      ['log-level', '*', 'debug', 'info', false, 'sentinel log-level reset'],
    ],
  );
  const { counts } = (await second.client.call('status')).data.overrides;
  assert.deepEqual(Object.fromEntries(counts.map(({ kind, count }) => [kind, count])), {
    block: 1,
    fallback: 1,
    limits: 1,
    'log-level': 1,
  });
  // The file says it now: the override has nothing left to say.
  second.writeConfig(
    config
      .replace('upstream "app"; fallback-upstream "sorry"', 'upstream "sorry"')
      .replace(/upstream "app" \{/, 'upstream "app" { '),
  );
  await second.client.call('config-reload');
  await second.line('Override ended: the file says the same now');
  assert.equal((await second.client.call('overrides-clear')).data.overrides.length, 1);
  assert.deepEqual(
    (await second.client.call('overrides')).data.overrides.map(({ kind }) => kind),
    ['block', 'log-level'],
  );
});

test('an override ends by itself, and clients notice', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1, config: configOf([await target(t)]) });
  await set(daemon, 'fallback', { subject: 'api', values: {}, expires_in_ms: 1000 });
  assert.equal(await ask(daemon), 'sorry');
  await daemon.line('Override expired');
  await eventually(async () => assert.notEqual(await ask(daemon), 'sorry'));
});
