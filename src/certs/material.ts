/**
 * Certificates and keys as files give them: read, judged as far as a start depends on it, and made ready for TLS. Called
 * by `validate`, the live certificates of the daemon and `cert-check`. Judges neither dates nor names nor trust.
 */
import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { type FilePart, type PartFault, binaryFault, certificatesOf, fault, readPart } from './parts.ts';
import { keysOf } from './private-key.ts';
import { kindOf, publicHash } from './key-kind.ts';
import { orderChain } from './order.ts';
import { pemOf } from './pem.ts';

/** A pair that OpenSSL takes. `key` is secret: never logged, never printed. */
export interface Material {
  /** PEM of the leaf and its chain as they are to be served: in order, each once, re-encoded. */
  readonly cert: string;
  /** PEM, PKCS#8. */
  readonly key: string;
  readonly leaf: X509Certificate;
  /** What follows the leaf in `cert`. */
  readonly chain: readonly X509Certificate[];
  /** SHA-256 of the leaf, lower-case hex without colons. */
  readonly fingerprint: string;
}

/** Why there is no material. The message never holds anything of a key; `hint` is what to type or to change. */
export type MaterialFault = PartFault;

export interface Bundle {
  /** Re-encoded, each once. */
  readonly pem: string;
  /** Of `authorities`; empty for `revocations`. */
  readonly certificates: readonly X509Certificate[];
  /** SHA-256 of `pem`, lower-case hex. */
  readonly fingerprint: string;
}

/** Reads a file; throws with the reason. */
export type ReadFile = (path: string) => Buffer;

export interface PairFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * The pair in two files (or in one that holds both), or every fault that keeps it from being used. The leaf is the
 * certificate that the key belongs to, wherever it stands in the file.
 * @param read default: from disk, bounded
 */
export function loadPair(pair: PairFiles, read?: ReadFile): Material | readonly MaterialFault[] {
  const certPart = readPart(pair.certFile, 'cert', read);
  const keyPart = readPart(pair.keyFile, 'key', read);
  const certificates = 'code' in certPart ? [certPart] : certificatesOf(certPart, 'cert');
  const keys = 'code' in keyPart ? [keyPart] : keysOf(keyPart);
  const faults = [...certificates, ...keys].filter((one) => 'code' in one);
  if (faults.length > 0) return faults;
  return matched(pair, certificates as readonly X509Certificate[], keys as readonly KeyObject[]);
}

/** True for what could not be loaded. */
export function isFaulty<T extends object>(loaded: T | readonly MaterialFault[]): loaded is readonly MaterialFault[] {
  return Array.isArray(loaded);
}

function matched(
  { certFile, keyFile }: PairFiles,
  certificates: readonly X509Certificate[],
  keys: readonly KeyObject[],
): Material | readonly MaterialFault[] {
  const matches = certificates.flatMap((leaf) =>
    keys.filter((key) => leaf.checkPrivateKey(key)).map((key) => ({ leaf, key })),
  );
  // A renewal that was appended: the one that lasts longest.
  const match = matches.sort((a, b) => b.leaf.validToDate.getTime() - a.leaf.validToDate.getTime())[0];
  const [first] = certificates as [X509Certificate];
  if (match === undefined) {
    const [key] = keys as [KeyObject];
    const message = `the key in ${keyFile} (${kindOf(key)}, public key sha256 ${publicHash(key)}) does not belong to the certificate in ${certFile} (${kindOf(first.publicKey)}, public key sha256 ${publicHash(first.publicKey)})`;
    return [
      { ...fault('SNT-T007', keyFile, 'key', message), hint: 'put certificate and key of the same renewal in place' },
    ];
  }
  const { leaf, key } = match;
  const chain = orderChain(leaf, certificates);
  const material: Material = {
    cert: [leaf, ...chain].map(({ raw }) => pemOf('CERTIFICATE', raw)).join(''),
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    leaf,
    chain,
    fingerprint: fingerprintOf(leaf),
  };
  const refusal = refusedByOpenssl({ cert: material.cert, key: material.key });
  if (refusal === null) return material;
  const message = `OpenSSL does not take the pair ${certFile} and ${keyFile}: ${refusal}`;
  return [fault(/key too small/.test(refusal) ? 'SNT-T040' : 'SNT-T045', certFile, 'cert', message)];
}

/** Authorities that are to be believed, or the revocation lists of theirs. */
export function loadBundle(
  file: string,
  kind: 'authorities' | 'revocations',
  read?: ReadFile,
): Bundle | readonly MaterialFault[] {
  const part = readPart(file, 'bundle', read);
  if ('code' in part) return [part];
  if (kind === 'revocations') return revocationsOf(part);
  const certificates = certificatesOf(part, 'bundle');
  const faults = certificates.filter((one) => 'code' in one);
  if (faults.length > 0) return faults;
  const own = new Map((certificates as readonly X509Certificate[]).map((one) => [one.fingerprint256, one]));
  return bundle(
    [...own.values()].map(({ raw }) => pemOf('CERTIFICATE', raw)),
    [...own.values()],
  );
}

function revocationsOf(part: FilePart): Bundle | readonly MaterialFault[] {
  const blocks = part.pem.blocks.filter(({ label }) => label === 'X509 CRL');
  const damaged = part.pem.cutOff[0];
  if (blocks.length === 0) {
    const binary = binaryFault(part, 'bundle');
    if (binary !== null) return [binary];
    return [fault('SNT-T009', part.file, 'bundle', `${part.file} holds no revocation list (PEM \`X509 CRL\`)`)];
  }
  if (damaged !== undefined) {
    return [
      fault('SNT-T009', part.file, 'bundle', `${part.file}:${damaged}: the block is cut off, its END is missing`),
    ];
  }
  const pems = blocks.map(({ der }) => pemOf('X509 CRL', der));
  const bad = pems.findIndex((crl) => refusedByOpenssl({ crl }) !== null);
  if (bad === -1) return bundle(pems, []);
  const message = `${part.file}:${blocks[bad]?.line}: the revocation list cannot be parsed`;
  return [fault('SNT-T009', part.file, 'bundle', message)];
}

function bundle(pems: readonly string[], certificates: readonly X509Certificate[]): Bundle {
  const pem = pems.join('');
  return { pem, certificates, fingerprint: createHash('sha256').update(pem).digest('hex') };
}

/** SHA-256 of the certificate, lower-case hex without colons. */
export function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

/** The reason of OpenSSL, or null when it takes what it was given. */
function refusedByOpenssl(options: Parameters<typeof createSecureContext>[0]): string | null {
  try {
    createSecureContext(options);
    return null;
  } catch (error) {
    return (error as { reason?: string }).reason ?? (error as Error).message.replace(/^error:[^:]*:[^:]*::/, '');
  }
}
