/** One row of `cert-check`: what was looked at, what it is, what was found, and how it stands in the running daemon. Shapes, and the facts of JSON. */
import type { X509Certificate } from 'node:crypto';
import { nameOf } from '../../certs/chain.ts';
import { oneLine } from '../../certs/distinguished-name.ts';
import type { CertFinding } from '../../certs/finding.ts';
import type { Judged } from '../../certs/judgement.ts';
import { kindOf } from '../../certs/key-kind.ts';
import { fingerprintOf } from '../../certs/material.ts';
import { namesOf } from '../../certs/names.ts';
import type { ServedAddress } from '../../web/served-chain.ts';

/** Those of `GET /admin/certs`, and what only this command knows. */
export type CheckedSource =
  | 'listener'
  | 'sni'
  | 'client_ca'
  | 'client_crl'
  | 'upstream_ca'
  | 'upstream_client'
  | 'file'
  | 'remote';

export interface Checked {
  /** Id of the listener, `listener/first hostname`, name of the upstream, path of the file, HOST:PORT. */
  readonly name: string;
  readonly source: CheckedSource;
  readonly use: 'server' | 'client' | 'authority' | 'revocations';
  readonly certFile: string | null;
  readonly keyFile: string | null;
  /** The certificate in question, of a bundle the one that ends first; null = there is none that could be read. */
  readonly leaf: X509Certificate | null;
  readonly judged: Judged | null;
  /** Of a bundle. */
  readonly members: readonly X509Certificate[];
  readonly findings: readonly CertFinding[];
  /** How to ask the daemon's listener for it; null = it is shown to nobody. */
  readonly asked: AskedListener | null;
  readonly inUse: InUse;
}

export interface AskedListener {
  readonly listener: string;
  readonly servername: string | null;
  readonly address: ServedAddress;
  readonly tls13Only: boolean;
  readonly proxyProtocol: boolean;
}

/** One place where a certificate may be besides the disk. */
export type Seen =
  | { readonly state: 'same' | 'differs'; readonly fingerprint: string; readonly why: string | null }
  /** `–`: does not apply; `?`: could not be found out. */
  | { readonly state: 'none' | 'unknown'; readonly fingerprint: null; readonly why: string | null };

export interface InUse {
  readonly loaded: Seen;
  readonly served: Seen;
}

export const nowhere: Seen = { state: 'none', fingerprint: null, why: null };
export const notInUse: InUse = { loaded: nowhere, served: nowhere };

/** The first half of what people compare. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.slice(0, 12);
}

/** The member of a bundle that ends first. */
export function firstToEnd(certificates: readonly X509Certificate[]): X509Certificate | null {
  return certificates.toSorted((a, b) => a.validToDate.getTime() - b.validToDate.getTime())[0] ?? null;
}

/** For the envelope. */
export function rowData(row: Checked): unknown {
  const { name, source, use, certFile, keyFile, leaf, judged, members, inUse } = row;
  return {
    name,
    source,
    use,
    files: { certificate: certFile, key: keyFile },
    certificate: leaf === null ? null : { ...certData(leaf), names: namesOf(leaf), key_type: kindOf(leaf.publicKey) },
    chain: judged?.chain.intermediates.map(certData) ?? [],
    root: judged === null || judged.chain.root === null ? null : nameOf(judged.chain.root.subject).slice(1, -1),
    authorities: use === 'authority' ? members.map(certData) : [],
    days_left: judged?.lifetime.daysLeft ?? null,
    share_left: judged === null ? null : Math.round(judged.lifetime.shareLeft * 1000) / 1000,
    standing: judged?.lifetime.standing ?? null,
    loaded: inUse.loaded,
    served: inUse.served,
    findings: row.findings.map(({ code }) => code),
  };
}

function certData(certificate: X509Certificate): Readonly<Record<string, string>> {
  return {
    fingerprint: fingerprintOf(certificate),
    serial: certificate.serialNumber,
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    not_before: certificate.validFromDate.toISOString(),
    not_after: certificate.validToDate.toISOString(),
  };
}
