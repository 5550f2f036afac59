/** Puts the admin API together: views, handlers, exposition and the two sockets. */
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { peerFolder } from '../../../admin/contract/endpoints.ts';
import type { Clock } from '../../../base/clock.ts';
import { randomHex } from '../../../base/ids.ts';
import type { Environment } from '../../../base/environment.ts';
import type { CellRegistry } from '../../shared/cells.ts';
import type { Applier } from '../applier.ts';
import type { Certificates } from '../certificates/certificates.ts';
import { DiskCompare } from '../certificates/disk-compare.ts';
import type { Held } from '../certificates/reading.ts';
import type { Commit } from '../commit/commit.ts';
import type { ConfigSource } from '../config-source.ts';
import type { DaemonState } from '../daemon-state.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { DiskWatch } from '../disk-watch.ts';
import type { Drains } from '../drains/drains.ts';
import type { FollowUp } from '../drains/follow-up.ts';
import type { EventLog } from '../events/event-log.ts';
import type { Breakers } from '../health/breakers.ts';
import type { Health } from '../health/health.ts';
import { AlertDesk } from '../incidents/alert-desk.ts';
import type { IncidentPlace } from '../incidents/incident-place.ts';
import type { LabelRegistry } from '../labels.ts';
import type { LogLevels } from '../log-levels.ts';
import type { Logging } from '../logging.ts';
import type { History } from '../history/history.ts';
import { collectSeries } from '../metrics/collect.ts';
import { contentTypes, formatFor, renderExposition } from '../metrics/exposition.ts';
import { startProcessSeries } from '../metrics/process-series.ts';
import { overridesSummary } from './override-views.ts';
import type { Overrides } from '../overrides/overrides.ts';
import type { TargetChanges } from '../overrides/target-changes.ts';
import type { RecentLines } from '../recent-lines.ts';
import { readinessOf } from '../readiness.ts';
import { FinishedRequests } from '../records/finished-requests.ts';
import { RequestTap } from '../records/request-tap.ts';
import type { Reloader } from '../reload.ts';
import type { LoadWatch } from '../runtime/load-watch.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { ThreadWatch } from '../../shared/thread-watch.ts';
import type { Security } from '../security/security.ts';
import type { StandingWarnings } from '../standing-warnings.ts';
import type { WorkerRestart } from '../restart/worker-restart.ts';
import type { Supervisor } from '../supervisor.ts';
import type { Traffic } from '../traffic/traffic.ts';
import type { Estate } from '../upgrade/estate.ts';
import type { Upgrades } from '../upgrade/upgrade.ts';
import { hostPort } from '../address-probe.ts';
import { type DispatchContext, dispatch } from './dispatch.ts';
import { eventTopic } from './event-handlers.ts';
import { makeHandlers } from './handlers.ts';
import { logTopic } from './log-handlers.ts';
import { PeerProofs } from './peer-proof.ts';
import { AdminServer } from './server.ts';
import type { StreamTopic } from './stream-topic.ts';
import { Streams } from './streams.ts';
import { TrafficTopic } from './traffic-topic.ts';
import type { ViewContext } from './views.ts';

export interface AdminOptions {
  readonly socketPath: string;
  /** `null` = no TCP address. */
  readonly tcp: { readonly host: string; readonly port: number } | null;
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly source: ConfigSource;
  readonly upgrades: Upgrades;
  readonly workerRestart: WorkerRestart;
  /** What the process before this one leaves, where it hands over to this one. */
  readonly estate: Estate | null;
  readonly clock: Clock;
  readonly registry: CellRegistry;
  readonly routeLabels: LabelRegistry;
  readonly upstreamLabels: LabelRegistry;
  readonly state: DaemonState;
  readonly events: EventLog;
  readonly discovery: Discovery;
  readonly supervisor: Supervisor;
  readonly disk: DiskWatch;
  readonly traffic: Traffic;
  readonly reloader: Reloader;
  readonly commit: Commit;
  readonly logging: Logging;
  readonly levels: LogLevels;
  readonly recent: RecentLines;
  readonly warnings: StandingWarnings;
  readonly breakers: Breakers;
  readonly drains: Drains;
  readonly incidentPlace: IncidentPlace;
  readonly followUp: FollowUp;
  readonly health: Health;
  readonly security: Security;
  readonly applier: Applier;
  readonly history: History;
  readonly environment: Environment;
  readonly runTime: Overrides;
  readonly targetChanges: TargetChanges;
  readonly certificates: Certificates;
  readonly tracing: Tracing;
  readonly load: LoadWatch;
  readonly thread: ThreadWatch;
}

/**
 * Opens the admin API on its socket and, unless switched off, on its TCP address.
 * @throws SNT-P002, P003, P004, P012; nothing stays open then
 */
