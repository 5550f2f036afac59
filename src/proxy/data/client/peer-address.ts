/** The name of a peer: its address without the IPv4-mapped form, so that one client has one name. Empty for unix sockets. */
export function peerAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
