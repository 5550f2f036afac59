/**
 * The run-time layer: keeps what operators have laid over the file, puts it in force, ends it when its time is over, and
 * carries it over reloads and restarts. One change at a time; what cannot be put in force is taken back. Who may set what was
 * decided before.
 */
import { join } from 'node:path';
import type { Clock, Stoppable } from '../../../base/clock.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { Config, UpstreamConfig } from '../../../config/model.ts';
import type { ConfigLayer } from '../applier.ts';
import type { LiveTarget } from '../compile-plan.ts';
import type { InstanceFolder } from '../instance-folder.ts';
import type { Log } from '../logging.ts';
import type { StandingWarnings } from '../standing-warnings.ts';
import { StateFile } from '../state-file.ts';
import { SentinelError } from '../../../base/errors.ts';
import { entryId, type LayerKind, type OverrideEntry } from './entry.ts';
import { parseEntries } from './kept-entries.ts';
import { layOver, saysTheSame, weightsIn } from './layer.ts';
import { rulesOf } from './rules.ts';

/** The wall clock may be set: how long an expiry is trusted to be as far away as it seemed. */
const LONGEST_LOOK_MS = 30_000;
/** How long after a failure to put in force that something is over the next attempt comes. */
const RETRY_MS = 5_000;

/** Each is laid over every plan: more of them are a file in the wrong place. */
const MAX_ENTRIES = 1000;

const fileName = 'overrides.json';
const schema = 'sentinel.overrides/1';

export interface OverridesOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly warnings: StandingWarnings;
  readonly instance: Pick<InstanceFolder, 'find' | 'ensure'>;
  /** Puts the layer as it is now in force. @throws when it cannot be */
  readonly relayer: (reason: string) => Promise<void>;
  /** What the file says; null before the first configuration is in force. */
  readonly base: () => Config | null;
  /** What is set has changed. */
  readonly onChange: () => void;
}

/** What came of a change. */
export interface OverrideChange {
  readonly entries: readonly OverrideEntry[];
  /** Those that were in the place of `entries`. */
  readonly replaced: readonly OverrideEntry[];
  /** It survives a restart. */
  readonly kept: boolean;
}

export class Overrides implements ConfigLayer {
  readonly #options: OverridesOptions;
  #entries: ReadonlyMap<string, OverrideEntry> = new Map();
  /** Made of the entries, and of which. */
  #weights: { readonly of: unknown; readonly map: ReadonlyMap<string, number> } | null = null;
  #targets: { readonly of: unknown; readonly over: Config; readonly config: Config } | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #look: Stoppable | null = null;
  #retry: Stoppable | null = null;
  #closed = false;
  /** The last configuration of the file that the entries were held against. */
  #reviewed: Config | null = null;
  readonly #dormant = new Set<string>();

