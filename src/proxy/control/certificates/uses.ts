/** Where a configuration names certificate files: every place as one use, in the order of the configuration. Pure. */
import type { CertSource } from '../../../admin/contract/cert-shapes.ts';
import type {
  CertificatePair,
  Config,
  ListenerConfig,
  ListenerTlsConfig,
  UpstreamConfig,
  UpstreamTlsConfig,
} from '../../../config/model.ts';

/** One place of the configuration that names a pair, or a bundle of authorities. */
export interface CertUse {
  /** Id of the listener, `listener/first hostname` of an `sni` block, or name of the upstream. */
  readonly name: string;
  readonly source: CertSource;
  /** Id of the listener that it is of; null = of an upstream. */
  readonly listener: string | null;
  readonly files: { readonly certificate: string; readonly key: string | null };
}

export function pairUse(
  source: CertSource,
  name: string,
  listener: string | null,
  { certFile, keyFile }: CertificatePair,
): CertUse {
  return { name, source, listener, files: { certificate: certFile, key: keyFile } };
}

export function bundleUse(source: CertSource, name: string, listener: string | null, file: string): CertUse {
  return { name, source, listener, files: { certificate: file, key: null } };
}

/** Says a use in a sentence: `certificate of listener "https"`. */
export function useWords({ name, source }: Pick<CertUse, 'name' | 'source'>): string {
  const quoted = JSON.stringify(name);
  switch (source) {
    case 'listener':
      return `certificate of listener ${quoted}`;
    case 'sni': {
      const cut = name.lastIndexOf('/');
      return `certificate for ${name.slice(cut + 1)} of listener ${JSON.stringify(name.slice(0, cut))}`;
    }
    case 'client_ca':
      return `authorities of clients of listener ${quoted}`;
    case 'client_crl':
      return `revocation lists for clients of listener ${quoted}`;
    case 'upstream_ca':
      return `authorities of upstream ${quoted}`;
    case 'upstream_client':
      return `client certificate of upstream ${quoted}`;
  }
}

/** The name of a block of `sni`. */
export function sniName(listener: string, hostnames: readonly string[]): string {
  return `${listener}/${hostnames[0] ?? ''}`;
}

export type TlsListener = ListenerConfig & { readonly tls: ListenerTlsConfig };
export type TlsUpstream = UpstreamConfig & { readonly tls: UpstreamTlsConfig };

export function tlsListeners(config: Config): readonly TlsListener[] {
  return config.listeners.filter((listener): listener is TlsListener => listener.tls !== null);
}

export function tlsUpstreams(config: Config): readonly TlsUpstream[] {
  return config.upstreams.filter((upstream): upstream is TlsUpstream => upstream.tls !== null);
}

/** Every file that the TLS of a configuration names, each once. */
export function certFilesOf(config: Config): readonly string[] {
  const pair = (one: CertificatePair | null) => (one === null ? [] : [one.certFile, one.keyFile]);
  const named = [
    ...tlsListeners(config).flatMap(({ tls }) => [
      ...pair(tls.pair),
      ...tls.sni.flatMap((sni) => pair(sni.pair)),
      tls.caFile,
      tls.crlFile,
    ]),
    ...tlsUpstreams(config).flatMap(({ tls }) => [tls.caFile, ...pair(tls.clientPair)]),
  ];
  return [...new Set(named.filter((file) => file !== null))];
}
