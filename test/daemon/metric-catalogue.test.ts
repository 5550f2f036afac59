/** The catalogue of series against the names that were promised, and every series of it against a test that sees it move. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { type MetricKey, metricCatalogue } from '../../src/proxy/shared/metric-catalogue.ts';
import type { MetricFacts } from '../../src/proxy/shared/metric-facts.ts';
import { pendingMetrics } from '../../src/proxy/shared/pending-metrics.ts';

/** What operators, alerts and dashboards were promised: names with their labels. */
const promised = `
requests_total{route,upstream,method,status}
request_duration_seconds{route}
request_duration_quantile_seconds{route,quantile}
upstream_request_duration_seconds{upstream}
upstream_request_duration_quantile_seconds{upstream,quantile}
error_rate{window}
errors_total{cause,source}
rejected_requests_total{reason}
upstream_health{upstream,target}
upstream_health_checks_total{upstream,target,result}
target_in_flight{upstream,target}
target_weight{upstream,target}
target_draining
circuit_breaker_state{component,upstream,target}
circuit_breaker_trips_total{component,upstream,target}
retries_total{upstream,outcome}
failovers_total{route}
open_connections{listener}
connections_total
connections_rejected_total{reason}
pending_requests
in_flight_requests
connection_pool_size{upstream,target}
connection_pool_idle{upstream,target}
connection_pool_pending{upstream,target}
connection_pool_acquired_total{upstream,target}
connection_pool_reused_total{upstream,target}
connection_pool_opened_total{upstream,target}
rate_limited_total{route,action}
challenges_total{outcome}
blocked_total
client_bytes_total{direction}
tls_handshakes_total{version,result}
tls_cert_not_after_seconds{name,source}
config_reload_total{result}
config_reload_last_success_timestamp_seconds
config_generation
config_disk_matches_running
config_rollbacks_total
admin_actions_total{action,result}
drains_total
overrides_active{kind}
memory_usage_bytes{kind}
workers
worker_restarts_total
log_dropped_total
build_info
`
  .trim()
  .split('\n')
  .map((line) => {
    const [, name, labels] = /^(\w+)(?:\{(.*)\})?$/.exec(line) as RegExpExecArray;
    return { name: `sentinel_${name}`, labels: labels?.split(',') ?? [] };
  });

test('every promised series is there with its labels, or named with what it waits for', () => {
  const catalogue = new Map(Object.values<MetricFacts>(metricCatalogue).map((facts) => [facts.name, facts]));
  const pending = new Set(Object.keys(pendingMetrics));
  for (const { name, labels } of promised) {
    const facts = catalogue.get(name);
    assert.equal(facts === undefined, pending.has(name), `${name} is to be either exposed or pending`);
    const own = [...(facts?.labels ?? []), ...(facts?.type === 'summary' ? ['quantile'] : [])];
    const missing = facts === undefined ? [] : labels.filter((label) => !own.includes(label));
    assert.deepEqual(missing, [], name);
  }
  const names = new Set(promised.map(({ name }) => name));
  assert.deepEqual(
    [...pending].filter((name) => !names.has(name)),
    [],
  );
});

/** Where each series is seen to move. A new one needs its test first. */
const movers: Readonly<Record<MetricKey, string>> = {
  requests: 'metrics',
  requestDuration: 'metrics',
  requestQuantile: 'metrics-of-load',
  upstreamDuration: 'metrics',
  upstreamQuantile: 'metrics-of-load',
  errorRate: 'metrics-of-load',
  errors: 'metrics',
  rejected: 'metrics',
  rateLimited: 'rate-limits',
  guardFailures: 'rate-limits',
  protectedFields: 'metrics-of-load',
  openConnections: 'metrics',
  connectionsLimit: 'alert-warnings',
  connections: 'metrics',
  connectionsRejected: 'floods',
  tlsHandshakes: '../tls/scan',
  certNotAfter: 'certificates',
  certLifetime: 'certificates',
  certDiskMatches: 'certificates',
  certReloads: 'certificates',
  pendingRequests: 'metrics-of-load',
  inFlightRequests: 'metrics-of-load',
  nameResolves: 'names-of-targets',
  nameLookups: 'names-of-targets',
  upstreamHealth: '../health/daemon-health',
  upstreamHealthChecks: '../health/daemon-health',
  breakerState: '../health/daemon-health',
  breakerTrips: '../health/daemon-health',
  targetInFlight: 'metrics-of-load',
  targetWeight: 'metrics',
  poolSize: 'metrics',
  poolIdle: 'metrics',
  poolPending: 'metrics-of-load',
  poolAcquired: 'metrics',
  poolReused: 'metrics',
  poolOpened: 'metrics',
  retries: 'metrics-of-tries',
  targetFailovers: 'metrics-of-tries',
  failovers: 'metrics-of-tries',
  websockets: '../websocket/daemon',
  websocketsTotal: '../websocket/daemon',
  blocked: 'block-lists',
  challenges: 'block-lists',
  overridesActive: 'block-lists',
  clientBytes: 'metrics',
  reloads: 'reload',
  reloadSuccess: 'metrics-of-load',
  generation: 'reload',
  diskMatches: 'reload',
  adminActions: 'block-lists',
  memory: 'metrics-of-tries',
  memoryLimit: 'alert-warnings',
  memoryPressure: 'floods',
  traceSpans: '../tracing/daemon',
  workerLoopUtilization: '../runtime/daemon',
  workers: 'workers',
  workerRestarts: 'workers',
  logDropped: 'floods',
  buildInfo: 'metrics',
};

for (const [key, file] of Object.entries(movers)) {
  const { name } = metricCatalogue[key as MetricKey];
  test(`${name} is looked at by the test that moves it`, () => {
    const text = readFileSync(path.join(import.meta.dirname, `${file}.test.ts`), 'utf8');
    assert.match(text, new RegExp(`\\b${name}(?:_count|_sum|_bucket)?\\b`));
  });
}
