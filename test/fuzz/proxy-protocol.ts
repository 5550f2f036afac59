/**
 * Fuzz target of the PROXY protocol: headers made, damaged and cut anywhere, read by a second reader that works from the
 * words of the specification, and by a connection that gets them in pieces.
 */
import { EventEmitter } from 'node:events';
import { isIPv4, isIPv6, type Socket } from 'node:net';
import { normalAddress } from '../../src/proxy/data/client/peer-address.ts';
import { ProxyPreface } from '../../src/proxy/data/client/proxy-preface.ts';
import { maxProxyHeader, type ProxyHeader, readProxyHeader } from '../../src/proxy/data/client/proxy-protocol.ts';
import { damaged, ipv4, ipv6, pick } from '../helpers/address-maker.ts';
import { Dice } from '../helpers/dice.ts';
import { fuzz } from '../helpers/fuzz-run.ts';

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

function line(dice: Dice): Buffer {
  const kind = pick(dice, ['TCP4', 'TCP6', 'UNKNOWN', 'UDP4']);
  const own = () => (kind === 'TCP6' ? ipv6(dice) : ipv4(dice));
  const facts = `${own()} ${own()} ${dice.roll(70_000)} ${dice.roll(65_536)}`;
  const text = kind === 'UNKNOWN' && dice.chance(50) ? 'PROXY UNKNOWN' : `PROXY ${kind} ${facts}`;
  return Buffer.from(`${dice.chance(20) ? damaged(dice, text) : text}\r\n`, 'latin1');
}

function binary(dice: Dice): Buffer {
  const family = pick(dice, [0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32, 0x10, 0x01]);
  const length = ([0, 12, 36, 216] as const)[(family >> 4) as 0 | 1 | 2 | 3] ?? 0;
  const block = Buffer.from(Array.from({ length }, () => pick(dice, [0, 1, 127, 255, dice.roll(256)])));
  if (family >> 4 === 2 && dice.chance(30)) block.fill(0, 0, 10).fill(255, 10, 12);
  const extensions = Array.from({ length: dice.roll(4) }, () => {
    const value = Buffer.alloc(dice.chance(5) ? dice.roll(4200) : dice.roll(9), dice.roll(256));
    const head = Buffer.from([dice.roll(256), 0, 0]);
    head.writeUInt16BE(value.length, 1);
    return Buffer.concat([head, value]);
  });
  const rest = Buffer.concat([block, ...extensions]);
  const head = Buffer.from([dice.chance(80) ? 0x21 : 0x20, family, 0, 0]);
  head.writeUInt16BE(Math.max(0, rest.length + (dice.chance(10) ? dice.roll(9) - 4 : 0)), 2);
  return Buffer.concat([signature, head, rest]);
}

/** A few bytes changed, put in or cut out. */
function spoilt(dice: Dice, bytes: Buffer): Buffer {
  const list = [...bytes];
  for (let times = 1 + dice.roll(2); times > 0; times--) {
    const at = dice.roll(Math.min(list.length, 60) + 1);
    const byte = pick(dice, [0, 0x0a, 0x0d, 0x20, 0x21, 0x30, 0x31, dice.roll(256)]);
    list.splice(at, dice.roll(3), ...(dice.chance(70) ? [byte] : []));
  }
  return Buffer.from(list);
}

