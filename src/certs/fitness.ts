/** Whether a certificate is fit for what it is used for: strength of key and signature, purpose, constraints. Its names, dates and chain are judged elsewhere. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { titleOf } from './chain.ts';
import { type CertFinding, finding } from './finding.ts';
import { kindOf } from './key-kind.ts';
import { isSelfSigned } from './order.ts';
import type { ReadExtensions } from './x509-extensions.ts';

/** What a certificate is shown for: to clients, to targets, or not at all: it vouches for others. */
export type CertUse = 'server' | 'client' | 'authority';

export interface FitnessCase {
  readonly leaf: X509Certificate;
  /** Issuers, without the root. */
  readonly intermediates: readonly X509Certificate[];
  readonly use: Exclude<CertUse, 'authority'>;
  readonly file: string | null;
  readonly read: ReadExtensions;
}

const usages = {
  server: { oid: '1.3.6.1.5.5.7.3.1', name: 'serverAuth' },
  client: { oid: '1.3.6.1.5.5.7.3.2', name: 'clientAuth' },
} as const;
const anyUsage = '2.5.29.37.0';

export function judgeFitness({ leaf, intermediates, use, file, read }: FitnessCase): readonly CertFinding[] {
  const members = [leaf, ...intermediates];
  return [
    ...members.flatMap((one) => judgeStrength(one, titleOf(one, leaf), file)),
    ...members.flatMap((one) => judgePurpose(one, titleOf(one, leaf), use, file)),
    ...judgeLeaf(leaf, file, read),
  ];
}

/** Key and signature of one certificate. */
export function judgeStrength(
  certificate: X509Certificate,
  title: string,
  file: string | null,
): readonly CertFinding[] {
  return [...judgeKey(certificate.publicKey, title, file), ...judgeSignature(certificate, title, file)];
}

function judgeKey(key: KeyObject, title: string, file: string | null): readonly CertFinding[] {
  const { modulusLength, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  const kind = kindOf(key);
  if (modulusLength !== undefined && modulusLength < 2048) {
    return [
      finding(
        'error',
        'SNT-T040',
        file,
        `${title} has a key of ${modulusLength} bits (${kind}), at least 2048 are needed`,
      ),
    ];
  }
  if (/(?:^|\D)(?:1[0-9]{2}|20[0-9])(?:\D|$)/.test(namedCurve)) {
    return [finding('error', 'SNT-T040', file, `${title} has a key on the curve ${namedCurve}, which is too small`)];
  }
  const known = kind.startsWith('RSA') || kind.startsWith('EC P-');
  if (known) return [];
  return [finding('hint', 'SNT-T049', file, `${title} has a key of the kind ${kind}, which browsers do not take`)];
}

const broken: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.2': 'MD2',
  '1.2.840.113549.1.1.4': 'MD5',
  '1.2.840.113549.1.1.5': 'SHA-1',
  '1.3.14.3.2.29': 'SHA-1',
  '1.2.840.10045.4.1': 'SHA-1',
  '1.2.840.10040.4.3': 'SHA-1',
};

function judgeSignature(certificate: X509Certificate, title: string, file: string | null): readonly CertFinding[] {
  const hash = broken[certificate.signatureAlgorithmOid ?? ''];
  // Whoever trusts a self-signed certificate trusts its key; nobody looks at the signature.
  if (hash === undefined || isSelfSigned(certificate)) return [];
  return [finding('error', 'SNT-T041', file, `${title} is signed over ${hash}`)];
}

function judgePurpose(
  certificate: X509Certificate,
  title: string,
  use: 'server' | 'client',
  file: string | null,
): readonly CertFinding[] {
  // Node calls the extended key usage so; undefined = there is none, and everything is allowed.
  const allowed = certificate.keyUsage as readonly string[] | undefined;
  const { oid, name } = usages[use];
  if (allowed === undefined || allowed.includes(oid) || allowed.includes(anyUsage)) return [];
  const names = allowed.map((one) => Object.values(usages).find((usage) => usage.oid === one)?.name ?? one).join(', ');
  const detail = `${title} is shown by a ${use} and allows only ${names} (extended key usage), ${name} is needed`;
  return [finding('error', 'SNT-T042', file, detail)];
}

function judgeLeaf(leaf: X509Certificate, file: string | null, read: ReadExtensions): readonly CertFinding[] {
  const title = titleOf(leaf, leaf);
  const facts = read(leaf);
  if (facts === null) return [finding('error', 'SNT-T046', file, `an extension of ${title} cannot be parsed`)];
  const findings: CertFinding[] = [];
  if (facts.authority === true) {
    const severity = isSelfSigned(leaf) ? 'warning' : 'error';
    findings.push(finding(severity, 'SNT-T043', file, `${title} is that of an authority (CA:TRUE)`));
  }
  if (facts.keyUsage?.digitalSignature === false) {
    findings.push(
      finding('error', 'SNT-T044', file, `${title} may not sign handshakes (keyUsage without digitalSignature)`),
    );
  }
  if (facts.unknownCritical.length > 0) {
    const oids = facts.unknownCritical.join(', ');
    findings.push(
      finding('error', 'SNT-T046', file, `${title} has a critical extension that TLS does not know: ${oids}`),
    );
  }
  return findings;
}
