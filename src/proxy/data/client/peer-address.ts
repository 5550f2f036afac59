/** The name of a peer: one form for each address, so that one client has one name. Empty for unix sockets. */
import { isIPv6, SocketAddress } from 'node:net';

/** Of an address as the kernel or the peer's own words give it: without the IPv4-mapped form. */
export function peerAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** Of a valid address as somebody has written it: IPv6 in the kernel's short form. */
export function normalAddress(address: string): string {
  if (!isIPv6(address)) return address;
  return peerAddress(new SocketAddress({ address, family: 'ipv6' }).address);
}
