/**
 * One running sentinel: starts the parts of the control plane (`control-parts.ts`), lets them work until it is told to stop, and
 * ends them. `cli/commands/run` calls it and ends the process with the code that it resolves with.
 */
import { join } from 'node:path';
import { type FileSteps, systemSteps } from '../../base/atomic-file.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import { ensureRunFolder, type RunContext } from '../../base/run-files.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Boot } from '../../history/boot.ts';
import { collectGarbage } from '../shared/garbage.ts';
import type { LogTarget } from '../shared/log-target.ts';
import { openAdmin } from './admin/admin.ts';
import type { AdminServer } from './admin/server.ts';
import type { ConfigSource } from './config-source.ts';
import { closeParts, type ControlParts, makeParts } from './control-parts.ts';
import type { DaemonState } from './daemon-state.ts';
import { readStart } from './history/start.ts';
import { LineRecovery } from './log-recovery.ts';
import { type Log, Logging } from './logging.ts';
import { PidFile } from './pid-file.ts';
import { pathsOf, Places, type Placing, placingOf } from './places.ts';
import { readinessOf } from './readiness.ts';
import type { ReloadOutcome } from './reload.ts';
import { type FixedSettings, fixedSettings, levelOverride, type SettingOverrides } from './settings.ts';
import { listenToProcess, type ProcessHandle } from './signals.ts';
import { whileStartingAlone } from './start-lock.ts';
import { problemOfRefusal, refuseStart, StartRefusal } from './start-refusal.ts';
import { runStateOf } from './run-facts.ts';
import { recordRefusal, RunKeeper } from './run-record.ts';
import { SocketSignpost } from './socket-signpost.ts';
import { openStandardOutput } from './standard-output.ts';
import type { Supervisor } from './supervisor.ts';
import { workerEntry } from './worker-entry.ts';
import { servingWords } from './systemd/notifier.ts';
import { upgradesOf } from './upgrade/daemon-host.ts';
import { inheritanceOf, closeUnused } from './upgrade/inheritance.ts';
import { findPredecessor, type Predecessor } from './upgrade/predecessor.ts';
import type { Origin } from './upgrade/program.ts';
import type { Upgrades } from './upgrade/upgrade.ts';

export interface DaemonOptions {
  readonly source: ConfigSource;
  readonly overrides?: SettingOverrides;
  readonly run: RunContext;
  /** The name that it was started by: `sentinel` or `sentinel-proxy`. */
  readonly title: string;
  readonly version: string;
  /** `process`, or what a test puts in its place. */
  readonly process: ProcessHandle;
  readonly clock?: Clock;
  /** Where log lines go besides the file; default standard output. */
  readonly stdout?: LogTarget;
  /** How the process was started, so that another one can take its place; null = nobody knows. */
  readonly origin?: Origin | null;
  /** How long an upgrade can be taken back without a gap; tests shorten it. */
  readonly settleMs?: number;
  /** Entry of the worker threads; tests name faulty ones. */
  readonly workerEntry?: URL;
  /** How files of the configuration and its history are written; tests end the process in between. */
  readonly steps?: FileSteps;
}

export interface DaemonHandle {
  reload(actor: string, reason: string | null): Promise<ReloadOutcome>;
  /** Finishes what is in flight and ends; called again, ends at once. */
  stop(actor: string): void;
  /** Where listeners and admin API really are. */
  addresses(): {
    readonly listeners: Readonly<Record<string, string>>;
    readonly adminSocket: string | null;
    readonly adminAddress: string | null;
  };
  /** The exit code: 0 drained, 6 the deadline cut work, 1 forced, 70 workers keep dying or internal error. */
  readonly closed: Promise<ExitCode>;
}

/** How long a forced end waits for threads that do not stop. */
const FORCE_MS = 2_000;

/** How long the process before this one may take to let go: it answers at once, or is stuck. */
const LET_GO_MS = 10_000;

/** How long a drain may wait for the last spans to be taken: at most, and where requests have used up the deadline. */
const SPANS_MOST_MS = 5_000;
const SPANS_LEAST_MS = 500;

/**
 * Starts a daemon; resolves when it carries traffic.
 * @throws StartRefusal with the exit code and the reason; nothing is left behind then
 */
export async function startDaemon(options: DaemonOptions): Promise<DaemonHandle> {
  const { process, run, clock = systemClock, version } = options;
  const predecessor = findPredecessor(process, run.environment, clock, version);
  try {
    return await startOne(options, predecessor);
  } catch (error) {
    if (error instanceof StartRefusal) {
      if (predecessor === null) recordRefusal(error, options, clock);
      await predecessor?.refused(problemOfRefusal(error));
    }
    throw error;
  }
}

