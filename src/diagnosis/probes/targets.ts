/**
 * The probe of targets: DNS, TCP, TLS and HTTP to every target of every upstream in use, from here, beside what the proxy thinks
 * of it. Works without a daemon, from the file. Changes no verdict of the proxy.
 */
import { isFaulty, loadBundle, loadPair } from '../../certs/material.ts';
import type { UpstreamConfig } from '../../config/model.ts';
import type { NameLookup } from '../../web/name-lookup.ts';
import type { OutboundAddress } from '../../web/outbound-request.ts';
import { TargetTls, type TlsIdentity } from '../../web/target-tls.ts';
import type { ProbeStep, TargetProbe, TargetsState } from '../facts/network.ts';
import { type Probe, type ProbeContext, ProbeFault } from '../probe.ts';
import { appliedConfig } from './applied-config.ts';
import { addressText } from './listener-place.ts';
import { connectTarget, hostAnswers, stepSince } from './target-connection.ts';
import { hopsTo } from './target-hops.ts';
import { type WantedTarget, wantedTargets } from './target-list.ts';
import { type TargetQuestion, askTarget } from './target-request.ts';
import { type Found, TargetNames, lookupAsDaemon } from './target-names.ts';

const mostTargets = 64;
const atOnce = 16;
const wholeMs = 3_000;
const connectMs = 1_000;
const answerMs = 1_500;
const hopsMs = 2_000;

export const targetsProbe: Probe<'targets'> = {
  name: 'targets',
  title: 'targets: DNS, TCP, TLS and HTTP to each of them from here',
  class: 'active',
  mandatory: true,
  timeoutMs: 6_500,
  async find(context): Promise<TargetsState> {
    const [applied, daemon] = await Promise.all([appliedConfig(context), context.of('daemon')]);
    const state = daemon.state === 'known' ? daemon.value : null;
    if (applied === null && state === null) {
      throw new ProbeFault('there is neither a daemon nor a configuration that says which targets there are', [
        'GET /admin/status',
        ...(context.configPath === null ? [] : [context.configPath]),
      ]);
    }
    const wanted = wantedTargets(applied?.config ?? null, state);
    const lookup = lookupAsDaemon(context, state?.status.pid ?? null);
    try {
      return await askAll(wanted, lookup, context);
    } finally {
      lookup.close();
    }
  },
};

async function askAll(
  wanted: readonly WantedTarget[],
  lookup: NameLookup,
  context: ProbeContext,
): Promise<TargetsState> {
  const { clock } = context;
  const names = new TargetNames(lookup, clock);
  const suite = new TargetSuite(context, clock.now() + wholeMs);
  const found = new Map<number, readonly TargetProbe[]>();
  const waiting = [...wanted.entries()].slice(0, mostTargets);
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && suite.hasTime; next = waiting.shift()) {
      found.set(next[0], await suite.ask(next[1], names));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const targets = [...found].sort(([a], [b]) => a - b).flatMap(([, probes]) => probes);
  return { targets, omitted: wanted.length - found.size };
}

/** Asks one target after the other, each until its time or that of all is over. */
class TargetSuite {
  readonly #context: ProbeContext;
  readonly #endsAt: number;
  readonly #identities = new Map<UpstreamConfig, TlsIdentity | string>();

  constructor(context: ProbeContext, endsAt: number) {
    this.#context = context;
    this.#endsAt = endsAt;
  }

  get hasTime(): boolean {
    return this.#left(1) > 0 && !this.#context.signal.aborted;
  }

