/** What went wrong with TLS to a target: its cause, and why in words for the log and for health checks. Pure. */
import type { TLSSocket } from 'node:tls';
import { errnoOf } from '../base/errors.ts';

export interface TlsFault {
  /** `tls_certificate`: what the target shows is not believed. `tls_handshake`: anything else, ours included. */
  readonly cause: 'tls_certificate' | 'tls_handshake';
  /** `certificate has expired (CERT_HAS_EXPIRED)`. */
  readonly reason: string;
}

/**
 * The fault that an `error` of `socket` tells of; null where it is none of TLS but of the connection beneath.
 * @param handshaking The connection stands, its handshake is not over.
 */
export function tlsFault(socket: TLSSocket, error: Error, handshaking: boolean): TlsFault | null {
  const code = errnoOf(error) ?? '';
  if (socket.authorizationError) return { cause: 'tls_certificate', reason: certificateWords(code, error) };
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) return handshakeFault(alertWords(code, error), code);
  if (handshaking && lost.has(code)) {
    return handshakeFault('the target closed the connection during the handshake', code);
  }
  return null;
}

const lost = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

function handshakeFault(words: string, code: string): TlsFault {
  return { cause: 'tls_handshake', reason: `${words} (${code})` };
}

function certificateWords(code: string, error: Error): string {
  const words = wordsOfVerification[code];
  if (words !== undefined) return `${words} (${code})`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `the certificate is for another name: ${otherNames(error)}`;
  }
  // Of others OpenSSL's own words, without what Node adds for those who run Node.
  const own = (error.message.split(';')[0] as string).trim();
  return code === '' ? own : `${own} (${code})`;
}

/** Node's error has the name that was looked for and the certificate; a certificate may have a hundred names. */
function otherNames(error: Error & { host?: string; reason?: string; cert?: { subjectaltname?: string } }): string {
  const { host, cert, reason } = error;
  const alternatives = cert?.subjectaltname;
  if (host === undefined || alternatives === undefined) return reason ?? error.message;
  const names = alternatives.split(', ').map((name) => name.replace(/^(?:DNS|IP Address):/, ''));
  const more = names.length - MAX_NAMES;
  return `${host} is not one of ${names.slice(0, MAX_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const MAX_NAMES = 8;

const wordsOfVerification: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'certificate has expired',
  CERT_NOT_YET_VALID: 'certificate is not yet valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown authority: its root is not among those that are believed',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown authority, or an intermediate certificate is missing',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown authority, or an intermediate certificate is missing',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown authority, or an intermediate certificate is missing',
  INVALID_PURPOSE: 'the certificate is not for servers',
  INVALID_CA: 'an issuer in the chain is no authority',
  CERT_SIGNATURE_FAILURE: 'the signature of the certificate is wrong',
};

function alertWords(code: string, error: Error): string {
  const name = code.replace(/^ERR_SSL_(?:SSLV3|TLSV1|TLSV13|SSL\/TLS)_(?:ALERT_)?/, '');
  const said = wordsOfAlerts[name];
  if (said !== undefined) return said;
  const words = wordsOfFailures[code];
  if (words !== undefined) return words;
  const { reason } = error as Error & { readonly reason?: string };
  return `the TLS handshake failed${reason === undefined ? '' : `: ${reason}`}`;
}

const refused = (why: string) => `the target does not accept the client certificate: ${why}`;

/** By the end of their codes. They come from the target. */
const wordsOfAlerts: Readonly<Record<string, string>> = {
  CERTIFICATE_REQUIRED: 'the target demands a client certificate',
  BAD_CERTIFICATE: refused('it is bad, or there is none'),
  CERTIFICATE_EXPIRED: refused('it has expired'),
  CERTIFICATE_REVOKED: refused('it is revoked'),
  CERTIFICATE_UNKNOWN: refused('it does not say why'),
  UNSUPPORTED_CERTIFICATE: refused('its kind or purpose is wrong'),
  UNKNOWN_CA: refused('its authority is unknown there'),
  ACCESS_DENIED: refused('access denied'),
  HANDSHAKE_FAILURE: 'the target refused the handshake: no common parameters, or it demands a client certificate',
  PROTOCOL_VERSION: 'no common version of TLS',
  UNRECOGNIZED_NAME: 'the target knows no such name (SNI)',
  NO_APPLICATION_PROTOCOL: 'the target does not speak the protocol that was asked for (ALPN)',
};

const wordsOfFailures: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'what came is not TLS: the port may be a plain one',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'what came is not TLS: the port may be a plain one',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'no common version of TLS',
};
