/** What answers the thresholds, series, endpoints, signals and variables of the seed runbooks. By their text. Data only. */
import { answer, misleads, type RowAnswer } from './row-answer.ts';
import type { ShownName } from './shown-by.ts';

const escalation = (here: string, ...tests: readonly ShownName[]): RowAnswer =>
  answer(here, 'first-five-minutes#is-somebody-else-needed docs/diagnose.md#whom-to-page', ...tests);

export const thresholdAnswers: Readonly<Record<string, RowAnswer>> = {
  '| **SEV1** | Complete outage, all traffic affected | Immediate (< 5 min) | Proxy down, all upstreams unreachable |': answer('SEV1, due in 5 minutes; `sentinel incident list` shows what is overdue', 'triage#how-bad-is-it docs/incidents.md#severity', 'times to acknowledge', 'fault kill-9', 'fault all-targets-refused'),
  '| **SEV2** | Partial outage, significant traffic affected | < 15 min | Multiple routes failing, > 10% error rate |': answer('SEV2, due in 15 minutes; the alerts `SevereErrorRate` (10 %) and `SeveralRoutesFailing` are of this severity', 'triage#how-bad-is-it docs/alerts.md#severeerrorrate docs/alerts.md#severalroutesfailing', 'times to acknowledge', 'alerts fire', 'fault upstream-500', 'fault one-upstream-of-two-down'),
  '| **SEV3** | Degraded performance, limited impact | < 1 hour | Elevated latency, single upstream unhealthy |': answer('SEV3, due in one hour; slowness and one target that is down are of this severity', 'triage#how-bad-is-it docs/incidents.md#severity', 'times to acknowledge', 'fault upstream-slow', 'fault one-target-refused'),
  '| **SEV4** | Minor issue, minimal user impact | < 4 hours | Non-critical feature degraded |': misleads('The matrix below it says “next business day”', 'SEV4 is due in 4 working hours, the next business day at the latest', 'triage#how-bad-is-it docs/incidents.md#severity', 'working hours'),
  '| SEV1 | On-call engineer | Team lead | Director (if > 30 min) |': escalation('`sentinel diagnose` pages primary, secondary, and management after 30 minutes', 'severities page', 'management told', 'contacts'),
  '| SEV2 | On-call engineer | Team lead | - |': escalation('`sentinel diagnose` pages primary and secondary', 'lower severities page', 'contacts'),
  '| SEV3 | On-call engineer | - | - |': escalation('`sentinel diagnose` pages the primary', 'lower severities page', 'contacts'),
  '| SEV4 | Next business day | - | - |': escalation('`sentinel diagnose` pages nobody now; due in 4 working hours', 'lower severities page', 'working hours'),
  'Failure rate threshold: 50% over 100 requests': answer('`passive-health { failure-rate 50; window-requests 100 }` is the default', 'docs/health.md docs/config.md#upstreams--upstream--passive-health', 'half of 100', 'defaults'),
  '| Error rate | > 1% | Investigate upstreams |': answer('`alerts { error-rate-percent 1 }` is the default: warning of `sentinel status`, rule, and limit of `sentinel diagnose`', 'triage#look-at-these-first docs/alerts.md#higherrorrate', 'warn traffic', 'alerts of the runbooks', 'alerts fire', 'fault upstream-500-few'),
  '| p99 latency | > 1s | Check slow upstreams |': answer('`alerts { p99-ms 1000 }` is the default', 'triage#look-at-these-first docs/alerts.md#highlatency', 'warn traffic', 'alerts of the runbooks', 'alerts fire', 'fault upstream-slow'),
  '| Active connections | > 80% limit | Scale or increase limits |': answer('`alerts { connections-percent 80 }` is the default', 'triage#look-at-these-first docs/alerts.md#connectionsnearlimit', 'warn connections', 'alerts of the runbooks', 'alerts fire'),
  '| Circuit breaker trips | > 10/min | Check upstream health |': answer('`alerts { breaker-trips-per-minute 10 }` is the default', 'triage#look-at-these-first docs/alerts.md#circuitbreakertrips', 'warn traffic', 'alerts of the runbooks', 'alerts fire'),
  '| Memory usage | > 80% | Review configuration |': answer('`alerts { memory-percent 80 }` is the default', 'triage#look-at-these-first docs/alerts.md#memoryhigh', 'warn memory', 'alerts of the runbooks', 'alerts fire', 'fault memory-high'),
  '| Reload failures | Any | Check config validity |': answer('Any is a standing warning of `sentinel status`, and an alert', 'triage#look-at-these-first docs/alerts.md#configreloadfailed', 'standing warning', 'alerts of the runbooks', 'alerts fire', 'fault reload-refused'),
  'HighErrorRate, for 2m: “High error rate detected”': misleads('Its expression counts requests a second, not a share', 'The alert of that name divides by the total', 'docs/alerts.md#higherrorrate docs/runbook-commands.md#queries-and-alerts', 'cries wolf', 'alerts of the runbooks', 'alerts fire'),
  'UpstreamUnhealthy, for 1m: “Upstream {{ $labels.upstream }} is unhealthy”': answer('The alert of that name', 'docs/alerts.md#upstreamunhealthy', 'alerts of the runbooks', 'alerts fire'),
  'CircuitBreakerOpen, for 30s: “Circuit breaker open for {{ $labels.component }}”': answer('The alert of that name', 'docs/alerts.md#circuitbreakeropen', 'alerts of the runbooks', 'alerts fire'),
};

