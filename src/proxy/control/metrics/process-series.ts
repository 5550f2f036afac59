/** The one door to prom-client: its default metrics of the process and of Node, as series of our exposition. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Series } from './exposition.ts';

/** Gauges that end in `_total`, which `promtool check metrics` rightly faults. */
const faulty = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Starts the collectors (event-loop delay, garbage collection) and returns the reader. */
export function startProcessSeries(): () => Promise<readonly Series[]> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of faulty) registry.removeSingleMetric(name);
  return async () => {
    const metrics = await registry.getMetricsAsJSON();
    return metrics.map(({ name, help, type, values }): Series => {
      const samples = values.map((sample) => ({
        // Histograms name their samples; the declared type knows nothing of it.
        name: (sample as { metricName?: string }).metricName ?? name,
        labels: sample.labels as Record<string, string | number>,
        value: sample.value,
      }));
      return { kind: 'named', facts: { name, help, type: String(type) }, samples };
    });
  };
}
