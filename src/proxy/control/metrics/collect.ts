/**
 * Reads cells and daemon state into the series of the catalogue, on each scrape, on the main thread. No worker is asked:
 * everything is in shared memory.
 */
import type { BreakerState } from '../../shared/breaker.ts';
import { handshakeResults } from '../../shared/handshake-results.ts';
import {
  type CellRef,
  guardFields,
  listenerFields,
  pressureFields,
  proxyFields,
  routeFields,
  targetFields,
  upstreamFields,
} from '../../shared/cells.ts';
import type { MetricKey } from '../../shared/metric-catalogue.ts';
import { connectionRejectReasons, type PlanTarget } from '../../shared/plan.ts';
import type { Certificates } from '../certificates/certificates.ts';
import type { Held } from '../certificates/reading.ts';
import { type Drains, drainResults } from '../drains/drains.ts';
import type { BreakerReport, Breakers } from '../health/breakers.ts';
import type { Health } from '../health/health.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { Security } from '../security/security.ts';
import { memoryLimitOf } from '../memory-limit.ts';
import type { LogLevels } from '../log-levels.ts';
import { layerKinds } from '../overrides/entry.ts';
import type { Overrides } from '../overrides/overrides.ts';
import type { LaneState } from '../lane.ts';
import type { Series } from './exposition.ts';
import { type RequestContext, requestSeries } from './request-series.ts';
import { type Labelled, plain } from './samples.ts';

export interface CollectContext extends RequestContext {
  readonly discovery: Discovery;
  readonly version: string;
  lanes(): readonly LaneState[];
  /** Lines that the main thread could not write. */
  logDropped(): number;
  diskMatches(): boolean | null;
  readonly health: Health;
  readonly breakers: Breakers;
  readonly drains: Drains;
  readonly security: Security;
  readonly levels: LogLevels;
  /** Configurations that were rolled back, by reason. */
  readonly rollbacks: Readonly<Record<string, number>>;
  readonly runTime: Overrides;
  readonly certificates: Certificates;
  /** Whether the files hold what was loaded. */
  certMatches(held: Held): boolean;
  /** Spans that were exported, and that no collector took. */
  readonly spans: { readonly exported: number; readonly failed: number };
  /** Share of the last ten seconds that each worker's event loop had work; null = not known. */
  readonly loops: readonly (number | null)[];
}

