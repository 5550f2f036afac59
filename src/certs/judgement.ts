/**
 * The whole judgement of a certificate with its chain, a pair of files, or a bundle: what `cert-check` says of each. Pure but
 * for the files that it is pointed to; the clock, the authorities and the reader of extensions are passed in.
 */
import type { X509Certificate } from 'node:crypto';
import type { Authorities } from './authorities.ts';
import { type Chain, buildChain, titleOf } from './chain.ts';
import { type CertFinding, finding } from './finding.ts';
import { judgeFitness, judgeStrength } from './fitness.ts';
import { factsOf, judgeFile, judgeText } from './hygiene.ts';
import { type Lifetime, type LifetimeThresholds, judgeLifetimes, lifetimeOf, standingOf } from './lifetime.ts';
import type { Bundle, PairFiles } from './material.ts';
import { type WantedHost, judgeNames, namesOf } from './names.ts';
import { isSelfIssued } from './order.ts';
import { isUsable } from './parts.ts';
import { scanPem } from './pem.ts';
import type { ReadExtensions, RevocationList } from './x509-extensions.ts';

/** What all judgements of one run share. */
export interface Court {
  readonly nowMs: number;
  readonly thresholds: LifetimeThresholds;
  readonly authorities: Authorities;
  readonly extensions: ReadExtensions;
  readonly revocationList: (der: Buffer) => RevocationList | null;
  /** Of whoever asks. */
  readonly uid: number;
  /** Certificates of the other files, where a missing issuer may be. */
  readonly elsewhere?: readonly { readonly certificate: X509Certificate; readonly file: string }[];
}

export interface ShownCase {
  readonly leaf: X509Certificate;
  /** As they stand in the file or were sent, the leaf among them. */
  readonly certificates: readonly X509Certificate[];
  readonly use: 'server' | 'client';
  readonly file: string | null;
  /** HOST:PORT and options, where there is no file. */
  readonly called?: string;
  readonly wanted: readonly WantedHost[];
}

export interface Judged {
  readonly chain: Chain;
  readonly lifetime: Lifetime;
  readonly names: readonly string[];
  readonly findings: readonly CertFinding[];
}

/** A certificate that is shown to somebody: chain, dates, names, fitness. */
export function judgeShown(shown: ShownCase, court: Court): Judged {
  const { leaf, certificates, use, file, called = null, wanted } = shown;
  const { nowMs, thresholds, authorities, extensions, elsewhere = [] } = court;
  const chain = buildChain({ leaf, certificates, file, called, use, authorities, read: extensions, elsewhere });
  const { intermediates, root } = chain;
  const sent = [leaf, ...intermediates];
  const members = (root === null || root === leaf ? sent : [...sent, root]).map((certificate) => ({
    certificate,
    title: titleOf(certificate, leaf),
  }));
  return {
    chain,
    lifetime: lifetimeOf(leaf, intermediates, nowMs, thresholds),
    names: namesOf(leaf),
    findings: [
      ...judgeLifetimes(members, file, nowMs, thresholds),
      ...(use === 'server' ? judgeNames(leaf, wanted, file) : []),
      ...chain.findings,
      ...judgeFitness({ leaf, intermediates, use, file, read: extensions }),
    ],
  };
}

/** The files of a pair as such; `leaf` where the pair could be loaded. */
export function judgePairFiles(
  { certFile, keyFile }: PairFiles,
  leaf: X509Certificate | null,
  uid: number,
): readonly CertFinding[] {
  const [cert, key] = [factsOf(certFile), factsOf(keyFile)];
  return [
    ...judgeText(certFile),
    ...(cert === null || certFile === keyFile ? [] : judgeFile(cert, 'cert', uid)),
    ...(key === null ? [] : judgeFile(key, 'key', uid, leaf)),
  ];
}

/** Authorities that are to be believed: dates, strength, whether they are authorities. One expired among others is a warning. */
export function judgeAuthorities(bundle: Bundle, file: string, court: Court): readonly CertFinding[] {
  // What OpenSSL does not know it does not believe either.
  const certificates = bundle.certificates.filter(isUsable);
  const { nowMs, thresholds, extensions } = court;
  const members = certificates.map((certificate) => ({
    certificate,
    title: `authority ${titleOf(certificate, certificate).replace(/^certificate /, '')}`,
  }));
  const dates = judgeLifetimes(members, file, nowMs, thresholds);
  const ending = new Set(['expired', 'critical']);
  const allEnd = certificates.every((one) => ending.has(standingOf(one, nowMs, thresholds)));
  const softened = dates.map((one) =>
    !allEnd && one.severity === 'error' && one.unknown !== true ? { ...one, severity: 'warning' as const } : one,
  );
  const kinds = members.flatMap(({ certificate, title }) => {
    const facts = extensions(certificate);
    if (facts === null) return [finding('error', 'SNT-T046', file, `an extension of ${title} cannot be parsed`)];
    const none = facts.authority === false || (facts.authority === null && !isSelfIssued(certificate));
    return none
      ? [finding('warning', 'SNT-T048', file, `${title} in ${file} is not that of an authority (CA:TRUE is missing)`)]
      : [];
  });
  return [
    ...softened,
    ...kinds,
    ...members.flatMap(({ certificate, title }) => judgeStrength(certificate, title, file)),
    ...judgeText(file),
    ...fileFindings(file, court),
  ];
}

/** Revocation lists: a list that is over makes OpenSSL refuse everybody. */
export function judgeRevocations(bundle: Bundle, file: string, court: Court): readonly CertFinding[] {
  const { nowMs, thresholds, revocationList } = court;
  const lists = scanPem(Buffer.from(bundle.pem)).blocks.map(({ der }) => revocationList(der));
  const findings = lists.flatMap((list) => {
    if (list === null) return [finding('error', 'SNT-T009', file, `a revocation list in ${file} cannot be parsed`)];
    const title = `the revocation list of ${list.issuer} in ${file}`;
    const { thisUpdate, nextUpdate } = list;
    if (thisUpdate.getTime() > nowMs) {
      return [finding('error', 'SNT-T047', file, `${title} is valid only from ${thisUpdate.toISOString()} on`)];
    }
    if (nextUpdate === null) return [];
    const left = nextUpdate.getTime() - nowMs;
    if (left < 0) {
      const detail = `${title} was to be replaced at ${nextUpdate.toISOString()}: every certificate of that issuer is refused`;
      return [finding('error', 'SNT-T047', file, detail)];
    }
    const whole = nextUpdate.getTime() - thisUpdate.getTime();
    return left < Math.min(thresholds.criticalDays * 86_400_000, whole / 10)
      ? [finding('warning', 'SNT-T047', file, `${title} has to be replaced before ${nextUpdate.toISOString()}`)]
      : [];
  });
  return [...findings, ...fileFindings(file, court)];
}

function fileFindings(file: string, { uid }: Court): readonly CertFinding[] {
  const facts = factsOf(file);
  return facts === null ? [] : judgeFile(facts, 'bundle', uid);
}
