/**
 * Handshakes inside this process: a pair is tried with the settings of its listener before anything is replaced. Both ends are
 * here, over a pair of streams; no network, no clock but for the verification of OpenSSL itself.
 */
import type { X509Certificate } from 'node:crypto';
import { duplexPair } from 'node:stream';
import { TLSSocket, connect, createSecureContext } from 'node:tls';
import { fingerprintOf } from './material.ts';
import { pemOf } from './pem.ts';

export interface RehearsedListener {
  readonly cert: string;
  readonly key: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL names; empty = those of Node. */
  readonly cipherSuites: readonly string[];
  /** Clients are asked for a certificate of these authorities, PEM; null = they are not asked. */
  readonly clientAuthorities: string | null;
}

export interface Rehearsal {
  readonly version: 'TLSv1.2' | 'TLSv1.3';
  /** What the client asked for; null = no SNI. */
  readonly name: string | null;
  readonly cipher: string | null;
  /** Why it did not come about; null when it did. */
  readonly failure: string | null;
  /** What OpenSSL says of the chain, with the root that was found; null = verified, or no root is known. */
  readonly distrust: string | null;
  /** Of the certificate that came, lower-case hex. */
  readonly fingerprint: string | null;
}

/** Every version that the listener allows, with each of `names` (null = no SNI). */
export async function rehearse(
  listener: RehearsedListener,
  names: readonly (string | null)[],
  root: X509Certificate | null,
): Promise<readonly Rehearsal[]> {
  const versions = (['TLSv1.2', 'TLSv1.3'] as const).filter(
    (version) => version >= listener.minVersion && version <= listener.maxVersion,
  );
  const results: Rehearsal[] = [];
  for (const version of versions) for (const name of names) results.push(await once(listener, version, name, root));
  return results;
}

function once(
  listener: RehearsedListener,
  version: Rehearsal['version'],
  name: string | null,
  root: X509Certificate | null,
): Promise<Rehearsal> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => {
      end({ cipher: null, failure: reasonOf(error), distrust: null, fingerprint: null });
    };
    const [near, far] = duplexPair();
    const end = (found: Omit<Rehearsal, 'version' | 'name'>): void => {
      resolve({ version, name, ...found });
      near.destroy();
      far.destroy();
    };
    try {
      const { cert, key, minVersion, maxVersion, cipherSuites, clientAuthorities } = listener;
      const server = new TLSSocket(far, {
        isServer: true,
        requestCert: clientAuthorities !== null,
        rejectUnauthorized: false,
        secureContext: createSecureContext({
          cert,
          key,
          minVersion,
          maxVersion,
          ...(cipherSuites.length === 0 ? {} : { ciphers: cipherSuites.join(':') }),
          ...(clientAuthorities === null ? {} : { ca: clientAuthorities }),
        }),
      });
      server.on('error', failed);
      const client = connect({
        socket: near,
        minVersion: version,
        maxVersion: version,
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
        ca: root === null ? [] : [pemOf('CERTIFICATE', root.raw)],
        ...(name === null ? {} : { servername: name }),
      });
      client.on('error', failed);
      client.once('secureConnect', () => {
        const leaf = client.getPeerX509Certificate();
        end({
          cipher: client.getCipher().standardName,
          failure: null,
          distrust: client.authorized || root === null ? null : String(client.authorizationError),
          fingerprint: leaf === undefined ? null : fingerprintOf(leaf),
        });
      });
    } catch (error) {
      failed(error as Error);
    }
  });
}

function reasonOf(error: Error): string {
  return (error as { reason?: string }).reason ?? error.message;
}
