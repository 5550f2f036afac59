/** What the names of targets stand for, asked of the servers that the daemon asks; each name once. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { variable } from '../../base/environment.ts';
import { type LookupFailure, NameLookup, systemLookup } from '../../web/name-lookup.ts';
import type { OutboundAddress } from '../../web/outbound-request.ts';
import type { ProbeStep } from '../facts/network.ts';
import type { ProbeContext } from '../probe.ts';
import { stepSince } from './target-connection.ts';
import type { WantedTarget } from './target-list.ts';

type Name = NonNullable<WantedTarget['name']>;

export interface Found {
  readonly step: ProbeStep;
  readonly addresses: readonly OutboundAddress[];
  /** It is this machine's own, in both families. */
  readonly loopback: boolean;
}

/** Of one question to one server; each is asked twice. */
const questionMs = 600;
/** Of all questions that one name takes. */
const patienceMs = 1_800;
/** Of one name. */
const mostAddresses = 8;

const codes: Readonly<Record<LookupFailure, string>> = {
  no_such_name: 'ENOTFOUND',
  no_address: 'ENODATA',
  server_failure: 'ESERVFAIL',
  timeout: 'timeout',
};

export class TargetNames {
  readonly #lookup: NameLookup;
  readonly #clock: Clock;
  readonly #found = new Map<string, Promise<Found>>();

  constructor(lookup: NameLookup, clock: Clock) {
    this.#lookup = lookup;
    this.#clock = clock;
  }

  find(name: Name): Promise<Found> {
    const key = `${name.kind} ${name.host} ${name.port}`;
    const known =
      this.#found.get(key) ?? this.#within(name.kind === 'srv' ? this.#service(name.host) : this.#addresses(name));
    this.#found.set(key, known);
    return known;
  }

  /** A list of silent servers takes longer than a diagnosis has. */
  async #within(finding: Promise<Found>): Promise<Found> {
    const began = this.#clock.now();
    const late = Promise.withResolvers<Found>();
    const limit = this.#clock.after(patienceMs, () =>
      late.resolve(failure(stepSince(began, this.#clock, 'timeout', `no answer of DNS within ${patienceMs} ms`))),
    );
    const found = await Promise.race([finding, late.promise]);
    limit.stop();
    return found;
  }

  async #addresses({ host, port }: Pick<Name, 'host' | 'port'>): Promise<Found> {
    const began = this.#clock.now();
    const answer = await this.#lookup.addresses(host);
    if (answer.kind === 'failed') return failure(stepSince(began, this.#clock, codes[answer.failure], answer.words));
    const { v4, v6 } = answer.value;
    const hosts = [...v4, ...v6].slice(0, mostAddresses);
    return {
      step: stepSince(began, this.#clock, null, hosts.join(', ')),
      addresses: hosts.map((one) => ({ kind: 'tcp', host: one, port })),
      loopback: v4.includes('127.0.0.1') && v6.includes('::1'),
    };
  }

  async #service(service: string): Promise<Found> {
    const began = this.#clock.now();
    const answer = await this.#lookup.service(service);
    if (answer.kind === 'failed') return failure(stepSince(began, this.#clock, codes[answer.failure], answer.words));
    const found = await Promise.all(answer.value.map(({ name, port }) => this.#addresses({ host: name, port })));
    const addresses = found.flatMap((one) => one.addresses).slice(0, mostAddresses);
    const failed = found.find(({ step }) => !step.ok);
    if (addresses.length === 0 && failed !== undefined) return failure(failed.step);
    const words = answer.value.map(({ name, port }) => `${name}:${port}`).join(', ');
    return { step: stepSince(began, this.#clock, null, words), addresses, loopback: false };
  }
}

function failure(step: ProbeStep): Found {
  return { step, addresses: [], loopback: false };
}

/** A lookup with the servers of the daemon: those of its environment where that can be read, else of ours. */
export function lookupAsDaemon({ run, roots, local }: ProbeContext, pid: number | null): NameLookup {
  const named =
    (local && pid !== null ? ofProcess(roots.proc, pid) : null) ?? variable(run.environment, serversVariable);
  const servers = named?.split(',').map((server) => server.trim()) ?? null;
  return new NameLookup({ ...systemLookup, servers, timeoutMs: questionMs });
}

const serversVariable = 'SENTINEL_DNS_SERVERS';

/** Its environment is for its own user to read. */
function ofProcess(proc: string, pid: number): string | null {
  try {
    const lines = readFileSync(join(proc, String(pid), 'environ'), 'utf8').split('\0');
    const value = lines.find((line) => line.startsWith(`${serversVariable}=`))?.slice(serversVariable.length + 1);
    return value === undefined || value === '' ? null : value;
  } catch {
    return null;
  }
}
