/** The names that a certificate is good for, by RFC 6125 and RFC 9525: subjectAltName alone, wildcards for one label. */
import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { commonNameOf } from './distinguished-name.ts';
import { type CertFinding, finding } from './finding.ts';

/** DNS names (lower case) and addresses of subjectAltName, in its order. */
export function namesOf(certificate: X509Certificate): readonly string[] {
  return entriesOf(certificate.subjectAltName ?? '').flatMap((entry) => {
    const [, kind, value = ''] = /^(DNS|IP Address):(.*)$/s.exec(entry) ?? [];
    if (kind === 'DNS') return [value.toLowerCase()];
    return kind === 'IP Address' ? [value.toLowerCase()] : [];
  });
}

/** The text that Node makes of the extension: values with commas or quotes stand in JSON quotes. */
function entriesOf(text: string): readonly string[] {
  return [...text.matchAll(/([A-Za-z ]+:)(?:"((?:[^"\\]|\\.)*)"|([^,]*))(?:, |$)/gy)].map(
    ([, kind = '', quoted, plain]) => kind + (quoted ?? plain ?? ''),
  );
}

/**
 * Whether clients that ask for `host` accept the certificate. A host of routes that is a wildcard is covered by that very
 * wildcard only: what it matches may be any label.
 */
export function coversHost(certificate: X509Certificate, host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (isIP(bare) !== 0) return certificate.checkIP(bare) !== undefined;
  if (bare.startsWith('*.')) return namesOf(certificate).includes(bare);
  const name = domainToASCII(bare.replace(/\.$/, ''));
  if (name === '') return false;
  return certificate.checkHost(name, { subject: 'never', partialWildcards: false }) !== undefined;
}

/** Whether it is good for some of the names that `wildcard` (`*.suffix`, of a route) takes in: which of them are meant, nobody knows. */
export function coversSome(certificate: X509Certificate, wildcard: string): boolean {
  return namesOf(certificate).some((name) => name.endsWith(wildcard.slice(1)));
}

/** Hosts of `wanted` for which the certificate is not good; a certificate without names covers none, which is said once. */
export function judgeNames(
  certificate: X509Certificate,
  wanted: readonly WantedHost[],
  file: string | null,
): readonly CertFinding[] {
  const names = namesOf(certificate);
  if (names.length === 0) {
    const common = commonNameOf(certificate.subject);
    const instead = common === null ? '' : `; its common name ${common} counts for no client`;
    return [finding('error', 'SNT-T030', file, `the certificate has no subjectAltName${instead}`)];
  }
  return wanted
    .filter(({ host }) => !coversHost(certificate, host))
    .map(({ host, why, severity = 'error' }) =>
      finding(
        severity,
        'SNT-T031',
        file,
        `${host} (${why}) is not covered: the certificate is for ${listed(names)}${near(host, names)}`,
      ),
    );
}

export interface WantedHost {
  /** Lower case, a name, an address or `*.suffix`. */
  readonly host: string;
  /** Who wants it: `host of route "api"`. */
  readonly why: string;
  /** Default `error`. */
  readonly severity?: CertFinding['severity'];
}

function near(host: string, names: readonly string[]): string {
  const wildcard = names.find(
    (name) =>
      name.startsWith('*.') && (host === name.slice(2) || (host.endsWith(name.slice(1)) && !host.startsWith('*.'))),
  );
  return wildcard === undefined ? '' : `; ${wildcard} covers exactly one label`;
}

/** The first names, and how many more there are. */
export function listed(names: readonly string[]): string {
  return names.length <= 6 ? names.join(', ') : `${names.slice(0, 6).join(', ')} and ${names.length - 6} more`;
}
