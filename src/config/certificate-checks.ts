/**
 * The files that `tls` names, read and judged when a configuration is loaded: what could not be used stops it, what is out
 * of date or covers a name too few is warned of. Called by `load.ts`. Keeps nothing: what is served is read by the daemon.
 */
import { oneLine } from '../certs/distinguished-name.ts';
import { judgeLifetimes } from '../certs/lifetime.ts';
import { isFaulty, loadBundle, loadPair } from '../certs/material.ts';
import type { Bundle, Material, MaterialFault } from '../certs/material.ts';
import { spanText } from '../kdl/source.ts';
import { warnUncoveredHosts, warnUncoveredNames } from './certificate-names.ts';
import type { ListenerPairs, NamedPair } from './certificate-names.ts';
import type { CheckContext } from './check-values.ts';
import { warnOfRevocations } from './revocation-checks.ts';
import type { Root } from './schema/root.ts';
import type { Setting, Settled } from './tree.ts';

type Tree = Settled<Root>;
type ListenerTls = NonNullable<Tree['listeners'][number]['keys']['tls']>;
type File = Setting<string | null>;

/** @param tree Keys that are required and missing may be undefined in it. @param nowMs Since the epoch. */
export function checkCertificates(context: CheckContext, tree: Tree, nowMs: number): void {
  const files = new PemFiles(context, nowMs, {
    warnDays: tree.alerts['cert-warn-days'].value,
    criticalDays: tree.alerts['cert-critical-days'].value,
  });
  const listeners = tree.listeners.flatMap((listener) => listenerPairs(files, listener));
  for (const { keys } of tree.upstreams) {
    const { tls } = keys;
    if (tls === null) continue;
    files.pair(tls['client-cert'], tls['client-key'], 'the certificate for targets');
    files.bundle(tls['ca-file'], 'authorities');
  }
  for (const listener of listeners) warnUncoveredNames(context, listener);
  // What a faulty certificate would have covered is not known.
  if (!files.faulty) warnUncoveredHosts(context, tree.routes, listeners);
}

function listenerPairs(files: PemFiles, { id, keys }: Tree['listeners'][number]): ListenerPairs[] {
  const { tls } = keys;
  if (tls === null) return [];
  files.clientBundles(tls['ca-file'], tls['crl-file']);
  const pair = files.pair(tls['cert-file'], tls['key-file'], 'the certificate');
  if (pair !== null) files.warnUnfitSuites(tls, pair, tls['cert-file']);
  const sni = tls.sni.flatMap(({ keys: own }): NamedPair[] => {
    const material = files.pair(own['cert-file'], own['key-file'], 'the certificate');
    if (material !== null) files.warnUnfitSuites(tls, material, own['cert-file']);
    return material === null ? [] : [{ hostnames: own.hostnames, leaf: material.leaf, file: own['cert-file'] }];
  });
  const file = tls['cert-file'];
  return [{ title: id?.text ?? '', pair: pair === null ? null : { leaf: pair.leaf, file }, sni }];
}

/** Reads and judges files at the places of their keys. */
class PemFiles {
  /** True once anything could not be used. */
  faulty = false;
  readonly #context: CheckContext;
  readonly #nowMs: number;
  readonly #thresholds: { readonly warnDays: number; readonly criticalDays: number };

  constructor(context: CheckContext, nowMs: number, thresholds: { warnDays: number; criticalDays: number }) {
    this.#context = context;
    this.#nowMs = nowMs;
    this.#thresholds = thresholds;
  }

