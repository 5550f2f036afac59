/**
 * Targets that are names: which addresses they have now. Watches the names of the configuration in force, has the plan
 * compiled again when their addresses change, and says which names have no answer. A source of `LiveParts`.
 */
import { isIP } from 'node:net';
import type { Clock } from '../../../base/clock.ts';
import type { Config, UpstreamConfig } from '../../../config/model.ts';
import type { PlanUpstream } from '../../shared/plan.ts';
import type { LiveTarget } from '../compile-plan.ts';
import type { LiveSources } from '../live-parts.ts';
import type { Log } from '../logging.ts';
import type { StandingWarnings } from '../standing-warnings.ts';
import { chooseLoopback, isLoopback } from './loopback-choice.ts';
import type { Answer, NameLookup } from '../../../web/name-lookup.ts';
import { type Endpoint, NameWatch, sortedEndpoints } from './name-watch.ts';

export interface DiscoveryOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly warnings: StandingWarnings;
  readonly lookup: NameLookup;
  /** Has the plan compiled again. */
  readonly refresh: (reason: string) => void;
}

/** A name of an upstream as it stands, for views and metrics. */
export interface NameState {
  /** `api.internal:8080`; of a service its name alone. */
  readonly name: string;
  /** `10.0.0.1:8080`; those of the last good answer. */
  readonly addresses: readonly string[];
  readonly resolvedAtMs: number | null;
  /** Why it has no answer now, since when (wall clock); null while it has. */
  readonly failure: { readonly failure: string; readonly words: string; readonly sinceMs: number } | null;
  readonly counts: { readonly resolved: number; readonly failed: number };
}

interface Wanted {
  readonly key: string;
  readonly kind: 'name' | 'service';
  readonly host: string;
  /** Of a name. */
  readonly port: number;
  readonly longestMs: number;
  /** Of the targets that it becomes; null = as the records of the service say. */
  readonly weight: number | null;
}

/** How long an answer is good at most, where the configuration does not say. */
const LONGEST_MS = 60_000;
/** Of names that this machine knows by itself: the file may change, and what listens on loopback too. */
const LONGEST_OWN_MS = 5_000;
/** How long start and reload wait for first answers: they do not depend on them. */
const PATIENCE_MS = 2_000;
/** More are not used: each is a target, with all that belongs to one. */
const MAX_ADDRESSES = 256;

type TargetSource = LiveSources['targets'];