  /** One result for each address; of a name that has none, one. */
  async ask(target: WantedTarget, names: TargetNames): Promise<readonly TargetProbe[]> {
    const { name, address } = target;
    if (name === null) return [await this.#askAddress(target, address, null)];
    if (address !== null) {
      const [found, probe] = await Promise.all([names.find(name), this.#askAddress(target, address, null)]);
      return [{ ...probe, dns: compared(found, address) }];
    }
    const found = await names.find(name);
    if (found.addresses.length === 0) return [nothing(target, found.step)];
    if (found.loopback) return [await this.#askLoopback(target, found)];
    return Promise.all(found.addresses.map((one) => this.#askAddress(target, one, found.step)));
  }

  /** `localhost` is two addresses of which a server may have one. */
  async #askLoopback(target: WantedTarget, { addresses, step }: Found): Promise<TargetProbe> {
    let first: TargetProbe | null = null;
    for (const address of addresses) {
      const probe = await this.#askAddress(target, address, step);
      if (probe.tcp?.ok === true) return probe;
      first ??= probe;
    }
    return first ?? nothing(target, step);
  }

  async #askAddress(target: WantedTarget, to: OutboundAddress | null, dns: ProbeStep | null): Promise<TargetProbe> {
    const { clock } = this.#context;
    const base = nothing(target, dns);
    if (to === null) return base;
    const { config, written } = target;
    const address = addressText(to);
    const began = clock.now();
    const identity = config === null || config.tls === null ? null : this.#identityOf(config);
    const demands = config?.tls ?? null;
    const http2 = config?.httpVersion === '2';
    const readable = typeof identity === 'string' ? null : identity;
    const secure = demands !== null && readable !== null;
    const tls = secure ? TargetTls.of({ socket: to, written, tls: demands, identity: readable }, clock, false) : null;
    const patience = this.#left(connectMs);
    const steps = await connectTarget(to, tls, http2 ? 'h2' : 'http/1.1', patience, clock);
    // Less than its time says nothing.
    if (patience < connectMs && (steps.tls ?? steps.tcp).code === 'timeout') return { ...base, address };
    // Without the files that its upstream names no handshake would be the one that the proxy makes.
    const unread = typeof identity === 'string' && steps.tcp.ok ? stepSince(began, clock, 'material', identity) : null;
    const opened = { ...base, address, tcp: steps.tcp, tls: unread ?? steps.tls };
    if (!steps.tcp.ok) {
      const [host_answers, hops] = await Promise.all([
        this.#hostAnswers(to, steps.tcp.code),
        this.#hops(to, steps.tcp.code),
      ]);
      return { ...opened, host_answers, hops };
    }
    if (opened.tls?.ok === false || config === null || config.healthCheck?.type.kind === 'grpc') return opened;
    return { ...opened, ...(await this.#askHttp(config, { to, tls, http2, host: hostOf(written, to) })) };
  }

  async #askHttp(
    { healthCheck }: UpstreamConfig,
    way: Pick<TargetQuestion, 'to' | 'tls' | 'http2' | 'host'>,
  ): Promise<Pick<TargetProbe, 'http' | 'other_path_answers'>> {
    const { clock, signal } = this.#context;
    const check = healthCheck?.type.kind === 'http' ? healthCheck.type : null;
    const ask = (path: string, mostMs: number): TargetQuestion => ({
      ...way,
      host: check?.host ?? way.host,
      path,
      timeoutMs: this.#left(mostMs),
      signal,
    });
    const most = Math.min(answerMs, healthCheck?.timeoutMs ?? answerMs);
    const question = ask(check?.path ?? '/', most);
    const http = await askTarget(question, check, clock);
    // It did not have its time: not asked.
    const cutShort = signal.aborted || (question.timeoutMs < most && http.code === 'timeout');
    if (cutShort && !http.ok && http.status === null) return { http: null, other_path_answers: null };
    if (http.ok || check === null || check.path === '/' || !this.hasTime) return { http, other_path_answers: null };
    const other = await askTarget(ask('/', answerMs), null, clock);
    return { http, other_path_answers: other.ok || !signal.aborted ? other.ok : null };
  }

  async #hostAnswers(to: OutboundAddress, code: string | null): Promise<boolean | null> {
    const silent = code === 'timeout' || code === 'ETIMEDOUT';
    if (to.kind === 'unix' || (!silent && code !== 'ECONNREFUSED') || !this.hasTime) return null;
    return hostAnswers(to, !silent, this.#context.clock);
  }

  /** Every router on the way sees it: asked only with consent, and not where the host itself has refused. */
  async #hops(to: OutboundAddress, code: string | null): Promise<readonly string[] | null> {
    const consent = this.#context.allowed.has('intrusive');
    if (!consent || to.kind === 'unix' || code === 'ECONNREFUSED' || !this.hasTime) return null;
    return hopsTo(this.#context, to.host, this.#left(hopsMs));
  }

  /** What the files of an upstream hold, or why they cannot be used. */
  #identityOf(upstream: UpstreamConfig): TlsIdentity | string {
    const known = this.#identities.get(upstream);
    if (known !== undefined) return known;
    const read = readIdentity(upstream);
    this.#identities.set(upstream, read);
    return read;
  }

  #left(mostMs: number): number {
    return Math.max(1, Math.min(mostMs, Math.floor(this.#endsAt - this.#context.clock.now())));
  }
}

function readIdentity({ tls }: UpstreamConfig): TlsIdentity | string {
  const bundle = tls === null || tls.caFile === null ? null : loadBundle(tls.caFile, 'authorities');
  if (bundle !== null && isFaulty(bundle)) return bundle.map(({ message }) => message).join('; ');
  const pair = tls === null || tls.clientPair === null ? null : loadPair(tls.clientPair);
  if (pair !== null && isFaulty(pair)) return pair.map(({ message }) => message).join('; ');
  return { ca: bundle?.pem ?? null, pair };
}

function nothing({ upstream, written, verdict }: WantedTarget, dns: ProbeStep | null): TargetProbe {
  const steps = { dns, tcp: null, tls: null, http: null, other_path_answers: null, host_answers: null, hops: null };
  return { upstream, written, address: null, ...steps, proxy_verdict: verdict };
}

/** What a name stands for here and now, beside the address that the proxy goes to. */
function compared({ step, addresses }: Found, used: OutboundAddress): ProbeStep {
  if (!step.ok || addresses.some((one) => addressText(one) === addressText(used))) return step;
  return { ...step, words: `${step.words}; the proxy goes to ${addressText(used)}` };
}

function hostOf(written: string, to: OutboundAddress): string {
  return to.kind === 'unix' ? 'localhost' : written;
}
