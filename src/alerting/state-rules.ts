/** Alerts for what is either so or not: something is down, lost, refused or about to end. */
import { type AlertRule, perDaemon, type Thresholds } from './rule.ts';

const daySecs = 86_400;
const certLabels = 'job, instance, name, source';

export function stateRules({ certWarnDays, certCriticalDays }: Thresholds): readonly AlertRule[] {
  return [...availabilityRules(), ...certificateRules(certWarnDays, certCriticalDays), ...processRules()];
}

function availabilityRules(): readonly AlertRule[] {
  return [
    {
      alert: 'SentinelDown',
      severity: 'SEV1',
      expr: 'up{job="sentinel"} == 0 or absent(up{job="sentinel"})',
      for: '1m',
      summary: 'Sentinel does not answer{{ with $labels.instance }} on {{ . }}{{ end }}',
      description: 'Its metrics address cannot be scraped: the process is gone, stuck, or cut off.',
      action: 'systemctl status sentinel',
      keys: [],
      meaning:
        'Holds for a scrape job called `sentinel`, as in `deploy/prometheus/prometheus.yml`. No job of that name at all counts too.',
    },
    {
      alert: 'AllUpstreamsDown',
      severity: 'SEV1',
      expr: `max ${perDaemon} (sentinel_upstream_health) == 0`,
      for: '30s',
      summary: 'No target of any upstream of {{ $labels.instance }} is healthy',
      description:
        'Every target is kept out by its health check or by passive health: nothing but static answers is served.',
      action: 'sentinel upstreams',
      keys: [],
      meaning: 'When everything is down at once it is rarely the targets: look at network, DNS and what changed.',
    },
    {
      alert: 'UpstreamDown',
      severity: 'SEV2',
      expr: 'max by (job, instance, upstream) (sentinel_upstream_health) == 0',
      for: '30s',
      summary: 'Upstream {{ $labels.upstream }} has no healthy target',
      description: 'Routes that use it answer 503, or go on to their fallback-upstream.',
      action: 'sentinel check {{ $labels.upstream }}',
      keys: [],
      meaning: 'All targets of one upstream are kept out.',
    },
    {
      alert: 'UpstreamUnhealthy',
      severity: 'SEV3',
      expr: 'sentinel_upstream_health == 0',
      for: '1m',
      summary: 'Upstream {{ $labels.upstream }} is unhealthy',
      description: 'Target {{ $labels.target }} takes no requests; those that are left carry its share.',
      action: 'sentinel upstreams {{ $labels.upstream }}',
      keys: [],
      meaning: 'One target is kept out by its health check or by passive health.',
    },
    {
      alert: 'CircuitBreakerOpen',
      severity: 'SEV3',
      expr: 'sentinel_circuit_breaker_state == 1',
      for: '30s',
      summary: 'Circuit breaker open for {{ $labels.component }}',
      description:
        'Requests are refused without being tried (upstream {{ $labels.upstream }}, target {{ $labels.target }}).',
      action: 'sentinel breakers',
      keys: [],
      meaning: 'Opened by failures, or held open by command. It lets a few requests try again by itself.',
    },
  ];
}