async function startOne(options: DaemonOptions, predecessor: Predecessor | null): Promise<DaemonHandle> {
  const overrides = options.overrides ?? {};
  const { environment } = options.run;
  const steps = options.steps ?? systemSteps;
  const { result, boot, next } = readStart(options.source, options.run, steps);
  const { loaded, fixed, level } = await refuseStart(() => {
    if (result.kind !== 'ok') return result;
    return {
      loaded: result,
      fixed: fixedSettings(result.config, overrides, environment),
      level: levelOverride(overrides, environment),
    };
  }, next);
  const stdout = options.stdout ?? openStandardOutput();
  const logging = new Logging({ clock: options.clock ?? systemClock, environment, stdout, level });
  const daemon = new Daemon(options, fixed, loaded, boot, logging, predecessor);
  return await refuseStart(async () => {
    try {
      await daemon.start();
      return daemon;
    } catch (error) {
      await daemon.close(exitCodes.problems);
      throw error;
    }
  });
}

class Daemon implements DaemonHandle {
  readonly closed: Promise<ExitCode>;
  readonly #options: DaemonOptions;
  readonly #clock: Clock;
  readonly #fixed: FixedSettings;
  readonly #first: LoadedConfig;
  readonly #boot: Boot | null;
  readonly #logging: Logging;
  readonly #log: Log;
  readonly #parts: ControlParts;
  readonly #state: DaemonState;
  readonly #supervisor: Supervisor;
  readonly #startedAtMs: number;
  readonly #predecessor: Predecessor | null;
  readonly #placing: Placing;
  readonly #upgrades: Upgrades;
  /** An order to reload came while nothing could be changed. */
  #reloadMissed: string | null = null;
  #pidFile: PidFile | null = null;
  #admin: AdminServer | null = null;
  #stopListening: () => void = () => {};
  readonly #recovery: LineRecovery;
  readonly #record: RunKeeper;
  #stopAsked: string | null = null;
  #closing = false;
  #resolveClosed: (code: ExitCode) => void = () => {};