const grep = (here: string): RowAnswer => answer(here, 'docs/metrics.md', 'proxy', 'series');
const asked = (here: string): RowAnswer => answer(here, 'docs/metrics.md docs/runbook-commands.md#queries-and-alerts', 'queries', 'series');
const first = (here: string): RowAnswer => answer(here, 'triage#look-at-these-first docs/metrics.md', 'card', 'proxy', 'series');

/** By what is asked for: the word of a `grep`, the name in a query, the line of the card. */
export const metricAnswers: Readonly<Record<string, RowAnswer>> = {
  requests_total: grep('`sentinel_requests_total`, by route, upstream, method and numeric status'),
  upstream_health: grep('`sentinel_upstream_health`, 1 or 0 for each target'),
  circuit_breaker_state: grep('`sentinel_circuit_breaker_state`: 0 closed, 1 open, 2 half-open'),
  circuit_breaker_trips_total: grep('`sentinel_circuit_breaker_trips_total`'),
  upstream_request_duration: answer('`sentinel_upstream_request_duration_quantile_seconds`, so that `quantile="0.99"` finds something; the histogram beside it', 'docs/metrics.md', 'proxy', 'quantiles'),
  request_duration: answer('`sentinel_request_duration_quantile_seconds`, so that `quantile` finds something; the histogram beside it', 'docs/metrics.md', 'proxy', 'quantiles'),
  process_resident_memory_bytes: grep('`process_resident_memory_bytes`; `sentinel status --runtime` holds it against its limit'),
  memory_usage: grep('`sentinel_memory_usage_bytes`, by kind'),
  open_connections: grep('`sentinel_open_connections`, by listener'),
  connections: grep('`sentinel_open_connections`, `sentinel_connections_total` and the limit, `sentinel_connections_limit`'),
  connection_pool: grep('`sentinel_connection_pool_acquired_total`, `…_opened_total` and their fellows, by upstream'),
  pending_requests: grep('`sentinel_pending_requests`'),
  config_reload: grep('`sentinel_config_reload_total` by result, and the time of the last good one'),
  reload: grep('`sentinel_config_reload_total` by result, and the time of the last good one'),
  error_rate: grep('`sentinel_error_rate`, a share over 10 s, 1 m and 5 m'),
  error: grep('`sentinel_error_rate`, and `sentinel_errors_total` by cause'),
  '`sentinel_requests_total{status="5xx"}` - Error count': misleads('The label is the numeric code: this matches nothing', '`sentinel_requests_total{status=~"5.."}`, and `sentinel_error_rate` for the share', 'triage#look-at-these-first docs/runbook-commands.md#queries-and-alerts', 'card', 'proxy'),
  '`sentinel_upstream_health` - Upstream availability': first('`sentinel upstreams`, or the series'),
  '`sentinel_request_duration_seconds` - Latency': first('`sentinel routes`, or the histogram'),
  '`sentinel_open_connections` - Connection count': first('`sentinel status`, or the series'),
  '`sentinel_circuit_breaker_state` - Circuit breaker status': first('`sentinel breakers`, or the series'),
  'sentinel_requests_total{status=~"5.."}': asked('`status` is the numeric code, so that the expression matches'),
  sentinel_upstream_health: answer('The average by upstream is the part of its targets that is up', 'docs/metrics.md', 'queries', 'health by upstream'),
  sentinel_circuit_breaker_state: asked('1 is open, and `component` names upstream and target'),
  sentinel_requests_total: asked('Requests by route, upstream, method and status'),
  sentinel_request_duration_seconds_bucket: answer('The histogram of times by route; quantiles of a window are series of their own', 'docs/metrics.md', 'queries', 'quantiles'),
};

const api = 'docs/admin-api.md#endpoints';

