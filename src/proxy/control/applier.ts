/**
 * Makes a checked configuration the one in force: settles what is fixed, tries addresses, opens logs, compiles the plan and
 * takes all workers through both phases. Either everything changes or nothing does.
 */
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { SentinelError } from '../../base/errors.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Config } from '../../config/model.ts';
import type { CellRegistry } from '../shared/cells.ts';
import type { Plan } from '../shared/plan.ts';
import { addressKey, probeAddresses } from './address-probe.ts';
import { backlogWarning } from './backlog.ts';
import { compilePlan } from './compile-plan.ts';
import { shortLine } from './config-source.ts';
import type { DaemonState } from './daemon-state.ts';
import { boundByDescriptors } from './descriptors.ts';
import type { LabelRegistry } from './labels.ts';
import { plainLiveParts } from './live-parts.ts';
import { Logging } from './logging.ts';
import { type FixedSettings, fixedDifferences, fixedSettings, type SettingOverrides } from './settings.ts';
import type { StandingWarnings } from './standing-warnings.ts';
import type { Supervisor } from './supervisor.ts';

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
}

export class Applier {
  readonly #options: ApplierOptions;
  /** Ports that listeners with port 0 have. */
  readonly #assigned = new Map<string, number>();
  #held: ReadonlySet<string> = new Set();
  #serial = 0;

  constructor(options: ApplierOptions) {
    this.#options = options;
  }

  /**
   * The first configuration: starts the workers.
   * @throws SNT-P003, P004, P006, P007
   */
  async start(loaded: LoadedConfig): Promise<void> {
    await this.#change(loaded, 1, (plan) => this.#options.supervisor.start(plan));
  }

  /**
   * A later configuration.
   * @throws SNT-P010 it changes what is fixed · P003, P004, P006, P011 it cannot be had; nothing has changed then
   */
  async reload(loaded: LoadedConfig): Promise<void> {
    const { fixed, overrides, environment, supervisor, state } = this.#options;
    const keys = fixedDifferences(fixed, fixedSettings(loaded.config, overrides, environment));
    if (keys.length > 0) {
      throw new SentinelError(
        'SNT-P010',
        `${keys.join(', ')} cannot change while the process runs; nothing was applied`,
        {
          hint: `restart the daemon to apply it, or take the change out and reload again`,
        },
      );
    }
    // An empty file is a valid configuration, and what one sees of a file that is just being written.
    if (loaded.config.listeners.length === 0 && state.applied.config.listeners.length > 0) {
      throw new SentinelError(
        'SNT-P011',
        'the new configuration has no listener and would end all traffic; nothing was applied',
        {
          hint: 'reload again if the file was being written; to end all traffic, stop the daemon',
        },
      );
    }
    await this.#change(loaded, state.applied.generation + 1, async (plan) => {
      const faults = await supervisor.prepare(plan);
      if (faults.length > 0) {
        supervisor.abandon(plan);
        throw new SentinelError('SNT-P011', `the workers could not take over the configuration: ${faults.join('; ')}`);
      }
      await supervisor.commit(plan);
    });
  }

  async #change(loaded: LoadedConfig, generation: number, carryOut: (plan: Plan) => Promise<void>): Promise<void> {
    const { clock, pid, daemonId, registry, routeLabels, upstreamLabels, logging, state, warnings } = this.#options;
    const prepared = Logging.prepare(loaded.config.observability.logging);
    let config: Config;
    let descriptors: string | null;
    try {
      const context = { pid, assigned: this.#assigned, held: this.#held };
      const { limits, remark } = boundByDescriptors(loaded.config.limits);
      descriptors = remark;
      config = { ...loaded.config, limits, listeners: await probeAddresses(loaded.config.listeners, context) };
      const plan = compilePlan(config, {
        serial: ++this.#serial,
        generation,
        digest: loaded.digest,
        daemonId,
        workerCount: this.#options.fixed.workers,
        registry,
        routeLabels,
        upstreamLabels,
        live: plainLiveParts,
      });
      await carryOut(plan);
      state.apply({
        config,
        loaded,
        plan,
        digest: loaded.digest,
        generation,
        appliedAtMs: clock.wallMs(),
      });
    } catch (error) {
      Logging.abandon(prepared);
      throw error;
    }
    const remarks = loaded.diagnostics.filter(({ level }) => level === 'warning').map(shortLine);
    this.#held = new Set(config.listeners.map(addressKey));
    const ids = new Set(config.listeners.map(({ id }) => id));
    for (const id of this.#assigned.keys()) if (!ids.has(id)) this.#assigned.delete(id);
    await logging.apply(prepared);
    warnings.set('backlog', backlogWarning(config.listeners));
    warnings.set('descriptors', descriptors);
    warnings.set('config', remarks.length === 0 ? null : `the configuration has warnings: ${remarks.join('; ')}`);
  }
}
