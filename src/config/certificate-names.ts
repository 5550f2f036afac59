/** Whether the certificates of listeners are good for the names that routes and `sni` blocks mention. Reads no file. */
import type { X509Certificate } from 'node:crypto';
import { coversHost, coversSome, listed, namesOf } from '../certs/names.ts';
import { ServerNames } from '../certs/server-names.ts';
import type { CheckContext } from './check-values.ts';
import type { Root } from './schema/root.ts';
import type { Setting, Settled } from './tree.ts';

type Route = Settled<Root>['routes'][number];

/** A certificate with the key that names its file. */
export interface ServedCertificate {
  readonly leaf: X509Certificate;
  readonly file: Setting<string | null>;
}

/** An `sni` block whose pair can be used. */
export interface NamedPair extends ServedCertificate {
  readonly hostnames: readonly Setting<string>[];
}

/** What a listener can show. */
export interface ListenerPairs {
  /** Name of the listener as written, in its quotes. */
  readonly title: string;
  readonly pair: ServedCertificate | null;
  readonly sni: readonly NamedPair[];
}

/** Names of `sni` blocks whose own certificate is for others. */
export function warnUncoveredNames(context: CheckContext, { sni }: ListenerPairs): void {
  for (const { hostnames, leaf, file } of sni) {
    for (const name of hostnames) {
      if (name.span === null || coversHost(leaf, name.value)) continue;
      context.warning('SNT-T031', name.span, `the certificate is not good for ${name.text}, it is ${forWhom(leaf)}`, {
        label: 'clients that ask for this name refuse it',
        secondary: file.span === null ? [] : [{ span: file.span, label: 'the certificate' }],
      });
    }
  }
}

/** Hosts of routes that clients cannot ask for over TLS: no listener shows them a certificate that is good for the name. */
export function warnUncoveredHosts(
  context: CheckContext,
  routes: readonly Route[],
  listeners: readonly ListenerPairs[],
): void {
  if (listeners.length === 0) return;
  const noun = listeners.length === 1 ? 'listener' : 'listeners';
  const titles = `${noun} ${listeners.map(({ title }) => title).join(', ')}`;
  for (const { id, keys } of routes) {
    if (!keys.enabled.value) continue;
    for (const host of keys.matches.host) {
      if (host.span === null || listeners.some((listener) => isCovered(listener, host.value.toLowerCase()))) continue;
      const shown = listeners.length === 1 ? shownFor(listeners[0] as ListenerPairs, host.value.toLowerCase()) : null;
      context.warning(
        'SNT-T031',
        host.span,
        `no certificate of ${titles} is good for host ${host.text} of route ${id?.text ?? ''}`,
        {
          label: shown === null ? 'not covered' : `clients get a certificate ${forWhom(shown.leaf)}`,
          help: 'have the name added to a certificate, or give it a pair of its own: `sni { hostnames … }` in `tls`',
        },
      );
    }
  }
}

function isCovered(listener: ListenerPairs, host: string): boolean {
  if (!host.startsWith('*.')) {
    const shown = shownFor(listener, host);
    return shown !== null && coversHost(shown.leaf, host);
  }
  return [...(listener.pair === null ? [] : [listener.pair]), ...listener.sni].some(({ leaf }) =>
    coversSome(leaf, host),
  );
}

/** What a client gets that asks for `host`; an address is never asked for. */
function shownFor({ pair, sni }: ListenerPairs, host: string): ServedCertificate | null {
  const names = new ServerNames(sni.map(({ hostnames }) => hostnames.map(({ value }) => value)));
  return sni[names.find(host)] ?? pair;
}

function forWhom(leaf: X509Certificate): string {
  const names = namesOf(leaf);
  return names.length === 0 ? 'without names' : `for ${listed(names)}`;
}
