/** What the certificate that a client has shown says of it, and whether it is good. Asked once, when the handshake is done. */
import type { TLSSocket } from 'node:tls';
import { verifyFault } from './node-internals.ts';

export interface ShownCertificate {
  /** Its subject, RFC 4514: one line of printable ASCII. */
  readonly subject: string;
  /** Why it is not good, in lower case (`cert_has_expired`); empty = it is. */
  readonly fault: string;
}

/** A longer subject is nobody's name: it would only fill the heads of requests. */
const maxSubject = 2048;

/** Null where the client has shown none. */
export function shownCertificate(socket: TLSSocket, wallMs: number): ShownCertificate | null {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  // Node leaves out a subject without components, which names in `subjectAltName` may stand for (RFC 5280 §4.1.2.6).
  const subject = subjectLine((certificate.subject as string | undefined) ?? '');
  let fault = verifyFault(socket).toLowerCase();
  // A session that is resumed brings the verdict of its first handshake.
  if (fault === '' && !(wallMs <= certificate.validToDate.getTime())) fault = 'cert_has_expired';
  if (fault === '' && subject.length > maxSubject) fault = 'subject_too_long';
  return { subject: subject.slice(0, maxSubject), fault };
}

/** RFC 4514 of the lines that Node gives: the last component first, what is not printable ASCII as `\XX` for each byte. */
export function subjectLine(lines: string): string {
  const reversed = lines.split('\n').toReversed().join(',');
  return reversed.replace(/[^\x20-\x7e]/gu, (character) =>
    [...Buffer.from(character, 'utf8')].map((byte) => `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
