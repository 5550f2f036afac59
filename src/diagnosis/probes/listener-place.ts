/** Where a listener can be reached from here: an address as it was bound, turned into one that a client may use. Pure. */
import type { OutboundAddress } from '../../web/outbound-request.ts';
import type { ProbeContext } from '../probe.ts';

export interface ListenerPlace {
  readonly to: OutboundAddress;
  readonly tls: boolean;
  /** Sent as SNI; null = none. */
  readonly servername: string | null;
  /** Connections begin with a PROXY header. */
  readonly proxyProtocol: boolean;
  /** Handshakes without a certificate of the client are refused. */
  readonly demandsCertificate: boolean;
}

/** `127.0.0.1:8080`, `[::]:80`, `unix:/run/x.sock`; null = it is none of them. */
export function parseAddress(text: string): OutboundAddress | null {
  if (text.startsWith('unix:')) return { kind: 'unix', path: text.slice('unix:'.length) };
  if (text.startsWith('/')) return { kind: 'unix', path: text };
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined) return null;
  return { kind: 'tcp', host: bracketed ?? plain ?? '', port: Number(port) };
}

/** The other way round. */
export function addressText(address: OutboundAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

const wildcards: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['', '127.0.0.1'],
  ['::', '::1'],
]);

/** Null = an address of another machine's own, which would be one of ours here. */
export function nearAddress(
  address: OutboundAddress,
  { local, daemon }: Pick<ProbeContext, 'local' | 'daemon'>,
): OutboundAddress | null {
  if (local) {
    if (address.kind === 'unix') return address;
    return { ...address, host: wildcards.get(address.host) ?? address.host };
  }
  if (address.kind === 'unix' || /^(?:127\.|::1$|localhost$)/.test(address.host)) return null;
  if (!wildcards.has(address.host)) return address;
  const machine = parseAddress(daemon);
  return machine?.kind === 'tcp' ? { ...address, host: machine.host } : null;
}
