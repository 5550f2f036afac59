/**
 * Fuzz target of addresses and networks: what is one, which one it is, and which sets it is in, held against Node's own
 * `isIP`, `SocketAddress` and `BlockList`.
 */
import { BlockList, isIP, SocketAddress } from 'node:net';
import { isNetwork } from '../../src/config/schema/network-types.ts';
import { readAddress, words } from '../../src/proxy/shared/address.ts';
import { AddressSet, buildAddressSet, unionOf } from '../../src/proxy/shared/address-set.ts';
import { type Network, networkText, parseNetwork } from '../../src/proxy/shared/network.ts';
import { address, damaged, network } from '../helpers/address-maker.ts';
import { Dice } from '../helpers/dice.ts';
import { fuzz } from '../helpers/fuzz-run.ts';

await fuzz('sets of networks', (seed) => {
  const dice = new Dice(seed);
  for (let times = 0; times < 8; times++) {
    const whole = dice.chance(50) ? address(dice) : network(dice);
    const complaint = readingComplaint(dice.chance(60) ? damaged(dice, whole) : whole);
    if (complaint !== null) return complaint;
  }
  return setComplaint(dice);
});

/** A text as address and as network. */
function readingComplaint(text: string): string | null {
  const shown = JSON.stringify(text);
  const family = readAddress(text);
  // What a zone may be called is a matter of the machine.
  const known = isIP(text.replace(/(?<=:.*)%.+$/s, ''));
  if ((family !== 0) !== (known !== 0)) return `${shown} is family ${family}, for Node ${known}`;
  if (family !== 0) {
    const reference = reduced(text);
    if (family !== reference.family) return `${shown} is family ${family}, in its short form ${reference.family}`;
    const own = networkText({
      family,
      first: family === 4 ? words.slice(0, 1) : [...words],
      last: [],
      bits: family === 4 ? 32 : 128,
    } as unknown as Network);
    if (own !== reference.text && reduced(own).text !== reference.text)
      return `${shown} reads as ${own}, for Node ${reference.text}`;
  }
  const parsed = parseNetwork(text);
  if ((parsed !== null) !== isNetwork(text))
    return `${shown} ${parsed === null ? 'is' : 'is not'} a network for the configuration alone`;
  if (parsed !== null) {
    const again = parseNetwork(networkText(parsed));
    if (again === null || networkText(again) !== networkText(parsed))
      return `${shown} is written ${networkText(parsed)}, which is another`;
  }
  return null;
}

interface Reduced {
  readonly family: 4 | 6;
  readonly text: string;
}

/** In the short form of Node, and out of the IPv4-mapped block. */
function reduced(text: string): Reduced {
  const bare = text.replace(/%.*$/s, '');
  if (isIP(bare) === 4) return { family: 4, text: bare };
  const short = new URL(`http://[${new SocketAddress({ address: bare, family: 'ipv6' }).address}]/`).hostname.slice(
    1,
    -1,
  );
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short);
  if (mapped === null) return { family: 6, text: short };
  const [high, low] = [Number.parseInt(mapped[1] as string, 16), Number.parseInt(mapped[2] as string, 16)];
  return { family: 4, text: [high >> 8, high & 255, low >> 8, low & 255].join('.') };
}

/** Some networks as a set and as a block list of Node, asked for addresses in and around them. */
function setComplaint(dice: Dice): string | null {
  const texts = Array.from({ length: dice.roll(20) }, () => network(dice));
  // One list each: Node finds IPv4 addresses in IPv6 networks, which is no way to write `everybody`.
  const lists = { 4: new BlockList(), 6: new BlockList() };
  const parsed = texts.map((text) => parseNetwork(text) as Network);
  for (const one of parsed) {
    const [first = ''] = networkText(one).split('/');
    lists[one.family].addSubnet(first, one.bits, one.family === 4 ? 'ipv4' : 'ipv6');
  }
  const half = dice.roll(parsed.length + 1);
  const whole = buildAddressSet(parsed);
  const joined = unionOf([buildAddressSet(parsed.slice(0, half)), buildAddressSet(parsed.slice(half))]);
  const sets = [whole, joined].map((buffer) => (buffer === null ? null : new AddressSet(buffer)));
  const asked = [...texts.map((text) => text.replace(/\/.*/, '')), ...Array.from({ length: 20 }, () => address(dice))];
  for (const text of asked) {
    const { family, text: short } = reduced(text);
    // Node asks the mapped form of the address too, so an IPv6 list must not be asked for what is IPv4.
    const expected = lists[family].check(short, family === 4 ? 'ipv4' : 'ipv6');
    for (const set of sets) {
      const found = set?.has(text) ?? false;
      if (found !== expected) return `${text} is ${found ? '' : 'not '}in ${texts.join(' ')}, for Node the contrary`;
    }
  }
  return null;
}