/** The same again from the specification: lines by their grammar, blocks by their offsets. */
function reference(bytes: Buffer): ProxyHeader {
  const text = bytes.toString('latin1');
  const signed = signature.toString('latin1');
  if ('PROXY '.startsWith(text.slice(0, 6))) {
    if (text.length < 6) return { kind: 'need' };
    const end = text.indexOf('\n');
    if (end === -1 || end >= 107) return { kind: text.length < 107 ? 'need' : 'malformed' };
    const found = /^PROXY (?:(UNKNOWN)(?: [^\n]*)?|TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5}))\r\n$/.exec(
      text.slice(0, end + 1),
    );
    if (found === null) return { kind: 'malformed' };
    if (found[1] !== undefined) return { kind: 'header', length: end + 1, client: null };
    const [, , family, from = '', to = '', ...ports] = found;
    const right = (one: string) => (family === '4' ? isIPv4(one) : isIPv6(one));
    const port = (one: string) => String(Number(one)) === one && Number(one) < 65_536;
    if (!right(from) || !right(to) || from.includes('%') || !ports.every(port)) return { kind: 'malformed' };
    return { kind: 'header', length: end + 1, client: normalAddress(from) };
  }
  if (!signed.startsWith(text.slice(0, 12))) return { kind: 'malformed' };
  const [version, family] = [bytes[12], bytes[13]];
  if (version !== undefined && version !== 0x20 && version !== 0x21) return { kind: 'malformed' };
  if (family !== undefined && (family >= 0x40 || (family & 15) > 2)) return { kind: 'malformed' };
  if (version === undefined || family === undefined || bytes.length < 16) return { kind: 'need' };
  const size = bytes.readUInt16BE(14);
  const named = version === 0x21 && family >= 0x10 && (family & 15) !== 0;
  const block = named ? ([12, 36, 216][(family >> 4) - 1] as number) : 0;
  if (16 + size > maxProxyHeader || (named && size < block)) return { kind: 'malformed' };
  if (bytes.length < 16 + size) return { kind: 'need' };
  const length = 16 + size;
  // Where there are no addresses, all of it is skipped (§2.2: the receiver must ignore them).
  if (!named) return { kind: 'header', length, client: null };
  let at = 16 + block;
  while (at < length) at += at + 3 > length ? length : 3 + bytes.readUInt16BE(at + 1);
  if (at !== length) return { kind: 'malformed' };
  if (family >> 4 === 3) return { kind: 'header', length, client: '' };
  if (family >> 4 === 1) return { kind: 'header', length, client: bytes.subarray(16, 20).join('.') };
  const groups = bytes.toString('hex', 16, 32).match(/.{4}/g) as string[];
  return { kind: 'header', length, client: normalAddress(groups.join(':')) };
}

function wholeComplaint(bytes: Buffer): string | null {
  const [found, expected] = [readProxyHeader(bytes), reference(bytes)];
  if (JSON.stringify(found) === JSON.stringify(expected)) return null;
  return `${show(bytes)} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`;
}

/** What is known of a beginning does not change with what follows, and is known when the last byte of the header is there. */
function prefixComplaint(dice: Dice, bytes: Buffer): string | null {
  const whole = readProxyHeader(bytes);
  const ends = bytes.length < 300 ? bytes.keys() : Array.from({ length: 50 }, () => dice.roll(bytes.length));
  for (const end of ends) {
    const part = readProxyHeader(bytes.subarray(0, end));
    const expected = whole.kind === 'header' && end >= whole.length ? 'header' : 'need';
    if (part.kind === expected || (part.kind === 'malformed' && whole.kind === 'malformed')) continue;
    return `${show(bytes)} is ${whole.kind}, its first ${end} bytes are ${part.kind}`;
  }
  return null;
}

/** As much of a socket as a preface uses. */
class PieceSocket extends EventEmitter {
  destroyed = false;
  back = '';

  destroy(): void {
    this.destroyed = true;
  }

  unshift(rest: Buffer): void {
    this.back += rest.toString('latin1');
  }
}

/** In pieces it is what it is in one, and every byte behind the header stays. */
function piecesComplaint(dice: Dice, bytes: Buffer): string | null {
  const socket = new PieceSocket();
  const told: (string | null | undefined)[] = [];
  const preface = new ProxyPreface(socket as unknown as Socket, 0, (_preface, client) => void told.push(client));
  let after = '';
  for (const piece of dice.pieces(bytes.toString('latin1'))) {
    if (told.length > 0) after += piece;
    else socket.emit('data', Buffer.from(piece, 'latin1'));
  }
  preface.close();
  socket.emit('close');
  const whole = readProxyHeader(bytes);
  const expected = whole.kind === 'header' ? whole.client : undefined;
  if (told.length !== 1 || told[0] !== expected) return `${show(bytes)} in pieces told ${JSON.stringify(told)}`;
  if (socket.destroyed !== (whole.kind !== 'header'))
    return `${show(bytes)} in pieces left the socket destroyed: ${socket.destroyed}`;
  if (whole.kind === 'header' && socket.back + after !== bytes.toString('latin1', whole.length)) {
    return `${show(bytes)} in pieces left ${JSON.stringify(socket.back + after)}`;
  }
  return null;
}

function show(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1', 0, 400));
}

await fuzz('headers', (seed) => {
  const dice = new Dice(seed);
  const made = dice.chance(50) ? line(dice) : binary(dice);
  const header = dice.chance(60) ? spoilt(dice, made) : made;
  const bytes = Buffer.concat([
    header,
    Buffer.from(pick(dice, ['', 'G', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', '\0\r\n'])),
  ]);
  return wholeComplaint(bytes) ?? prefixComplaint(dice, bytes) ?? piecesComplaint(dice, bytes);
});