/** Short-lived certificates are renewed late in their life: a third, or a tenth, of it is time enough. */
function certificateRules(warnDays: number, criticalDays: number): readonly AlertRule[] {
  const left = (selector: string) => `sentinel_tls_cert_not_after_seconds${selector} - time()`;
  const soon = (days: number, part: number, selector: string) =>
    `${left(selector)} < ${days * daySecs}\nand on (${certLabels})\n${left(selector)} < sentinel_tls_cert_lifetime_seconds / ${part}`;
  return [
    {
      alert: 'CertificateExpiresSoon',
      severity: 'SEV4',
      // A list is made anew every few days; it is only the critical one that counts for it.
      expr: soon(warnDays, 3, '{source!="client_crl"}'),
      for: '1h',
      summary: 'Certificate {{ $labels.name }} ({{ $labels.source }}) expires soon',
      description:
        '{{ $value | humanizeDuration }} are left; of a certificate with a short life that is less than a third of it.',
      action: 'sentinel cert-check',
      keys: ['cert-warn-days'],
      meaning:
        'A certificate that is loaded, or an intermediate that is sent along, ends before long. Renew it, then `sentinel reload --certs`.',
    },
    {
      alert: 'CertificateExpiryCritical',
      severity: 'SEV2',
      expr: soon(criticalDays, 10, ''),
      for: '5m',
      summary: 'Certificate {{ $labels.name }} ({{ $labels.source }}) ends within days, or has ended',
      description:
        '{{ $value | humanizeDuration }} are left (negative: it has ended); clients then refuse the connection.',
      action: 'sentinel cert-check',
      keys: ['cert-critical-days'],
      meaning:
        'The same when it is nearly too late, or is: also of revocation lists, which then refuse every client certificate.',
    },
    {
      alert: 'CertificateNotLoaded',
      severity: 'SEV4',
      expr: 'sentinel_tls_cert_disk_matches_loaded == 0',
      for: '1h',
      summary: 'Certificate {{ $labels.name }} ({{ $labels.source }}) on disk is not the one in use',
      description: 'It was renewed and not loaded, or its files cannot be used.',
      action: 'sentinel reload --certs',
      keys: [],
      meaning: 'Somebody, or something, put other files in its place an hour ago.',
    },
  ];
}

function processRules(): readonly AlertRule[] {
  return [
    {
      alert: 'ConfigDiffersFromDisk',
      severity: 'SEV4',
      expr: 'sentinel_config_disk_matches_running == 0',
      for: '15m',
      summary: 'The configuration on disk is not what {{ $labels.instance }} runs',
      description: 'The file was edited and not loaded, or cannot be read: the next restart will bring something else.',
      action: 'sentinel reload',
      keys: [],
      meaning: 'What runs and what a restart would run are two things.',
    },
    {
      alert: 'LoadShedding',
      severity: 'SEV2',
      expr: 'sentinel_memory_pressure == 2',
      for: '0m',
      summary: '{{ $labels.instance }} refuses new requests: its memory is above limits.max-memory-bytes',
      description: 'New requests get 503 until memory falls below the limit.',
      action: 'sentinel status',
      keys: [],
      meaning: '`limits.max-memory-bytes` is reached.',
    },
    {
      alert: 'WorkerRestarted',
      severity: 'SEV3',
      expr: `sum ${perDaemon} (increase(sentinel_worker_restarts_total[15m])) > 0`,
      for: '0m',
      summary: 'Worker threads of {{ $labels.instance }} were replaced',
      description: 'A worker died or hung in the last 15 minutes; what it had in flight was cut.',
      action: 'sentinel events',
      keys: [],
      meaning: 'The log says why (`Worker died`). One is a defect worth a report; many end the process.',
    },
    {
      alert: 'LogLinesDropped',
      severity: 'SEV4',
      expr: `sum ${perDaemon} (increase(sentinel_log_dropped_total[10m])) > 0`,
      for: '0m',
      summary: 'Log lines of {{ $labels.instance }} are lost',
      description: 'They could not be written in the last 10 minutes: disk full, reader gone or too slow.',
      action: 'df -h /var/log',
      keys: [],
      meaning: 'Traffic does not wait for logs; what could not be written is dropped and counted.',
    },
    {
      alert: 'TraceSpansLost',
      severity: 'SEV4',
      expr: `sum ${perDaemon} (increase(sentinel_trace_spans_total{result=~"dropped|failed"}[10m])) > 0`,
      for: '10m',
      summary: 'Spans of {{ $labels.instance }} do not reach the collector',
      description: 'Over 10 minutes the collector was away or slow, or more requests are sampled than can be exported.',
      action: 'sentinel status',
      keys: [],
      meaning: 'Traffic does not wait for traces; what the collector does not take in time is lost and counted.',
    },
  ];
}