export const endpointAnswers: Readonly<Record<string, RowAnswer>> = {
  'GET :8080/health': answer('Answered by the proxy itself on each listener, whatever routes there are', 'docs/health.md health-check-failure#what-answers', 'proxy', 'own paths'),
  'GET :8080/ready': answer('200 with what is not well, 503 with why', 'docs/health.md docs/stopping.md', 'proxy', 'all down', 'drain fails ready'),
  'GET :9090/metrics': answer('Prometheus and OpenMetrics; `sentinel metrics` reads the same', 'docs/metrics.md', 'proxy', 'series'),
  'GET :9090/admin/upstreams/api-backend/health': answer('As printed; `sentinel upstreams api-backend`', api, 'proxy', 'health curls'),
  'GET :9090/admin/upstreams/*/health': answer('As printed; `sentinel upstreams`', api, 'proxy', 'health curls'),
  'POST :9090/admin/upstreams/api-backend/check': answer('As printed, from the machine itself; `sentinel check api-backend`', api, 'proxy', 'health curls', 'access to checks'),
  'POST :9090/admin/health-check': answer('As printed, from the machine itself; `sentinel check`', api, 'proxy', 'health curls', 'access to checks'),
  'GET :9090/admin/routes': answer('As printed; `sentinel routes`', api, 'proxy'),
};

export const signalAnswers: Readonly<Record<string, RowAnswer>> = {
  HUP: answer('Reads configuration, certificates and block files again, and opens logs anew; `sentinel reload` says how it went', 'docs/signals.md', 'HUP', 'machine', 'pid file', 'manual of signals'),
  TERM: answer('`/ready` fails, listeners close, what is in flight finishes until the deadline', 'docs/signals.md docs/stopping.md', 'TERM', 'drain fails ready', 'machine'),
  '9': answer('Cuts requests in flight and loses nothing else; the next start needs no help', 'docs/signals.md', 'KILL', 'machine'),
  USR1: misleads('It stands for debug logging in one place and for garbage collection in another', 'Both: debug logging for 15 minutes, and one collection. `sentinel log-level debug --for 15m` is the first alone. No debugger port opens', 'docs/signals.md memory-exhaustion#collect-garbage', 'garbage', 'USR', 'machine', 'signals and command'),
  USR2: answer('Debug logging off; `sentinel log-level reset`', 'docs/signals.md', 'USR', 'machine', 'signals and command'),
};

export const variableAnswers: Readonly<Record<string, RowAnswer>> = {
  '| `SENTINEL_CONFIG` | Config file path | `config/sentinel.kdl` |': answer('The same; /etc/sentinel/config.kdl where the default is not there', 'docs/commands/env.md', 'variables', 'machine'),
  '| `SENTINEL_WORKERS` | Worker threads | CPU cores |': answer('The same; 0 is one for each core', 'docs/commands/env.md docs/workers.md', 'variables'),
  '| `RUST_LOG` | Log level | `info` |': answer('Read where `SENTINEL_LOG` is not set', 'docs/commands/env.md docs/signals.md', 'variables', 'level variables', 'machine'),
  '| `SENTINEL_METRICS_ADDR` | Metrics address | `0.0.0.0:9090` |': misleads('Whoever reaches that address could change the proxy, if it took changes from everybody', 'The same address: `/metrics` answers everybody, `/admin/` the machine itself and tokens', 'docs/commands/env.md docs/remote.md', 'variables', 'access to checks', 'token'),
};

/** Of a key that its block is not seen to have, or that a sentence names: what shows it. By its text, or the end of it. */
export const keyAnswers: Readonly<Record<string, RowAnswer['tests']>> = {
  'health-check › interval-secs 10': ['interval', 'every key'],
  'health-check › timeout-secs 5': ['check timeout', 'every key'],
  'health-check › timeout-secs 10': ['check timeout', 'patience'],
  'health-check › healthy-threshold 2': ['two successes'],
  'health-check › type "http" › expected-status 200': ['check status'],
  'health-check › type "http" › path "/health"': ['check path'],
  'route "new-api" › priority "normal"': ['priority', 'priority names'],
  'route "emergency" › priority "critical"': ['priority', 'priority names'],
  'route "maintenance" › priority "critical"': ['priority', 'priority names'],
  'route "new-api" › policies › failure-mode "closed"': ['failure mode'],
  'server › worker-threads 0': ['worker threads'],
  'route "emergency" › matches › path-prefix "/"': ['own paths'],
  'route "maintenance" › matches › path-prefix "/"': ['own paths', 'maintenance route'],
  'connection-pool › idle-timeout-secs 120': ['throughput tuning', 'pool idle time'],
  'timeouts › connect-secs 5': ['connect time', 'defaults'],
  'timeouts › write-secs 15': ['write time', 'defaults'],
  'limits › max-connections 5000': ['machine', 'emergency limits'],
  'limits › max-connections 10000': ['total of connections', 'flood'],
  'policies › rate-limit › action "block"': ['rate refused'],
  'policies › rate-limit › key "client_ip"': ['rate per client'],
  'unhealthy-threshold': ['three failures', 'patience', 'block incident-response-runbook.md:165 health-check'],
  'timeout-secs': ['check timeout', 'patience', 'block incident-response-runbook.md:165 health-check'],
  'fallback-upstream': ['fallback', 'block incident-response-runbook.md:173 route'],
};
