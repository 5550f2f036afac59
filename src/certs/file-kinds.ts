/** Files that the command line names without saying what they are: sorted into pairs, lone certificates, bundles and keys. Asked by `cert-check`. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { type FilePart, type PartFault, certificatesOf, fault, readPart } from './parts.ts';
import { keysOf } from './private-key.ts';
import { kindOf, publicHash } from './key-kind.ts';

/** One thing to judge. */
export type NamedThing =
  | {
      readonly kind: 'pair';
      readonly certFile: string;
      readonly keyFile: string;
      readonly certificates: readonly X509Certificate[];
    }
  | { readonly kind: 'certificates'; readonly file: string; readonly certificates: readonly X509Certificate[] }
  | { readonly kind: 'revocations'; readonly file: string }
  | { readonly kind: 'fault'; readonly file: string; readonly faults: readonly PartFault[] };

interface Opened {
  readonly file: string;
  readonly part: FilePart;
  readonly certificates: readonly X509Certificate[];
  readonly keys: readonly KeyObject[];
}

/** In the order of `files`; a key goes to the certificate that it belongs to, wherever that stands. */
export function sortFiles(files: readonly string[]): readonly NamedThing[] {
  const opened = files.map(open);
  const good = opened.filter((one): one is Opened => 'part' in one);
  const withCertificates = good.filter(({ certificates }) => certificates.length > 0);
  const keyFiles = good.filter(({ keys }) => keys.length > 0);
  const homeOf = ({ keys, file }: Opened): Opened | undefined =>
    withCertificates.find((one) => (one.file === file || one.keys.length === 0) && belongs(one, keys));
  return opened.flatMap((one): readonly NamedThing[] => {
    if (!('part' in one)) return [one];
    const { file, certificates, keys, part } = one;
    if (certificates.length > 0) {
      const key = keyFiles.find((candidate) => homeOf(candidate) === one);
      if (key !== undefined) return [{ kind: 'pair', certFile: file, keyFile: key.file, certificates }];
      return [{ kind: 'certificates', file, certificates }, ...(keys.length > 0 ? [stray(one, withCertificates)] : [])];
    }
    if (keys.length > 0) return homeOf(one) === undefined ? [stray(one, withCertificates)] : [];
    return part.pem.blocks.some(({ label }) => label === 'X509 CRL') ? [{ kind: 'revocations', file }] : [];
  });
}

function belongs({ certificates }: Opened, keys: readonly KeyObject[]): boolean {
  return certificates.some((certificate) => keys.some((key) => certificate.checkPrivateKey(key)));
}

/** A key for which no certificate is there: with certificates a mismatch, alone nothing that could be judged. */
function stray({ file, keys }: Opened, candidates: readonly Opened[]): NamedThing {
  const [key] = keys as [KeyObject];
  const shown = `${kindOf(key)}, public key sha256 ${publicHash(key)}`;
  const others = candidates.map((one) => {
    const [certificate] = one.certificates as [X509Certificate];
    return `${one.file} (${kindOf(certificate.publicKey)}, public key sha256 ${publicHash(certificate.publicKey)})`;
  });
  const message =
    others.length === 0
      ? `${file} holds a key and no certificate was named that it could belong to`
      : `the key in ${file} (${shown}) does not belong to the certificate in ${others.join(' or ')}`;
  return { kind: 'fault', file, faults: [fault('SNT-T007', file, 'key', message)] };
}

function open(file: string): Opened | Extract<NamedThing, { kind: 'fault' }> {
  const part = readPart(file, 'cert');
  if ('code' in part) return { kind: 'fault', file, faults: [part] };
  const labels = part.pem.blocks.map(({ label }) => label);
  const hasKey = labels.some((label) => label.endsWith('PRIVATE KEY'));
  const hasCertificate = labels.some((label) => label.endsWith('CERTIFICATE'));
  const revocationsOnly = labels.includes('X509 CRL') && !hasCertificate && !hasKey;
  const certificates = hasCertificate || !(hasKey || revocationsOnly) ? certificatesOf(part, 'cert') : [];
  const keys = hasKey ? keysOf(part) : [];
  const faults = [...certificates, ...keys].filter((one): one is PartFault => 'code' in one);
  if (faults.length > 0) return { kind: 'fault', file, faults };
  return { file, part, certificates: certificates as readonly X509Certificate[], keys: keys as readonly KeyObject[] };
}
