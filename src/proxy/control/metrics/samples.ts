/** What was read, as a series of the catalogue: for those who collect (`collect.ts`, `request-series.ts`). */
import { type CellRef, type CellRegistry, durationBounds, histogramFields } from '../../shared/cells.ts';
import { type MetricKey, metricCatalogue } from '../../shared/metric-catalogue.ts';
import type { HistogramSample, Sample, Series, SummarySample } from './exposition.ts';

/** Values in the order of the metric's labels. */
export type Labelled = readonly [labels: readonly string[], value: number];

export function plain(key: MetricKey, samples: readonly Labelled[]): Series {
  return {
    kind: 'plain',
    facts: metricCatalogue[key],
    samples: samples.map(([labels, value]): Sample => ({ labels, value })),
  };
}

export function histogram(key: MetricKey, samples: readonly HistogramSample[]): Series {
  return { kind: 'histogram', facts: metricCatalogue[key], samples };
}

export function summary(key: MetricKey, samples: readonly SummarySample[]): Series {
  return { kind: 'summary', facts: metricCatalogue[key], samples };
}

/** What a histogram cell holds, of all workers together. */
export function histogramSample(registry: CellRegistry, ref: CellRef, label: string): HistogramSample {
  const counted = new Float64Array(durationBounds.length + 1);
  registry.sumRange(ref, histogramFields.buckets, counted.length, counted);
  return { labels: [label], sum: registry.sum(ref, histogramFields.sum), buckets: Array.from(counted) };
}
