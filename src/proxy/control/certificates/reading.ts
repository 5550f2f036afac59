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
import { listsOf } from '../../../certs/revocations.ts';
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
  /** When the first of the lists is to be replaced, and how long it was good for; null = they do not say. */
  readonly due: Due | null;
}

interface Due {
  readonly atMs: number;
  readonly lifeMs: number;
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
  /** What the files held, by their paths. */
  readonly bytes: PemBytes;
  /** What was made of bytes, by what they hash to: the next reading need not parse and judge the same ones again. */
  readonly made: ReadonlyMap<string, Made>;
}

/** What files hold, ready for use. `key` is empty for bundles, `certificates` for revocation lists. */
interface Made {
  readonly cert: string;
  readonly key: string;
  readonly certificates: readonly X509Certificate[];
  readonly members: readonly X509Certificate[];
  readonly digest: string;
  /** Of revocation lists. */
  readonly due: Due | null;
}

/** A file that cannot be used, and where it is wanted. */
export interface UnusableFile {
  readonly use: CertUse;
  readonly fault: MaterialFault;
}

/** By the path of the file. */
export type PemBytes = ReadonlyMap<string, Buffer>;

/**
 * Reads every file that listeners and upstreams name.
 * @param before The reading that is in use: where the same bytes are read again, the time of their first reading stays
 * @param held What stands in the place of files.
 */
export function readFiles(
  config: Config,
  nowMs: number,
  before: Reading | null = null,
  held: PemBytes = new Map(),
): Reading {
  const files = new Files(nowMs, before, held);
  const listeners = new Map<string, ListenerReading>();
  for (const { id, tls } of tlsListeners(config)) {
    listeners.set(id, {
      pair: tls.pair === null ? null : files.pair(pairUse('listener', id, id, tls.pair)),
      sni: tls.sni.map(({ hostnames, pair }) => ({
        hostnames,
        pair: files.pair(pairUse('sni', sniName(id, hostnames), id, pair)),
      })),
      ca: tls.caFile === null ? null : files.authorities(bundleUse('client_ca', id, id, tls.caFile)),
      crl: tls.crlFile === null ? null : files.revocations(bundleUse('client_crl', id, id, tls.crlFile)),
    });
  }
  const upstreams = new Map<string, UpstreamReading>();
  for (const { name, tls } of tlsUpstreams(config)) {
    upstreams.set(name, {
      ca: tls.caFile === null ? null : files.authorities(bundleUse('upstream_ca', name, null, tls.caFile)),
      pair: tls.clientPair === null ? null : files.pair(pairUse('upstream_client', name, null, tls.clientPair)),
    });
  }
  const { unusable, lists, made, bytes } = files;
  return { unusable, held: files.held, lists, listeners, upstreams, bytes, made };
}

const noPair: PlanPair = { cert: '', key: '', fingerprint: '' };

