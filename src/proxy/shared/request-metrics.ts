/** The part of the metric catalogue that says what became of requests. Facts only; `control/metrics/request-series.ts` fills them. */
import type { MetricFacts } from './metric-facts.ts';

const requestLabels = ['route', 'upstream', 'method', 'status'];

export const requestMetrics = {
  requests: {
    name: 'sentinel_requests_total',
    type: 'counter',
    labels: requestLabels,
    help: 'Finished requests by route, upstream, method and numeric status; "-" where there was no route or upstream.',
    unit: 'requests',
  },
  requestDuration: {
    name: 'sentinel_request_duration_seconds',
    type: 'histogram',
    labels: ['route'],
    help: 'Time from the first byte of a request to the last byte of its response, of a WebSocket to the end of its handshake; "-" for requests that took no route.',
    unit: 'seconds',
  },
  requestQuantile: {
    name: 'sentinel_request_duration_quantile_seconds',
    type: 'summary',
    labels: ['route'],
    help: 'Quantiles of the same durations over the last minute, within 2 %; NaN where no request ended. Sum and count are those of the histogram.',
    unit: 'seconds',
  },
  upstreamDuration: {
    name: 'sentinel_upstream_request_duration_seconds',
    type: 'histogram',
    labels: ['upstream'],
    help: 'Time from the request being sent to an upstream to the first byte of its response.',
    unit: 'seconds',
  },
  upstreamQuantile: {
    name: 'sentinel_upstream_request_duration_quantile_seconds',
    type: 'summary',
    labels: ['upstream'],
    help: 'Quantiles of the same durations over the last minute, within 2 %; NaN where no request ended. Sum and count are those of the histogram.',
    unit: 'seconds',
  },
  errorRate: {
    name: 'sentinel_error_rate',
    type: 'gauge',
    labels: ['window'],
    help: 'Share of all answers that had status 500 or above, 0 to 1, in the last 10s, 1m and 5m; NaN where nothing was answered.',
    unit: 'ratio',
  },
  errors: {
    name: 'sentinel_errors_total',
    type: 'counter',
    labels: ['cause', 'source'],
    help: 'Requests that did not end by a good answer of their upstream, by cause and by who is to blame.',
    unit: 'requests',
  },
  rejected: {
    name: 'sentinel_rejected_requests_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Requests refused before any route was asked, because they are malformed, ambiguous, too large or too slow.',
    unit: 'requests',
  },
  rateLimited: {
    name: 'sentinel_rate_limited_total',
    type: 'counter',
    labels: ['route', 'action', 'scope'],
    help: 'Requests above a rate limit: refused (block), made to wait (delay) or let pass (log). Scope route: limit of a route; proxy, client: limits {}, of all clients together and of each, where the route is "-".',
    unit: 'requests',
  },
  guardFailures: {
    name: 'sentinel_guard_failures_total',
    type: 'counter',
    labels: ['mode'],
    help: 'Requests that a guard could not judge (rate table full, its store away, challenge key unreadable): refused (closed) or let pass (open), as the failure-mode of their route says.',
    unit: 'requests',
  },
  protectedFields: {
    name: 'sentinel_protected_fields_total',
    type: 'counter',
    labels: [],
    help: 'Messages whose Connection field named end-to-end fields away; those fields were forwarded all the same.',
    unit: 'messages',
  },
} as const satisfies Readonly<Record<string, MetricFacts>>;
