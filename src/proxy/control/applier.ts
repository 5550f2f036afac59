/**
 * Makes a checked configuration the one in force: settles what is fixed, tries addresses, opens logs, compiles the plan and
 * takes all workers through both phases. Either everything changes or nothing does. Compiles the configuration in force
 * again when something that no file says has changed. One change at a time.
 */
import type { Server } from 'node:net';
import type { Clock, Stoppable } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { SentinelError } from '../../base/errors.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Config } from '../../config/model.ts';
import { wrongExpectations } from '../../routing/expectations.ts';
import type { CellRegistry } from '../shared/cells.ts';
import type { Plan } from '../shared/plan.ts';
import { addressKey, probeAddresses } from './address-probe.ts';
import { backlogWarning } from './backlog.ts';
import { compilePlan } from './compile-plan.ts';
import { shortLine } from './config-source.ts';
import type { DaemonState } from './daemon-state.ts';
import { boundByDescriptors, descriptorBound } from './descriptors.ts';
import type { LabelRegistry } from './labels.ts';
import type { LiveParts } from './live-parts.ts';
import type { Move } from './move.ts';
import type { Places } from './places.ts';
import type { Logging } from './logging.ts';
import { abandonLogging, prepareLogging } from './prepared-logging.ts';
import { changedInVain, type FixedSettings, fixedSettings, refusedChange, type SettingOverrides } from './settings.ts';
import type { StandingWarnings } from './standing-warnings.ts';
import type { Supervisor } from './supervisor.ts';
import type { Inheritance } from './upgrade/inheritance.ts';

/** How long after a failed refresh the next one is tried, if nobody asks before. */
const RETRY_MS = 5_000;

/** Dates of certificates: true today, not for as long as the configuration is in force. `certificates/` watches them. */
const datedCodes: ReadonlySet<string> = new Set(['SNT-T010', 'SNT-T011', 'SNT-T012', 'SNT-T013', 'SNT-T047']);

/** What operators lay over the file while the daemon runs. Pure: the same configuration with some values replaced. */
export interface ConfigLayer {
  over(config: Config): Config;
}

export interface ApplierOptions {
  readonly clock: Clock;
  readonly environment: Environment;
  readonly overrides: SettingOverrides;
  /** What was settled when the process started. */
  readonly fixed: FixedSettings;
  readonly pid: number;
  readonly daemonId: string;
  readonly registry: CellRegistry;
  readonly routeLabels: LabelRegistry;
  readonly upstreamLabels: LabelRegistry;
  readonly logging: Logging;
  readonly supervisor: Supervisor;
  readonly state: DaemonState;
  readonly warnings: StandingWarnings;
  readonly live: LiveParts;
  readonly layer: ConfigLayer;
  /** A plan is in force in every worker, whether by start, reload or refresh. */
  readonly onPlan: (plan: Plan) => void;
}

export class Applier {
  readonly #options: ApplierOptions;
  /** The change under way, and after it whatever was asked for meanwhile. */
  #turn: Promise<unknown> = Promise.resolve();
  /** The refresh that has not begun yet. */
  #waiting: Promise<boolean> | null = null;
  readonly #reasons = new Set<string>();
  #retry: Stoppable | null = null;
  /** Ports that listeners with port 0 have. */
  readonly #assigned = new Map<string, number>();
  #held: ReadonlySet<string> = new Set();
  #serial = 0;
  #predecessor: number | undefined;
  /** Opens what other settings want opened elsewhere; null = nothing of this kind is open. */
  places: Pick<Places, 'move' | 'close'> | null = null;
  /** Those in force. */
  #settings: FixedSettings;

  constructor(options: ApplierOptions) {
    this.#options = options;
    this.#settings = options.fixed;
  }

  /** What is in force now. */
  get settings(): FixedSettings {
    return this.#settings;
  }

  /** Does something during which no plan may change. */
  exclusively<T>(task: () => Promise<T>): Promise<T> {
    return this.#inTurn(task);
  }

