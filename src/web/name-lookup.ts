/**
 * Asks what a name stands for: the hosts file first, then DNS with the servers and search list of resolv.conf. Not through
 * getaddrinfo: that says no TTL, and holds a thread of the pool for as long as a server is silent. Nothing is remembered here.
 */
import type { SrvRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { errnoOf } from '../base/errors.ts';
import { type Addresses, hostsEntry, WatchedText } from './hosts-file.ts';
import { candidateNames, parseResolverSettings, type ResolverSettings } from './resolver-settings.ts';

/** Why a name has no answer. */
export type LookupFailure = 'no_such_name' | 'no_address' | 'server_failure' | 'timeout';

export type Answer<T> =
  /** `ttlMs` null: the source knows none. */
  | { readonly kind: 'found'; readonly value: T; readonly ttlMs: number | null }
  /** `words` for people: which server or file said so. */
  | { readonly kind: 'failed'; readonly failure: LookupFailure; readonly words: string };

export interface LookupOptions {
  /** Asked instead of those of resolv.conf; null = those. */
  readonly servers: readonly string[] | null;
  readonly hostsPath: string;
  readonly resolvConfPath: string;
  /** Of one question to one server; each is asked twice. */
  readonly timeoutMs: number;
}

export const systemLookup: LookupOptions = {
  servers: null,
  hostsPath: '/etc/hosts',
  resolvConfPath: '/etc/resolv.conf',
  timeoutMs: 2_000,
};

const TRIES = 2;
/** Questions under way at once; more wait. */
const MAX_UNDER_WAY = 64;

/** By the codes of `node:dns`. */
const failures: Readonly<Record<string, readonly [LookupFailure, string]>> = {
  ENOTFOUND: ['no_such_name', 'the name does not exist'],
  ENODATA: ['no_address', 'the name has no address'],
  ETIMEOUT: ['timeout', 'no answer in time'],
  ECONNREFUSED: ['server_failure', 'no server takes questions'],
  ESERVFAIL: ['server_failure', 'the server failed'],
  EREFUSED: ['server_failure', 'the server refused to answer'],
};

export class NameLookup {
  readonly #options: LookupOptions;
  readonly #hosts: WatchedText;
  readonly #resolvConf: WatchedText;
  #settings: ResolverSettings | null = null;
  #settingsText: string | null = null;
  #resolver = new Resolver();
  #underWay = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: LookupOptions) {
    this.#options = options;
    this.#hosts = new WatchedText(options.hostsPath);
    this.#resolvConf = new WatchedText(options.resolvConfPath);
  }

  /**
   * The addresses of a name. From DNS of one family only, the one that this machine can reach: both are ways to the same
   * server, and one that leads nowhere would be a target that is never healthy.
   */
  async addresses(name: string): Promise<Answer<Addresses>> {
    // RFC 6761 §6.3: never asked for.
    if (/(?:^|\.)localhost\.?$/i.test(name)) {
      return { kind: 'found', value: { v4: ['127.0.0.1'], v6: ['::1'] }, ttlMs: null };
    }
    const own = hostsEntry(await this.#hosts.read(), name);
    if (own !== null) return { kind: 'found', value: own, ttlMs: null };
    return this.#search(name, async (resolver, candidate) => {
      const [first, second] = reachesOnlyV6() ? ([6, 4] as const) : ([4, 6] as const);
      const answer = await this.#ask(candidate, () => recordsOf(resolver, candidate, first));
      // Only a server that knows the name knows of the other family.
      if (answer.kind === 'found' || answer.failure !== 'no_address') return answer;
      return this.#ask(candidate, () => recordsOf(resolver, candidate, second));
    });
  }

  /** The records of a service (RFC 2782), those of the most preferred priority alone; without the one that says "not here". */
  async service(name: string): Promise<Answer<readonly SrvRecord[]>> {
    return this.#search(name, (resolver, candidate) =>
      this.#ask(candidate, async () => {
        const records = (await resolver.resolveSrv(candidate)).filter(
          (record) => record.name !== '' && record.name !== '.',
        );
        const best = Math.min(...records.map(({ priority }) => priority));
        return { value: records.filter(({ priority }) => priority === best), ttlMs: null, empty: records.length === 0 };
      }),
    );
  }

  /** Ends questions under way. */
  close(): void {
    this.#resolver.cancel();
  }

  /** Tries what the name may mean, one after the other: the first that is known, else the worst of what was said. */
  async #search<T>(
    name: string,
    ask: (resolver: Resolver, candidate: string) => Promise<Answer<T>>,
  ): Promise<Answer<T>> {
    const { settings, resolver } = await this.#current();
    let worst: Answer<T> | null = null;
    for (const candidate of candidateNames(name, settings)) {
      const answer = await ask(resolver, candidate);
      if (answer.kind === 'found') return answer;
      if (worst === null || rank(answer) > rank(worst)) worst = answer;
      // A silent server is as silent for the next candidate.
      if (answer.failure === 'timeout') break;
    }
    return worst as Answer<T>;
  }

  async #current(): Promise<{ readonly settings: ResolverSettings; readonly resolver: Resolver }> {
    const text = await this.#resolvConf.read();
    if (this.#settings === null || text !== this.#settingsText) {
      this.#settingsText = text;
      const parsed = parseResolverSettings(text);
      this.#settings = this.#options.servers === null ? parsed : { ...parsed, servers: this.#options.servers };
      // What is under way goes on with the servers that it was begun with.
      this.#resolver = new Resolver({ timeout: this.#options.timeoutMs, tries: TRIES });
      this.#resolver.setServers(this.#settings.servers);
    }
    return { settings: this.#settings, resolver: this.#resolver };
  }

  async #ask<T>(
    candidate: string,
    question: () => Promise<{ readonly value: T; readonly ttlMs: number | null; readonly empty: boolean }>,
  ): Promise<Answer<T>> {
    if (this.#underWay >= MAX_UNDER_WAY) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#underWay++;
    try {
      const { value, ttlMs, empty } = await question();
      if (empty) return { kind: 'failed', failure: 'no_address', words: `${candidate}: the answer is empty` };
      return { kind: 'found', value, ttlMs };
    } catch (error) {
      const code = errnoOf(error) ?? 'ESERVFAIL';
      const [failure, words] = failures[code] ?? (['server_failure', code] as const);
      const servers = (this.#settings as ResolverSettings).servers.join(', ');
      return { kind: 'failed', failure, words: `${candidate}: ${words} (${servers})` };
    } finally {
      this.#underWay--;
      this.#waiting.shift()?.();
    }
  }
}

async function recordsOf(resolver: Resolver, name: string, family: 4 | 6) {
  const records =
    family === 4 ? await resolver.resolve4(name, { ttl: true }) : await resolver.resolve6(name, { ttl: true });
  const addresses = records.map(({ address }) => address);
  const value: Addresses = family === 4 ? { v4: addresses, v6: [] } : { v4: [], v6: addresses };
  return { value, ttlMs: Math.min(...records.map(({ ttl }) => ttl)) * 1000, empty: addresses.length === 0 };
}

/** "No such name" is an answer; one that did not come may hide another. */
function rank(answer: Answer<unknown>): number {
  if (answer.kind === 'found') return 0;
  return { no_such_name: 1, no_address: 2, server_failure: 3, timeout: 4 }[answer.failure];
}

/** This machine has an IPv6 address that others see, and no such IPv4 address. */
function reachesOnlyV6(): boolean {
  // As getaddrinfo's AI_ADDRCONFIG: an address of the link alone leads nowhere.
  const outer = Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).filter(({ internal, scopeid }) => !internal && (scopeid ?? 0) === 0),
  );
  return outer.length > 0 && outer.every(({ family }) => family === 'IPv6');
}
