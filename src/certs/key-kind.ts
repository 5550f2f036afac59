/** How keys are told apart in words: their kind, and a hash of their public half. Never anything of a private one. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

/** `RSA 2048`, `EC P-256`, `Ed25519`: as people name keys. */
export function kindOf(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return `RSA ${modulusLength}`;
    case 'rsa-pss':
      return `RSA-PSS ${modulusLength}`;
    case 'ec':
      return `EC ${curves[namedCurve ?? ''] ?? namedCurve}`;
    case 'ed25519':
      return 'Ed25519';
    case 'ed448':
      return 'Ed448';
    default:
      return key.asymmetricKeyType ?? 'unknown kind';
  }
}

const curves: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

/** The first half of the SHA-256 of the public key: enough to tell two apart. */
export function publicHash(key: KeyObject): string {
  const type = { type: 'spki', format: 'der' } as const;
  const der = key.type === 'private' ? createPublicKey(key).export(type) : key.export(type);
  return createHash('sha256').update(der).digest('hex').slice(0, 16);
}