  /**
   * The first configuration: starts the workers.
   * @param generation Its number: 1, or where the history goes on.
   * @param inheritance Listening sockets of the process that hands over to this one.
   * @throws SNT-P003, P004, P006, P007
   */
  start(loaded: LoadedConfig, generation: number, inheritance: Inheritance | null = null): Promise<void> {
    for (const [id, port] of inheritance?.ports ?? []) this.#assigned.set(id, port);
    if (inheritance !== null) this.#held = inheritance.held;
    this.#predecessor = inheritance?.from;
    return this.#inTurn(() =>
      this.#change(loaded, generation, (plan) => this.#options.supervisor.start(plan, inheritance?.sockets)),
    );
  }

  /**
   * A later configuration.
   * @throws SNT-P010 it changes what is fixed · P003, P004, P006, P011 it cannot be had; nothing has changed then
   */
  reload(loaded: LoadedConfig): Promise<void> {
    return this.#inTurn(() => this.#reload(loaded));
  }

  /**
   * Compiles the configuration in force again, with the live parts as they are now, and gives it to all workers: same
   * generation, new serial. Those asked for while one waits become one. Resolves with whether it is in force; a failure is
   * logged, the plan before stays in force, and the next attempt comes by itself.
   * @param reason What has changed, for the log: `addresses of api.internal`.
   */
  refresh(reason: string): Promise<boolean> {
    this.#reasons.add(reason);
    this.#waiting ??= this.#inTurn(() => {
      this.#waiting = null;
      return this.#refresh();
    });
    return this.#waiting;
  }

  /**
   * What lies over the configuration has changed: puts it in force, same generation, new serial.
   * @throws SNT-P011 it cannot be had; what ran before runs on, and whoever changed the layer takes that back
   */
  relayer(reason: string): Promise<void> {
    return this.#inTurn(async () => {
      const { state, live, layer, warnings } = this.#options;
      // The start brings it.
      if (state.generation === 0) return;
      // The workers finish with what they have: nobody may be told that it is in force.
      if (state.phase === 'draining') throw new SentinelError('SNT-P011', 'the daemon is draining and takes no change');
      const { config, remark } = this.#within(layer.over(state.applied.base));
      try {
        await live.prepare(config);
        await this.#renew(config, reason);
        state.touch();
        warnings.set('descriptors', remark);
        live.adopt(config);
      } catch (error) {
        live.adopt(state.applied.config);
        throw error;
      }
    });
  }

  /** Tries nothing more by itself. */
  close(): void {
    this.#retry?.stop();
    this.#retry = null;
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(change, change);
    this.#turn = turn;
    return turn;
  }

  async #refresh(): Promise<boolean> {
    const { state, clock, warnings } = this.#options;
    const reason = [...this.#reasons].join(', ');
    this.#reasons.clear();
    this.close();
    // The workers that drain finish with what they have; before the start the start itself brings what is live.
    if (state.generation === 0 || state.phase === 'draining') return false;
    try {
      await this.#renew(state.applied.config, reason);
      warnings.set('refresh', null);
      return true;
    } catch (error) {
      const words = error instanceof SentinelError ? error.message : String(error);
      warnings.set('refresh', `what has changed could not be put in force (${reason}): ${words}`);
      this.#retry = clock.after(RETRY_MS, () => void this.refresh(reason));
      return false;
    }
  }

  /** The generation in force, compiled anew from this configuration. */
  async #renew(config: Config, reason: string): Promise<void> {
    const { state, logging } = this.#options;
    const { loaded, generation } = state.applied;
    const plan = this.#compile(config, loaded, generation);
    await this.#handOver(plan);
    state.replan(plan, config);
    logging.module('reload').debug('Plan refreshed', { event: 'plan_refresh', reason, serial: plan.serial });
    this.#options.onPlan(plan);
  }

  /** Why `reload` would refuse it before it tries anything; null = it would not. */
  refusalOf(loaded: LoadedConfig): SentinelError | null {
    const { overrides, environment, state, supervisor } = this.#options;
    const next = fixedSettings(loaded.config, overrides, environment);
    const refusal = refusedChange(this.#settings, next, supervisor.most);
    if (refusal !== null) return refusal;
    // An empty file is a valid configuration, and what one sees of a file that is just being written.
    if (loaded.config.listeners.length === 0 && state.applied.config.listeners.length > 0) {
      return new SentinelError(
        'SNT-P011',
        'the new configuration has no listener and would end all traffic; nothing was applied',
        {
          hint: 'reload again if the file was being written; to end all traffic, stop the daemon',
        },
      );
    }
    return null;
  }

  async #reload(loaded: LoadedConfig): Promise<void> {
    const { overrides, environment, state, warnings } = this.#options;
    const refusal = this.refusalOf(loaded);
    if (refusal !== null) throw refusal;
    const next = fixedSettings(loaded.config, overrides, environment);
    const vain = changedInVain(state.applied.base, loaded.config, overrides, environment);
    await this.#change(loaded, state.applied.generation + 1, (plan) => this.#handOver(plan), next);
    if (vain.length > 0) warnings.set('settings', vain.join('; '));
  }

  /** Both phases, in workers that run. */
  async #handOver(plan: Plan): Promise<void> {
    const { supervisor } = this.#options;
    const faults = await supervisor.prepare(plan);
    if (faults.length > 0) {
      supervisor.abandon(plan);
      throw new SentinelError('SNT-P011', `the workers could not take over the configuration: ${faults.join('; ')}`);
    }
    await supervisor.commit(plan);
  }

  #compile(
    config: Config,
    { digest, secrets }: LoadedConfig,
    generation: number,
    workers = this.#settings.workers,
  ): Plan {
    const { daemonId, registry, routeLabels, upstreamLabels, live } = this.#options;
    return compilePlan(config, {
      serial: ++this.#serial,
      generation,
      digest,
      secrets,
      daemonId,
      workerCount: workers,
      descriptorBound: descriptorBound(),
      registry,
      routeLabels,
      upstreamLabels,
      live: live.of(config),
    });
  }

  /** What the machine allows of it. */
  #within(config: Config): { readonly config: Config; readonly remark: string | null } {
    const { limits, remark } = boundByDescriptors(config.limits);
    return { config: { ...config, limits }, remark };
  }

  async #change(
    loaded: LoadedConfig,
    generation: number,
    carryOut: (plan: Plan) => Promise<void>,
    settings: FixedSettings | null = null,
  ): Promise<void> {
    const { clock, pid, logging, state, warnings, live, layer, supervisor } = this.#options;
    const prepared = prepareLogging(loaded.config.observability.logging);
    let config: Config;
    let plan: Plan;
    let descriptors: string | null;
    let move: Move | null = null;
    const reserved: Server[] = [];
    try {
      const context = { pid, predecessor: this.#predecessor, assigned: this.#assigned, held: this.#held, reserved };
      const base = { ...loaded.config, listeners: await probeAddresses(loaded.config.listeners, context) };
      ({ config, remark: descriptors } = this.#within(layer.over(base)));
      await live.prepare(config);
      plan = this.#compile(config, loaded, generation, settings?.workers);
      if (settings !== null) move = (await this.places?.move(settings)) ?? null;
      await carryOut(plan);
      state.apply({
        config,
        base,
        loaded,
        plan,
        digest: loaded.digest,
        generation,
        appliedAtMs: clock.wallMs(),
      });
    } catch (error) {
      await move?.abandon();
      abandonLogging(prepared);
      // What was got for the refused one is not needed.
      if (state.generation > 0) live.adopt(state.applied.config);
      throw error;
    } finally {
      for (const server of reserved) server.close();
    }
    move?.commit();
    if (settings !== null) this.#settings = settings;
    const { gracefulShutdownTimeoutMs, drainIdleMs } = config.server;
    supervisor.shrink({ deadlineMs: gracefulShutdownTimeoutMs, idleMs: drainIdleMs, handedOn: false, ending: false });
    const standing = loaded.diagnostics.filter(({ level, code }) => level === 'warning' && !datedCodes.has(code));
    // A start and a rollback take what a reload would refuse for its tests.
    const remarks = [...standing, ...wrongExpectations(loaded)].map(shortLine);
    this.#held = new Set(config.listeners.map(addressKey));
    const ids = new Set(config.listeners.map(({ id }) => id));
    for (const id of this.#assigned.keys()) if (!ids.has(id)) this.#assigned.delete(id);
    await logging.apply(prepared, loaded.secrets);
    warnings.set('backlog', backlogWarning(config.listeners));
    warnings.set('descriptors', descriptors);
    warnings.set('refresh', null);
    warnings.set('config', remarks.length === 0 ? null : `the configuration has warnings: ${remarks.join('; ')}`);
    live.adopt(config);
    this.#options.onPlan(plan);
  }
}