export function collectSeries(context: CollectContext): readonly Series[] {
  const { registry, state } = context;
  const { plan, generation, appliedAtMs } = state.applied;
  const { cells } = plan;
  const sum = (ref: CellRef, field: number) => registry.sum(ref, field);
  const held = (ref: CellRef, field: number) => registry.shared(ref, field);
  const targets = plan.upstreams.flatMap((upstream) =>
    upstream.targets.map((target) => ({ upstream: upstream.name, target })),
  );
  const perTarget = (key: MetricKey, read: (target: PlanTarget) => number) =>
    plain(
      key,
      targets.map(({ upstream, target }) => [[upstream, target.address], read(target)]),
    );
  const lanes = context.lanes();
  const memory = process.memoryUsage();
  const memoryLimit = memoryLimitOf(state.applied.config.limits);
  const matches = context.diskMatches();

  return [
    ...requestSeries(context),
    plain(
      'openConnections',
      plan.listeners.map((listener) => [[listener.id], sum(listener.cell, listenerFields.open)]),
    ),
    plain('connectionsLimit', plan.limits.maxTotalConnections === 0 ? [] : [[[], plan.limits.maxTotalConnections]]),
    plain('connections', [[[], sum(cells.proxy, proxyFields.connectionsTotal)]]),
    plain(
      'connectionsRejected',
      connectionRejectReasons.map((reason, index) => [[reason], sum(cells.connectionRejects, index)]),
    ),
    plain(
      'tlsHandshakes',
      handshakeResults.map((labels, index) => [labels, sum(cells.handshakes, index)]),
    ),
    plain('certNotAfter', [
      ...context.certificates.held.map((held): Labelled => {
        const { notAfter } = context.certificates.lifetime(held);
        return [[held.use.name, held.use.source], notAfter.getTime() / 1000];
      }),
      ...context.certificates.lists.flatMap(({ use, due }): readonly Labelled[] =>
        due === null ? [] : [[[use.name, use.source], due.atMs / 1000]],
      ),
    ]),
    plain('certLifetime', [
      ...context.certificates.held.map((held): Labelled => {
        const { validFromDate, validToDate } = context.certificates.lifetime(held).culprit;
        return [[held.use.name, held.use.source], (validToDate.getTime() - validFromDate.getTime()) / 1000];
      }),
      ...context.certificates.lists.flatMap(({ use, due }): readonly Labelled[] =>
        due === null ? [] : [[[use.name, use.source], due.lifeMs / 1000]],
      ),
    ]),
    plain(
      'certDiskMatches',
      context.certificates.held.map((held) => [[held.use.name, held.use.source], context.certMatches(held) ? 1 : 0]),
    ),
    plain(
      'certReloads',
      Object.entries(context.certificates.swaps).map(([result, count]) => [[result], count]),
    ),
    plain('pendingRequests', [[[], held(cells.proxy, proxyFields.queued)]]),
    plain('inFlightRequests', [[[], held(cells.proxy, proxyFields.inFlight)]]),
    ...nameSeries(context),
    ...healthSeries(context, targets),
    perTarget('targetInFlight', ({ cell }) => sum(cell, targetFields.inFlight)),
    perTarget('targetWeight', ({ weight }) => weight),
    plain(
      'targetDraining',
      targets.map(({ upstream, target: { address, written } }) => [
        [upstream, address],
        context.drains.of({ upstream, address, written }) === undefined ? 0 : 1,
      ]),
    ),
    plain(
      'drains',
      drainResults.map((result) => [[result], context.drains.count(result)]),
    ),
    perTarget('poolSize', ({ cell }) => held(cell, targetFields.connections)),
    perTarget('poolIdle', ({ cell }) => held(cell, targetFields.idle)),
    perTarget('poolPending', ({ cell }) => held(cell, targetFields.pending)),
    perTarget('poolAcquired', ({ cell }) => sum(cell, targetFields.acquired)),
    perTarget('poolReused', ({ cell }) => sum(cell, targetFields.reused)),
    perTarget('poolOpened', ({ cell }) => sum(cell, targetFields.opened)),
    plain(
      'retries',
      plan.upstreams.flatMap(({ name, counts }) => [
        [[name, 'succeeded'], sum(counts, upstreamFields.retriesSucceeded)],
        [[name, 'failed'], sum(counts, upstreamFields.retriesFailed)],
        [[name, 'over_budget'], sum(counts, upstreamFields.retriesOverBudget)],
      ]),
    ),
    plain(
      'targetFailovers',
      plan.upstreams.map(({ name, counts }) => [[name], sum(counts, upstreamFields.failovers)]),
    ),
    plain(
      'failovers',
      plan.routes.map(({ id, counts }) => [[id], sum(counts, routeFields.failovers)]),
    ),
    plain(
      'websockets',
      plan.routes.map(({ id, counts }) => [[id], sum(counts, routeFields.websockets)]),
    ),
    plain(
      'websocketsTotal',
      plan.routes.map(({ id, counts }) => [[id], sum(counts, routeFields.websocketsTotal)]),
    ),
    plain('blocked', [
      [
        [],
        sum(cells.guards, guardFields.blocked) +
          sum(cells.connectionRejects, connectionRejectReasons.indexOf('blocked')),
      ],
    ]),
    plain('challenges', [
      [['issued'], sum(cells.guards, guardFields.challengeIssued)],
      [['passed'], sum(cells.guards, guardFields.challengePassed)],
      [['failed'], sum(cells.guards, guardFields.challengeFailed)],
      [['refused'], sum(cells.guards, guardFields.challengeRefused)],
    ]),
    plain('overridesActive', [
      [['block'], context.security.blocks.length],
      [['log_level'], context.levels.all.length],
      ...layerKinds.map((kind): Labelled => [[kind.replace('-', '_')], context.runTime.count(kind)]),
    ]),
    plain('clientBytes', [
      [['in'], sum(cells.proxy, proxyFields.bytesIn)],
      [['out'], sum(cells.proxy, proxyFields.bytesOut)],
    ]),
    plain(
      'reloads',
      Object.entries(state.reloads).map(([result, count]) => [[result], count]),
    ),
    plain('reloadSuccess', [[[], appliedAtMs / 1000]]),
    plain('generation', [[[], generation]]),
    plain('diskMatches', matches === null ? [] : [[[], matches ? 1 : 0]]),
    plain(
      'configRollbacks',
      Object.entries(context.rollbacks).map(([reason, count]) => [[reason], count]),
    ),
    plain(
      'adminActions',
      [...state.adminActions].map(([key, count]) => [key.split(' '), count]),
    ),
    plain('memory', [
      [['rss'], memory.rss],
      [['heap_used'], memory.heapUsed],
      [['heap_total'], memory.heapTotal],
      [['external'], memory.external],
      [['array_buffers'], memory.arrayBuffers],
      [['request_buffers'], held(cells.guards, guardFields.requestBufferBytes)],
    ]),
    plain('memoryLimit', [[[memoryLimit.source], memoryLimit.bytes]]),
    plain('memoryPressure', [[[], held(cells.pressure, pressureFields.shedding)]]),
    plain('workers', [
      [['serving'], lanes.filter((lane) => lane.serving && !lane.leaving).length],
      [['down'], lanes.filter((lane) => !lane.serving && !lane.leaving).length],
      [['leaving'], lanes.filter((lane) => lane.leaving).length],
    ]),
    plain(
      'workerRestarts',
      lanes.map((lane) => [[String(lane.worker)], lane.restarts]),
    ),
    plain('logDropped', [[[], sum(cells.proxy, proxyFields.logDropped) + context.logDropped()]]),
    plain('traceSpans', [
      [['exported'], context.spans.exported],
      [['failed'], context.spans.failed],
      [['dropped'], sum(cells.proxy, proxyFields.spansDropped)],
    ]),
    plain(
      'workerLoopUtilization',
      context.loops.flatMap((share, worker) => (share === null ? [] : [[[String(worker)], share] as const])),
    ),
    plain('buildInfo', [[[context.version, process.versions.node], 1]]),
  ];
}

