/** Address sets: they hold exactly the addresses of their networks, whatever these overlap, and stay small. */
import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAddress, words } from '../../../src/proxy/shared/address.ts';
import { AddressSet, buildAddressSet, unionOf } from '../../../src/proxy/shared/address-set.ts';
import { type Network, networkText, parseNetwork } from '../../../src/proxy/shared/network.ts';

function networks(texts: readonly string[]): readonly Network[] {
  return texts.map((text) => {
    const network = parseNetwork(text);
    assert.ok(network !== null, text);
    return network;
  });
}

function setOf(...texts: readonly string[]): AddressSet {
  const buffer = buildAddressSet(networks(texts));
  assert.ok(buffer !== null);
  return new AddressSet(buffer);
}

// Few values, so that networks meet, touch and contain each other.
const byte = fc.constantFrom(0, 1, 2, 127, 128, 254, 255);
const ipv4 = fc.tuple(byte, byte, byte, byte).map((parts) => parts.join('.'));
const group = fc.constantFrom('0', '1', '7fff', '8000', 'fffe', 'ffff');
/** Never in the IPv4-mapped block, which the two libraries name differently. */
const ipv6 = fc
  .tuple(fc.constantFrom('1', '2001', 'fe80'), ...Array.from({ length: 7 }, () => group))
  .map((groups) => groups.join(':'));
const net4 = fc.tuple(ipv4, fc.integer({ min: 0, max: 32 }));
const net6 = fc.tuple(ipv6, fc.integer({ min: 1, max: 128 }));

test('a set says of every address what the block list of Node says', () => {
  const property = fc.property(
    fc.array(net4, { maxLength: 30 }),
    fc.array(net6, { maxLength: 30 }),
    fc.array(ipv4, { minLength: 1, maxLength: 30 }),
    fc.array(ipv6, { minLength: 1, maxLength: 30 }),
    (nets4, nets6, addresses4, addresses6) => {
      // One each: Node finds IPv4 addresses in IPv6 networks around the mapped block, which are no way to write `everybody`.
      const [reference4, reference6] = [new BlockList(), new BlockList()];
      for (const [address, bits] of nets4) reference4.addSubnet(address, bits, 'ipv4');
      for (const [address, bits] of nets6) reference6.addSubnet(address, bits, 'ipv6');
      const buffer = buildAddressSet(networks([...nets4, ...nets6].map(([address, bits]) => `${address}/${bits}`)));
      const set = buffer === null ? null : new AddressSet(buffer);
      // The edges of the networks matter most, so their own addresses are asked for too.
      for (const address of [...addresses4, ...nets4.map(([own]) => own)]) {
        assert.equal(set?.has(address) ?? false, reference4.check(address, 'ipv4'), address);
        assert.equal(set?.has(`::ffff:${address}`) ?? false, reference4.check(address, 'ipv4'), address);
      }
      for (const address of [...addresses6, ...nets6.map(([own]) => own)]) {
        assert.equal(set?.has(address) ?? false, reference6.check(address, 'ipv6'), address);
      }
    },
  );
  fc.assert(property, { numRuns: 300 });
});

test('sets that are joined hold what a set of all their networks holds', () => {
  const texts = fc.array(
    fc.oneof(net4, net6).map(([address, bits]) => `${address}/${bits}`),
    { maxLength: 20 },
  );
  const property = fc.property(
    texts,
    texts,
    texts,
    fc.array(fc.oneof(ipv4, ipv6), { maxLength: 30 }),
    (a, b, c, asked) => {
      const whole = buildAddressSet(networks([...a, ...b, ...c]));
      const joined = unionOf([a, b, c].map((part) => buildAddressSet(networks(part))));
      assert.equal(joined === null, whole === null);
      if (joined === null || whole === null) return;
      const own = [...a, ...b, ...c].map((text) => text.slice(0, text.indexOf('/')));
      for (const address of [...asked, ...own]) {
        assert.equal(new AddressSet(joined).has(address), new AddressSet(whole).has(address), address);
      }
    },
  );
  fc.assert(property, { numRuns: 300 });
});

