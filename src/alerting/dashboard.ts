/**
 * The Grafana dashboard: one table of panels, laid out in rows, as the JSON that Grafana imports. Every query is proven to
 * return data by a test; what cannot be scraped does not stand here.
 */

type Unit = 'reqps' | 'percentunit' | 's' | 'short' | 'bytes' | 'Bps' | 'bool' | 'ops' | 'dateTimeFromNow';

interface Query {
  readonly expr: string;
  /** How a series is called; Grafana's template. */
  readonly legend: string;
}

interface Panel {
  readonly title: string;
  readonly kind: 'timeseries' | 'stat' | 'table';
  readonly unit: Unit;
  /** What the operator should make of it. */
  readonly says: string;
  readonly queries: readonly Query[];
}

interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const mine = 'job=~"$job",instance=~"$instance"';
const window = '[$__rate_interval]';

/** In the order in which the runbooks ask: is it up, are upstreams healthy, errors, latency, then capacity. */
export const dashboardRows: readonly Row[] = [
  {
    title: 'Now',
    panels: [
      stat('Up', 'short', 'Daemons that answer their scrape.', `sum(up{${mine}})`),
      stat(
        'Error ratio',
        'percentunit',
        'Share of requests that end with 5xx: a sum divided by a sum.',
        `(sum(rate(sentinel_requests_total{${mine},status=~"5.."}${window})) or vector(0)) / sum(rate(sentinel_requests_total{${mine}}${window}))`,
      ),
      stat('Requests in flight', 'short', 'Begun and not answered yet.', `sum(sentinel_in_flight_requests{${mine}})`),
      stat(
        'Healthy targets',
        'percentunit',
        'Of all targets that are judged.',
        `avg(sentinel_upstream_health{${mine}})`,
      ),
      stat(
        'Open breakers',
        'short',
        'Circuit breakers that refuse requests.',
        `sum(sentinel_circuit_breaker_state{${mine}} == bool 1)`,
      ),
      stat(
        'Configuration',
        'bool',
        '1 while the files on disk are what runs.',
        `min(sentinel_config_disk_matches_running{${mine}})`,
      ),
    ],
  },
  {
    title: 'Traffic',
    panels: [
      graph('Requests by route', 'reqps', 'Finished requests.', [
        { expr: `sum by (route) (rate(sentinel_requests_total{${mine}}${window}))`, legend: '{{route}}' },
      ]),
      graph('Requests by status', 'reqps', 'Finished requests by status, the answers of the proxy itself included.', [
        { expr: `sum by (status) (rate(sentinel_requests_total{${mine}}${window}))`, legend: '{{status}}' },
      ]),
      graph('Errors by cause', 'reqps', 'Why requests did not end well, and whose fault it was.', [
        {
          expr: `sum by (cause, source) (rate(sentinel_errors_total{${mine}}${window})) > 0`,
          legend: '{{cause}} ({{source}})',
        },
      ]),
      graph('Error ratio by window', 'percentunit', 'What the daemon itself has counted over one and five minutes.', [
        { expr: `max by (instance, window) (sentinel_error_rate{${mine}})`, legend: '{{instance}} {{window}}' },
      ]),
      graph('Bytes', 'Bps', 'Between clients and the proxy.', [
        { expr: `sum by (direction) (rate(sentinel_client_bytes_total{${mine}}${window}))`, legend: '{{direction}}' },
      ]),
      graph('Refused', 'reqps', 'Above a rate limit, on a block list, malformed, or beyond a limit on connections.', [
        {
          expr: `sum by (route) (rate(sentinel_rate_limited_total{${mine},action="block"}${window}))`,
          legend: 'rate limit {{route}}',
        },
        { expr: `sum(rate(sentinel_blocked_total{${mine}}${window}))`, legend: 'block list' },
        { expr: `sum(rate(sentinel_rejected_requests_total{${mine}}${window}))`, legend: 'malformed' },
        { expr: `sum(rate(sentinel_connections_rejected_total{${mine}}${window}))`, legend: 'connections' },
      ]),
    ],
  },
  {
    title: 'Latency',
    panels: [
      graph('Latency by percentile', 's', 'Over all routes, from histogram buckets.', [
        ...[0.5, 0.95, 0.99].map((quantile) => ({
          expr: `histogram_quantile(${quantile}, sum by (le) (rate(sentinel_request_duration_seconds_bucket{${mine}}${window})))`,
          legend: `p${quantile * 100}`,
        })),
      ]),
      graph('p99 by route', 's', 'As the daemon measures it, within 2 %.', [
        {
          expr: `max by (route) (sentinel_request_duration_quantile_seconds{${mine},quantile="0.99"})`,
          legend: '{{route}}',
        },
      ]),
      graph('p99 by upstream', 's', 'Until the first byte of the answer of its targets.', [
        {
          expr: `max by (upstream) (sentinel_upstream_request_duration_quantile_seconds{${mine},quantile="0.99"})`,
          legend: '{{upstream}}',
        },
      ]),
      graph('Mean time of upstreams', 's', 'Until the first byte of the answer.', [
        {
          expr: `sum by (upstream) (rate(sentinel_upstream_request_duration_seconds_sum{${mine}}${window})) / sum by (upstream) (rate(sentinel_upstream_request_duration_seconds_count{${mine}}${window}))`,
          legend: '{{upstream}}',
        },
      ]),
    ],
  },
  {
    title: 'Upstreams',
    panels: [
      graph('Health by upstream', 'percentunit', 'Share of its targets that take requests.', [
        { expr: `avg by (upstream) (sentinel_upstream_health{${mine}})`, legend: '{{upstream}}' },
      ]),
      graph('Requests in flight by target', 'short', 'What each target works on now.', [
        { expr: `sum by (upstream, target) (sentinel_target_in_flight{${mine}})`, legend: '{{upstream}} {{target}}' },
      ]),
      graph('Circuit breakers', 'short', '0 closed, 1 open, 2 half-open.', [
        { expr: `max by (component) (sentinel_circuit_breaker_state{${mine}})`, legend: '{{component}}' },
      ]),
      graph('Breaker trips by upstream', 'ops', 'How often breakers opened, by the second.', [
        {
          expr: `sum by (upstream) (rate(sentinel_circuit_breaker_trips_total{${mine}}${window}))`,
          legend: '{{upstream}}',
        },
      ]),
      graph('Health checks that fail', 'ops', 'By the second.', [
        {
          expr: `sum by (upstream) (rate(sentinel_upstream_health_checks_total{${mine},result="failed"}${window}))`,
          legend: '{{upstream}}',
        },
      ]),
      graph(
        'Tries beyond the first',
        'ops',
        'Retries by outcome, requests that went to another target, and those that a fallback upstream took.',
        [
          { expr: `sum by (outcome) (rate(sentinel_retries_total{${mine}}${window}))`, legend: 'retry {{outcome}}' },
          { expr: `sum(rate(sentinel_target_failovers_total{${mine}}${window}))`, legend: 'other target' },
          { expr: `sum(rate(sentinel_failovers_total{${mine}}${window}))`, legend: 'fallback upstream' },
        ],
      ),
      graph('Connections to targets', 'short', 'Busy and idle, and requests that wait for one.', [
        { expr: `sum by (upstream) (sentinel_connection_pool_size{${mine}})`, legend: '{{upstream}} open' },
        { expr: `sum by (upstream) (sentinel_connection_pool_idle{${mine}})`, legend: '{{upstream}} idle' },
        { expr: `sum(sentinel_pending_requests{${mine}})`, legend: 'waiting requests' },
      ]),
      graph('Connections reused', 'percentunit', 'Of those handed to requests.', [
        {
          expr: `sum by (upstream) (rate(sentinel_connection_pool_reused_total{${mine}}${window})) / sum by (upstream) (rate(sentinel_connection_pool_acquired_total{${mine}}${window}))`,
          legend: '{{upstream}}',
        },
      ]),
    ],
  },
  {
    title: 'Capacity',
    panels: [
      graph('Client connections', 'short', 'Open now, and how many may be.', [
        { expr: `sum by (listener) (sentinel_open_connections{${mine}})`, legend: '{{listener}}' },
        { expr: `max by (instance) (sentinel_connections_limit{${mine}})`, legend: 'limit {{instance}}' },
      ]),
      graph('Memory', 'bytes', 'Resident, and how much there may be.', [
        { expr: `max by (instance) (sentinel_memory_usage_bytes{${mine},kind="rss"})`, legend: 'rss {{instance}}' },
        {
          expr: `max by (instance, source) (sentinel_memory_limit_bytes{${mine}})`,
          legend: 'limit ({{source}}) {{instance}}',
        },
      ]),
      graph('CPU', 'percentunit', 'Of one core; the main thread and all workers together.', [
        { expr: `rate(process_cpu_seconds_total{${mine}}${window})`, legend: '{{instance}}' },
      ]),
      graph('Workers', 'short', 'Threads that serve and that are down, and how many were replaced.', [
        { expr: `sum by (state) (sentinel_workers{${mine}})`, legend: '{{state}}' },
        { expr: `sum(increase(sentinel_worker_restarts_total{${mine}}${window}))`, legend: 'replaced' },
      ]),
      graph('Log lines lost', 'ops', 'Disk full, or a reader that is too slow.', [
        { expr: `sum(rate(sentinel_log_dropped_total{${mine}}${window}))`, legend: 'lines' },
      ]),
      graph('Reloads', 'short', 'Of the configuration, by result.', [
        { expr: `sum by (result) (increase(sentinel_config_reload_total{${mine}}${window}))`, legend: '{{result}}' },
      ]),
      {
        title: 'Certificates',
        kind: 'table',
        unit: 'dateTimeFromNow',
        says: 'When each certificate that is loaded ends.',
        queries: [
          {
            expr: `min by (instance, name, source) (sentinel_tls_cert_not_after_seconds{${mine}}) * 1000`,
            legend: '{{name}} ({{source}})',
          },
        ],
      },
    ],
  },
];

