/**
 * Targets that come, go or weigh otherwise while the daemon runs: as entries of the run-time layer, or in the file. Refuses what
 * would leave an upstream too few of them. Called by the admin API and by drains that end with a removal.
 */
import type { Clock } from '../../../base/clock.ts';
import { SentinelError } from '../../../base/errors.ts';
import type { FileEdit } from '../../../config/edit/file-edit.ts';
import { addTarget, removeTarget, setTargetWeight } from '../../../config/edit/targets.ts';
import type { LoadedConfig } from '../../../config/load.ts';
import type { UpstreamConfig } from '../../../config/model.ts';
import { addressText, targetAddress } from '../../../config/schema/network-types.ts';
import { Wrong } from '../../../config/schema/value-type.ts';
import type { PlanTarget } from '../../shared/plan.ts';
import type { DaemonState } from '../daemon-state.ts';
import type { CoveredTarget } from '../drains/drain-record.ts';
import { type Member, planTargets } from '../drains/members.ts';
import type { Persist, Persisted } from '../edit/persist.ts';
import { minHealthyOf } from '../health/ejection.ts';
import type { Health } from '../health/health.ts';
import type { OverrideEntry, OverrideSetting } from './entry.ts';
import type { OverrideChange, Overrides } from './overrides.ts';
import { splitSubject } from './rules.ts';
import { weightType } from './values.ts';

export interface TargetChangesOptions {
  readonly overrides: Overrides;
  readonly state: DaemonState;
  readonly health: Pick<Health, 'takesRequests'>;
  /** A drain keeps it out, or will as soon as every worker knows. */
  readonly draining: (target: CoveredTarget) => boolean;
  readonly clock: Clock;
  /** Null where the daemon has no file. */
  readonly persist: () => Persist | null;
}

export interface TargetOrder {
  readonly upstream: string;
  /** As an operator writes it. */
  readonly address: string;
  readonly actor: string;
  readonly reason: string | null;
  /** Milliseconds; null = until it is taken back. Means nothing with `persist`. */
  readonly expiresInMs: number | null;
  readonly persist: boolean;
  /** What was given to confirm it. */
  readonly confirm: string | null;
}

export interface TargetChange extends OverrideChange {
  /** What was written; null = nothing was to be. */
  readonly written: Persisted | null;
  /** The entries are not set but ended. */
  readonly takenBack: boolean;
}

const nothing: OverrideChange = { entries: [], replaced: [], kept: true };

export class TargetChanges {
  readonly #options: TargetChangesOptions;
  /** What changes that are being put in force take out: how many of them, by `upstream/address`. */
  readonly #leaving = new Map<string, number>();

  constructor(options: TargetChangesOptions) {
    this.#options = options;
  }

