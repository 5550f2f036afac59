/**
 * The parts of the control plane, made in the order in which each needs the one before. A part is added here: made in
 * `makeParts`, told of new plans in `planned` and of what workers say in `said`, ended in `closeParts`. What is done with them
 * stands in `daemon.ts`. Nothing here takes traffic or opens a socket.
 */
import { hostname } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { randomHex } from '../../base/ids.ts';
import type { FileSteps } from '../../base/atomic-file.ts';
import type { RunContext } from '../../base/run-files.ts';
import { CellRegistry, proxyFields } from '../shared/cells.ts';
import { collectGarbage } from '../shared/garbage.ts';
import type { WorkerSaid } from '../shared/messages.ts';
import type { Plan } from '../shared/plan.ts';
import { ThreadWatch } from '../shared/thread-watch.ts';
import { alertFactsOf } from './alert-facts.ts';
import { AlertWatch } from './alert-watch.ts';
import { Applier } from './applier.ts';
import { Certificates } from './certificates/certificates.ts';
import { ClientTable } from './client-table.ts';
import { type ChangeParts, closeChanges, makeChanges } from './change-parts.ts';
import type { ConfigSource } from './config-source.ts';
import { DaemonState } from './daemon-state.ts';
import { Discovery } from './discovery/discovery.ts';
import { NameLookup, systemLookup } from '../../web/name-lookup.ts';
import { Drains } from './drains/drains.ts';
import { FollowUp } from './drains/follow-up.ts';
import { KeptDrains } from './drains/kept-drains.ts';
import { EventLog } from './events/event-log.ts';
import { FlightRecorder } from './flight/recorder.ts';
import { Breakers } from './health/breakers.ts';
import { Health } from './health/health.ts';
import { probe } from './health/probe.ts';
import { IncidentPlace } from './incidents/incident-place.ts';
import { InstanceFolder } from './instance-folder.ts';
import { LabelRegistry } from './labels.ts';
import { LiveParts } from './live-parts.ts';
import { RateTables } from './rate-tables.ts';
import { LogLevels } from './log-levels.ts';
import type { Logging } from './logging.ts';
import { Pressure } from './pressure.ts';
import { RecentLines } from './recent-lines.ts';
import { RetiredCells } from './retired-cells.ts';
import { Maintenance } from './overrides/maintenance.ts';
import { Overrides } from './overrides/overrides.ts';
import { TargetChanges } from './overrides/target-changes.ts';
import { LoadWatch } from './runtime/load-watch.ts';
import { WorkerRestart } from './restart/worker-restart.ts';
import { Security } from './security/security.ts';
import { type FixedSettings, lanesFor, type SettingOverrides } from './settings.ts';
import { StandingWarnings } from './standing-warnings.ts';
import { Supervisor } from './supervisor.ts';
import { Notifier } from './systemd/notifier.ts';
import { Tracing } from './tracing/tracing.ts';
import { Traffic } from './traffic/traffic.ts';

export interface PartsOptions {
  readonly source: ConfigSource;
  readonly environment: Environment;
  readonly context: RunContext;
  readonly overrides: SettingOverrides;
  readonly fixed: FixedSettings;
  readonly pid: number;
  readonly version: string;
  readonly clock: Clock;
  readonly logging: Logging;
  readonly workerEntry: URL;
  /** How files of the configuration and its history are written. */
  readonly steps: FileSteps;
  /** Lines that a dead worker had not written yet. */
  readonly onRecoveredLines: (lines: Buffer) => void;
  /** What `/ready` answers may have changed. */
  readonly onReadiness: () => void;
  /** Another configuration is in force. */
  readonly onApplied: () => void;
  /** Workers keep dying and none stays up. */
  readonly onExhausted: () => void;
}

export interface ControlParts extends ChangeParts {
  readonly clock: Clock;
  readonly logging: Logging;
  readonly state: DaemonState;
  readonly events: EventLog;
  /** Where history, drains and overrides are kept. */
  readonly instance: InstanceFolder;
  /** Where incidents are kept. */
  readonly incidentPlace: IncidentPlace;
  readonly warnings: StandingWarnings;
  readonly levels: LogLevels;
  readonly recent: RecentLines;
  readonly registry: CellRegistry;
  readonly routeLabels: LabelRegistry;
  readonly upstreamLabels: LabelRegistry;
  readonly supervisor: Supervisor;
  readonly workerRestart: WorkerRestart;
  readonly rates: RateTables;
  readonly live: LiveParts;
  readonly discovery: Discovery;
  readonly applier: Applier;
  readonly breakers: Breakers;
  readonly drains: Drains;
  /** What follows drains. */
  readonly followUp: FollowUp;
  readonly health: Health;
  readonly pressure: Pressure;
  readonly traffic: Traffic;
  readonly flight: FlightRecorder;
  readonly alerts: AlertWatch;
  readonly security: Security;
  readonly runTime: Overrides;
  readonly targetChanges: TargetChanges;
  readonly certificates: Certificates;
  readonly tracing: Tracing;
  readonly load: LoadWatch;
  /** Tells systemd how the process stands. */
  readonly notifier: Notifier;
  /** What the main thread can say of itself. */
  readonly thread: ThreadWatch;
}

