/**
 * What the daemon is doing now: the configuration in force, its phase, its counts. Written by start, reload and drain, read
 * by the admin API, `/ready` and the exposition. Holds facts; does nothing.
 */
import type { LoadedConfig } from '../../config/load.ts';
import type { Config } from '../../config/model.ts';
import type { ReloadRecord, ReloadResult } from '../../admin/contract/shapes.ts';
import type { Plan } from '../shared/plan.ts';

export interface Applied {
  /** What runs: `base` with the overrides of now laid over it, within what the machine allows. */
  readonly config: Config;
  /** What the file says, with the ports that were chosen. */
  readonly base: Config;
  /** As it was read. */
  readonly loaded: LoadedConfig;
  readonly plan: Plan;
  readonly digest: string;
  readonly generation: number;
  readonly appliedAtMs: number;
}

/** `handing-over`: as `running`, but nothing may be changed, as it would be lost with this process. */
export type Phase = 'starting' | 'running' | 'handing-over' | 'draining';

export class DaemonState {
  phase: Phase = 'starting';
  lastReload: ReloadRecord | null = null;
  /** The configuration that is in force on trial: nobody has confirmed it, and the files on disk need not hold it. */
  trial: { readonly id: string; readonly generation: number } | null = null;
  readonly reloads: Record<ReloadResult, number> = { completed: 0, failed: 0, refused: 0 };
  /** `action` and `result` of mutations asked for through the admin API → how often. */
  readonly adminActions = new Map<string, number>();
  #applied: Applied | null = null;
  #revision = 0;

  /** The configuration in force. */
  get applied(): Applied {
    if (this.#applied === null) throw new Error('the daemon was asked for its configuration before it had one');
    return this.#applied;
  }

  /** 0 before the first configuration is in force. */
  get generation(): number {
    return this.#applied?.generation ?? 0;
  }

  get digest(): string {
    return this.#applied?.digest ?? '';
  }

  /** Rises with every change of state. */
  get revision(): number {
    return this.#revision;
  }

  /** `generation.revision`: what `If-Match` is held against. */
  get etag(): string {
    return `"${this.generation}.${this.#revision}"`;
  }

  apply(applied: Applied): void {
    this.#applied = applied;
    this.#revision++;
  }

  /** The same generation, compiled again: no change that anybody could have asked for, or other overrides. */
  replan(plan: Plan, config: Config): void {
    this.#applied = { ...this.applied, plan, config };
  }

  /** Marks a change of state that is no new configuration. */
  touch(): void {
    this.#revision++;
  }

  countAction(action: string, result: string): void {
    const key = `${action} ${result}`;
    this.adminActions.set(key, (this.adminActions.get(key) ?? 0) + 1);
  }
}
