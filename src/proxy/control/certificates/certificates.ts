/**
 * The certificates of the running daemon: reads what a configuration names before it is compiled, gives plans what they show
 * and believe, and takes new files over without a new configuration. All or nothing: files that cannot be used leave what is
 * served as it is. Asked by `live-parts.ts`, `reload.ts` and the admin API; changes no configuration.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../../base/clock.ts';
import { SentinelError } from '../../../base/errors.ts';
import type { Lifetime } from '../../../certs/lifetime.ts';
import type { Config, ListenerConfig, UpstreamConfig } from '../../../config/model.ts';
import type { PlanListenerIdentity, PlanUpstreamIdentity } from '../../shared/plan.ts';
import type { Log } from '../logging.ts';
import type { StandingWarnings } from '../standing-warnings.ts';
import { changeFacts, type Difference, differenceBetween } from './changes.ts';
import { type Ended, ExpiryWatch } from './expiry-watch.ts';
import { CertificateFaults } from './faults.ts';
import { type Held, type HeldList, type PemBytes, type Reading, readFiles } from './reading.ts';
import { TicketKeys } from './ticket-keys.ts';
import { UnfitFiles } from './unfit-files.ts';
import { tlsListeners, tlsUpstreams } from './uses.ts';

export interface CertificatesOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly warnings: StandingWarnings;
  readonly random: (bytes: number) => Uint8Array;
  /** Gives all workers what is live now; resolves with whether they have it. */
  readonly refresh: (reason: string) => Promise<boolean>;
  /** What `/ready` answers may have changed. */
  readonly onReadiness: () => void;
}

/** What came of reading the files of the running configuration again. */
export type SwapOutcome =
  | (Difference & { readonly kind: 'completed' })
  | { readonly kind: 'failed'; readonly error: SentinelError };

const nothing: Reading = {
  unusable: [],
  held: [],
  lists: [],
  listeners: new Map(),
  upstreams: new Map(),
  bytes: new Map(),
  made: new Map(),
};

export class Certificates {
  readonly #options: CertificatesOptions;
  readonly #ticketKeys: TicketKeys;
  readonly #expiry: ExpiryWatch;
  readonly #unfit: UnfitFiles;
  /** By the blocks `tls` that they were read for: those in force and those of a configuration that is tried do not meet. */
  readonly #byBlock = new WeakMap<object, Reading>();
  readonly #byConfig = new WeakMap<Config, Reading>();
  /** `reload --certs` and `auto-reload`, by result. */
  readonly swaps = { completed: 0, failed: 0 };
  #config: Config | null = null;
  #reading = nothing;
  /** What stands in the place of files for the change under way; empty = nothing. */
  #stand: PemBytes = new Map();

