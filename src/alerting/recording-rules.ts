/** What alerts and dashboards ask for again and again, computed once: rates, and the share of requests that fail. */
import { perDaemon, type RecordingRule, type RuleGroup } from './rule.ts';

/** Windows of the error budget, short ones first; `budget-rules.ts` pairs them. */
export const budgetWindows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;

export type BudgetWindow = (typeof budgetWindows)[number];

/** Name of the recorded share of requests that ended with 5xx, 0–1. */
export function errorRatio(window: BudgetWindow): string {
  return `sentinel:error_ratio:rate${window}`;
}

export const routeErrorRatio = 'sentinel:route_error_ratio:rate5m';

export function recordingRules(): RuleGroup<RecordingRule> {
  return {
    name: 'sentinel_recording',
    rules: [
      { record: 'sentinel:requests:rate5m', expr: `sum ${perDaemon} (rate(sentinel_requests_total[5m]))` },
      ...budgetWindows.map((window) => ({ record: errorRatio(window), expr: ratio(perDaemon, window) })),
      { record: routeErrorRatio, expr: ratio('by (job, instance, route)', '5m') },
      {
        record: 'sentinel:connections:share',
        expr: `sum ${perDaemon} (sentinel_open_connections)\n/\nmax ${perDaemon} (sentinel_connections_limit)`,
      },
      {
        record: 'sentinel:memory:share',
        expr: `max ${perDaemon} (sentinel_memory_usage_bytes{kind="rss"})\n/\nmax ${perDaemon} (sentinel_memory_limit_bytes)`,
      },
    ],
  };
}

/** Sums on both sides: series without `sum` match one to one, and their ratio is 1 whatever happens. */
function ratio(by: string, window: string): string {
  const all = `sum ${by} (rate(sentinel_requests_total[${window}]))`;
  const failed = `sum ${by} (rate(sentinel_requests_total{status=~"5.."}[${window}]))`;
  return `(${failed} or 0 * ${all})\n/\n${all}`;
}
