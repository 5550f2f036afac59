/**
 * What the certificate files of one configuration held when they were read: each pair and bundle once, or every reason why
 * it cannot be used. Reads and judges, by `src/certs`; keeps nothing.
 */
import { createHash, type X509Certificate } from 'node:crypto';
import { readPemFile } from '../../../certs/bounded-file.ts';
import {
  type Bundle,
  fingerprintOf,
  isFaulty,
  loadBundle,
  loadPair,
  type Material,
  type MaterialFault,
} from '../../../certs/material.ts';
import { isSelfIssued, pathFrom } from '../../../certs/order.ts';
import type { Config } from '../../../config/model.ts';
import type { PlanPair } from '../../shared/plan.ts';
import { bundleUse, type CertUse, pairUse, sniName, tlsListeners, tlsUpstreams } from './uses.ts';

/** One use with what its files held. */
export interface Held {
  readonly use: CertUse;
  /** First the certificate itself, then what is sent along; of authorities all of them. Never empty. */
  readonly certificates: readonly [X509Certificate, ...X509Certificate[]];
  /** Those whose dates count: of a pair the certificate and the intermediates that lead from it, of authorities all. */
  readonly members: Held['certificates'];
  /** SHA-256 over all that is used of the files, the key included. */
  readonly digest: string;
  readonly loadedAtMs: number;
}

export interface ListenerReading {
  readonly pair: PlanPair | null;
  readonly sni: readonly { readonly hostnames: readonly string[]; readonly pair: PlanPair }[];
  readonly ca: string | null;
  readonly crl: string | null;
}

export interface UpstreamReading {
  readonly ca: string | null;
  readonly pair: PlanPair | null;
}

/** Revocation lists have no dates or names to show: what is known is whether they are the same. */
export interface HeldList {
  readonly use: CertUse;
  readonly digest: string;
}

export interface Reading {
  /** What cannot be used: then the reading is good for nothing but comparisons. */
  readonly unusable: readonly UnusableFile[];
  /** In the order of the configuration; without what cannot be used. */
  readonly held: readonly Held[];
  readonly lists: readonly HeldList[];
  /** By id; those with TLS alone. */
  readonly listeners: ReadonlyMap<string, ListenerReading>;
  readonly upstreams: ReadonlyMap<string, UpstreamReading>;
}

/** A file that cannot be used, and where it is wanted. */
export interface UnusableFile {
  readonly use: CertUse;
  readonly fault: MaterialFault;
}

/**
 * Reads every file that listeners and upstreams name.
 * @param before What was held until now: where the same bytes are read again, the time of their first reading stays
 */
export function readFiles(config: Config, nowMs: number, before: readonly Held[] = []): Reading {
  const files = new Files(nowMs, before);
  const listeners = new Map<string, ListenerReading>();
  for (const { id, tls } of tlsListeners(config)) {
    listeners.set(id, {
      pair: tls.pair === null ? null : files.pair(pairUse('listener', id, id, tls.pair)),
      sni: tls.sni.map(({ hostnames, pair }) => ({
        hostnames,
        pair: files.pair(pairUse('sni', sniName(id, hostnames), id, pair)),
      })),
      ca: tls.caFile === null ? null : files.authorities(bundleUse('client_ca', id, id, tls.caFile)),
      crl: tls.crlFile === null ? null : files.revocations(bundleUse('client_ca', id, id, tls.crlFile)),
    });
  }
  const upstreams = new Map<string, UpstreamReading>();
  for (const { name, tls } of tlsUpstreams(config)) {
    upstreams.set(name, {
      ca: tls.caFile === null ? null : files.authorities(bundleUse('upstream_ca', name, null, tls.caFile)),
      pair: tls.clientPair === null ? null : files.pair(pairUse('upstream_client', name, null, tls.clientPair)),
    });
  }
  const { unusable, held, lists } = files;
  return { unusable, held, lists, listeners, upstreams };
}

const noPair: PlanPair = { cert: '', key: '', fingerprint: '' };

/** The files of one reading; what several uses name is read and judged once. */
class Files {
  readonly held: Held[] = [];
  readonly lists: HeldList[] = [];
  readonly unusable: UnusableFile[] = [];
  readonly #nowMs: number;
  readonly #before: ReadonlyMap<string, number>;
  readonly #bytes = new Map<string, Buffer>();
  readonly #pairs = new Map<string, Material | readonly MaterialFault[]>();
  readonly #read = (path: string): Buffer => {
    const known = this.#bytes.get(path);
    if (known !== undefined) return known;
    const bytes = readPemFile(path);
    this.#bytes.set(path, bytes);
    return bytes;
  };

  constructor(nowMs: number, before: readonly Held[]) {
    this.#nowMs = nowMs;
    this.#before = new Map(before.map(({ use, digest, loadedAtMs }) => [`${useKey(use)} ${digest}`, loadedAtMs]));
  }

  /** Of a pair that cannot be used, an empty one: nobody will see it. */
  pair(use: CertUse): PlanPair {
    const { certificate, key } = use.files;
    const place = JSON.stringify([certificate, key]);
    const loaded =
      this.#pairs.get(place) ?? loadPair({ certFile: certificate, keyFile: key ?? certificate }, this.#read);
    this.#pairs.set(place, loaded);
    if (isFaulty(loaded)) {
      this.#refuse(use, loaded);
      return noPair;
    }
    // Nobody looks at a root that is sent along, or at what leads nowhere.
    const path = pathFrom(loaded.leaf, loaded.chain).filter((one) => !isSelfIssued(one));
    this.#hold(use, [loaded.leaf, ...loaded.chain], [loaded.leaf, ...path], loaded.cert + loaded.key);
    return { cert: loaded.cert, key: loaded.key, fingerprint: loaded.fingerprint };
  }

  authorities(use: CertUse): string {
    const loaded = this.#bundle(use, 'authorities');
    if (loaded === null) return '';
    const [first, ...rest] = loaded.certificates;
    if (first !== undefined) this.#hold(use, [first, ...rest], [first, ...rest], loaded.pem);
    return loaded.pem;
  }

  revocations(use: CertUse): string {
    const loaded = this.#bundle(use, 'revocations');
    if (loaded === null) return '';
    this.lists.push({ use, digest: loaded.fingerprint });
    return loaded.pem;
  }

  #bundle(use: CertUse, kind: 'authorities' | 'revocations'): Bundle | null {
    const loaded = loadBundle(use.files.certificate, kind, this.#read);
    if (!isFaulty(loaded)) return loaded;
    this.#refuse(use, loaded);
    return null;
  }

  #hold(use: CertUse, certificates: Held['certificates'], members: Held['certificates'], content: string): void {
    const digest = createHash('sha256').update(content).digest('hex');
    const loadedAtMs = this.#before.get(`${useKey(use)} ${digest}`) ?? this.#nowMs;
    this.held.push({ use, certificates, members, digest, loadedAtMs });
  }

  #refuse(use: CertUse, faults: readonly MaterialFault[]): void {
    for (const fault of faults) this.unusable.push({ use, fault });
  }
}

/** The place of a use in the configuration, whatever files it names. */
export function useKey({ source, name }: Pick<CertUse, 'source' | 'name'>): string {
  return `${source} ${name}`;
}

/** SHA-256 of the first certificate, lower-case hex. */
export function leafFingerprint({ certificates }: Held): string {
  return fingerprintOf(certificates[0]);
}
