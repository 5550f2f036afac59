/**
 * Fuzz target of who a request is from: chains of proxies written as `X-Forwarded-For` and `Forwarded` in every spelling, with
 * liars in front, over one or several lines. Held against the chain itself, which the writer knows and the reader does not.
 */
import { isIP } from 'node:net';
import { RequestHead } from '../../src/proxy/data/http1/request-head.ts';
import { normalAddress } from '../../src/proxy/data/client/peer-address.ts';
import type { Exchange } from '../../src/proxy/data/request/exchange.ts';
import { identify } from '../../src/proxy/data/request/identity.ts';
import { AddressSet, buildAddressSet } from '../../src/proxy/shared/address-set.ts';
import { type Network, parseNetwork } from '../../src/proxy/shared/network.ts';
import { damaged, ipv4, ipv6, pick } from '../helpers/address-maker.ts';
import { Dice } from '../helpers/dice.ts';
import { fuzz } from '../helpers/fuzz-run.ts';

/** One element of a chain: as it is written, and the address that it means; null = none. */
interface Hop {
  readonly written: string;
  readonly means: string | null;
}

const trustedNetworks = ['10.0.0.0/8', '127.0.0.0/9', '2001::/16', 'fe80::/10'].map(
  (text) => parseNetwork(text) as Network,
);
const trusted = new AddressSet(buildAddressSet(trustedNetworks) as SharedArrayBuffer);
const limits = { maxHeaderCount: 0, maxHeaderBytes: 0, maxHeaderNameBytes: 0, maxHeaderValueBytes: 0, maxUriBytes: 0 };
const noAddress = [
  'unknown',
  '_hidden',
  '',
  'localhost',
  '1.2.3',
  '1.2.3.4.5',
  '999.1.1.1',
  '::1%eth0',
  '[::1',
  '1.2.3.4:',
  ':80',
  '01.2.3.4',
];
const blanks = ['', '', ' ', '  ', '\t'];

function hop(dice: Dice): Hop {
  if (dice.chance(12)) return { written: pick(dice, noAddress), means: null };
  const port = dice.chance(30) ? `:${dice.roll(65_536)}` : '';
  const address = dice.chance(60)
    ? pick(dice, ['10.1.2.3', '127.0.0.1', ipv4(dice)])
    : pick(dice, ['2001:db8::7', ipv6(dice)]);
  const bare = !address.includes(':') || (port === '' && dice.chance(50));
  return { written: bare ? address + port : `[${address}]${port}`, means: normalAddress(address) };
}

/** One element of `Forwarded` (RFC 7239 §4) in which `for` means that hop. */
function element(dice: Dice, { written }: Hop): string {
  const plain = /^[!#$%&'*+.^_`|~0-9A-Za-z-]*$/.test(written);
  const value = plain && dice.chance(50) ? written : `"${dice.chance(20) ? written.replace(/(.)/, '\\$1') : written}"`;
  const own = `${pick(dice, ['for', 'For', 'FOR'])}=${value}`;
  const others = ['proto=http', 'by=_x', 'host="a, for=10.9.9.9; b"', 'host=a', 'ext="\\"for=1.1.1.1"'];
  const pairs = [...Array.from({ length: dice.roll(3) }, () => pick(dice, others))];
  pairs.splice(dice.roll(pairs.length + 1), 0, own);
  return pairs.join(`${pick(dice, ['', ' '])};${pick(dice, ['', ' '])}`);
}

/** The nearest from the right that is not trusted; what means nothing ends the chain. */
function expectedClient(peer: string, hops: readonly Hop[]): string {
  let client = peer;
  for (const { means } of hops.toReversed()) {
    if (!trusted.has(client) || means === null) return client;
    client = means;
  }
  return client;
}

function ask(peer: string, fields: readonly string[]): string {
  const bytes = Buffer.from(
    `GET / HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`,
    'latin1',
  );
  const head = new RequestHead();
  const fault = head.parse(bytes, 0, bytes.length, limits);
  if (fault !== null) return `fault ${JSON.stringify(fault)}`;
  const x = {
    head,
    client: { peerAddress: peer },
    listener: { trusted },
    host: { newCorrelationId: () => '', newTraceId: () => '' },
    runtime: { identityFields: null, sampling: null },
  };
  identify(x as unknown as Exchange);
  return (x as unknown as Exchange).clientIp;
}

/** The chain on one line or several, as proxies that add to it may have left it. */
function lines(dice: Dice, name: string, elements: readonly string[]): string[] {
  const fields: string[] = [];
  for (const [index, one] of elements.entries()) {
    const padded = pick(dice, blanks) + one + pick(dice, blanks);
    if (index === 0 || dice.chance(20)) fields.push(`${name}: ${padded}`);
    else fields[fields.length - 1] += `,${padded}`;
  }
  return fields;
}

await fuzz('chains', (seed) => {
  const dice = new Dice(seed);
  const peer = dice.chance(80) ? '10.0.0.1' : '192.0.2.1';
  const hops = Array.from({ length: 1 + dice.roll(6) }, () => hop(dice));
  const standard = dice.chance(50);
  const elements = standard ? hops.map((one) => element(dice, one)) : hops.map(({ written }) => written);
  const fields = lines(dice, standard ? 'Forwarded' : 'X-Forwarded-For', elements);
  // It is read only where there is no field of the other name.
  if (!standard && dice.chance(30)) fields.push('Forwarded: for=203.0.113.9');
  const found = ask(peer, fields);
  const expected = expectedClient(peer, hops);
  if (found !== expected) return `${JSON.stringify(fields)} from ${peer} is ${found}, expected ${expected}`;

  // Damaged anyhow, the client is the peer or an address in its one form, and who is not trusted is believed nothing.
  const wrong = fields.map((field) => {
    const colon = field.indexOf(':') + 1;
    return field.slice(0, colon) + damaged(dice, field.slice(colon)).replace(/[^\t\x20-\x7e]/g, '');
  });
  const named = ask(peer, wrong);
  const good = named === peer || (trusted.has(peer) && isIP(named) !== 0 && named === normalAddress(named));
  return good ? null : `${JSON.stringify(wrong)} from ${peer} is ${JSON.stringify(named)}`;
});