export function makeParts(options: PartsOptions): ControlParts {
  const { source, environment, overrides, fixed, pid, clock, logging } = options;
  const state = new DaemonState();
  const events = new EventLog({ clock, generation: () => state.generation });
  logging.onEvent = (severity, words, fields) => events.note(severity, words, fields);
  const instance = new InstanceFolder(options.context, fixed.stateDir, source);
  const incidentPlace = new IncidentPlace(options.context, fixed.stateDir, state);
  const warnings = new StandingWarnings(logging.module('daemon'));
  const laneCount = lanesFor(fixed.workers);
  const registry = new CellRegistry(laneCount);
  const routeLabels = new LabelRegistry();
  const upstreamLabels = new LabelRegistry();
  const clients = new ClientTable(laneCount, () => Number.parseInt(randomHex(4), 16));
  const supervisor = new Supervisor({
    entry: options.workerEntry,
    laneCount,
    registry,
    clock,
    log: logging.module('workers'),
    dataLog: logging.module('data'),
    stdoutPrefix: logging.stdoutPrefix,
    reclaim: (lane) => clients.reclaim(lane),
    onRecoveredLines: options.onRecoveredLines,
    onSaid: said,
    onChange: options.onReadiness,
    onExhausted: options.onExhausted,
  });
  const retiredCells = new RetiredCells(clock, registry);
  const traffic = new Traffic(clock, registry);
  const flight = new FlightRecorder({
    clock,
    pid,
    version: options.version,
    source,
    instance,
    events,
    traffic,
    warnings,
    state,
    registry,
  });
  const random = () => Number.parseInt(randomHex(4), 16) / 2 ** 32;
  const discovery = new Discovery({
    clock,
    random,
    log: logging.module('discovery'),
    warnings,
    lookup: new NameLookup({ ...systemLookup, servers: fixed.dnsServers }),
    refresh: (reason) => void applier.refresh(reason),
  });
  const rates = new RateTables(clock);
  const security = new Security({
    clock,
    log: logging.module('security'),
    warnings,
    context: options.context,
    stateDir: fixed.stateDir,
    folder: () => instance.ensureShared(),
    refresh: (reason) => applier.refresh(reason),
    threshold: (config) => rates.threshold(config),
  });
  const certificates = new Certificates({
    clock,
    log: logging.module('certificates'),
    warnings,
    random: (bytes) => Buffer.from(randomHex(bytes), 'hex'),
    refresh: (reason) => applier.refresh(reason),
    onReadiness: options.onReadiness,
  });
  const runTime = new Overrides({
    clock,
    log: logging.module('overrides'),
    warnings,
    instance,
    relayer: (reason) => applier.relayer(reason),
    base: () => (state.generation === 0 ? null : state.applied.base),
    onChange: () => state.touch(),
  });
  const followUp = new FollowUp({
    persist: () => changes.persisting,
    base: () => state.applied.base,
    remove: (ids, actor, reason) => targetChanges.removeDrained(ids, actor, reason),
  });
  const drainLog = logging.module('drains');
  const drains = new Drains({
    clock,
    newId: () => `d-${randomHex(3)}`,
    log: drainLog,
    warnings,
    registry,
    kept: new KeptDrains(instance, drainLog),
    followUp,
    health: () => health,
    ask: (question) => supervisor.ask(question),
    mayChange: () => state.phase === 'running',
    refresh: (reason) => applier.refresh(reason),
    touch: () => state.touch(),
  });
  const live = new LiveParts({
    certificates,
    clients,
    maintenance: new Maintenance(() => runTime.all),
    rates,
    security,
    targets: discovery,
    weights: {
      weightOf: (upstream, target) =>
        drains.of({ ...target, upstream: upstream.name }) === undefined
          ? (runTime.weightOf(upstream, target) ?? target.weight)
          : 0,
    },
  });
  const daemonId = randomHex(4);
  const applier = new Applier({
    clock,
    environment,
    overrides,
    fixed,
    pid,
    daemonId,
    registry,
    routeLabels,
    upstreamLabels,
    logging,
    supervisor,
    state,
    warnings,
    live,
    layer: runTime,
    onPlan: planned,
  });
  const notifier = new Notifier({
    environment,
    pid,
    clock,
    warnings,
    // A worker that is being replaced does not count, as long as another one serves.
    alive: () => state.phase !== 'running' || supervisor.lanes.some(({ serving }) => serving),
  });
  const changes = makeChanges({
    clock,
    logging,
    warnings,
    state,
    source,
    environment,
    instance,
    steps: options.steps,
    applier,
    certificates,
    traffic,
    registry,
    standings: () => health.standings,
    hears: [drains, notifier.listener, { applied: options.onApplied }],
  });
  const recent = new RecentLines(clock.wallMs());
  logging.observe((entry) => recent.add(entry));
  const levels = new LogLevels(clock, logging, () => {
    state.touch();
    supervisor.orders.setDebug(debugOf(logging));
  });
  const plan = () => (state.generation === 0 ? null : state.applied.plan);
  const breakers = new Breakers({ clock, registry, log: logging.module('health'), plan });
  const health = new Health({
    clock,
    random,
    registry,
    log: logging.module('health'),
    breakers,
    probe: (target, check) => probe(target, check, clock, `sentinel-${daemonId}`),
    onFlip: () => state.touch(),
    onReadiness: options.onReadiness,
  });

  const pressure = new Pressure({
    clock,
    log: logging.module('limits'),
    registry,
    warnings,
    resident: () => process.memoryUsage.rss(),
    relieve: () => {
      collectGarbage();
      supervisor.collectGarbage();
    },
  });

  const alerts = new AlertWatch({
    clock,
    warnings,
    alerts: () => (state.generation === 0 ? null : state.applied.config.alerts),
    facts: () =>
      alertFactsOf(state.applied, { registry, breakers, traffic, resident: () => process.memoryUsage.rss() }),
  });

  const targetChanges = new TargetChanges({
    overrides: runTime,
    state,
    health,
    draining: (target) => drains.of(target) !== undefined,
    clock,
    persist: () => changes.persisting,
  });

  const tracing = new Tracing({
    clock,
    log: logging.module('tracing'),
    random,
    rings: supervisor.spans,
    dropped: () =>
      state.generation === 0 ? 0 : registry.sum(state.applied.plan.cells.proxy, proxyFields.spansDropped),
    version: options.version,
    resource: [
      ['service.instance.id', daemonId],
      ['host.name', hostname()],
      ['process.pid', pid],
    ],
  });

  const loadWatch = new LoadWatch({
    clock,
    main: () => performance.eventLoopUtilization(),
    workers: () => supervisor.loops,
    cpuMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
  });
  const thread = new ThreadWatch(clock, true);

  /** A plan is in force in every worker: after the start, a reload or a refresh. `state.applied` is that plan's already. */
  function planned(plan: Plan): void {
    retiredCells.follow(plan);
    traffic.follow(plan);
    health.follow(state.applied.config, plan);
    drains.follow(state.applied.config, plan);
    pressure.follow(plan);
    tracing.follow(state.applied.config.observability.tracing);
    supervisor.orders.setDebug(debugOf(logging));
    alerts.start();
    runTime.follow(state.applied.base);
  }

  /** What workers notice of targets, breakers and limits. */
  function said(what: Exclude<WorkerSaid, { kind: 'log' }>): void {
    switch (what.kind) {
      case 'failing':
        return health.failing(what);
      case 'breaker':
        state.touch();
        breakers.heard(what);
        return health.breakerMoved();
      case 'spans':
        return tracing.wake();
      case 'shed_idle':
        logging.module('limits').info('Idle connections closed', {
          event: 'shed_idle',
          closed: what.closed,
          why: 'a limit on connections was lowered',
        });
    }
  }

  return {
    ...changes,
    clock,
    logging,
    state,
    events,
    instance,
    incidentPlace,
    warnings,
    levels,
    recent,
    registry,
    routeLabels,
    upstreamLabels,
    supervisor,
    workerRestart: new WorkerRestart({ clock, log: logging.module('workers'), state, supervisor, applier }),
    rates,
    live,
    discovery,
    applier,
    breakers,
    drains,
    followUp,
    health,
    pressure,
    traffic,
    flight,
    alerts,
    security,
    runTime,
    targetChanges,
    certificates,
    tracing,
    load: loadWatch,
    notifier,
    thread,
  };
}

/** Whether workers tell what only debugging needs. */
function debugOf(logging: Logging): boolean {
  const level = logging.levelOf('data');
  return level === 'debug' || level === 'trace';
}

/** Ends whatever would go on by itself; workers and sockets have ended before. */
export function closeParts(parts: ControlParts): void {
  closeChanges(parts);
  parts.tracing.close();
  parts.load.close();
  parts.notifier.close();
  parts.thread.close();
  parts.discovery.close();
  parts.rates.close();
  parts.security.close();
  parts.runTime.close();
  parts.certificates.close();
  parts.applier.close();
  parts.drains.stop();
  parts.health.stop();
  parts.pressure.stop();
  parts.traffic.stop();
  parts.alerts.stop();
  parts.levels.stop();
}
