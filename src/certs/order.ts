/** The order in which certificates of one file follow each other: each issuer after what it has issued. Trusts nobody. */
import type { X509Certificate } from 'node:crypto';

/**
 * Issuers of `leaf` among `certificates`, one after the other, up to a self-signed one or the last that is there.
 * Where several fit (an authority that was renewed), the one that lasts longest.
 */
export function pathFrom(leaf: X509Certificate, certificates: readonly X509Certificate[]): readonly X509Certificate[] {
  const path: X509Certificate[] = [];
  const seen = new Set([leaf.fingerprint256]);
  for (let at = leaf; !isSelfIssued(at); ) {
    const next = issuersOf(at, certificates).find(({ fingerprint256 }) => !seen.has(fingerprint256));
    if (next === undefined) break;
    seen.add(next.fingerprint256);
    path.push(next);
    at = next;
  }
  return path;
}

/** Every path of issuers among `certificates`, the ones through longer-lived issuers first; at most `maxPaths`. */
export function pathsFrom(
  leaf: X509Certificate,
  certificates: readonly X509Certificate[],
): readonly (readonly X509Certificate[])[] {
  const found: (readonly X509Certificate[])[] = [];
  const walk = (path: readonly X509Certificate[]): void => {
    if (found.length >= maxPaths) return;
    const at = path.at(-1) ?? leaf;
    const next = isSelfIssued(at)
      ? []
      : issuersOf(at, certificates).filter((one) => ![leaf, ...path].some((other) => sameAs(one, other)));
    if (next.length === 0) found.push(path);
    for (const one of next) walk([...path, one]);
  };
  walk([]);
  return found;
}

/** Cross-signed authorities make a handful; more are a file that was made to take long. */
const maxPaths = 16;

/** The very same certificate. */
export function sameAs(one: X509Certificate, other: X509Certificate): boolean {
  return one.fingerprint256 === other.fingerprint256;
}

/** What is served after the leaf: its path, then what else the file holds, in its order, each once. */
export function orderChain(
  leaf: X509Certificate,
  certificates: readonly X509Certificate[],
): readonly X509Certificate[] {
  const path = pathFrom(leaf, certificates);
  const all = new Map([...path, ...certificates].map((one) => [one.fingerprint256, one]));
  all.delete(leaf.fingerprint256);
  return [...all.values()];
}

/** Those of `candidates` that have signed `certificate`; the longest-lived first. */
export function issuersOf(
  certificate: X509Certificate,
  candidates: readonly X509Certificate[],
): readonly X509Certificate[] {
  return candidates
    .filter((one) => certificate.issuer === one.subject && signedBy(certificate, one))
    .sort((a, b) => b.validToDate.getTime() - a.validToDate.getTime());
}

/** The signature fits; of whom the certificate says that it is does not matter. */
function signedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey);
  } catch {
    // A kind of key that OpenSSL does not know.
    return false;
  }
}

/** Names itself as its issuer. */
export function isSelfIssued(certificate: X509Certificate): boolean {
  return certificate.issuer === certificate.subject;
}

/** Has signed itself: a root, or a certificate for which nobody vouches. */
export function isSelfSigned(certificate: X509Certificate): boolean {
  return isSelfIssued(certificate) && signedBy(certificate, certificate);
}