export async function openAdmin(options: AdminOptions): Promise<AdminServer> {
  const { clock, state, supervisor, disk, logging, breakers, health, security, certificates, socketPath, tcp, estate } =
    options;
  const view: ViewContext = {
    ...options,
    nowMs: () => clock.wallMs(),
    lanes: () => supervisor.lanes,
    listeners: () => supervisor.listeners,
    requestCounts: () => supervisor.requestCounts,
    readiness: () => readinessOf(state, supervisor.lanes, health, certificates),
    standings: () => health.standings,
    openRoutes: () => health.openRoutes,
    overrides: () => overridesSummary(options),
    bootWords: () => options.history.bootWords,
    warnings: () => [...options.warnings.texts, ...passingWarnings(state, options.levels)],
    logDropped: () => logging.dropped,
    addresses: () => server.addresses,
  };
  let proofs: PeerProofs | null = null;
  const readProcess = startProcessSeries();
  const certDisk = new DiskCompare(certificates);
  const tap = new RequestTap({ clock, workers: supervisor.records, tell: (filters) => supervisor.orders.tap(filters) });
  const topics: readonly StreamTopic[] = [
    eventTopic(options.events, clock),
    logTopic(options.recent, clock),
    new TrafficTopic(options),
    tap,
  ];
  const streams = new Streams({ clock, boot: randomHex(4), startedAtMs: options.startedAtMs, topics });
  const context: DispatchContext = {
    state,
    version: options.version,
    handlers: makeHandlers({
      view,
      disk,
      reloader: options.reloader,
      commit: options.commit,
      breakers,
      drains: options.drains,
      followUp: options.followUp,
      health,
      security,
      certificates,
      certDisk,
      finished: new FinishedRequests(supervisor.records),
      state,
      clock,
      supervisor,
      history: options.history,
      upgrades: options.upgrades,
      alertDesk: new AlertDesk({
        clock,
        place: options.incidentPlace,
        log: logging.module('incidents'),
        about: () => ({
          daemons: [server.addresses.socket, server.addresses.address].filter((one) => one !== null),
          config: options.source.kind === 'file' ? resolve(options.source.path) : null,
        }),
        known: () => logging.secrets,
      }),
      workerRestart: options.workerRestart,
      events: options.events,
      logging,
      levels: options.levels,
      planning: {
        ...options,
        running: () => state.applied,
        generation: (number) => options.history.read(number) ?? options.history.store.read(number),
        refusals: (loaded) => {
          const refusal = options.applier.refusalOf(loaded);
          return refusal === null ? [] : [refusal.message];
        },
      },
      runTime: options.runTime,
      targetChanges: options.targetChanges,
      recent: options.recent,
      streams,
      load: options.load,
      thread: options.thread,
      pid: options.pid,
      startedAtMs: options.startedAtMs,
    }),
    logging,
    get proofs() {
      return proofs;
    },
    nowMs: () => clock.wallMs(),
    tokens: () => state.applied.config.observability.admin.tokens,
    readiness: () => view.readiness(),
    metricsPath: () => state.applied.config.observability.metrics.path,
    async metrics(accept) {
      const format = formatFor(accept);
      const matches = (await disk.look(state.digest))?.matches ?? null;
      const compare = await certDisk.look(state.applied.config);
      const certMatches = (held: Held) => compare(held).same === true;
      const own = collectSeries({
        ...view,
        breakers,
        drains: options.drains,
        health,
        security,
        levels: options.levels,
        rollbacks: options.commit.rollbacks,
        runTime: options.runTime,
        certificates,
        certMatches,
        diskMatches: () => matches,
        spans: options.tracing,
        loops: options.load.workers,
      });
      return { type: contentTypes[format], text: renderExposition([...own, ...(await readProcess())], format) };
    },
  };
  const server = new AdminServer(
    (via, request, response) => void dispatch(context, via, request, response),
    () => streams.close(),
    (path) => {
      proofs = makeProofs(path, clock, logging);
    },
  );
  try {
    await server.listenOnSocket(socketPath, estate?.adminSocket === socketPath);
    if (tcp !== null) {
      const wanted = hostPort(tcp.host, tcp.port);
      await server.listenOnTcp(tcp.host, tcp.port, estate?.metrics?.wanted === wanted ? estate.metrics.fd : null);
    }
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** What the operator should know for as long as it lasts. */
function passingWarnings({ lastReload, generation }: DaemonState, levels: LogLevels): readonly string[] {
  const stale = lastReload !== null && lastReload.result !== 'completed';
  return [
    ...(stale ? [`the last reload (${lastReload.at}) ${lastReload.result}: generation ${generation} runs on`] : []),
    ...levels.all.map(
      ({ module, level }) => `the log level${module === null ? '' : ` of ${module}`} is ${level} for a while`,
    ),
  ];
}

/** Without the folder nobody can be proven: the admin API still shows everything, but takes changes by token only. */
function makeProofs(socketPath: string, clock: Clock, logging: Logging): PeerProofs | null {
  const folder = join(dirname(socketPath), peerFolder);
  try {
    mkdirSync(dirname(socketPath), { recursive: true });
    return new PeerProofs(folder, clock);
  } catch (error) {
    logging
      .module('admin')
      .warn('Users of the admin socket cannot be proven: changes need a token', { folder, error: String(error) });
    return null;
  }
}
