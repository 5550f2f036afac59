/** What one PEM file holds: its blocks as certificates, or why not. Part of `material.ts`; knows nothing of pairs. */
import { X509Certificate } from 'node:crypto';
import type { ErrorCode } from '../base/codes.ts';
import { readReason } from '../base/read-reason.ts';
import { readPemFile } from './bounded-file.ts';
import { type PemBlock, type PemText, binaryFormOf, scanPem } from './pem.ts';

export interface FilePart {
  readonly file: string;
  readonly bytes: Buffer;
  readonly pem: PemText;
}

export interface PartFault {
  readonly code: ErrorCode;
  readonly file: string;
  readonly which: 'cert' | 'key' | 'bundle';
  readonly message: string;
  readonly hint?: string;
}

/** Authorities of a system are about 150; a chain has three. */
const maxCertificates = 2000;

export function fault(code: ErrorCode, file: string, which: PartFault['which'], message: string): PartFault {
  return { code, file, which, message };
}

export function readPart(
  file: string,
  which: PartFault['which'],
  read: (path: string) => Buffer = readPemFile,
): FilePart | PartFault {
  try {
    const bytes = read(file);
    return { file, bytes, pem: scanPem(bytes) };
  } catch (error) {
    return fault('SNT-T001', file, which, `cannot read ${file}: ${readReason(error)}`);
  }
}

const certificateLabels = new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']);

/** Every certificate of the file in its order, with a fault for each block that is none; one fault where there is no block. */
export function certificatesOf(part: FilePart, which: 'cert' | 'bundle'): readonly (X509Certificate | PartFault)[] {
  const blocks = part.pem.blocks.filter(({ label }) => certificateLabels.has(label));
  const cutOff = part.pem.cutOff.map((line) =>
    fault('SNT-T003', part.file, which, `${part.file}:${line}: the block is cut off, its END is missing`),
  );
  if (blocks.length === 0 && cutOff.length === 0) return [noCertificate(part, which)];
  if (blocks.length > maxCertificates) {
    const message = `${part.file} holds ${blocks.length} certificates, more than ${maxCertificates}`;
    return [fault('SNT-T003', part.file, which, message)];
  }
  return [...blocks.map((block) => parsed(part, block, which)), ...cutOff];
}

function parsed(
  { file }: FilePart,
  { der, label, line }: PemBlock,
  which: 'cert' | 'bundle',
): X509Certificate | PartFault {
  if (label === 'TRUSTED CERTIFICATE') {
    return {
      ...fault(
        'SNT-T003',
        file,
        which,
        `${file}:${line}: a certificate with trust settings of openssl, which TLS does not use`,
      ),
      hint: `openssl x509 -in ${file} -out plain.pem`,
    };
  }
  if (der.length === 0) {
    return fault('SNT-T003', file, which, `${file}:${line}: what stands in the block is no base64`);
  }
  try {
    const certificate = new X509Certificate(der);
    // In a bundle there may be authorities with keys of kinds that OpenSSL does not know; nobody can show such a one.
    if (which === 'bundle' || isUsable(certificate)) return certificate;
    return fault('SNT-T003', file, which, `${file}:${line}: the certificate has a key or dates that cannot be parsed`);
  } catch {
    return fault('SNT-T003', file, which, `${file}:${line}: the certificate is damaged, it cannot be parsed`);
  }
}

/** Its key and its dates can be read: Node parses them only when they are asked for, and throws then. */
export function isUsable(certificate: X509Certificate): boolean {
  try {
    const { publicKey, validFromDate, validToDate } = certificate;
    return (
      publicKey.type === 'public' && !Number.isNaN(validFromDate.getTime()) && !Number.isNaN(validToDate.getTime())
    );
  } catch {
    return false;
  }
}

function noCertificate(part: FilePart, which: 'cert' | 'bundle'): PartFault {
  const { file, bytes, pem } = part;
  const binary = binaryFault(part, which);
  if (binary !== null) return binary;
  if (bytes.length === 0) return fault('SNT-T002', file, which, `${file} is empty`);
  const labels = pem.blocks.map(({ label }) => label);
  if (labels.some((label) => label.endsWith('PRIVATE KEY'))) {
    return {
      ...fault('SNT-T002', file, which, `${file} holds a private key and no certificate`),
      hint: 'cert-file and key-file may have been exchanged',
    };
  }
  if (labels.some((label) => label.endsWith('CERTIFICATE REQUEST'))) {
    return {
      ...fault('SNT-T002', file, which, `${file} holds a signing request and no certificate`),
      hint: 'name the file that the authority gave back for it',
    };
  }
  if (labels.includes('PKCS7') || labels.includes('CMS')) {
    return {
      ...fault('SNT-T008', file, which, `${file} holds PKCS#7, expected certificates as PEM`),
      hint: `openssl pkcs7 -in ${file} -print_certs -out ${file}.pem`,
    };
  }
  const what = labels.length === 0 ? 'no PEM' : `PEM of another kind (${labels[0]?.slice(0, 40)})`;
  return fault('SNT-T002', file, which, `${file} holds no certificate but ${what}`);
}

/** For a file that is binary where PEM is expected; null when it is text. */
export function binaryFault({ file, bytes, pem }: FilePart, which: PartFault['which']): PartFault | null {
  if (pem.blocks.length > 0) return null;
  switch (binaryFormOf(bytes)) {
    case 'java':
      return {
        ...fault('SNT-T008', file, which, `${file} is a Java key store, expected PEM`),
        hint: `keytool -importkeystore -srckeystore ${file} -destkeystore out.p12 -deststoretype PKCS12`,
      };
    case 'pkcs12':
      return {
        ...fault('SNT-T008', file, which, `${file} is PKCS#12, expected PEM`),
        hint: `openssl pkcs12 -in ${file} -nodes -out ${file}.pem`,
      };
    case 'der':
      return {
        ...fault('SNT-T008', file, which, `${file} is DER (binary), expected PEM`),
        hint: `openssl ${which === 'key' ? 'pkey' : 'x509'} -inform der -in ${file} -out ${file}.pem`,
      };
    case null:
      return null;
  }
}