  /**
   * One more target; one that was removed at run time comes back.
   * @param weight Null = what the file says of it, else 1.
   * @throws SNT-A034 no such upstream · A037 it is there · A008 no address · what `Overrides.set` and `Persist` throw
   */
  async add(order: TargetOrder, weight: number | null): Promise<TargetChange> {
    const { upstream, address } = this.#named(order);
    const inFile = this.#inFile(upstream.name, address);
    const value = weight === null ? (inFile ?? 1) : weightOf(weight);
    if (upstream.targets.some((target) => target.address === address)) {
      throw new SentinelError('SNT-A037', `upstream ${upstream.name} has the target ${address} already`, {
        hint: `sentinel target weight ${upstream.name} ${address} ${value}`,
      });
    }
    const subject = `${upstream.name}/${address}`;
    if (order.persist) {
      const written = await this.#write(order, (loaded) => addTarget(loaded, upstream.name, address, value));
      return { ...(await this.#settle(order, [subject])), written, takenBack: true };
    }
    if (inFile === undefined) {
      return this.#set([this.#entry(order, { kind: 'target', subject, key: null, value })]);
    }
    const back = await this.#settle(order, [subject]);
    if (inFile === value) return { ...back, written: null, takenBack: true };
    return this.#set([this.#entry(order, { kind: 'weight', subject, key: null, value })]);
  }

  /**
   * One target less: no new requests, those in flight end as they would.
   * @throws SNT-A034, A037 no such target · A036 too few would be left · what `Overrides.set` and `Persist` throw
   */
  async remove(order: TargetOrder): Promise<TargetChange> {
    const { upstream, address } = this.#named(order);
    if (!upstream.targets.some((target) => target.address === address)) throw this.#unknown(upstream, address);
    const command = `sentinel target remove ${upstream.name} ${address}`;
    return this.#takingOut(order, command, upstream, address, () => this.#remove(order, upstream.name, address));
  }

  async #remove(order: TargetOrder, upstream: string, address: string): Promise<TargetChange> {
    const subject = `${upstream}/${address}`;
    const inFile = this.#inFile(upstream, address) !== undefined;
    if (order.persist) {
      const written = inFile ? await this.#write(order, (loaded) => removeTarget(loaded, upstream, address)) : null;
      return { ...(await this.#settle(order, [subject])), written, takenBack: true };
    }
    if (!inFile) return { ...(await this.#settle(order, [subject])), written: null, takenBack: true };
    return this.#set([this.#entry(order, { kind: 'target', subject, key: null, value: 'remove' })]);
  }

  /**
   * Another weight.
   * @throws as `remove`
   */
  async weigh(order: TargetOrder, weight: number): Promise<TargetChange> {
    const { upstream, address } = this.#named(order);
    const value = weightOf(weight);
    const own = upstream.targets.find((target) => target.address === address);
    if (own === undefined && this.#running(upstream.name, address).length === 0) throw this.#unknown(upstream, address);
    if (value > 0) return this.#weigh(order, upstream, address, value);
    const command = `sentinel target weight ${upstream.name} ${address} 0`;
    return this.#takingOut(order, command, upstream, address, () => this.#weigh(order, upstream, address, value));
  }

  async #weigh(order: TargetOrder, upstream: UpstreamConfig, address: string, value: number): Promise<TargetChange> {
    const subject = `${upstream.name}/${address}`;
    const own = upstream.targets.find((target) => target.address === address);
    if (order.persist) {
      const written = await this.#write(order, (loaded) => setTargetWeight(loaded, upstream.name, address, value));
      return { ...(await this.#settle(order, [subject])), written, takenBack: true };
    }
    // What the file says needs no override; one that is in force there has to go.
    if (own?.weight === value) {
      return {
        ...(await this.#clear(({ kind, subject: of }) => kind === 'weight' && of === subject, order)),
        written: null,
        takenBack: true,
      };
    }
    return this.#set([this.#entry(order, { kind: 'weight', subject, key: null, value })]);
  }

  /**
   * Does what takes a target out, but refuses it where too few would be left, unless it is confirmed.
   * @param command What would be typed again.
   * @throws SNT-A036 · what `work` throws
   */
  takingOut<T>(
    upstreamName: string,
    target: string,
    confirm: string | null,
    command: string,
    work: () => Promise<T>,
  ): Promise<T> {
    const { state, overrides } = this.#options;
    const upstream = overrides.withTargets(state.applied.base).upstreams.find(({ name }) => name === upstreamName);
    return upstream === undefined ? work() : this.#takingOut({ confirm }, command, upstream, target, work);
  }

  /** A change that is being put in force takes it out: whoever counts what is left has to count without it. */
  leaving({ id }: Pick<PlanTarget, 'id'>): boolean {
    return this.#leaving.has(id);
  }

  /**
   * Takes targets out for good, after a drain: nobody is left that could be missed. Each is `upstream/address`.
   * @throws what `Overrides.set` throws
   */
  async removeDrained(ids: readonly string[], actor: string, reason: string): Promise<void> {
    const inFile = (id: string) => {
      const { upstream, target } = splitSubject(this.#options.state.applied.base, id);
      return this.#inFile(upstream, target) !== undefined;
    };
    const added = ids.filter((id) => !inFile(id));
    const written = ids.filter(inFile);
    const order = { actor, reason, expiresInMs: null };
    if (added.length > 0) await this.#settle(order, added);
    if (written.length === 0) return;
    await this.#set(
      written.map((subject) => this.#entry(order, { kind: 'target', subject, key: null, value: 'remove' })),
    );
  }

  /** From the judgement on it counts as gone: of two who take out the last pair at the same time one is refused. */
  async #takingOut<T>(
    { confirm }: Pick<TargetOrder, 'confirm'>,
    command: string,
    upstream: UpstreamConfig,
    address: string,
    work: () => Promise<T>,
  ): Promise<T> {
    const going = this.#running(upstream.name, address).map(({ id }) => id);
    if (confirm !== address && confirm !== `${upstream.name}/${address}`) {
      this.#judge(command, upstream, address, new Set(going));
    }
    for (const id of going) this.#leaving.set(id, (this.#leaving.get(id) ?? 0) + 1);
    try {
      return await work();
    } finally {
      for (const id of going) {
        const others = (this.#leaving.get(id) ?? 1) - 1;
        if (others === 0) this.#leaving.delete(id);
        else this.#leaving.set(id, others);
      }
    }
  }

  #judge(command: string, upstream: UpstreamConfig, address: string, going: ReadonlySet<string>): void {
    const { health, draining, state } = this.#options;
    const all = planTargets(state.applied.plan).filter((target) => target.upstream === upstream.name);
    const taking = all.filter((one) => health.takesRequests(one.id) && !draining(one) && !this.leaving(one));
    const left = taking.filter(({ id }) => !going.has(id)).length;
    const others = all.length - going.size;
    const wanted = Math.max(1, minHealthyOf(upstream.minHealthy, others));
    const last = upstream.targets.length === 1 && upstream.discover === null;
    if (left >= wanted || (left === taking.length && !last)) return;
    const words = last ? 'without a target' : `with ${left} of ${others} targets that take requests`;
    throw new SentinelError(
      'SNT-A036',
      `this would leave ${upstream.name} ${words} (min-healthy ${minHealthyOf(upstream.minHealthy, all.length)}); nothing was done`,
      { hint: `${command} --confirm=${address}` },
    );
  }

  /** @throws SNT-A034, A008 */
  #named({ upstream: name, address: given }: TargetOrder): { upstream: UpstreamConfig; address: string } {
    const { state, overrides } = this.#options;
    const { upstreams } = overrides.withTargets(state.applied.base);
    const upstream = upstreams.find((one) => one.name === name);
    if (upstream === undefined || upstream.static !== null) {
      const names = upstreams.filter((one) => one.static === null).map((one) => one.name);
      const why =
        upstream === undefined ? `there is no upstream ${name}` : `upstream ${name} is static and has no targets`;
      throw new SentinelError('SNT-A034', `${why}; there is ${names.join(', ')}`, { hint: 'sentinel upstreams' });
    }
    const socket = targetAddress.read(given, '');
    if (socket instanceof Wrong) {
      throw new SentinelError(
        'SNT-A008',
        `${JSON.stringify(given)} is no target, expected ${targetAddress.expected}${socket.help === undefined ? '' : `: ${socket.help}`}`,
      );
    }
    return { upstream, address: addressText(socket) };
  }

  #unknown({ name, targets }: UpstreamConfig, address: string): SentinelError {
    const has = targets.length === 0 ? 'none' : targets.map((target) => target.address).join(', ');
    return new SentinelError('SNT-A037', `upstream ${name} has no target ${address} of its own; it has ${has}`, {
      hint: `sentinel upstreams ${name}`,
    });
  }

  /** What it is in the plan: one address, or all those of a name. */
  #running(upstream: string, target: string): readonly Member[] {
    return planTargets(this.#options.state.applied.plan).filter(
      (one) => one.upstream === upstream && (one.address === target || one.written === target),
    );
  }

  /** The weight that the file gives it; undefined where it does not have it. */
  #inFile(upstream: string, address: string): number | undefined {
    const { base } = this.#options.state.applied;
    return base.upstreams.find(({ name }) => name === upstream)?.targets.find((target) => target.address === address)
      ?.weight;
  }

  #entry(
    { actor, reason, expiresInMs }: Pick<TargetOrder, 'actor' | 'reason' | 'expiresInMs'>,
    setting: OverrideSetting,
  ): OverrideEntry {
    const setAt = this.#options.clock.wallMs();
    return { ...setting, actor, reason, setAt, expiresAt: expiresInMs === null ? null : setAt + expiresInMs };
  }

  async #set(entries: readonly OverrideEntry[]): Promise<TargetChange> {
    return { ...(await this.#options.overrides.set(entries)), written: null, takenBack: false };
  }

  async #clear(
    which: (entry: OverrideEntry) => boolean,
    { actor, reason }: Pick<TargetOrder, 'actor' | 'reason'>,
  ): Promise<OverrideChange> {
    return { ...nothing, ...(await this.#options.overrides.clear(which, actor, reason)) };
  }

  /** Ends what the layer says of these targets. */
  #settle(order: Pick<TargetOrder, 'actor' | 'reason'>, subjects: readonly string[]): Promise<OverrideChange> {
    return this.#clear(
      ({ kind, subject }) => (kind === 'target' || kind === 'weight') && subjects.includes(subject),
      order,
    );
  }

  #write({ actor, reason }: TargetOrder, edit: (loaded: LoadedConfig) => FileEdit): Promise<Persisted> {
    const persist = this.#options.persist();
    if (persist === null) throw new SentinelError('SNT-A034', 'this daemon has no file to write into');
    return persist.carryOut({ actor, reason, edit });
  }
}

/** @throws SNT-A008 */
function weightOf(weight: number): number {
  const value = weightType.read(weight, '');
  if (!(value instanceof Wrong)) return value;
  throw new SentinelError('SNT-A008', `the weight is ${weight}, expected ${weightType.expected}`);
}