  constructor(options: CertificatesOptions) {
    const { clock, log, warnings, random, refresh, onReadiness } = options;
    this.#options = options;
    this.#ticketKeys = new TicketKeys({
      clock,
      random,
      onRotate: () => {
        if (this.#reading.listeners.size > 0) void refresh('keys of session tickets');
      },
    });
    this.#expiry = new ExpiryWatch({ clock, warnings, onReadiness });
    this.#unfit = new UnfitFiles({ clock, log, warnings, inUse: () => this.#reading });
  }

  /** What is loaded, in the order of the configuration. */
  get held(): readonly Held[] {
    return this.#reading.held;
  }

  /** What the files held that are loaded. */
  get bytes(): PemBytes {
    return this.#reading.bytes;
  }

  /**
   * From now on these bytes stand in the place of files that a configuration names when it is tried: what was served before the
   * files were replaced. Null = the files again.
   */
  stand(bytes: PemBytes | null): void {
    this.#stand = bytes ?? new Map();
  }

  /** Sentences about what on disk could not be used at the last try; empty when all is well. */
  get problems(): readonly string[] {
    return this.#unfit.problems;
  }

  /** Revocation lists that are loaded. */
  get lists(): readonly HeldList[] {
    return this.#reading.lists;
  }

  /** Certificates and lists that have ended and are used all the same. */
  get ended(): readonly Ended[] {
    return this.#expiry.ended;
  }

  lifetime(held: Held): Lifetime {
    return this.#expiry.lifetime(held);
  }

  /**
   * Reads what a configuration names.
   * @throws CertificateFaults when something of it cannot be used; what is served stays as it is
   */
  async prepare(config: Config): Promise<void> {
    const reading = this.#read(config, this.#stand);
    if (reading.unusable.length > 0) {
      if (this.#config !== null) this.#unfit.set(config, reading);
      throw new CertificateFaults(reading.unusable);
    }
    this.#keep(config, reading);
  }

  adopt(config: Config): void {
    // The one that was tried has failed.
    if (config === this.#config) return;
    const before = this.#config === null ? null : this.#reading;
    this.#config = config;
    this.#reading = this.#byConfig.get(config) ?? nothing;
    this.#settled();
    const { changes } = before === null ? { changes: [] } : differenceBetween(before, this.#reading);
    if (changes.length > 0) this.#tell(changes, {});
  }

  listenerIdentity(listener: ListenerConfig): PlanListenerIdentity | null {
    const { id, tls } = listener;
    if (tls === null) return null;
    const read = this.#byBlock.get(tls)?.listeners.get(id);
    if (read === undefined) throw new Error(`listener ${id} is compiled before its certificates were read`);
    return {
      ...read,
      ticketKeys: this.#ticketKeys.current,
      sessionContext: sha256([id, tls.clientAuth, read.ca, read.crl]).slice(0, 32),
    };
  }

  upstreamIdentity({ name, tls, httpVersion }: UpstreamConfig): PlanUpstreamIdentity | null {
    if (tls === null) return null;
    const read = this.#byBlock.get(tls)?.upstreams.get(name);
    if (read === undefined) throw new Error(`upstream ${name} is compiled before its certificates were read`);
    const { ca, pair } = read;
    const shown = pair === null ? null : [pair.cert, pair.key];
    return { ...read, digest: sha256([tls.sni, ca, shown, tls.insecureSkipVerify, httpVersion]) };
  }

  /** What the files of a configuration are good for now; reads them, changes nothing. */
  judge(config: Config): 'same' | 'changed' | 'unfit' {
    const reading = this.#read(config);
    if (reading.unusable.length > 0) return 'unfit';
    return differenceBetween(this.#reading, reading).changes.length === 0 ? 'same' : 'changed';
  }

  /** A configuration was refused when it was loaded, because of files that it names: warns of those. */
  review(refused: Config): void {
    const reading = this.#read(refused);
    if (reading.unusable.length > 0) this.#unfit.set(refused, reading);
  }

  /** What the files of the configuration in force hold now, usable or not. */
  onDisk(): Reading {
    return this.#config === null ? nothing : this.#read(this.#config);
  }

  /**
   * Reads the files of the configuration in force again and has all workers take over what they hold: same generation, same
   * digest. Changes nothing when one of them cannot be used. Never rejects for what is wrong with files or workers.
   */
  async swap(actor: string, reason: string | null): Promise<SwapOutcome> {
    const { log } = this.#options;
    const who = { actor, ...(reason === null ? {} : { reason }) };
    const outcome = await this.#swap();
    this.swaps[outcome.kind]++;
    if (outcome.kind === 'completed') this.#tell(outcome.changes, { ...who, unchanged: outcome.unchanged.length });
    else {
      const { error } = outcome;
      const problems = error instanceof CertificateFaults ? error.problems : [error.message];
      log.error('Certificates reload failed', { event: 'certs_reload', ...who, code: error.code, problems });
    }
    return outcome;
  }

  close(): void {
    this.#ticketKeys.close();
    this.#expiry.close();
    this.#unfit.close();
  }

  async #swap(): Promise<SwapOutcome> {
    const config = this.#config;
    if (config === null) return { kind: 'completed', changes: [], unchanged: [] };
    const before = this.#reading;
    const reading = this.#read(config);
    if (reading.unusable.length > 0) {
      this.#unfit.set(config, reading);
      return { kind: 'failed', error: new CertificateFaults(reading.unusable) };
    }
    const difference = differenceBetween(before, reading);
    if (difference.changes.length > 0) {
      this.#keep(config, reading);
      if (!(await this.#options.refresh('certificates'))) {
        this.#keep(config, before);
        const message = 'the workers could not take the certificates over; those before stay in use';
        return { kind: 'failed', error: new SentinelError('SNT-P011', message, { hint: 'sentinel status' }) };
      }
    }
    this.#reading = reading;
    this.#settled();
    return { kind: 'completed', ...difference };
  }

  #read(config: Config, stand?: PemBytes): Reading {
    return readFiles(config, this.#options.clock.wallMs(), this.#reading, stand);
  }

  #keep(config: Config, reading: Reading): void {
    for (const { tls } of [...tlsListeners(config), ...tlsUpstreams(config)]) this.#byBlock.set(tls, reading);
    this.#byConfig.set(config, reading);
  }

  /** What was read is in force in every worker. */
  #settled(): void {
    this.#unfit.clear();
    if (this.#config !== null) this.#expiry.follow(this.#reading, this.#config.alerts);
  }

  #tell(changes: Difference['changes'], facts: Readonly<Record<string, unknown>>): void {
    this.#options.log.info('Certificates reloaded', {
      event: 'certs_reload',
      ...facts,
      changed: changes.map(changeFacts),
    });
  }
}

function sha256(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