/** The files of one reading; what several uses name is read and judged once. */
class Files {
  readonly held: Held[] = [];
  readonly lists: HeldList[] = [];
  readonly unusable: UnusableFile[] = [];
  readonly made = new Map<string, Made>();
  readonly #nowMs: number;
  readonly #before: Reading | null;
  readonly #loadedAt: ReadonlyMap<string, number>;
  readonly bytes = new Map<string, Buffer>();
  readonly #stand: PemBytes;
  readonly #faults = new Map<string, readonly MaterialFault[]>();
  readonly #read = (path: string): Buffer => {
    const known = this.bytes.get(path);
    if (known !== undefined) return known;
    const bytes = this.#stand.get(path) ?? readPemFile(path);
    this.bytes.set(path, bytes);
    return bytes;
  };

  constructor(nowMs: number, before: Reading | null, stand: PemBytes) {
    this.#nowMs = nowMs;
    this.#stand = stand;
    this.#before = before;
    const held = before?.held ?? [];
    this.#loadedAt = new Map(held.map(({ use, digest, loadedAtMs }) => [`${useKey(use)} ${digest}`, loadedAtMs]));
  }

  /** Of a pair that cannot be used, an empty one: nobody will see it. */
  pair(use: CertUse): PlanPair {
    const { certificate, key } = use.files;
    const files = { certFile: certificate, keyFile: key ?? certificate };
    const made = this.#make(use, 'pair', [files.certFile, files.keyFile], () =>
      madeOfPair(loadPair(files, this.#read)),
    );
    if (made === null) return noPair;
    this.#hold(use, made);
    return { cert: made.cert, key: made.key, fingerprint: fingerprintOf(made.certificates[0] as X509Certificate) };
  }

  authorities(use: CertUse): string {
    const made = this.#bundle(use, 'authorities');
    if (made !== null) this.#hold(use, made);
    return made?.cert ?? '';
  }

  revocations(use: CertUse): string {
    const made = this.#bundle(use, 'revocations');
    if (made !== null) this.lists.push({ use, digest: made.digest, due: made.due });
    return made?.cert ?? '';
  }

  #bundle(use: CertUse, kind: 'authorities' | 'revocations'): Made | null {
    const file = use.files.certificate;
    return this.#make(use, kind, [file], () => madeOfBundle(loadBundle(file, kind, this.#read)));
  }

  #make(
    use: CertUse,
    kind: string,
    paths: readonly string[],
    load: () => Made | readonly MaterialFault[],
  ): Made | null {
    const key = this.#keyOf(kind, paths);
    const place = JSON.stringify([kind, paths]);
    const known = key === null ? undefined : (this.made.get(key) ?? this.#before?.made.get(key));
    const made = known ?? this.#faults.get(place) ?? load();
    if (isFaulty(made)) {
      this.#faults.set(place, made);
      for (const fault of made) this.unusable.push({ use, fault });
      return null;
    }
    if (key !== null) this.made.set(key, made);
    return made;
  }

  /** Hash of the bytes that are wanted; null = not all can be read. */
  #keyOf(kind: string, paths: readonly string[]): string | null {
    const hash = createHash('sha256').update(kind);
    try {
      for (const path of paths) {
        const bytes = this.#read(path);
        hash.update(`/${bytes.length}/`).update(bytes);
      }
    } catch {
      // Whoever loads them meets the same, and says so.
      return null;
    }
    return hash.digest('hex');
  }

  #hold(use: CertUse, { certificates, members, digest }: Made): void {
    const loadedAtMs = this.#loadedAt.get(`${useKey(use)} ${digest}`) ?? this.#nowMs;
    const [first, ...rest] = certificates;
    const [leaf, ...issuers] = members;
    if (first === undefined || leaf === undefined) return;
    this.held.push({ use, certificates: [first, ...rest], members: [leaf, ...issuers], digest, loadedAtMs });
  }
}

function madeOfPair(loaded: Material | readonly MaterialFault[]): Made | readonly MaterialFault[] {
  if (isFaulty(loaded)) return loaded;
  const { cert, key, leaf, chain } = loaded;
  // Nobody looks at a root that is sent along, or at what leads nowhere.
  const path = pathFrom(leaf, chain).filter((one) => !isSelfIssued(one));
  const digest = createHash('sha256').update(cert).update(key).digest('hex');
  return { cert, key, certificates: [leaf, ...chain], members: [leaf, ...path], digest, due: null };
}

function madeOfBundle(loaded: Bundle | readonly MaterialFault[]): Made | readonly MaterialFault[] {
  if (isFaulty(loaded)) return loaded;
  const { pem, certificates, fingerprint } = loaded;
  return {
    cert: pem,
    key: '',
    certificates,
    members: certificates,
    digest: fingerprint,
    due: certificates.length === 0 ? dueOf(loaded) : null,
  };
}

/** Of each issuer the newest list counts; of the issuers the first. */
function dueOf(bundle: Bundle): Due | null {
  const byIssuer = new Map<string, Due>();
  for (const { issuer, thisUpdate, nextUpdate } of listsOf(bundle)) {
    const atMs = nextUpdate?.getTime() ?? Infinity;
    const due = { atMs, lifeMs: atMs - thisUpdate.getTime() };
    const key = issuer.toString('hex');
    if (atMs > (byIssuer.get(key)?.atMs ?? 0)) byIssuer.set(key, due);
  }
  const first = [...byIssuer.values()].sort((a, b) => a.atMs - b.atMs)[0];
  return first === undefined || first.atMs === Infinity ? null : first;
}

/** The place of a use in the configuration, whatever files it names. */
export function useKey({ source, name }: Pick<CertUse, 'source' | 'name'>): string {
  return `${source} ${name}`;
}

/** SHA-256 of the first certificate, lower-case hex. */
export function leafFingerprint({ certificates }: Held): string {
  return fingerprintOf(certificates[0]);
}
