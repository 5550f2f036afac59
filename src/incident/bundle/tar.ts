/**
 * Plain files in a tar archive (POSIX ustar), block by block: written so that the same files give the same bytes, read as what a
 * stranger may have made. For bundles; knows neither gzip nor disks, and extracts nothing.
 */

export const BLOCK = 512;
/** What follows the last file. */
export const archiveEnd: Buffer = Buffer.alloc(2 * BLOCK);

/** Name and prefix of a header. */
const NAME = 100;
const PREFIX = 155;
const nameForm = /^[\x21-\x7e]+$/;

/** What a header says of the file that follows it. */
export interface TarHeader {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** Why something is no archive that we would read. The words follow the name of the file. */
export class TarFault extends Error {}

/**
 * The block before a file: 0600, of nobody, at `mtime`.
 * @param mtime Seconds since the epoch.
 * @throws Error for a path that no archive of ours may hold, or that does not fit into a header
 */
export function headerOf({ path, size }: TarHeader, mtime: number): Buffer {
  const objection = objectionTo(path);
  if (objection !== null) throw new Error(`the path ${JSON.stringify(path)} ${objection}`);
  const { name, prefix } = split(path);
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 'latin1');
  block.write('0000600\0', 100, 'latin1');
  block.write('0000000\0', 108, 'latin1');
  block.write('0000000\0', 116, 'latin1');
  block.write(`${octal(size, 11)}\0`, 124, 'latin1');
  block.write(`${octal(mtime, 11)}\0`, 136, 'latin1');
  block.write('0', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write('0000000\x000000000\0', 329, 'latin1');
  block.write(prefix, 345, 'latin1');
  block.write(`${octal(checksumOf(block), 6)}\0 `, 148, 'latin1');
  return block;
}

/** Zeros that fill the last block of a file. */
export function paddingOf(size: number): Buffer {
  return archiveEnd.subarray(0, (BLOCK - (size % BLOCK)) % BLOCK);
}

/**
 * What a header says; null for a block of zeros, with which an archive ends.
 * @throws TarFault for what is no header, and for all that is no plain file under a harmless path
 */
export function readHeader(block: Buffer): TarHeader | null {
  if (block.every((byte) => byte === 0)) return null;
  const written = field(block, 148, 8);
  if (number(written, 'checksum') !== checksumOf(block)) throw new TarFault('holds a header whose checksum is wrong');
  const name = text(block, 0, NAME);
  const prefix = text(block, 345, PREFIX);
  const path = prefix === '' ? name : `${prefix}/${name}`;
  const kind = String.fromCharCode(block[156] as number);
  if (kind !== '0' && kind !== '\0') {
    throw new TarFault(
      `holds ${kinds[kind] ?? 'something of an unknown kind'} (${JSON.stringify(path)}); expected plain files only`,
    );
  }
  const objection = objectionTo(path);
  if (objection !== null) throw new TarFault(`holds a file whose path ${JSON.stringify(path)} ${objection}`);
  return { path, size: number(field(block, 124, 12), 'size') };
}

const kinds: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '5': 'a folder',
  '6': 'a pipe',
  '7': 'a contiguous file',
  L: 'a long name',
  K: 'a long link',
  g: 'headers of pax',
  x: 'headers of pax',
};

/** Paths are relative, stay inside, and can be typed. Null = harmless. */
export function objectionTo(path: string): string | null {
  if (path.length > PREFIX + 1 + NAME) return 'is too long';
  if (!nameForm.test(path) || path.includes('\\')) return 'holds a character that no path in a bundle has';
  if (path.startsWith('/')) return 'is absolute';
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..')) return 'leads elsewhere';
  return null;
}

function split(path: string): { readonly name: string; readonly prefix: string } {
  if (path.length <= NAME) return { name: path, prefix: '' };
  const at = path.indexOf('/', path.length - NAME - 1);
  if (at < 0 || at > PREFIX || at === path.length - 1)
    throw new Error(`the path ${JSON.stringify(path)} does not fit into an archive`);
  return { name: path.slice(at + 1), prefix: path.slice(0, at) };
}

/** The sum of all bytes, those of the checksum taken as spaces. */
function checksumOf(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += block[at] as number;
  return sum;
}

function octal(value: number, digits: number): string {
  const words = value.toString(8).padStart(digits, '0');
  if (words.length > digits) throw new Error(`${value} does not fit into ${digits} octal digits`);
  return words;
}

function number(words: string, what: string): number {
  const digits = words.replace(/^ +/, '').replace(/[ \0]+$/, '');
  if (!/^[0-7]{1,12}$/.test(digits)) throw new TarFault(`holds a header whose ${what} is no octal number`);
  return Number.parseInt(digits, 8);
}

function field(block: Buffer, at: number, length: number): string {
  return block.toString('latin1', at, at + length);
}

function text(block: Buffer, at: number, length: number): string {
  return field(block, at, length).replace(/\0.*$/s, '');
}
