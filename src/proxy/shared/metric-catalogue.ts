/**
 * Every series that `/metrics` exposes, in the order of the docs: the one place for names, labels and help texts.
 * `docs/metrics.md` is rendered from it; the exposition fills it. Label values come from the configuration or from
 * closed lists, never from a client.
 */
import type { MetricFacts } from './metric-facts.ts';
import { requestMetrics } from './request-metrics.ts';

const targetLabels = ['upstream', 'target'];
const breakerLabels = ['component', 'upstream', 'target'];

export const metricCatalogue = {
  ...requestMetrics,
  openConnections: {
    name: 'sentinel_open_connections',
    type: 'gauge',
    labels: ['listener'],
    help: 'Client connections that are open now.',
    unit: 'connections',
  },
  connectionsLimit: {
    name: 'sentinel_connections_limit',
    type: 'gauge',
    labels: [],
    help: 'Client connections that may be open at once: limits.max-total-connections, or the lower number that open files allow; no sample without a limit.',
    unit: 'connections',
  },
  connections: {
    name: 'sentinel_connections_total',
    type: 'counter',
    labels: [],
    help: 'Client connections accepted.',
    unit: 'connections',
  },
  connectionsRejected: {
    name: 'sentinel_connections_rejected_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Client connections turned away (the limit was reached, the configured one or the lower one that open files allow), or closed for what they did (http2_abuse).',
    unit: 'connections',
  },
  tlsHandshakes: {
    name: 'sentinel_tls_handshakes_total',
    type: 'counter',
    labels: ['version', 'result'],
    help: 'TLS handshakes with clients by version and result: full, resumed (by a session ticket); version "-": failed (no agreement, or no client certificate), timeout (not done within header-timeout-secs), closed (the client went away), displaced (too many at once, the oldest gave way), cut (the proxy stopped).',
    unit: 'handshakes',
  },
  certNotAfter: {
    name: 'sentinel_tls_cert_not_after_seconds',
    type: 'gauge',
    labels: ['name', 'source'],
    help: 'When a loaded certificate, or an intermediate that is sent along, ends, in seconds since 1970. Source listener, sni (name listener/host), upstream_client; client_ca, upstream_ca: the next of the authorities of the bundle that ends; client_crl: when the first revocation list is to be replaced.',
    unit: 'seconds',
  },
  certLifetime: {
    name: 'sentinel_tls_cert_lifetime_seconds',
    type: 'gauge',
    labels: ['name', 'source'],
    help: 'How long the certificate (or revocation list) whose end sentinel_tls_cert_not_after_seconds tells is valid in all, from its first to its last second.',
    unit: 'seconds',
  },
  certDiskMatches: {
    name: 'sentinel_tls_cert_disk_matches_loaded',
    type: 'gauge',
    labels: ['name', 'source'],
    help: '1 while the files of a certificate hold what was loaded, 0 while they hold another one (sentinel reload --certs takes it over) or cannot be used.',
    unit: 'boolean',
  },
  certReloads: {
    name: 'sentinel_tls_cert_reloads_total',
    type: 'counter',
    labels: ['result'],
    help: 'Times that certificate files were read again without the configuration (reload --certs, auto-reload): completed, or failed and nothing changed.',
    unit: 'reloads',
  },
  pendingRequests: {
    name: 'sentinel_pending_requests',
    type: 'gauge',
    labels: [],
    help: 'Requests that wait for a connection to a target now.',
    unit: 'requests',
  },
  inFlightRequests: {
    name: 'sentinel_in_flight_requests',
    type: 'gauge',
    labels: [],
    help: 'Requests between their first byte and the last byte of their response now.',
    unit: 'requests',
  },
  nameResolves: {
    name: 'sentinel_name_resolves',
    type: 'gauge',
    labels: ['name'],
    help: '1 while the name of a target, or the service that brings targets, has an answer; 0 while its last good one is kept, or there was none.',
    unit: 'boolean',
  },
  nameLookups: {
    name: 'sentinel_name_lookups_total',
    type: 'counter',
    labels: ['name', 'result'],
    help: 'Questions for the name of a target by result: resolved or failed.',
    unit: 'questions',
  },
  upstreamHealth: {
    name: 'sentinel_upstream_health',
    type: 'gauge',
    labels: targetLabels,
    help: '1 while a target takes requests, 0 while its health check or passive health keeps it out; without a health check 1 unless ejected; no sample before the first probe has ended.',
    unit: 'boolean',
  },
  upstreamHealthChecks: {
    name: 'sentinel_upstream_health_checks_total',
    type: 'counter',
    labels: [...targetLabels, 'result'],
    help: 'Health checks of a target by result: passed or failed.',
    unit: 'checks',
  },
  breakerState: {
    name: 'sentinel_circuit_breaker_state',
    type: 'gauge',
    labels: breakerLabels,
    help: 'Circuit breaker: 0 closed (requests flow), 1 open (they are refused; by command too), 2 half-open (a few try). Of a route the target is "-".',
    unit: 'state',
  },
  breakerTrips: {
    name: 'sentinel_circuit_breaker_trips_total',
    type: 'counter',
    labels: breakerLabels,
    help: 'How often failures opened a circuit breaker.',
    unit: 'trips',
  },
  targetInFlight: {
    name: 'sentinel_target_in_flight',
    type: 'gauge',
    labels: targetLabels,
    help: 'Requests that a target works on now.',
    unit: 'requests',
  },
  targetWeight: {
    name: 'sentinel_target_weight',
    type: 'gauge',
    labels: targetLabels,
    help: 'Weight of a target; at 0 it takes no new request.',
    unit: 'weight',
  },
  targetDraining: {
    name: 'sentinel_target_draining',
    type: 'gauge',
    labels: targetLabels,
    help: '1 while an operator keeps a target out of traffic, whether it still works or has drained.',
    unit: 'boolean',
  },
  drains: {
    name: 'sentinel_drains_total',
    type: 'counter',
    labels: ['result'],
    help: 'Drains of targets by what they came to: drained, cut (its deadline ended what was left), waited (its deadline passed and it goes on), restored (its deadline passed and the target came back), cancelled or gone (the target left the configuration).',
    unit: 'drains',
  },
  poolSize: {
    name: 'sentinel_connection_pool_size',
    type: 'gauge',
    labels: targetLabels,
    help: 'Connections to a target, busy and idle.',
    unit: 'connections',
  },
  poolIdle: {
    name: 'sentinel_connection_pool_idle',
    type: 'gauge',
    labels: targetLabels,
    help: 'Connections to a target that wait for a request.',
    unit: 'connections',
  },
  poolPending: {
    name: 'sentinel_connection_pool_pending',
    type: 'gauge',
    labels: targetLabels,
    help: 'Requests that wait for a connection to a target.',
    unit: 'requests',
  },
  poolAcquired: {
    name: 'sentinel_connection_pool_acquired_total',
    type: 'counter',
    labels: targetLabels,
    help: 'Connections handed to a request, new and reused.',
    unit: 'connections',
  },
  poolReused: {
    name: 'sentinel_connection_pool_reused_total',
    type: 'counter',
    labels: targetLabels,
    help: 'Connections handed to a request that had served another one before.',
    unit: 'connections',
  },
  poolOpened: {
    name: 'sentinel_connection_pool_opened_total',
    type: 'counter',
    labels: targetLabels,
    help: 'Connections opened to a target.',
    unit: 'connections',
  },
  retries: {
    name: 'sentinel_retries_total',
    type: 'counter',
    labels: ['upstream', 'outcome'],
    help: 'Requests sent again by a retry-policy, by what became of that try (succeeded, failed), and those not sent again because the budget was used up (over_budget).',
    unit: 'tries',
  },
  targetFailovers: {
    name: 'sentinel_target_failovers_total',
    type: 'counter',
    labels: ['upstream'],
    help: 'Requests that went on to another target because the one chosen first did not even take them.',
    unit: 'requests',
  },
  failovers: {
    name: 'sentinel_failovers_total',
    type: 'counter',
    labels: ['route'],
    help: 'Requests that the fallback upstream of their route took.',
    unit: 'requests',
  },
  websockets: {
    name: 'sentinel_websocket_connections',
    type: 'gauge',
    labels: ['route'],
    help: 'WebSockets that are open now; each is also one of the requests in flight.',
    unit: 'connections',
  },
  websocketsTotal: {
    name: 'sentinel_websocket_connections_total',
    type: 'counter',
    labels: ['route'],
    help: 'WebSockets opened: handshakes that a target agreed to.',
    unit: 'connections',
  },
  blocked: {
    name: 'sentinel_blocked_total',
    type: 'counter',
    labels: [],
    help: 'Requests and connections turned away because their client is on a block list.',
    unit: 'requests',
  },
  challenges: {
    name: 'sentinel_challenges_total',
    type: 'counter',
    labels: ['outcome'],
    help: 'Challenges by outcome: issued (a page was given out), passed (solved, a pass was given), failed (a wrong or late solution), refused (429 to who waits for no page).',
    unit: 'challenges',
  },
  overridesActive: {
    name: 'sentinel_overrides_active',
    type: 'gauge',
    labels: ['kind'],
    help: 'What operators have set at run time and is not over, by kind: block (networks), log_level (all or a module), limits, rate_limit, weight, timeout, health, fallback, maintenance (a route or all), target (added or removed).',
    unit: 'overrides',
  },
  clientBytes: {
    name: 'sentinel_client_bytes_total',
    type: 'counter',
    labels: ['direction'],
    help: 'Bytes of request bodies read from clients (in), and everything written to them, heads included (out).',
    unit: 'bytes',
  },
  reloads: {
    name: 'sentinel_config_reload_total',
    type: 'counter',
    labels: ['result'],
    help: 'Attempts to reload the configuration: completed, failed (invalid or not applicable), refused (needs a restart).',
    unit: 'reloads',
  },
  reloadSuccess: {
    name: 'sentinel_config_reload_last_success_timestamp_seconds',
    type: 'gauge',
    labels: [],
    help: 'When the configuration in force was applied, in seconds since the epoch.',
    unit: 'seconds',
  },
  generation: {
    name: 'sentinel_config_generation',
    type: 'gauge',
    labels: [],
    help: 'Number of the configuration in force; 1 at start, one more with every completed reload.',
    unit: 'generation',
  },
  diskMatches: {
    name: 'sentinel_config_disk_matches_running',
    type: 'gauge',
    labels: [],
    help: '1 when the files on disk are what runs, 0 when they differ or cannot be read.',
    unit: 'boolean',
  },
  configRollbacks: {
    name: 'sentinel_config_rollbacks_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Configurations that were rolled back: nobody confirmed it in time (timer), a guard had enough of it (guard), somebody said so (operator), the process ended before it was confirmed (boot); failed: the one before could not be put in force.',
    unit: 'rollbacks',
  },
  adminActions: {
    name: 'sentinel_admin_actions_total',
    type: 'counter',
    labels: ['action', 'result'],
    help: 'Changes asked for through the admin API, refused ones included.',
    unit: 'actions',
  },
  memory: {
    name: 'sentinel_memory_usage_bytes',
    type: 'gauge',
    labels: ['kind'],
    help: 'Memory of the process (rss), of the main thread (heap_used, heap_total, external, array_buffers), and of request bodies held before a target is asked, or to be sent again (request_buffers).',
    unit: 'bytes',
  },
  memoryLimit: {
    name: 'sentinel_memory_limit_bytes',
    type: 'gauge',
    labels: ['source'],
    help: 'Memory that the process may have, by what says so: the limit of its cgroup (cgroup), else limits.max-memory-bytes (configuration), else the memory of the machine (machine).',
    unit: 'bytes',
  },
  memoryPressure: {
    name: 'sentinel_memory_pressure',
    type: 'gauge',
    labels: [],
    help: 'What limits.max-memory-bytes makes the proxy refuse: 0 nothing, 1 connections are not kept after an answer, 2 new requests.',
    unit: 'level',
  },
  workers: {
    name: 'sentinel_workers',
    type: 'gauge',
    labels: ['state'],
    help: 'Worker threads that serve, those that are down, and those that finish what they have while another one has their place.',
    unit: 'threads',
  },
  workerRestarts: {
    name: 'sentinel_worker_restarts_total',
    type: 'counter',
    labels: ['worker'],
    help: 'Worker threads replaced because they died or were stuck.',
    unit: 'threads',
  },
  logDropped: {
    name: 'sentinel_log_dropped_total',
    type: 'counter',
    labels: [],
    help: 'Log lines that could not be written: disk full, reader gone or too slow.',
    unit: 'lines',
  },
  traceSpans: {
    name: 'sentinel_trace_spans_total',
    type: 'counter',
    labels: ['result'],
    help: 'Spans of traces: exported, failed because the collector did not take them, or dropped because there were more than could be exported.',
    unit: 'spans',
  },
  workerLoopUtilization: {
    name: 'sentinel_worker_loop_utilization',
    type: 'gauge',
    labels: ['worker'],
    help: 'Share of the last ten seconds that the event loop of the worker had work, from 0 to 1.',
    unit: 'ratio',
  },
  buildInfo: {
    name: 'sentinel_build_info',
    type: 'gauge',
    labels: ['version', 'node'],
    help: 'Always 1; the labels say which version runs on which Node.',
    unit: 'info',
  },
} as const satisfies Readonly<Record<string, MetricFacts>>;

export type MetricKey = keyof typeof metricCatalogue;

/** Label value that stands for "no route" and "no upstream". */
export const noLabel = '-';

/** `docs/metrics.md`. */
export function renderMetricDocs(): string {
  const rows = Object.values<MetricFacts>(metricCatalogue).map(
    ({ name, type, labels, unit, help }) =>
      `| \`${name}\` | ${type} | ${[...labels, ...(type === 'summary' ? ['quantile'] : [])].join(', ') || '–'} | ${unit} | ${help} |`,
  );
  return `# Metrics

<!-- Rendered from src/proxy/shared/metric-catalogue.ts by \`npm run docs\`. -->

\`GET /metrics\` on the metrics address and on the admin socket, as Prometheus text, or as OpenMetrics when \`Accept\` asks for
it. Label values come from the configuration or from closed lists; nothing that a client sends becomes a label. \`status\` is
the numeric code. Counters survive reloads and the death of workers.

| Series | Type | Labels | Unit | Meaning |
|---|---|---|---|---|
${rows.join('\n')}

Besides these: \`process_*\` (CPU, memory, descriptors, start time) and \`nodejs_*\` (event loop, heap and garbage collection of
the main thread).
`;
}
