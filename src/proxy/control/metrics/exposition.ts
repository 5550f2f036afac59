/** Series → text for a scraper: the Prometheus text format 0.0.4 and OpenMetrics 1.0. Pure. */
import { durationBounds } from '../../shared/cells.ts';
import type { MetricFacts } from '../../shared/metric-facts.ts';

export interface Sample {
  /** Values in the order of the metric's labels. */
  readonly labels: readonly string[];
  readonly value: number;
}

/** Durations in the buckets of `durationBounds`; counts not cumulative, the open bucket last. */
export interface HistogramSample {
  readonly labels: readonly string[];
  readonly sum: number;
  readonly buckets: readonly number[];
}

/** Quantiles of a while, and all that has been measured ever. */
export interface SummarySample {
  readonly labels: readonly string[];
  /** Not a number = nothing was measured. */
  readonly quantiles: readonly (readonly [quantile: number, value: number])[];
  readonly sum: number;
  readonly count: number;
}

/** A sample whose name and labels are spelled out, from a library. */
export interface NamedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export type Series =
  | { readonly kind: 'plain'; readonly facts: MetricFacts; readonly samples: readonly Sample[] }
  | { readonly kind: 'histogram'; readonly facts: MetricFacts; readonly samples: readonly HistogramSample[] }
  | { readonly kind: 'summary'; readonly facts: MetricFacts; readonly samples: readonly SummarySample[] }
  | {
      readonly kind: 'named';
      readonly facts: Pick<MetricFacts, 'name' | 'help'> & { readonly type: string };
      readonly samples: readonly NamedSample[];
    };

export type ExpositionFormat = 'text' | 'openmetrics';

export const contentTypes: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** OpenMetrics when the scraper asks for it by name, plain text for everybody else. */
export function formatFor(accept: string | undefined): ExpositionFormat {
  return accept?.includes('application/openmetrics-text') === true ? 'openmetrics' : 'text';
}

export function renderExposition(series: readonly Series[], format: ExpositionFormat): string {
  const lines: string[] = [];
  for (const one of series) {
    const { name, help, type } = one.facts;
    // In OpenMetrics the family is named without the suffix that its samples carry.
    const family = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
    lines.push(`# HELP ${family} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${family} ${type}`);
    if (one.kind === 'named') {
      for (const sample of one.samples) lines.push(line(sample.name, labelText(sample.labels), sample.value));
    } else if (one.kind === 'plain') {
      for (const { labels, value } of one.samples) lines.push(line(name, pairs(one.facts.labels, labels), value));
    } else if (one.kind === 'summary') {
      for (const sample of one.samples) summaryLines(lines, one.facts, sample);
    } else {
      for (const sample of one.samples) histogramLines(lines, one.facts, sample, format);
    }
  }
  if (format === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

function histogramLines(lines: string[], facts: MetricFacts, sample: HistogramSample, format: ExpositionFormat): void {
  const { name } = facts;
  const labels = pairs(facts.labels, sample.labels);
  const before = labels === '' ? '' : `${labels},`;
  let count = 0;
  for (const [index, added] of sample.buckets.entries()) {
    count += added;
    const bound = durationBounds[index];
    const le =
      bound === undefined ? '+Inf' : format === 'openmetrics' && Number.isInteger(bound) ? `${bound}.0` : `${bound}`;
    lines.push(line(`${name}_bucket`, `${before}le="${le}"`, count));
  }
  lines.push(line(`${name}_sum`, labels, sample.sum), line(`${name}_count`, labels, count));
}

function summaryLines(lines: string[], facts: MetricFacts, sample: SummarySample): void {
  const { name } = facts;
  const labels = pairs(facts.labels, sample.labels);
  const before = labels === '' ? '' : `${labels},`;
  for (const [quantile, value] of sample.quantiles) lines.push(line(name, `${before}quantile="${quantile}"`, value));
  lines.push(line(`${name}_sum`, labels, sample.sum), line(`${name}_count`, labels, sample.count));
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${numberText(value)}`;
}

function pairs(names: readonly string[], values: readonly string[]): string {
  return names.map((name, index) => `${name}="${escapeLabel(values[index] ?? '')}"`).join(',');
}

function labelText(labels: Readonly<Record<string, string | number>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(String(value))}"`)
    .join(',');
}

function escapeLabel(value: string): string {
  // Nearly every one is good as it is; a scrape has ten thousand of them.
  if (!/["\\\n]/.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}
