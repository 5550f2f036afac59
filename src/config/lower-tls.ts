/** TLS of listeners and upstreams from the settled tree to `Config`. Called by the lowering files; everything is checked by now. */
import type { CertificatePair, ListenerTlsConfig, TlsVersion, UpstreamTlsConfig } from './model.ts';
import type { listenerTls, upstreamTls } from './schema/tls.ts';
import { valuesOf } from './setting-values.ts';
import type { Setting, Settled } from './tree.ts';

/** `tls` of a listener. */
export function lowerListenerTls(tls: Settled<(typeof listenerTls)['keys']>): ListenerTlsConfig {
  return {
    pair: lowerPair(tls['cert-file'], tls['key-file']),
    sni: tls.sni.map(({ keys }) => ({
      hostnames: valuesOf(keys.hostnames),
      pair: { certFile: keys['cert-file'].value, keyFile: keys['key-file'].value },
    })),
    minVersion: lowerVersion(tls['min-version']),
    maxVersion: lowerVersion(tls['max-version']),
    cipherSuites: [...new Set(valuesOf(tls['cipher-suites']).flat())],
    clientAuth: tls['client-auth'].value,
    caFile: tls['ca-file'].value,
    crlFile: tls['crl-file'].value,
    subjectHeader: tls['subject-header'].value,
    sessionResumption: tls['session-resumption'].value,
  };
}

/** `tls` of an upstream. */
export function lowerUpstreamTls(tls: Settled<(typeof upstreamTls)['keys']>): UpstreamTlsConfig {
  return {
    sni: tls.sni.value,
    caFile: tls['ca-file'].value,
    clientPair: lowerPair(tls['client-cert'], tls['client-key']),
    insecureSkipVerify: tls['insecure-skip-verify'].value,
  };
}

function lowerPair(cert: Setting<string | null>, key: Setting<string | null>): CertificatePair | null {
  return cert.value === null || key.value === null ? null : { certFile: cert.value, keyFile: key.value };
}

function lowerVersion({ value }: Setting<'TLS1.2' | 'TLS1.3'>): TlsVersion {
  return value === 'TLS1.2' ? 'TLSv1.2' : 'TLSv1.3';
}