  constructor(options: OverridesOptions) {
    this.#options = options;
    const folder = options.instance.find();
    if (folder === null) return;
    const { value, problem } = this.#file(folder).read();
    if (problem !== null) {
      options.warnings.set('overrides-file', `[SNT-A032] ${problem}; overrides set before are not in force`);
    }
    this.#entries = new Map((value ?? []).map((entry) => [entryId(entry), entry]));
    // Those that ended while no daemon ran say so, too.
    if (this.#takeOver(options.clock.wallMs())) this.#save();
    this.#watch();
  }

  /** In the order in which they were set. */
  get all(): readonly OverrideEntry[] {
    return [...this.#entries.values()];
  }

  /** How many of a kind there are, those that do nothing now among them. */
  count(kind: LayerKind): number {
    return this.all.filter((entry) => entry.kind === kind).length;
  }

  /** Why an entry does nothing now; null when it is in force. */
  dormant(entry: OverrideEntry): string | null {
    const base = this.#options.base();
    return base === null ? null : rulesOf(entry.kind).missing(this.withTargets(base), entry);
  }

  /** @inheritdoc */
  over(config: Config): Config {
    return layOver(config, this.all);
  }

  /** A configuration with the targets that were added and without those that were removed: what other entries speak of. */
  withTargets(config: Config): Config {
    if (this.#targets?.of !== this.#entries || this.#targets.over !== config) {
      const targets = this.all.filter(({ kind }) => kind === 'target');
      this.#targets = { of: this.#entries, over: config, config: layOver(config, targets) };
    }
    return this.#targets.config;
  }

  /** What an operator has said that a target weighs; null = nothing. */
  weightOf(
    { name }: Pick<UpstreamConfig, 'name'>,
    { address, written }: Pick<LiveTarget, 'address' | 'written'>,
  ): number | null {
    if (this.#weights?.of !== this.#entries) this.#weights = { of: this.#entries, map: weightsIn(this.all) };
    const { map } = this.#weights;
    return map.get(`${name}/${address}`) ?? map.get(`${name}/${written}`) ?? null;
  }

  /**
   * Lays entries over the file, each in place of one of the same subject and key. Resolves when every worker has them.
   * @throws SNT-A038 there are too many · what the applier throws: nothing has changed then
   */
  set(entries: readonly OverrideEntry[]): Promise<OverrideChange> {
    return this.#inTurn(async () => {
      const next = new Map(this.#entries);
      const replaced = entries.flatMap((entry) => next.get(entryId(entry)) ?? []);
      for (const entry of entries) {
        next.delete(entryId(entry));
        next.set(entryId(entry), entry);
      }
      if (next.size > Math.max(MAX_ENTRIES, this.#entries.size)) throw tooMany(this.#entries.size);
      await this.#putInForce(next, `override ${entries.map(subjectWords).join(', ')}`);
      for (const entry of entries) {
        this.#options.log.info('Override set', {
          event: 'override_set',
          ...facts(entry),
          actor: entry.actor,
          ...(entry.reason === null ? {} : { reason: entry.reason }),
          expires_at: entry.expiresAt === null ? null : rfc3339(entry.expiresAt),
        });
      }
      return { entries, replaced, kept: this.#save() };
    });
  }

  /**
   * Takes back all entries that `which` chooses, at once.
   * @throws as `set`
   */
  clear(
    which: (entry: OverrideEntry) => boolean,
    actor: string,
    reason: string | null,
  ): Promise<Omit<OverrideChange, 'replaced'>> {
    return this.#inTurn(async () => {
      const entries = this.all.filter(which);
      if (entries.length === 0) return { entries, kept: true };
      const next = new Map(this.#entries);
      for (const entry of entries) next.delete(entryId(entry));
      await this.#putInForce(next, `override ${entries.map(subjectWords).join(', ')} taken back`);
      for (const entry of entries) {
        this.#options.log.info('Override taken back', {
          event: 'override_clear',
          ...facts(entry),
          actor,
          ...(reason === null ? {} : { reason }),
        });
      }
      return { entries, kept: this.#save() };
    });
  }

  /** A configuration is in force: ends what the file says by itself now, and says of which entries the subject is gone. */
  follow(base: Config): void {
    if (base === this.#reviewed) return;
    this.#reviewed = base;
    const { log } = this.#options;
    const next = new Map(this.#entries);
    for (const [id, entry] of this.#entries) {
      if (!saysTheSame(entry.kind === 'weight' ? this.withTargets(base) : base, entry, this.all)) continue;
      next.delete(id);
      log.info('Override ended: the file says the same now', { event: 'override_settled', ...facts(entry) });
    }
    // What ran with them runs without them: there is nothing to put in force.
    if (next.size < this.#entries.size) this.#replace(next);
    for (const [id, entry] of this.#entries) {
      const missing = this.dormant(entry);
      if (missing === null) {
        if (this.#dormant.delete(id)) log.info('Override in force again', { event: 'override_awake', ...facts(entry) });
      } else if (!this.#dormant.has(id)) {
        this.#dormant.add(id);
        log.warn('Override does nothing', { event: 'override_dormant', ...facts(entry), why: missing });
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#look?.stop();
    this.#retry?.stop();
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(change, change);
    this.#turn = turn;
    return turn;
  }

  async #putInForce(next: ReadonlyMap<string, OverrideEntry>, reason: string): Promise<void> {
    const before = this.#entries;
    this.#entries = next;
    try {
      await this.#options.relayer(reason);
    } catch (error) {
      this.#entries = before;
      // A configuration may have come meanwhile that says some of it by itself.
      this.#reviewed = null;
      const base = this.#options.base();
      if (base !== null) this.follow(base);
      throw error;
    }
    this.#settle();
  }

  /** Keeps what is left, when that needs nobody's leave. */
  #replace(next: ReadonlyMap<string, OverrideEntry>): void {
    this.#entries = next;
    this.#settle();
    this.#save();
  }

  #settle(): void {
    for (const id of this.#dormant) if (!this.#entries.has(id)) this.#dormant.delete(id);
    this.#watch();
    this.#options.onChange();
  }

  #watch(): void {
    this.#look?.stop();
    this.#look = null;
    const next = Math.min(...this.all.map(({ expiresAt }) => expiresAt ?? Infinity));
    if (next === Infinity || this.#closed) return;
    const { clock } = this.#options;
    const left = Math.min(Math.max(0, next - clock.wallMs()), LONGEST_LOOK_MS);
    this.#look = clock.after(left, () => void this.#inTurn(() => this.#expire()));
  }

  async #expire(): Promise<void> {
    if (!this.#takeOver(this.#options.clock.wallMs())) {
      this.#watch();
      return;
    }
    this.#save();
    this.#settle();
    await this.#forceEnd();
  }

  /** Takes out what is over, and says so; false when nothing is. */
  #takeOver(nowMs: number): boolean {
    const over = this.all.filter(({ expiresAt }) => expiresAt !== null && expiresAt <= nowMs);
    if (over.length === 0) return false;
    const next = new Map(this.#entries);
    for (const entry of over) {
      next.delete(entryId(entry));
      this.#options.log.info('Override expired', { event: 'override_expired', ...facts(entry), actor: entry.actor });
    }
    this.#entries = next;
    return true;
  }

  /** What is over must not stay in force, however often it takes. */
  async #forceEnd(): Promise<void> {
    const { relayer, warnings, clock } = this.#options;
    try {
      await relayer('expired overrides');
      warnings.set('overrides-end', null);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      warnings.set('overrides-end', `[SNT-A033] overrides are over and still in force: ${words}`);
      this.#retry?.stop();
      if (!this.#closed) this.#retry = clock.after(RETRY_MS, () => void this.#inTurn(() => this.#forceEnd()));
    }
  }

  /** False when it could not be written. */
  #save(): boolean {
    const { warnings, instance } = this.#options;
    try {
      this.#file(instance.ensure()).write(this.all);
      warnings.set('overrides-file', null);
      return true;
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      warnings.set('overrides-file', `[SNT-A032] overrides will not survive a restart: ${words}`);
      return false;
    }
  }

  #file(folder: string): StateFile<readonly OverrideEntry[]> {
    return new StateFile({ path: join(folder, fileName), schema, parse: parseEntries });
  }
}

function tooMany(there: number): SentinelError {
  return new SentinelError('SNT-A038', `there are ${there} overrides, and may be ${MAX_ENTRIES}; nothing was set`, {
    hint: 'sentinel override list',
  });
}

/** `limits max-total-connections`. */
function subjectWords({ kind, subject, key }: OverrideEntry): string {
  return [kind, subject, ...(key === null ? [] : [key])].join(' ');
}

function facts(entry: OverrideEntry): Record<string, unknown> {
  return {
    kind: entry.kind,
    subject: entry.subject,
    ...(entry.key === null ? {} : { key: entry.key }),
    value: rulesOf(entry.kind).words(entry),
  };
}
