/**
 * The series of `request-metrics.ts`: what became of requests, how long they took, and quantiles and error ratios of windows.
 * Read on each scrape, from cells and from the windows that are kept anyway.
 */
import { causeList, causes, rejectReasons } from '../../shared/causes.ts';
import { type CellRef, guardFields, proxyFields, routeFields } from '../../shared/cells.ts';
import { noLabel } from '../../shared/metric-catalogue.ts';
import { methodLabels, readRequestCounts } from '../../shared/request-counts.ts';
import type { DaemonState } from '../daemon-state.ts';
import type { LabelRegistry } from '../labels.ts';
import type { SubjectKind, Traffic } from '../traffic/traffic.ts';
import { windowNames, type WindowName, windowQuantiles } from '../traffic/window.ts';
import type { CellRegistry } from '../../shared/cells.ts';
import type { HistogramSample, Series, SummarySample } from './exposition.ts';
import { histogram, histogramSample, type Labelled, plain, summary } from './samples.ts';

/** The window of the quantiles: long enough for a scraper that comes once a minute to miss nothing. */
const quantileWindow: WindowName = '1m';

export interface RequestContext {
  readonly registry: CellRegistry;
  readonly state: DaemonState;
  readonly traffic: Traffic;
  readonly routeLabels: LabelRegistry;
  readonly upstreamLabels: LabelRegistry;
  requestCounts(): readonly SharedArrayBuffer[];
}

export function requestSeries(context: RequestContext): readonly Series[] {
  const { registry, traffic } = context;
  const { routes, upstreams, cells } = context.state.applied.plan;
  const sum = (ref: CellRef, field: number) => registry.sum(ref, field);
  const byRoute = [
    ...routes.map((route) => histogramSample(registry, route.cell, route.id)),
    histogramSample(registry, cells.unrouted, noLabel),
  ];
  const byUpstream = upstreams.map((upstream) => histogramSample(registry, upstream.cell, upstream.name));
  const total = traffic.totalWindows();
  return [
    plain('requests', requestSamples(context)),
    histogram('requestDuration', byRoute),
    summary(
      'requestQuantile',
      byRoute.map((sample) => quantiles(traffic, sample.labels[0] === noLabel ? 'unrouted' : 'route', sample)),
    ),
    histogram('upstreamDuration', byUpstream),
    summary(
      'upstreamQuantile',
      byUpstream.map((sample) => quantiles(traffic, 'upstream', sample)),
    ),
    plain(
      'errorRate',
      windowNames.map((name) => [
        [name],
        total[name].requests === 0 ? Number.NaN : total[name].errors / total[name].requests,
      ]),
    ),
    plain(
      'errors',
      causeList.map((cause, index) => [[cause, causes[cause].source], sum(cells.errors, index)]),
    ),
    plain(
      'rejected',
      rejectReasons.map((reason, index) => [[reason], sum(cells.rejects, index)]),
    ),
    plain('rateLimited', [
      ...routes.flatMap(({ id, counts }): readonly Labelled[] => [
        [[id, 'block', 'route'], sum(counts, routeFields.limitedBlock)],
        [[id, 'delay', 'route'], sum(counts, routeFields.limitedDelay)],
        [[id, 'log', 'route'], sum(counts, routeFields.limitedLog)],
      ]),
      [[noLabel, 'block', 'proxy'], sum(cells.guards, guardFields.globalLimited)],
      [[noLabel, 'block', 'client'], sum(cells.guards, guardFields.clientLimited)],
    ]),
    plain('guardFailures', [
      [['closed'], sum(cells.guards, guardFields.failedClosed)],
      [['open'], sum(cells.guards, guardFields.failedOpen)],
    ]),
    plain('protectedFields', [[[], sum(cells.proxy, proxyFields.protectedFields)]]),
  ];
}

/** Of the same durations that a histogram has: its sum and count are theirs too. */
function quantiles(traffic: Traffic, kind: SubjectKind, { labels, sum, buckets }: HistogramSample): SummarySample {
  const name = kind === 'unrouted' ? '' : (labels[0] as string);
  const values = traffic.window(kind, name, quantileWindow)?.quantiles;
  return {
    labels,
    quantiles: windowQuantiles.map((quantile, index) => [quantile, values?.[index] ?? Number.NaN]),
    sum,
    count: buckets.reduce((all, count) => all + count, 0),
  };
}

function requestSamples(context: RequestContext): readonly Labelled[] {
  return [...readRequestCounts(context.requestCounts())].map(({ key, count }) => {
    const route = context.routeLabels.name(key.route) || noLabel;
    const upstream = context.upstreamLabels.name(key.upstream) || noLabel;
    return [[route, upstream, methodLabels[key.method] ?? 'other', String(key.status)], count] as const;
  });
}
