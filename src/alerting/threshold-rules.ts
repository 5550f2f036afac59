/** Alerts for the threshold table of the runbooks: each threshold is a key of `alerts`. */
import { routeErrorRatio, errorRatio } from './recording-rules.ts';
import { type AlertRule, perDaemon, promNumber, type Thresholds } from './rule.ts';

/** From here on errors are a partial outage, whatever the threshold is. */
const OUTAGE_PERCENT = 10;

export function thresholdRules(thresholds: Thresholds): readonly AlertRule[] {
  const { errorRatePercent, p99Ms, connectionsPercent, breakerTripsPerMinute, memoryPercent } = thresholds;
  const outage = promNumber(Math.max(OUTAGE_PERCENT, errorRatePercent) / 100);
  return [
    {
      alert: 'HighErrorRate',
      severity: 'SEV3',
      expr: `${errorRatio('5m')} > ${promNumber(errorRatePercent / 100)}`,
      for: '2m',
      summary: 'High error rate on {{ $labels.instance }}',
      description: `{{ $value | humanizePercentage }} of the requests of the last 5 minutes ended with 5xx; ${errorRatePercent} % are allowed.`,
      action: "sentinel requests --filter 'status=5xx'",
      keys: ['error-rate-percent'],
      meaning:
        'The share of requests that ended with 5xx, answers that the proxy made itself included. Whose errors they are says the field `source` of `sentinel_errors_total`.',
    },
    {
      alert: 'SevereErrorRate',
      severity: 'SEV2',
      expr: `${errorRatio('5m')} > ${outage}`,
      for: '1m',
      summary: 'A significant part of the requests to {{ $labels.instance }} fails',
      description: '{{ $value | humanizePercentage }} of the requests of the last 5 minutes ended with 5xx.',
      action: 'sentinel upstreams',
      keys: ['error-rate-percent'],
      meaning: `More than ${OUTAGE_PERCENT} % of requests fail (or more than \`error-rate-percent\`, where that is higher): a partial outage.`,
    },
    {
      alert: 'SeveralRoutesFailing',
      severity: 'SEV2',
      expr: `count ${perDaemon} (${routeErrorRatio}{route!="-"} > ${outage}) > 1`,
      for: '2m',
      summary: '{{ $value }} routes of {{ $labels.instance }} are failing',
      description: `Of each of them more than ${promNumber(Number(outage) * 100)} % of the requests of the last 5 minutes ended with 5xx.`,
      action: 'sentinel routes',
      keys: ['error-rate-percent'],
      meaning:
        'Several routes fail at once, which points at what they share: an upstream, the network, the proxy itself.',
    },
    {
      alert: 'HighLatency',
      severity: 'SEV3',
      expr: `max by (job, instance, route) (sentinel_request_duration_quantile_seconds{quantile="0.99"}) > ${promNumber(p99Ms / 1000)}`,
      for: '5m',
      summary: 'Route {{ $labels.route }} is slow on {{ $labels.instance }}',
      description: `The slowest hundredth of its requests takes longer than {{ $value | humanizeDuration }}; ${p99Ms} ms are allowed.`,
      action: 'sentinel routes',
      keys: ['p99-ms'],
      meaning:
        'The 99th percentile of a route, from the first byte of a request to the last byte of its response. Downloads count with all their time: give a route that serves them a name that its alert can be silenced by.',
    },
    {
      alert: 'ConnectionsNearLimit',
      severity: 'SEV3',
      expr: `sentinel:connections:share > ${promNumber(connectionsPercent / 100)}`,
      for: '2m',
      summary: 'Client connections of {{ $labels.instance }} near their limit',
      description:
        '{{ $value | humanizePercentage }} of the connections that may be open are; beyond the limit clients get 503.',
      action: 'sentinel clients',
      keys: ['connections-percent'],
      meaning:
        'The limit is `limits.max-total-connections`, or the lower number that open files allow (`sentinel_connections_limit`). Scale out, raise it, or see who holds them.',
    },
    {
      alert: 'CircuitBreakerTrips',
      severity: 'SEV3',
      // By the minute over five: a window of one minute holds no two samples where the scrape interval is a minute.
      expr: `60 * sum by (job, instance, upstream) (rate(sentinel_circuit_breaker_trips_total[5m])) > ${breakerTripsPerMinute}`,
      for: '1m',
      summary: 'Circuit breakers of {{ $labels.upstream }} trip again and again',
      description: `{{ $value | humanize }} times a minute over the last 5 minutes; ${breakerTripsPerMinute} are allowed.`,
      action: 'sentinel breakers',
      keys: ['breaker-trips-per-minute'],
      meaning: 'Targets fail, recover for a moment and fail again: the upstream is overloaded or flapping.',
    },
    {
      alert: 'MemoryHigh',
      severity: 'SEV3',
      expr: `sentinel:memory:share > ${promNumber(memoryPercent / 100)}`,
      for: '5m',
      summary: 'Memory of {{ $labels.instance }} near its limit',
      description: '{{ $value | humanizePercentage }} of the memory that the process may have is resident.',
      action: 'sentinel status',
      keys: ['memory-percent'],
      meaning:
        'A share of the limit of the cgroup, else of `limits.max-memory-bytes`, else of the memory of the machine (`sentinel_memory_limit_bytes` says which). Review limits and `buffer-requests`.',
    },
    {
      alert: 'ConfigReloadFailed',
      severity: 'SEV3',
      expr: `sum ${perDaemon} (increase(sentinel_config_reload_total{result=~"failed|refused"}[10m])) > 0`,
      for: '0m',
      summary: 'A configuration reload failed on {{ $labels.instance }}',
      description: 'The configuration from before goes on running; what was edited is not in force.',
      action: 'sentinel validate',
      keys: [],
      meaning:
        'Any failure counts. The alert ends ten minutes after the last one; `ConfigDiffersFromDisk` stays until the file is what runs.',
    },
  ];
}
