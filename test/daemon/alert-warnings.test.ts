/** Thresholds of `alerts` that are exceeded stand in the status, and end there; the limits that shares are of are series. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { type AlertFacts, AlertWatch } from '../../src/proxy/control/alert-watch.ts';
import { memoryLimitOf } from '../../src/proxy/control/memory-limit.ts';
import { StandingWarnings } from '../../src/proxy/control/standing-warnings.ts';
import { startDaemonProcess, staticConfig } from '../helpers/daemon.ts';
import { config } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const calm: AlertFacts = {
  connections: { open: 0, limit: 100 },
  memory: { usedBytes: 10, limitBytes: 100 },
  trips: new Map([['api', 0]]),
  traffic: { requests: 1000, errorRatio: 0.001, p99Ms: 20 },
};
const { alerts } = config({});

/** Looks again whenever the facts change, and says which subjects stand then. */
function watching() {
  const clock = new ManualClock();
  const warnings = new StandingWarnings(silent);
  let facts = calm;
  const watch = new AlertWatch({ clock, warnings, alerts: () => alerts, facts: () => facts });
  watch.start();
  return (now: Partial<AlertFacts>, afterMs = 2000): string => {
    facts = { ...calm, ...now };
    clock.advance(afterMs);
    return warnings.texts.join('\n');
  };
}

test('connections near their limit are shown by the status until there are fewer, and the limit is a series', async (t) => {
  const daemon = await startDaemonProcess(t, {
    config: staticConfig('hello', 'limits { max-total-connections 4 }; alerts { connections-percent 50 }'),
  });
  const { port } = new URL(daemon.url());
  const sockets = Array.from({ length: 3 }, () => connect(Number(port), '127.0.0.1').on('error', () => {}));
  t.after(() => sockets.forEach((socket) => void socket.destroy()));
  const warnings = async () => (await daemon.client.call('status', {})).data.warnings.join('\n');
  await eventually(async () => /more than 50 % of the 4 client connections/.test(await warnings()));
  const metrics = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  assert.match(metrics, /^sentinel_connections_limit 4$/m);
  for (const socket of sockets) socket.destroy();
  await eventually(async () => !/client connections/.test(await warnings()));
});

test('memory above its share is shown by the status, and the limit is a series that says who set it', async (t) => {
  const gibibyte = 2 ** 30;
  const daemon = await startDaemonProcess(t, {
    config: staticConfig('hello', `limits { max-memory-bytes ${gibibyte} }; alerts { memory-percent 1 }`),
  });
  await eventually(async () => {
    const { warnings } = (await daemon.client.call('status', {})).data;
    return warnings.some((text) => text.includes('more than 1 % of the memory'));
  });
  const metrics = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  const [, source, bytes] = /^sentinel_memory_limit_bytes\{source="(\w+)"\} (\d+)$/m.exec(metrics) ?? [];
  assert.ok(source === 'cgroup' || (source === 'configuration' && Number(bytes) === gibibyte), `${source} ${bytes}`);
});

test('errors, slowness and breakers that trip are shown by the status, each by its own threshold', async (t) => {
  const target = createServer((asked, response) => {
    asked.resume();
    setTimeout(() => response.writeHead(500).end('sick'), 20);
  });
  await once(target.listen(0, '127.0.0.1'), 'listening');
  t.after(() => target.close().closeAllConnections());
  const { port } = target.address() as AddressInfo;
  const daemon = await startDaemonProcess(t, {
    config: `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "sick" }
upstream "sick" { target "127.0.0.1:${port}"; circuit-breaker { failure-threshold 25 }; passive-health { max-ejected-percent 0 } }
alerts { error-rate-percent 50; p99-ms 10; breaker-trips-per-minute 0 }`,
  });
  const statuses = [];
  for (let sent = 0; sent < 30; sent++) statuses.push((await fetch(daemon.url())).status);
  assert.ok(statuses.includes(503), 'the breaker is open');
  const expected = [/50 % of the requests of the last minute/, /longer than 10 ms/, /"sick" opened more than 0 times/];
  await eventually(async () => {
    const text = (await daemon.client.call('status', {})).data.warnings.join('\n');
    for (const words of expected) assert.match(text, words);
  });
});

test('the limit of the cgroup comes first, then the configured one, then the memory of the machine', () => {
  const { limits } = config({});
  const limited = { ...limits, maxMemoryBytes: 300 };
  assert.deepEqual(memoryLimitOf(limited, { constrained: 500, total: 1000 }), { bytes: 500, source: 'cgroup' });
  assert.deepEqual(memoryLimitOf(limited, { constrained: 2 ** 64, total: 1000 }), {
    bytes: 300,
    source: 'configuration',
  });
  assert.deepEqual(memoryLimitOf(limits, { constrained: 0, total: 1000 }), { bytes: 1000, source: 'machine' });
});

test('an error rate and a latency above their thresholds are warned of, of too few requests not', () => {
  const look = watching();
  assert.equal(look({}), '');
  assert.equal(look({ traffic: { requests: 19, errorRatio: 0.5, p99Ms: 9000 } }), '');
  assert.match(look({ traffic: { requests: 500, errorRatio: 0.02, p99Ms: 20 } }), /^more than 1 % of the requests/);
  assert.match(look({ traffic: { requests: 500, errorRatio: 0.009, p99Ms: 20 } }), /^more than 1 %/, 'no flutter');
  assert.match(
    look({ traffic: { requests: 500, errorRatio: 0.007, p99Ms: 1001 } }),
    /^the slowest hundredth .* 1000 ms/,
  );
  assert.equal(look({ traffic: null }), '');
});

test('circuit breakers that open too often within a minute are warned of until a minute later', () => {
  const look = watching();
  assert.equal(look({ trips: new Map([['api', 10]]) }), '');
  assert.match(look({ trips: new Map([['api', 11]]) }), /upstream "api" opened more than 10 times within a minute/);
  assert.match(look({ trips: new Map([['api', 11]]) }, 30_000), /"api"/);
  assert.equal(look({ trips: new Map([['api', 11]]) }, 60_000), '');
  assert.match(look({ trips: new Map([['api', 40]]) }), /"api"/);
  assert.equal(look({ trips: new Map() }), '', 'the upstream is gone');
});
