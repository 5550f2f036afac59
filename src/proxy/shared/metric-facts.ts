/** What is said of one series: name, type, labels, help and unit. Types only; the catalogue is `metric-catalogue.ts`. */
export interface MetricFacts {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  /** Besides `le` of histograms and `quantile` of summaries. */
  readonly labels: readonly string[];
  readonly help: string;
  readonly unit: string;
}
