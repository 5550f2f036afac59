/**
 * What Node does not say of certificates and revocation lists: extensions, parsed by @peculiar/asn1-x509. Loaded only by
 * those who judge certificates in depth, because the library costs more than everything else in this room.
 */
import type { X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  BasicConstraints,
  Certificate,
  CertificateList,
  CertificatePolicies,
  KeyUsage,
  KeyUsageFlags,
  NameConstraints,
  id_ce_basicConstraints,
  id_ce_certificatePolicies,
  id_ce_keyUsage,
  id_ce_nameConstraints,
} from '@peculiar/asn1-x509';

export interface Extensions {
  /** Null = no basicConstraints. */
  readonly authority: boolean | null;
  /** Certificates that may stand below it, its leaf not counted; null = no bound. */
  readonly pathLength: number | null;
  /** Null = no keyUsage, so that everything is allowed. */
  readonly keyUsage: { readonly digitalSignature: boolean; readonly keyCertSign: boolean } | null;
  /** Issued under the rules of the CA/Browser Forum, or logged for Certificate Transparency: its root is publicly known. */
  readonly publiclyTrusted: boolean;
  /** Domains that the certificates below an issuer may be for, lower case; `permitted` null = any. */
  readonly domains: { readonly permitted: readonly string[] | null; readonly excluded: readonly string[] } | null;
  /** OIDs of critical extensions that OpenSSL does not handle. */
  readonly unknownCritical: readonly string[];
}

/** Reads the extensions of a certificate; null when they cannot be parsed. */
export type ReadExtensions = (certificate: X509Certificate) => Extensions | null;

/** Those that OpenSSL handles when they are critical (X509_supported_extension). */
const handled = new Set([
  '2.5.29.15',
  '2.5.29.17',
  '2.5.29.19',
  '2.5.29.30',
  '2.5.29.31',
  '2.5.29.32',
  '2.5.29.33',
  '2.5.29.36',
  '2.5.29.37',
  '2.5.29.54',
  '1.3.6.1.5.5.7.1.7',
  '1.3.6.1.5.5.7.1.8',
  '1.3.6.1.5.5.7.1.14',
  '2.16.840.1.113730.1.1',
]);
const signedTimestamps = '1.3.6.1.4.1.11129.2.4.2';
const browserForum = '2.23.140.1.2.';

export const readExtensions: ReadExtensions = (certificate) => {
  try {
    const { extensions = [] } = AsnConvert.parse(certificate.raw, Certificate).tbsCertificate;
    const find = (oid: string) => extensions.find(({ extnID }) => extnID === oid)?.extnValue.buffer;
    const constraints = find(id_ce_basicConstraints);
    const usage = find(id_ce_keyUsage);
    const policies = find(id_ce_certificatePolicies);
    const basic = constraints === undefined ? null : AsnConvert.parse(constraints, BasicConstraints);
    const constrained = find(id_ce_nameConstraints);
    const flags = usage === undefined ? null : AsnConvert.parse(usage, KeyUsage).toNumber();
    return {
      authority: basic?.cA ?? null,
      pathLength: basic?.pathLenConstraint ?? null,
      keyUsage:
        flags === null
          ? null
          : {
              digitalSignature: (flags & KeyUsageFlags.digitalSignature) !== 0,
              keyCertSign: (flags & KeyUsageFlags.keyCertSign) !== 0,
            },
      publiclyTrusted:
        find(signedTimestamps) !== undefined ||
        (policies !== undefined &&
          [...AsnConvert.parse(policies, CertificatePolicies)].some(({ policyIdentifier }) =>
            policyIdentifier.startsWith(browserForum),
          )),
      domains: constrained === undefined ? null : domainsOf(AsnConvert.parse(constrained, NameConstraints)),
      unknownCritical: [...extensions]
        .filter(({ critical, extnID }) => critical && !handled.has(extnID))
        .map(({ extnID }) => extnID),
    };
  } catch {
    return null;
  }
};

/** RFC 5280 §4.2.1.10; kinds of names other than hosts are left to OpenSSL. */
function domainsOf({ permittedSubtrees, excludedSubtrees }: NameConstraints): Extensions['domains'] {
  const hosts = (trees: NameConstraints['permittedSubtrees']): readonly string[] =>
    [...(trees ?? [])].flatMap(({ base }) => (base.dNSName === undefined ? [] : [base.dNSName.toLowerCase()]));
  const permitted = hosts(permittedSubtrees);
  return { permitted: permitted.length === 0 ? null : permitted, excluded: hosts(excludedSubtrees) };
}

export interface RevocationList {
  readonly issuer: string;
  readonly thisUpdate: Date;
  /** Null = the list says nothing of a next one. */
  readonly nextUpdate: Date | null;
}

/** @param der one revocation list; null when it cannot be parsed */
export function readRevocationList(der: Buffer): RevocationList | null {
  try {
    const { issuer, thisUpdate, nextUpdate } = AsnConvert.parse(der, CertificateList).tbsCertList;
    return {
      issuer: issuer.flatMap((part) => part.map(({ value }) => value.toString())).join(', '),
      thisUpdate: thisUpdate.getTime(),
      nextUpdate: nextUpdate === undefined ? null : nextUpdate.getTime(),
    };
  } catch {
    return null;
  }
}
