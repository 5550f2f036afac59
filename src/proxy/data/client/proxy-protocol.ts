/**
 * The header of the PROXY protocol (versions 1 and 2, haproxy.org/download/2.9/doc/proxy-protocol.txt): bytes in, address
 * of the client out. Strict, pure and bounded; called by `proxy-preface.ts` until it knows.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { normalAddress } from './peer-address.ts';

/** What the bytes so far are. `need` = more must come; the header ends at `length`. */
export type ProxyHeader =
  | { readonly kind: 'need' }
  | { readonly kind: 'malformed' }
  /** `client`: its address; empty for a unix socket; null = the peer itself speaks (LOCAL, UNKNOWN, UNSPEC). */
  | { readonly kind: 'header'; readonly length: number; readonly client: string | null };

/** Version 1, CRLF included. */
const MAX_LINE = 107;
const FIXED = 16;
/** Version 2: addresses and TLVs. The format allows 65535 bytes; what proxies send is a tenth of this. */
const MAX_REST = 4096;

/** The longest header that is taken. */
export const maxProxyHeader = FIXED + MAX_REST;

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const word = Buffer.from('PROXY ', 'latin1');

const need: ProxyHeader = { kind: 'need' };
const malformed: ProxyHeader = { kind: 'malformed' };

/** Length of the address block by family (high half of the 14th byte): UNSPEC, INET, INET6, UNIX. */
const blockLengths = [0, 12, 36, 216];

/** Reads the header at the beginning of `bytes`. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsLike(bytes, word)) return bytes.length < word.length ? need : readLine(bytes);
  if (startsLike(bytes, signature)) return bytes.length < FIXED ? checkFixed(bytes) : readBinary(bytes);
  return malformed;
}

/** True while nothing in `bytes` contradicts `beginning`. */
function startsLike(bytes: Buffer, beginning: Buffer): boolean {
  const length = Math.min(bytes.length, beginning.length);
  return bytes.compare(beginning, 0, length, 0, length) === 0;
}

function readLine(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, MAX_LINE).indexOf(0x0a);
  if (end === -1) return bytes.length < MAX_LINE ? need : malformed;
  if (bytes[end - 1] !== 0x0d) return malformed;
  const line = bytes.toString('latin1', word.length, end - 1);
  const length = end + 1;
  // Whatever follows UNKNOWN says nothing (§2.1).
  if (line === 'UNKNOWN' || line.startsWith('UNKNOWN ')) return { kind: 'header', length, client: null };
  const [family, source = '', destination = '', ...ports] = line.split(' ');
  const valid = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : () => false;
  if (!valid(source) || !valid(destination) || source.includes('%')) return malformed;
  if (ports.length !== 2 || !ports.every(isPort)) return malformed;
  return { kind: 'header', length, client: normalAddress(source) };
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

/** As much of the fixed part of version 2 as has come. */
function checkFixed(bytes: Buffer): ProxyHeader {
  const [version = 0x21, family = 0] = bytes.subarray(signature.length);
  return (version === 0x20 || version === 0x21) && isFamily(family) ? need : malformed;
}

function isFamily(byte: number): boolean {
  return byte >> 4 < blockLengths.length && (byte & 15) <= 2;
}

function readBinary(bytes: Buffer): ProxyHeader {
  if (checkFixed(bytes) === malformed) return malformed;
  const local = bytes[12] === 0x20;
  const family = (bytes[13] as number) >> 4;
  const transport = (bytes[13] as number) & 15;
  const rest = bytes.readUInt16BE(14);
  const block = blockLengths[family] as number;
  // LOCAL has no addresses to be believed (§2.2), whatever family it names.
  const named = !local && family !== 0 && transport !== 0;
  if (rest > MAX_REST || (named && rest < block)) return malformed;
  const length = FIXED + rest;
  if (bytes.length < length) return need;
  if (!local && !hasWholeTlvs(bytes.subarray(FIXED + (named ? block : rest), length))) return malformed;
  if (!named) return { kind: 'header', length, client: null };
  if (family === 3) return { kind: 'header', length, client: '' };
  return { kind: 'header', length, client: normalAddress(addressText(bytes.subarray(FIXED, FIXED + block), family)) };
}

/** The extensions behind the addresses are skipped, but must be what they say (§2.2.1). */
function hasWholeTlvs(bytes: Buffer): boolean {
  let at = 0;
  while (at + 3 <= bytes.length) at += 3 + bytes.readUInt16BE(at + 1);
  return at === bytes.length;
}

function addressText(block: Buffer, family: number): string {
  if (family === 1) return [...block.subarray(0, 4)].join('.');
  const groups = [];
  for (let at = 0; at < 16; at += 2) groups.push(block.readUInt16BE(at).toString(16));
  return groups.join(':');
}
