/** The catalogue of series against the names that were promised, and every series of it against a test that sees it move. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { type MetricKey, metricCatalogue } from '../../src/proxy/shared/metric-catalogue.ts';
import type { MetricFacts } from '../../src/proxy/shared/metric-facts.ts';

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
target_draining{upstream,target}
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
drains_total{result}
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

test('every promised series is there with its labels', () => {
  const catalogue = new Map(Object.values<MetricFacts>(metricCatalogue).map((facts) => [facts.name, facts]));
  for (const { name, labels } of promised) {
    const facts = catalogue.get(name);
    assert.ok(facts !== undefined, `${name} is to be exposed`);
    const own = [...facts.labels, ...(facts.type === 'summary' ? ['quantile'] : [])];
    assert.deepEqual(
      labels.filter((label) => !own.includes(label)),
      [],
      name,
    );
  }
});

interface Mover {
  /** Beside this one, without its ending. */
  readonly file: string;
  readonly title: string;
  readonly series: readonly MetricKey[];
}

/** The tests that see series take values that they do not have by themselves. A new series needs its test first. */
const movers: readonly Mover[] = [
  {
    file: 'metrics',
    title: 'series move with what happens',
    series: [
      'requests',
      'requestDuration',
      'upstreamDuration',
      'errors',
      'rejected',
      'openConnections',
      'connections',
      'targetWeight',
      'poolSize',
      'poolIdle',
      'poolAcquired',
      'poolReused',
      'poolOpened',
      'clientBytes',
      'buildInfo',
    ],
  },
  {
    file: 'metrics-of-load',
    title:
      'quantiles agree with the histogram of the same durations, whose sum and count they carry, and the error rate is a share',
    series: ['requestQuantile', 'upstreamQuantile', 'errorRate'],
  },
  {
    file: 'metrics-of-load',
    title: 'what is under way, what waits for a connection, and Connection fields that lie move their series',
    series: [
      'protectedFields',
      'pendingRequests',
      'inFlightRequests',
      'targetInFlight',
      'poolPending',
      'reloadSuccess',
    ],
  },
  {
    file: 'metrics-of-tries',
    title: 'retries, failovers and held bodies move their series',
    series: ['retries', 'targetFailovers', 'failovers', 'memory'],
  },
  {
    file: 'rate-limits',
    title: 'what limits and failure modes do is counted in the metrics',
    series: ['rateLimited', 'guardFailures'],
  },
  {
    file: 'alert-warnings',
    title: 'connections near their limit are shown by the status until there are fewer, and the limit is a series',
    series: ['connectionsLimit'],
  },
  {
    file: 'alert-warnings',
    title: 'memory above its share is shown by the status, and the limit is a series that says who set it',
    series: ['memoryLimit'],
  },
  {
    file: 'floods',
    title:
      'one address that opens all the connections there are gets its share, everybody else is served, no descriptor is lost',
    series: ['connectionsRejected'],
  },
  {
    file: 'floods',
    title: 'memory above its limit refuses requests, is said in log, status and metrics, and a reload takes it back',
    series: ['memoryPressure'],
  },
  {
    file: 'floods',
    title: 'a full disk under the logs costs lines, no request, no reload, and lines come again when there is room',
    series: ['logDropped'],
  },
  {
    file: '../tls/scan',
    title: 'handshakes of a daemon are counted by version and result',
    series: ['tlsHandshakes'],
  },
  {
    file: 'certificates',
    title:
      'reload --certs takes over what the files hold, says what, and leaves generation, digest and an edited file alone',
    series: ['certNotAfter', 'certLifetime', 'certDiskMatches', 'certReloads'],
  },
  {
    file: 'names-of-targets',
    title: 'a name that does not resolve stops no start: 502 with its cause, a warning, and traffic as soon as it does',
    series: ['nameResolves', 'nameLookups'],
  },
  {
    file: '../health/daemon-health',
    title: "the runbooks' curls for health answer as written",
    series: ['upstreamHealth'],
  },
  {
    file: '../health/daemon-health',
    title: 'series of health and breakers move, and promtool has nothing to say about them',
    series: ['upstreamHealthChecks'],
  },
  {
    file: '../health/daemon-health',
    title: 'a breaker goes from closed over open and half-open back to closed, and each step is a line and a number',
    series: ['breakerState'],
  },
  {
    file: '../health/daemon-health',
    title: 'failures of requests open a breaker and eject a target, and both are logged and counted',
    series: ['breakerTrips'],
  },
  {
    file: '../websocket/daemon',
    title: 'the WebSockets of a worker that dies are over for both ends, and no longer counted',
    series: ['websockets', 'websocketsTotal'],
  },
  {
    file: 'block-lists',
    title: 'a network is blocked at run time in every worker at once, listed, and taken back',
    series: ['blocked', 'overridesActive'],
  },
  {
    file: 'block-lists',
    title: 'a key that cannot be read leaves challenges to the failure mode, with a standing warning, until it can',
    series: ['challenges'],
  },
  {
    file: 'block-lists',
    title: 'changes of block lists are for operators only, and audited',
    series: ['adminActions'],
  },
  {
    file: '../commit/daemon',
    title: 'what is on trial is kept from reloads and second changes, confirmed by its id, and then in the file',
    series: ['configRollbacks'],
  },
  {
    file: 'reload',
    title: 'HUP puts the new file in force, and the log and the metrics say so',
    series: ['reloads', 'generation'],
  },
  {
    file: 'reload',
    title: 'a wrong file changes nothing: the old one keeps serving, and log, status and reply name each mistake',
    series: ['diskMatches'],
  },
  {
    file: 'workers',
    title: 'a worker that is told to ${word} is replaced and the daemon is ready again with both',
    series: ['workers', 'workerRestarts'],
  },
  {
    file: '../drains/under-load',
    title:
      'three downloads and two WebSockets end as they would, nothing new comes, and the command ends with the last',
    series: ['targetDraining', 'drains'],
  },
  {
    file: '../tracing/daemon',
    title: 'trouble and its end are events',
    series: ['traceSpans'],
  },
  {
    file: '../runtime/daemon',
    title: 'what is not known yet is null with its reason, and is known soon',
    series: ['workerLoopUtilization'],
  },
];

/** Tests of a file by title, and what stands outside of all, which any of them may use. */
function testsOf(file: string): { readonly bodies: ReadonlyMap<string, string>; readonly shared: string } {
  const text = readFileSync(path.join(import.meta.dirname, `${file}.test.ts`), 'utf8');
  const whole = /^( *)test\(\s*(['"`])(?<title>.*?)\2,(?<body>.*?)^\1\}\);$/gms;
  const bodies = new Map<string, string>();
  for (const { groups } of text.matchAll(whole)) bodies.set(groups?.['title'] ?? '', groups?.['body'] ?? '');
  return { bodies, shared: text.replace(whole, '') };
}

for (const { file, title, series } of movers) {
  test(`${series.map((key) => metricCatalogue[key].name).join(', ')}: moved where "${title}"`, () => {
    const { bodies, shared } = testsOf(file);
    const body = bodies.get(title);
    assert.ok(body !== undefined, `${file} has no test of that title`);
    for (const key of series) {
      const { name } = metricCatalogue[key];
      assert.match(body + shared, new RegExp(`\\b${name}(?:_count|_sum|_bucket)?\\b`), name);
    }
  });
}

test('every series has one test that moves it', () => {
  const moved = movers.flatMap(({ series }) => series);
  assert.deepEqual(moved.toSorted(), Object.keys(metricCatalogue).toSorted());
});