  /** Null where it is not written whole, or cannot be used. */
  pair(cert: File | undefined, key: File | undefined, title: string): Material | null {
    const certFile = cert?.value ?? null;
    const keyFile = key?.value ?? null;
    if (cert === undefined || key === undefined || certFile === null || keyFile === null) return null;
    const loaded = loadPair({ certFile, keyFile }, this.#read);
    if (isFaulty(loaded)) {
      for (const fault of loaded) this.#report(fault, fault.which === 'key' ? key : cert, [cert, key]);
      return null;
    }
    const members = [
      { certificate: loaded.leaf, title },
      ...loaded.chain.map((certificate) => ({ certificate, title: `its issuer ${oneLine(certificate.subject)}` })),
    ];
    if (cert.span === null) return loaded;
    for (const found of judgeLifetimes(members, certFile, this.#nowMs, this.#thresholds)) {
      this.#context.warning(found.code, cert.span, found.detail, { help: found.hint ?? null });
    }
    return loaded;
  }

  /** Whose certificates clients may show, and which of these are revoked. */
  clientBundles(ca: File, crl: File): void {
    const authorities = this.bundle(ca, 'authorities');
    const revocations = this.bundle(crl, 'revocations');
    if (authorities === null || revocations === null) return;
    warnOfRevocations(this.#context, authorities, revocations, crl, this.#nowMs);
  }

  /** Null where it is not written, or cannot be used. */
  bundle(file: File, kind: 'authorities' | 'revocations'): Bundle | null {
    if (file.value === null) return null;
    const loaded = loadBundle(file.value, kind, this.#read);
    if (isFaulty(loaded)) {
      for (const fault of loaded) this.#report(fault, file, [file]);
      return null;
    }
    this.#warnOldAuthorities(loaded, file);
    return loaded;
  }

  /** Old roots in a bundle of many are usual; where none is left, nobody can be verified. */
  #warnOldAuthorities({ certificates }: Bundle, { value, span }: File): void {
    const members = certificates.map((certificate) => ({ certificate, title: oneLine(certificate.subject) }));
    const found = judgeLifetimes(members, value, this.#nowMs, { warnDays: 0, criticalDays: 0 });
    const [first] = found;
    if (first === undefined || span === null || found.length < certificates.length) return;
    this.#context.warning(first.code, span, `nobody can be verified by these authorities: ${first.detail}`);
  }

  /** The suites of TLS 1.2 name the kind of key that signs: with none for this one, its clients of TLS 1.2 are refused. */
  warnUnfitSuites(tls: ListenerTls, { leaf }: Material, file: File): void {
    const [first] = tls['cipher-suites'];
    if (first === undefined || first.keySpan === null || file.span === null) return;
    if (tls['min-version'].value !== 'TLS1.2') return;
    const kind = leaf.publicKey.asymmetricKeyType?.startsWith('rsa') === true ? 'RSA' : 'ECDSA';
    const suites = tls['cipher-suites'].flatMap(({ value }) => value).filter((suite) => !suite.startsWith('TLS_'));
    if (suites.length === 0 || suites.some((suite) => suite.includes('ECDSA') === (kind === 'ECDSA'))) return;
    this.#context.warning(
      'SNT-C187',
      first.keySpan,
      `no suite of TLS 1.2 is listed for the kind of key of a certificate`,
      {
        secondary: [{ span: file.span, label: `needs ${kind}` }],
        help: `add for example \`cipher-suites "ECDHE-${kind}-AES128-GCM-SHA256"\`, or write \`min-version "TLS1.3"\``,
      },
    );
  }

  readonly #read = (path: string): Buffer => this.#context.files.readPem(path);

  /** @param shown Files whose paths the words may contain: they are shown as written, as there may be a `${…}` in them. */
  #report({ code, message, hint }: MaterialFault, file: File, shown: readonly File[]): void {
    this.faulty = true;
    if (file.span === null) return;
    const written = (words: string): string =>
      shown.reduce((text, { value, span }) => {
        if (value === null || span === null) return text;
        const asWritten = spanText(span);
        return asWritten.includes('${') ? text.replaceAll(value, asWritten.replace(/^"(.*)"$/, '$1')) : text;
      }, words);
    this.#context.error(code, file.span, written(message), {
      secondary: shown.flatMap((other) =>
        other === file || other.span === null || code !== 'SNT-T007'
          ? []
          : [{ span: other.span, label: 'goes with this' }],
      ),
      help: hint === undefined ? null : written(hint),
    });
  }
}