function stat(title: string, unit: Unit, says: string, expr: string): Panel {
  return { title, kind: 'stat', unit, says, queries: [{ expr, legend: title }] };
}

function graph(title: string, unit: Unit, says: string, queries: readonly Query[]): Panel {
  return { title, kind: 'timeseries', unit, says, queries };
}

const WIDTH = 24;
const source = { type: 'prometheus', uid: '${datasource}' };

/** The dashboard as Grafana imports it (schema 39: Grafana 10 and later). */
export function dashboardFile(): string {
  let id = 0;
  let y = 0;
  const panels = dashboardRows.flatMap(({ title, panels: members }) => {
    const row = {
      id: ++id,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { h: 1, w: WIDTH, x: 0, y: y++ },
      panels: [],
    };
    const [width, height] = members[0]?.kind === 'stat' ? [WIDTH / 6, 4] : [WIDTH / 3, 8];
    const laid = members.map((panel, index) => {
      const x = (index * width) % WIDTH;
      if (index > 0 && x === 0) y += height;
      return panelJson(panel, ++id, { h: height, w: width, x, y });
    });
    y += height;
    return [row, ...laid];
  });
  const dashboard = {
    uid: 'sentinel',
    title: 'Sentinel',
    description: 'Made from src/alerting/dashboard.ts by `npm run docs`.',
    tags: ['sentinel', 'proxy'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    timezone: 'browser',
    annotations: { list: [] },
    links: [],
    templating: {
      list: [
        datasourceVariable,
        variable('job', 'sentinel_build_info'),
        variable('instance', 'sentinel_build_info{job=~"$job"}'),
      ],
    },
    panels,
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

const datasourceVariable = {
  name: 'datasource',
  label: 'Data source',
  type: 'datasource',
  query: 'prometheus',
  hide: 0,
};

function variable(name: string, series: string) {
  return {
    name,
    label: name,
    type: 'query',
    datasource: source,
    query: { query: `label_values(${series}, ${name})`, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: ['All'], value: ['$__all'] },
  };
}

function panelJson({ title, kind, unit, says, queries }: Panel, id: number, gridPos: Readonly<Record<string, number>>) {
  const instant = kind !== 'timeseries';
  return {
    id,
    type: kind,
    title,
    description: says,
    datasource: source,
    gridPos,
    fieldConfig: { defaults: { unit, min: kind === 'timeseries' ? 0 : undefined }, overrides: [] },
    options: optionsOf[kind],
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: source,
      expr,
      legendFormat: legend,
      instant,
      range: !instant,
      ...(kind === 'table' ? { format: 'table' } : {}),
    })),
  };
}

const optionsOf = {
  timeseries: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  stat: { colorMode: 'value', graphMode: 'none', reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } },
  table: { showHeader: true },
} as const;