/** Names of targets; one that several upstreams have is one. */
function nameSeries({ discovery, state }: CollectContext): readonly Series[] {
  const known = state.applied.config.upstreams.flatMap((upstream) => discovery.names(upstream));
  const names = [...new Map(known.map((one) => [one.name, one])).values()];
  return [
    plain(
      'nameResolves',
      names.map(({ name, failure, resolvedAtMs }) => [[name], failure === null && resolvedAtMs !== null ? 1 : 0]),
    ),
    plain(
      'nameLookups',
      names.flatMap(({ name, counts }) => [
        [[name, 'resolved'], counts.resolved] as const,
        [[name, 'failed'], counts.failed] as const,
      ]),
    ),
  ];
}

/** Verdicts and breakers. */
function healthSeries(
  { health, breakers }: CollectContext,
  targets: readonly { readonly upstream: string; readonly target: PlanTarget }[],
): readonly Series[] {
  const judged = targets.flatMap(({ upstream, target }) => {
    const known = health.of(target.id);
    return known === undefined ? [] : [{ labels: [upstream, target.address], known }];
  });
  const reports = breakers.all.map((named) => breakers.report(named));
  const labelsOf = ({ id, upstream, target }: BreakerReport) => [id, upstream, target];
  return [
    plain(
      'upstreamHealth',
      judged.flatMap(({ labels, known: { verdict, ejection } }) =>
        verdict === 'unknown' && ejection === null
          ? []
          : [[labels, verdict === 'unhealthy' || ejection !== null ? 0 : 1] as const],
      ),
    ),
    plain(
      'upstreamHealthChecks',
      judged.flatMap(({ labels, known: { check, counts } }) =>
        check === null
          ? []
          : [[[...labels, 'passed'], counts.passed] as const, [[...labels, 'failed'], counts.failed] as const],
      ),
    ),
    plain(
      'breakerState',
      reports.map((report) => [labelsOf(report), breakerNumbers[report.state]]),
    ),
    plain(
      'breakerTrips',
      reports.map((report) => [labelsOf(report), report.trips]),
    ),
  ];
}

const breakerNumbers: Readonly<Record<BreakerState, number>> = { closed: 0, open: 1, forced_open: 1, half_open: 2 };
