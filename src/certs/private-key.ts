/** Private keys of a PEM file. Part of `material.ts`. Nothing of a key ever goes into a message, not even its length. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type FilePart, type PartFault, binaryFault, fault } from './parts.ts';
import type { PemBlock } from './pem.ts';

/** Kinds that sign handshakes of TLS 1.2 and 1.3. */
const usable = new Set(['rsa', 'rsa-pss', 'ec', 'ed25519', 'ed448']);

/** Every key of the file in its order, with a fault for each block that is none; one fault where there is no block. */
export function keysOf(part: FilePart): readonly (KeyObject | PartFault)[] {
  const blocks = part.pem.blocks.filter(({ label }) => label.endsWith('PRIVATE KEY'));
  if (blocks.length > 0) return blocks.map((block) => parsed(part.file, block));
  const [cutOff] = part.pem.cutOff;
  if (cutOff !== undefined) {
    return [fault('SNT-T006', part.file, 'key', `${part.file}:${cutOff}: the block is cut off, its END is missing`)];
  }
  return [noKey(part)];
}

function parsed(file: string, { label, text, der, line }: PemBlock): KeyObject | PartFault {
  if (label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type: *4, *ENCRYPTED/m.test(text)) {
    return {
      ...fault(
        'SNT-T005',
        file,
        'key',
        `${file}:${line}: the key is encrypted, and a daemon cannot ask for the passphrase`,
      ),
      hint: `umask 077; openssl pkey -in ${file} -out plain.key`,
    };
  }
  if (label === 'OPENSSH PRIVATE KEY') {
    return fault('SNT-T006', file, 'key', `${file}:${line}: a key of OpenSSH, expected one of PKCS#8, PKCS#1 or SEC1`);
  }
  const key = keyOf(label, der);
  if (key === null) return fault('SNT-T006', file, 'key', `${file}:${line}: the key is damaged, it cannot be parsed`);
  if (usable.has(key.asymmetricKeyType ?? '')) return key;
  const message = `${file}:${line}: a key of the kind ${key.asymmetricKeyType}, with which TLS cannot sign`;
  return fault('SNT-T006', file, 'key', message);
}

const forms = { 'PRIVATE KEY': 'pkcs8', 'RSA PRIVATE KEY': 'pkcs1', 'EC PRIVATE KEY': 'sec1' } as const;

function keyOf(label: string, der: Buffer): KeyObject | null {
  const type = (forms as Readonly<Record<string, (typeof forms)[keyof typeof forms]>>)[label];
  if (type === undefined || der.length === 0) return null;
  try {
    return createPrivateKey({ key: der, format: 'der', type });
  } catch {
    return null;
  }
}

function noKey(part: FilePart): PartFault {
  const { file, bytes, pem } = part;
  const binary = binaryFault(part, 'key');
  if (binary !== null) return binary;
  if (bytes.length === 0) return fault('SNT-T004', file, 'key', `${file} is empty`);
  const labels = pem.blocks.map(({ label }) => label);
  if (labels.some((label) => label.endsWith('CERTIFICATE'))) {
    return {
      ...fault('SNT-T004', file, 'key', `${file} holds a certificate and no private key`),
      hint: 'cert-file and key-file may have been exchanged',
    };
  }
  if (labels.includes('PUBLIC KEY'))
    return fault('SNT-T004', file, 'key', `${file} holds a public key, expected the private one`);
  return fault('SNT-T004', file, 'key', `${file} holds no private key`);
}
