/**
 * The files of an archive, one after the other, as a stranger may have made it: bounded in number, in length and in what they unpack
 * to, and nothing of it ever goes to disk. Called by whoever reads bundles, and by the writer to see what it has written.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { readReason } from '../../base/read-reason.ts';
import { bytesText } from '../../base/units.ts';
import { BLOCK, readHeader, TarFault } from './tar.ts';

export interface ReadLimits {
  /** The file itself. */
  readonly archiveBytes: number;
  /** All that it unpacks to. */
  readonly contentBytes: number;
  readonly fileBytes: number;
  readonly files: number;
}

/** Twice of what the writer makes. */
export const readLimits: ReadLimits = {
  archiveBytes: 256 << 20,
  contentBytes: 256 << 20,
  fileBytes: 160 << 20,
  files: 10_000,
};

export interface Entry {
  readonly path: string;
  readonly content: Buffer;
}

/** What can be said of the file once all of it was read. */
export interface ArchiveFacts {
  readonly bytes: number;
  readonly sha256: string;
}

/** @throws SNT-I047 it cannot be read, SNT-I048 it is no whole archive of plain files, or larger than any bundle */
export async function* entriesOf(path: string, limits: ReadLimits = readLimits): AsyncGenerator<Entry, ArchiveFacts> {
  const { start, bytes } = await startOfData(path, limits);
  const names = new Set<string>();
  let header: { readonly path: string; readonly size: number } | null = null;
  let ended = false;
  let have: Buffer = Buffer.alloc(0);
  const damaged = (why: string): SentinelError => damage(path, why);
  const pieces: Buffer[] = [];
  let waiting = 0;
  let needed = BLOCK;
  for await (const piece of inflated(path, start, bytes, limits)) {
    if (ended) {
      if (piece.some((byte) => byte !== 0)) throw damaged('something follows the end of its last file');
      continue;
    }
    pieces.push(piece);
    waiting += piece.length;
    if (waiting < needed) continue;
    have = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    pieces.length = 0;
    while (have.length >= needed) {
      if (header === null) {
        try {
          header = readHeader(have.subarray(0, BLOCK));
        } catch (error) {
          if (error instanceof TarFault) throw damaged(`it ${error.message}`);
          throw error;
        }
        have = have.subarray(BLOCK);
        if (header === null) {
          ended = true;
          if (have.some((byte) => byte !== 0)) throw damaged('something follows the end of its last file');
          break;
        }
        if (header.size > limits.fileBytes)
          throw damaged(`${header.path} is longer than ${bytesText(limits.fileBytes)}`);
        if (names.has(header.path)) throw damaged(`it holds ${header.path} twice`);
        if (names.add(header.path).size > limits.files) throw damaged(`it holds more than ${limits.files} files`);
        needed = Math.ceil(header.size / BLOCK) * BLOCK;
      } else {
        const { path: name, size } = header;
        // A copy: who keeps a short file does not keep the long piece that it came in.
        yield { path: name, content: Buffer.from(have.subarray(0, size)) };
        have = have.subarray(needed);
        header = null;
        needed = BLOCK;
      }
    }
    if (!ended && have.length > 0) pieces.push(have);
    waiting = have.length;
  }
  if (!ended) {
    throw damaged(header === null ? 'it ends without the mark of its end' : `it ends in the middle of ${header.path}`);
  }
  return { bytes, sha256: await digestOf(path) };
}

/** SHA-256 of the file in hex. @throws SNT-I047 */
async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  } catch (error) {
    throw unreadable(path, error);
  }
  return hash.digest('hex');
}

const TRAILER = 8;

/** What the gzip container holds; it is checked when the last piece was taken. */
async function* inflated(path: string, start: number, bytes: number, limits: ReadLimits): AsyncGenerator<Buffer> {
  const end = bytes - TRAILER;
  const source = createReadStream(path, { start, end: end - 1 });
  const inflate = createInflateRaw({ chunkSize: 256 << 10 });
  source.on('error', (error) => inflate.destroy(error));
  let crc = 0;
  let size = 0;
  try {
    for await (const piece of source.pipe(inflate) as AsyncIterable<Buffer>) {
      crc = crc32(piece, crc);
      size += piece.length;
      if (size > limits.contentBytes) throw damage(path, `it unpacks to more than ${bytesText(limits.contentBytes)}`);
      yield piece;
    }
  } catch (error) {
    if (error instanceof SentinelError) throw error;
    const errno = errnoOf(error) ?? '';
    if (errno === 'Z_BUF_ERROR') throw damage(path, 'it is cut off');
    if (errno.startsWith('Z_')) throw damage(path, `it cannot be unpacked (${(error as Error).message})`);
    throw unreadable(path, error);
  } finally {
    source.destroy();
    inflate.destroy();
  }
  if (inflate.bytesWritten !== end - start) {
    throw damage(path, `${end - start - inflate.bytesWritten} bytes follow the end of its data`);
  }
  const trailer = await bytesOf(path, end, TRAILER);
  if (trailer.readUInt32LE(4) !== size % 2 ** 32 || trailer.readUInt32LE(0) !== crc) {
    throw damage(path, 'its checksum is not that of what it holds');
  }
}

/** Behind the header of the container, with all that a packer may have put there. */
async function startOfData(path: string, { archiveBytes }: ReadLimits): Promise<{ start: number; bytes: number }> {
  let file: FileHandle | null = null;
  try {
    file = await open(path);
    const facts = await file.stat();
    if (!facts.isFile()) throw damage(path, 'it is no file');
    const { size } = facts;
    if (size > archiveBytes)
      throw damage(path, `it has ${bytesText(size)}, and no bundle has more than ${bytesText(archiveBytes)}`);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64 << 10), 0, 64 << 10, 0);
    const start = headerLength(buffer.subarray(0, bytesRead));
    if (start === null) throw damage(path, 'it does not begin as a .tar.gz does');
    if (size < start + TRAILER + 2) throw damage(path, `it is cut off after ${size} bytes`);
    return { start, bytes: size };
  } catch (error) {
    throw error instanceof SentinelError ? error : unreadable(path, error);
  } finally {
    await file?.close();
  }
}

/** Of a gzip member (RFC 1952, 2.3); null = it is none. */
function headerLength(bytes: Buffer): number | null {
  if (bytes.length < 10 || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) return null;
  const flags = bytes[3] as number;
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + (bytes.length < at + 2 ? bytes.length : bytes.readUInt16LE(at));
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return null;
    at = end + 1;
  }
  if ((flags & 2) !== 0) at += 2;
  return (flags & 0xe0) !== 0 ? null : at;
}

async function bytesOf(path: string, at: number, length: number): Promise<Buffer> {
  let file: FileHandle | null = null;
  try {
    file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
    if (bytesRead < length) throw damage(path, 'it is cut off');
    return buffer;
  } catch (error) {
    throw error instanceof SentinelError ? error : unreadable(path, error);
  } finally {
    await file?.close();
  }
}

function unreadable(path: string, error: unknown): SentinelError {
  return new SentinelError('SNT-I047', `reading the bundle ${path}: ${readReason(error)}`, {
    hint: 'name a .tar.gz that a snapshot has made; sentinel incident list',
  });
}

/** @param why `it is cut off` */
export function damage(path: string, why: string): SentinelError {
  return new SentinelError('SNT-I048', `reading the bundle ${path}: ${why}`, {
    hint: 'copy it once more from where it was made, and compare its SHA-256 with what the journal of the incident says',
  });
}
