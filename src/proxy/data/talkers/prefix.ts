/** The network that a client belongs to, as people block it: /24 of IPv4, /64 of IPv6. Asked only for what is looked at. */
import { readAddress, words } from '../../shared/address.ts';
import { networkText, parseNetwork } from '../../shared/network.ts';

/** Empty when the text is no address. */
export function prefixOf(address: string): string {
  const family = readAddress(address);
  if (family === 4) {
    const value = words[0] as number;
    return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.0/24`;
  }
  if (family === 0) return '';
  const network = parseNetwork(`${address.replace(/%.*$/s, '')}/64`);
  return network === null ? '' : networkText(network);
}
