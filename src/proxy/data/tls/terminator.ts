/**
 * The TLS end of one listener: its certificates by name, its terms, and how a raw socket becomes one that speaks TLS.
 * Made at `prepare`, where anything wrong with it refuses the plan; kept from plan to plan while nothing of it changes.
 * Reads no file, and knows nothing of the connections that it has made.
 */
import { constants, createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  TLSSocket,
  type TLSSocketOptions,
} from 'node:tls';
import { plainName, ServerNames } from '../../../certs/server-names.ts';
import type { PlanListener, PlanListenerIdentity, PlanPair } from '../../shared/plan.ts';

/**
 * Where the configuration names no suites: AEAD with forward secrecy only. Node's own default has static RSA and CBC too,
 * which HTTP/2 forbids (RFC 9113 appendix A) and no client of the last ten years needs.
 */
const goodSuites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

/**
 * Groups of the key exchange. Those that OpenSSL offers besides (P-521, X448, finite fields) cost a multiple, and a client
 * could choose them for that. A slash: among those before it, one that the client has already sent its share for.
 */
const goodGroups = 'X25519MLKEM768/X25519:prime256v1/secp384r1';

/** How long a ticket is good for, seconds; the keys are changed every day. */
const TICKET_SECS = 3600;

/** The protocols in the order that we like them in, as ALPN writes them: each after its length. */
const offered = Buffer.from('\x02h2\x08http/1.1', 'latin1');

type ListenerTls = NonNullable<PlanListener['tls']>;

export class Terminator {
  /** Equal where clients had to show the same: a connection that was let in under other demands gets nothing more. */
  readonly demands: string;
  /** Digest of everything that it is made of. */
  readonly #key: string;
  readonly #tls: ListenerTls;
  readonly #names: ServerNames;
  readonly #options: TLSSocketOptions;

  private constructor(listener: PlanListener, tls: ListenerTls, identity: PlanListenerIdentity, key: string) {
    const context = (pair: PlanPair | null, of: string) => contextOf(listener.id, tls, identity, pair, of);
    const base = context(identity.pair, 'default certificate');
    const contexts = identity.sni.map(({ hostnames, pair }) => context(pair, `certificate of ${hostnames.join(', ')}`));
    const names = new ServerNames(identity.sni.map(({ hostnames }) => hostnames));
    this.#key = key;
    this.#tls = tls;
    this.#names = names;
    this.demands = identity.sessionContext;
    this.#options = {
      isServer: true,
      secureContext: base,
      requestCert: tls.clientAuth !== 'none',
      // The handshake fails without a certificate. One that is not good gets through it: see docs/decisions/0016.
      rejectUnauthorized: tls.clientAuth === 'require',
      ALPNProtocols: offered,
      ...(contexts.length === 0
        ? {}
        : {
            SNICallback: (name, done) => {
              done(null, contexts[names.find(plainName(name))]);
            },
          }),
    };
  }

  /**
   * The terminator of a listener; null = it speaks plain HTTP.
   * @param before That of the same listener in the plan before: used again if nothing has changed.
   * @throws an error that names the listener and the certificate that OpenSSL does not take
   */
  static of(listener: PlanListener, before: Terminator | null): Terminator | null {
    const { id, tls, identity } = listener;
    if (tls === null) return null;
    if (identity === null) throw new Error(`listener ${JSON.stringify(id)}: the plan has no certificates for its tls`);
    const ticketKeys = Buffer.from(identity.ticketKeys).toString('hex');
    const key = digestOf([id, tls, { ...identity, ticketKeys }]);
    return before !== null && before.#key === key ? before : new Terminator(listener, tls, identity, key);
  }

  /** Clients are asked for a certificate. */
  get asksClients(): boolean {
    return this.#tls.clientAuth !== 'none';
  }

  /** Begins the handshake on a socket that is open; what has been read from it already is the beginning of it. */
  wrap(raw: Socket): TLSSocket {
    // A socket that flows would throw away what was put back into it.
    raw.pause();
    return new TLSSocket(raw, this.#options);
  }

  /**
   * Whether requests for `host` have no business on a connection that was opened for `serverName` (RFC 9110 §15.5.20): it has
   * another certificate or, where clients show who they are, it is any other name at all.
   */
  misdirects(serverName: string, host: string): boolean {
    if (serverName === '' || host === '' || host === serverName) return false;
    const name = plainName(host);
    if (name === serverName) return false;
    return this.#tls.clientAuth !== 'none' || this.#names.find(name) !== this.#names.find(serverName);
  }
}

function contextOf(
  listener: string,
  tls: ListenerTls,
  { ca, crl, ticketKeys, sessionContext }: PlanListenerIdentity,
  pair: PlanPair | null,
  what: string,
): SecureContext {
  const options: SecureContextOptions = {
    minVersion: tls.minVersion,
    maxVersion: tls.maxVersion,
    ciphers: (tls.cipherSuites.length > 0 ? tls.cipherSuites : goodSuites).join(':'),
    ecdhCurve: goodGroups,
    honorCipherOrder: true,
    secureOptions:
      constants.SSL_OP_NO_RENEGOTIATION |
      // Devices that prefer it have no AES in hardware: the one preference of theirs that is better than ours.
      constants.SSL_OP_PRIORITIZE_CHACHA |
      (tls.sessionResumption ? 0 : constants.SSL_OP_NO_TICKET),
    // An empty list is nobody; nothing at all would be everybody whom Node believes.
    ca: ca ?? [],
    sessionIdContext: sessionContext,
    sessionTimeout: TICKET_SECS,
    ticketKeys: Buffer.from(ticketKeys),
    ...(pair === null ? {} : { cert: pair.cert, key: pair.key }),
    ...(crl === null ? {} : { crl }),
  };
  try {
    return createSecureContext(options);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`listener ${JSON.stringify(listener)}, ${what}: ${words}`, { cause: error });
  }
}

function digestOf(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