export class Discovery implements TargetSource {
  readonly #options: DiscoveryOptions;
  readonly #watches = new Map<string, NameWatch>();
  /** Keys of the configuration in force; others are for one that may yet be refused. */
  #adopted: ReadonlySet<string> = new Set();
  /** What the last plan was compiled from. */
  readonly #compiled = new Map<string, readonly Endpoint[]>();

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  /** @inheritdoc */
  async prepare(config: Config): Promise<void> {
    const wanted = new Map(config.upstreams.flatMap(namesOf).map((name) => [name.key, name]));
    this.#forget((key) => !wanted.has(key) && !this.#adopted.has(key));
    for (const name of wanted.values()) if (!this.#watches.has(name.key)) this.#watch(name);
    const first = [...wanted.keys()].map((key) => (this.#watches.get(key) as NameWatch).first);
    if (first.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const limit = this.#options.clock.after(PATIENCE_MS, resolve);
    await Promise.race([Promise.all(first), promise]);
    limit.stop();
  }

  /** @inheritdoc */
  adopt(config: Config): void {
    const wanted = config.upstreams.flatMap(namesOf);
    this.#adopted = new Set(wanted.map(({ key }) => key));
    this.#forget((key) => !this.#adopted.has(key));
    for (const key of this.#adopted) {
      const watch = this.#watches.get(key) as NameWatch;
      watch.longestMs = Math.min(...wanted.filter((name) => name.key === key).map(({ longestMs }) => longestMs));
      this.#warn(key, watch);
      // It was answered between the compilation and now.
      if (this.#compiled.get(key) !== watch.endpoints) this.#options.refresh(`addresses of ${watch.name}`);
    }
  }

  /** @inheritdoc */
  targetsOf(upstream: UpstreamConfig): readonly LiveTarget[] {
    const targets = new Map<string, LiveTarget>();
    const add = (target: LiveTarget) => {
      // One address is one target, however many names lead to it.
      if (!targets.has(target.address)) targets.set(target.address, target);
    };
    for (const target of upstream.targets) {
      const name = nameOf(target);
      if (name === null) add({ ...target, written: target.address });
      else this.#targetsBehind(name, target.address).forEach(add);
    }
    const discovered = discoveredBy(upstream);
    if (discovered !== null) this.#targetsBehind(discovered, null).forEach(add);
    return [...targets.values()];
  }

  /** @inheritdoc */
  unresolved(upstream: UpstreamConfig): PlanUpstream['unresolved'] {
    const watches = namesOf(upstream).map(({ key }) => this.#watches.get(key));
    const missing = watches.filter((watch) => watch !== undefined && watch.endpoints.length === 0);
    if (missing.length === 0) return null;
    const silent = missing.every((watch) => watch?.failure === null || watch?.failure.failure === 'timeout');
    return silent ? 'dns_timeout' : 'dns_error';
  }

  /** The names of an upstream, as they stand. */
  names(upstream: UpstreamConfig): readonly NameState[] {
    return namesOf(upstream).flatMap(({ key }) => {
      const watch = this.#watches.get(key);
      if (watch === undefined) return [];
      const { name, endpoints, resolvedAtMs, failure, counts } = watch;
      return { name, addresses: endpoints.map(addressOf), resolvedAtMs, failure, counts };
    });
  }

  close(): void {
    this.#forget(() => true);
    this.#options.lookup.close();
  }

  #targetsBehind(name: Wanted, written: string | null): LiveTarget[] {
    const endpoints = this.#watches.get(name.key)?.endpoints ?? [];
    this.#compiled.set(name.key, endpoints);
    return endpoints.map((endpoint) => ({
      address: addressOf(endpoint),
      written: written ?? endpoint.written,
      socket: { kind: 'tcp', host: endpoint.host, port: endpoint.port },
      weight: name.weight ?? endpoint.weight,
    }));
  }

  #watch(name: Wanted): void {
    const { clock, random } = this.#options;
    const watch = new NameWatch(name.kind === 'name' ? `${name.host}:${name.port}` : name.host, name.longestMs, {
      clock,
      random,
      ask: (current) => (name.kind === 'name' ? this.#askName(name, current) : this.#askService(name, current)),
      onChange: (changed, before) => this.#changed(name.key, changed, before),
    });
    this.#watches.set(name.key, watch);
  }

  #changed(key: string, watch: NameWatch, before: readonly Endpoint[] | null): void {
    if (!this.#adopted.has(key)) return;
    this.#warn(key, watch);
    if (before !== null) {
      const [was, is] = [before.map(addressOf), watch.endpoints.map(addressOf)];
      this.#options.log.info('Addresses of a name changed', {
        event: 'name_addresses',
        name: watch.name,
        added: is.filter((address) => !was.includes(address)),
        removed: was.filter((address) => !is.includes(address)),
      });
    } else if (watch.failure === null) {
      this.#options.log.info('A name resolves again', { event: 'name_resolves', name: watch.name });
    }
    // Without any address, why not is what clients are told.
    if (before !== null || watch.endpoints.length === 0) this.#options.refresh(`addresses of ${watch.name}`);
  }

  #warn(key: string, { name, failure, endpoints }: NameWatch): void {
    const rest =
      endpoints.length === 0
        ? 'it has no target'
        : `${endpoints.map(addressOf).join(', ')} of the last good answer ${endpoints.length === 1 ? 'stays' : 'stay'} in use`;
    this.#options.warnings.set(
      `name ${key}`,
      failure === null ? null : `${name} does not resolve: ${failure.words}; ${rest}`,
    );
  }

  async #askName({ host, port }: Wanted, current: readonly Endpoint[]): Promise<Answer<readonly Endpoint[]>> {
    const answer = await this.#options.lookup.addresses(host);
    if (answer.kind === 'failed') return answer;
    const { v4, v6 } = answer.value;
    let hosts = v4.length > 0 ? v4 : v6;
    const [first4, first6] = [v4[0], v6[0]];
    if (first4 !== undefined && first6 !== undefined && [...v4, ...v6].every(isLoopback)) {
      hosts = [await chooseLoopback([first4, first6], port, current[0]?.host ?? null, this.#options.clock)];
    }
    const written = `${host}:${port}`;
    const found = sortedEndpoints(hosts.map((address) => ({ host: address, port, weight: 1, written })));
    return { kind: 'found', value: found.slice(0, MAX_ADDRESSES), ttlMs: answer.ttlMs ?? LONGEST_OWN_MS };
  }

  async #askService({ host }: Wanted, current: readonly Endpoint[]): Promise<Answer<readonly Endpoint[]>> {
    const { lookup } = this.#options;
    const service = await lookup.service(host);
    if (service.kind === 'failed') return service;
    const failed: Answer<never>[] = [];
    const ttls: number[] = [];
    const found = await Promise.all(
      service.value.slice(0, MAX_ADDRESSES).map(async ({ name, port, weight }): Promise<readonly Endpoint[]> => {
        const written = `${name}:${port}`;
        const answer = await lookup.addresses(name);
        if (answer.kind === 'failed') {
          failed.push(answer);
          return current.filter((endpoint) => endpoint.written === written);
        }
        ttls.push(answer.ttlMs ?? LONGEST_OWN_MS);
        const { v4, v6 } = answer.value;
        // RFC 2782: 0 is a small chance where others have more, and no order to drain.
        return (v4.length > 0 ? v4 : v6).map((address) => ({
          host: address,
          port,
          weight: Math.max(1, weight),
          written,
        }));
      }),
    );
    const endpoints = sortedEndpoints(found.flat()).slice(0, MAX_ADDRESSES);
    const [refusal] = failed;
    if (endpoints.length === 0 && refusal !== undefined) return refusal;
    return { kind: 'found', value: endpoints, ttlMs: ttls.length === 0 ? null : Math.min(...ttls) };
  }

  #forget(which: (key: string) => boolean): void {
    for (const [key, watch] of this.#watches) {
      if (!which(key)) continue;
      watch.stop();
      this.#watches.delete(key);
      this.#compiled.delete(key);
      this.#options.warnings.set(`name ${key}`, null);
    }
  }
}

function namesOf(upstream: UpstreamConfig): readonly Wanted[] {
  return [...upstream.targets.map(nameOf), discoveredBy(upstream)].filter((name) => name !== null);
}

/** Null for a target that is no name. */
function nameOf({ socket, weight }: UpstreamConfig['targets'][number]): Wanted | null {
  if (socket.kind !== 'tcp' || isIP(socket.host) !== 0) return null;
  const { host, port } = socket;
  return { key: `${host}:${port}`, kind: 'name', host, port, longestMs: LONGEST_MS, weight };
}

function discoveredBy({ discover }: UpstreamConfig): Wanted | null {
  if (discover === null) return null;
  const { kind, name: host, port, intervalMs: longestMs } = discover;
  return kind === 'dns'
    ? { key: `${host}:${port}`, kind: 'name', host, port, longestMs, weight: 1 }
    : { key: `srv ${host}`, kind: 'service', host, port: 0, longestMs, weight: null };
}

function addressOf({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