test('what Node takes for an address is read, and nothing else', () => {
  const word = fc.constantFrom(
    '',
    '0',
    '1',
    '01',
    '255',
    '256',
    'f',
    'ffff',
    '12345',
    ':',
    '::',
    '.',
    '%',
    'g',
    '/',
    ' ',
    '-1',
  );
  const property = fc.property(fc.array(word, { maxLength: 12 }), (parts) => {
    for (const text of [parts.join(''), parts.join(':'), parts.join('.')]) {
      // A zone is the name of an interface, which the two judge differently.
      if (text.includes('%')) continue;
      assert.equal(readAddress(text) !== 0, isIP(text) !== 0, text);
    }
  });
  fc.assert(property, { numRuns: 3000 });
  assert.equal(readAddress('fe80::1%eth0'), 6);
  assert.equal(readAddress('fe80::1%'), 0);
});

test('an address comes out of its text and goes back into the normal form', () => {
  assert.equal(readAddress('2001:db8::a:1'), 6);
  assert.deepEqual([...words], [0x2001_0db8, 0, 0, 0x000a_0001]);
  assert.equal(readAddress('::ffff:255.0.0.1'), 4);
  assert.equal(words[0], 0xff00_0001);
  const forms = [
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.1.2.3', '10.1.2.3'],
    ['10.1.2.3/32', '10.1.2.3'],
    ['2001:DB8:0:0:0:0:0:1/32', '2001:db8::/32'],
    ['::/0', '::/0'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
  ] as const;
  for (const [given, normal] of forms) assert.equal(networkText(networks([given])[0] as Network), normal);
  const property = fc.property(fc.oneof(net4, net6), ([address, bits]) => {
    const text = networkText(networks([`${address}/${bits}`])[0] as Network);
    assert.equal(networkText(networks([text])[0] as Network), text);
    // The URL parser of the platform writes IPv6 in the same normal form.
    const [first = ''] = text.split('/');
    if (first.includes(':')) assert.equal(new URL(`http://[${first}]/`).hostname, `[${first}]`);
  });
  fc.assert(property, { numRuns: 500 });
});

test('words that are no network are refused', () => {
  const bad = [
    '',
    '/8',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/1e1',
    '10.0.0/8',
    '1.2.3.4/',
    '::/129',
    'fe80::1%lo/64',
    '::ffff:192.0.2.7%lo',
    'a',
  ];
  for (const text of bad) assert.equal(parseNetwork(text), null, text);
});

test('no networks make no set, and neighbours become one range', () => {
  assert.equal(buildAddressSet([]), null);
  assert.equal(setOf('10.0.0.0/9', '10.128.0.0/9', '10.3.0.0/16').size, 1);
  assert.equal(setOf('0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1').size, 2);
  assert.equal(setOf('10.0.0.0/9', '10.129.0.0/16').size, 2);
});

test('a hundred thousand networks take eight bytes each and are all found', () => {
  // Every other /24, so that none of them merge.
  const texts = Array.from({ length: 100_000 }, (_, i) => `${1 + (i >> 15)}.${(i >> 7) & 255}.${(i & 127) * 2}.0/24`);
  const buffer = buildAddressSet(networks(texts));
  assert.ok(buffer !== null && buffer.byteLength === 8 + 100_000 * 8);
  const set = new AddressSet(buffer);
  assert.equal(set.size, 100_000);
  for (let i = 0; i < texts.length; i += 7) {
    const [a, b, c] = (texts[i] as string).split('.');
    assert.equal(set.has(`${a}.${b}.${c}.255`), true);
    assert.equal(set.has(`${a}.${b}.${Number(c) + 1}.0`), false);
  }
});