  constructor(
    options: DaemonOptions,
    fixed: FixedSettings,
    loaded: LoadedConfig,
    boot: Boot | null,
    logging: Logging,
    predecessor: Predecessor | null,
  ) {
    const clock = options.clock ?? systemClock;
    this.#options = options;
    this.#clock = clock;
    this.#fixed = fixed;
    this.#first = loaded;
    this.#boot = boot;
    this.#logging = logging;
    this.#log = logging.module('daemon');
    this.#startedAtMs = clock.wallMs();
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#parts = makeParts({
      source: options.source,
      environment: options.run.environment,
      context: options.run,
      overrides: options.overrides ?? {},
      fixed,
      pid: options.process.pid,
      version: options.version,
      clock,
      logging,
      workerEntry: options.workerEntry ?? workerEntry(),
      steps: options.steps ?? systemSteps,
      onRecoveredLines: (lines) => this.#recovery.take(lines),
      onReadiness: () => this.#announce(),
      onExhausted: () => this.#giveUp(),
      onApplied: () => this.#record.changed(),
    });
    this.#state = this.#parts.state;
    this.#supervisor = this.#parts.supervisor;
    this.#recovery = new LineRecovery(clock, logging, this.#state);
    this.#record = new RunKeeper(options, {
      instance: this.#parts.instance,
      startedAtMs: this.#startedAtMs,
      clock,
      log: this.#log,
      state: () => runStateOf(this.#parts.state, this.#pidFile, this.#parts.incidentPlace, this.addresses()),
    });
    this.#predecessor = predecessor;
    this.#placing = placingOf(options.overrides ?? {}, options.run);
    this.#upgrades = upgradesOf(options, this.#parts, predecessor, {
      admin: () => this.#admin,
      pidFile: () => this.#pidFile,
      catchUp: () => {
        this.#record.changed();
        this.#catchUp();
      },
      leave: () => this.#finish(0, true),
      end: (cut) => this.close(cut > 0 ? exitCodes.deadline : exitCodes.ok),
    });
  }

  async start(): Promise<void> {
    const { process, title, run } = this.#options;
    process.title = title;
    this.#stopListening = listenToProcess(process, {
      reload: (actor) => this.#hangUp(actor),
      stop: (actor) => this.stop(actor),
      debugOn: (actor) => this.#debugOn(actor),
      debugOff: (actor) => this.#parts.levels.debugOff(actor),
      fault: (error) => this.#fault(error),
    });
    const folder = this.#placing.own ?? ensureRunFolder(run);
    const predecessor = this.#predecessor;
    const { history, commit, applier } = this.#parts;
    // The admin sockets come before the workers: a second daemon fails here, before it takes a connection.
    if (predecessor === null) await this.#takePlace(folder);
    const inheritance = predecessor === null ? null : inheritanceOf(predecessor.estate, this.#fixed.workers);
    await applier.start(this.#first, history.numberFor(this.#first.digest), inheritance);
    // Who takes over serves beside the old process first, and is in charge when that has let go.
    if (predecessor !== null) {
      await predecessor.letGo(LET_GO_MS);
      await this.#takePlace(folder);
    }
    history.began(this.#state.applied, this.#boot);
    commit.began(this.#state.applied, this.#boot);
    this.#parts.disk.note(this.#first);
    this.#state.phase = 'running';
    this.#record.began();
    this.#parts.flight.began();
    this.#announce();
    const { listeners, adminSocket, adminAddress } = this.addresses();
    this.#log.info('Ready', {
      event: 'ready',
      pid: process.pid,
      version: this.#options.version,
      workers: this.#fixed.workers,
      generation: this.#state.generation,
      listeners,
      admin_socket: adminSocket,
      admin_address: adminAddress,
    });
    void this.#parts.notifier.ready(servingWords(this.#state.generation));
    if (predecessor !== null) {
      closeUnused(predecessor.estate, this.#supervisor, this.#admin?.tcpDescriptor ?? null);
      await predecessor.ready();
    }
    // One that came while the process before was told has begun already.
    if (this.#stopAsked !== null && this.#state.phase === 'running') void this.#drain(this.#stopAsked);
  }

  reload(actor: string, reason: string | null): Promise<ReloadOutcome> {
    return this.#parts.reloader.request(actor, reason);
  }

  stop(actor: string): void {
    this.#record.asked(actor);
    if (this.#stopAsked !== null) {
      this.#log.warn('Stopping at once, work in flight is cut', { event: 'forced_stop', actor });
      void this.close(exitCodes.problems);
      return;
    }
    this.#stopAsked = actor;
    // One that comes during the start is carried out when the start is over.
    if (this.#state.phase === 'running') void this.#drain(actor);
    // The new process goes too, and then this one.
    if (this.#state.phase === 'handing-over') this.#upgrades.abandon();
  }

  addresses(): ReturnType<DaemonHandle['addresses']> {
    const { socket = null, address = null } = this.#admin?.addresses ?? {};
    return {
      listeners: Object.fromEntries(this.#supervisor.listeners.map((listener) => [listener.id, listener.address])),
      adminSocket: socket,
      adminAddress: address,
    };
  }

  /** Ends everything and resolves `closed`. Called again, does nothing. */
  async close(code: ExitCode): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    await this.#stopWorkers();
    // What ended threads had not written yet was handed over when they ended.
    await this.#recovery.settled();
    // The link is that of the process that took over, as the socket is that it leads to.
    if (!this.#parts.instance.relinquished) this.#parts.applier.places?.close();
    await this.#admin?.close();
    closeParts(this.#parts);
    this.#pidFile?.release();
    this.#stopListening();
    this.#record.ended(code);
    if (this.#state.generation > 0) this.#log.info('Stopped', { event: 'stopped', exit_code: code });
    await Promise.all([this.#parts.flight.ended(), this.#logging.close(), this.#parts.notifier.flushed()]);
    this.#resolveClosed(code);
  }

  async #stopWorkers(): Promise<void> {
    const { promise: patience, resolve } = Promise.withResolvers<void>();
    const limit = this.#clock.after(FORCE_MS, resolve);
    await Promise.race([this.#supervisor.stop(), patience]);
    limit.stop();
  }

  async #drain(actor: string): Promise<void> {
    const { gracefulShutdownTimeoutMs: deadlineMs, shutdownLagMs } = this.#state.applied.config.server;
    this.#state.phase = 'draining';
    this.#state.touch();
    this.#record.stopping(actor);
    // First of all `/ready` fails, so that balancers look elsewhere.
    this.#announce();
    void this.#parts.notifier.stopping(`Stopping by ${actor}: finishing what is in flight`);
    this.#log.info('Draining', { event: 'drain', actor, lag_ms: shutdownLagMs, deadline_ms: deadlineMs });
    const cut = await this.#finish(shutdownLagMs, false);
    await this.close(cut > 0 ? exitCodes.deadline : exitCodes.ok);
  }

  /**
   * Lets requests end; resolves with the number of those that the deadline cut.
   * @param handedOn Another process has the listening sockets too, and the name of this daemon.
   */
  async #finish(lagMs: number, handedOn: boolean): Promise<number> {
    const { gracefulShutdownTimeoutMs: deadlineMs, drainIdleMs } = this.#state.applied.config.server;
    this.#state.phase = 'draining';
    if (lagMs > 0) await new Promise<void>((resolve) => this.#clock.after(lagMs, resolve));
    if (this.#closing) return 0;
    const begun = this.#clock.now();
    const idleMs = Math.min(drainIdleMs, deadlineMs);
    const cut = await this.#supervisor.drain({ deadlineMs, idleMs, handedOn, ending: !handedOn });
    const left = deadlineMs - (this.#clock.now() - begun);
    // No later than the deadline, and a collector that is away is not waited for that long.
    if (!this.#closing) await this.#parts.tracing.flush(Math.min(Math.max(left, SPANS_LEAST_MS), SPANS_MOST_MS));
    // A second signal cuts too, and has said so itself.
    if (cut > 0 && !this.#closing) {
      this.#log.warn('The deadline cut requests', { event: 'drain_deadline', cut });
    }
    return cut;
  }

  #hangUp(actor: string): void {
    void this.#logging.reopen();
    this.#supervisor.reopenLogs();
    if (this.#state.phase === 'starting') return;
    if (this.#state.phase === 'handing-over') this.#reloadMissed = actor;
    else void this.#parts.reloader.request(actor, null);
  }

  /** An upgrade has failed: does what was asked for meanwhile. */
  #catchUp(): void {
    const missed = this.#reloadMissed;
    this.#reloadMissed = null;
    if (this.#stopAsked !== null) void this.#drain(this.#stopAsked);
    else if (missed !== null) void this.#parts.reloader.request(missed, null);
  }

  /** What only one process can have: refuses a second daemon, or takes over from the one before. */
  async #takePlace(folder: string): Promise<void> {
    const { pid } = this.#options.process;
    const predecessor = this.#predecessor?.estate.from.pid;
    await whileStartingAlone(this.#clock, async () => {
      const place = { path: pathsOf(this.#fixed, this.#placing, folder).pidFile, pid, fallbackFolder: folder };
      this.#pidFile = PidFile.claim({ ...place, ...(predecessor === undefined ? {} : { predecessor }) });
      this.#parts.warnings.set('pid-file', this.#pidFile.remark);
      this.#admin = await this.#openAdmin(pathsOf(this.#fixed, this.#placing, folder).adminSocket);
      this.#parts.applier.places = new Places({
        settings: this.#fixed,
        admin: this.#admin,
        pidFile: this.#pidFile,
        warnings: this.#parts.warnings,
        pid,
        signpost: this.#placing.own === null ? new SocketSignpost(join(folder, 'admin.sock')) : null,
        pathsOf: (settings) => pathsOf(settings, this.#placing, folder),
        onPidFile: (file) => {
          this.#pidFile = file;
        },
      });
    });
    if (this.#boot !== null) this.#parts.history.settle(this.#boot);
  }

  #debugOn(actor: string): void {
    this.#parts.levels.debugOn(actor);
    const freed = collectGarbage();
    this.#supervisor.collectGarbage();
    this.#log.info('Garbage collected', { event: 'garbage_collection', actor, freed_bytes: freed });
  }

  #giveUp(): void {
    this.#log.error('Workers keep dying and none stays up; giving up', { event: 'crash_loop', code: 'SNT-P008' });
    this.#record.failed('SNT-P008', 'workers kept dying and none stayed up');
    void this.close(exitCodes.internal);
  }

  #fault(error: unknown): void {
    this.#log.error('Internal error', {
      event: 'internal_error',
      code: 'SNT-P070',
      error: error instanceof Error ? error.stack : String(error),
    });
    this.#record.failed('SNT-P070', `internal error: ${String(error)}`);
    void this.close(exitCodes.internal);
  }

  #announce(): void {
    const { health, certificates } = this.#parts;
    const { ready, body } = readinessOf(this.#state, this.#supervisor.lanes, health, certificates);
    this.#supervisor.orders.announce(ready, body);
  }

  #openAdmin(socketPath: string): Promise<AdminServer> {
    return openAdmin({
      ...this.#parts,
      environment: this.#options.run.environment,
      socketPath,
      tcp: this.#fixed.metrics,
      name: this.#options.title,
      version: this.#options.version,
      pid: this.#options.process.pid,
      startedAtMs: this.#startedAtMs,
      source: this.#options.source,
      upgrades: this.#upgrades,
      estate: this.#predecessor?.estate ?? null,
    });
  }
}
