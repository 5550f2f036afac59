/**
 * Items on their way into an archive: cut to their room, scrubbed, compressed one by one, so that no more than one of them is held
 * as it is; and cut again where the whole is still too large. Called by the writer of bundles.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, inflateRaw } from 'node:zlib';
import { bytesText } from '../../base/units.ts';
import type { Scrubber } from '../redaction/scrubber.ts';
import { type Piece, pieceOf } from './gzip.ts';
import type { FoundItem, Item, MissingItem } from './item.ts';
import { type ManifestItem, manifestPath, ownPaths } from './manifest.ts';
import {
  type BundleLimits,
  cutExactly,
  cutRoughly,
  cutWords,
  inOrderOfRoom,
  QuotaBook,
  SHORTEST,
  usualLimits,
} from './quota.ts';
import { BLOCK, headerOf, objectionTo, paddingOf } from './tar.ts';

export interface PackedFile {
  /** Header, content and padding, compressed. */
  readonly piece: Piece;
  readonly sha256: string;
  /** Of the content. */
  readonly bytes: number;
}

export type Pack = (path: string, text: string) => Promise<PackedFile>;

/** @param mtime Of every file, seconds since the epoch. @param level As zlib has it. */
export function packer(mtime: number, level: number): Pack {
  return async (path, text) => {
    // One copy only: a log may be long.
    const size = Buffer.byteLength(text);
    const block = Buffer.alloc(BLOCK + size + paddingOf(size).length);
    headerOf({ path, size }, mtime).copy(block);
    block.write(text, BLOCK);
    const sha256 = createHash('sha256')
      .update(block.subarray(BLOCK, BLOCK + size))
      .digest('hex');
    return { piece: await pieceOf(block, level), sha256, bytes: size };
  };
}

/** An item on its way into the archive. */
export interface Packed {
  readonly item: FoundItem;
  readonly entry: ManifestItem;
  /** Header, content and padding, compressed. */
  readonly piece: Piece;
}

export interface PackedItems {
  readonly items: readonly Packed[];
  /** Those that there were not, and those for which there was no room. */
  readonly missing: readonly ManifestItem[];
}

export interface ItemOrder {
  readonly items: readonly Item[];
  readonly scrubber: Scrubber;
  readonly limits?: Partial<BundleLimits>;
  readonly signal?: AbortSignal;
}

const inflate = promisify(inflateRaw) as (content: Buffer, options: object) => Promise<Buffer>;

/** Every item within its quota, without what the profile takes out, and packed. */
export async function packItems({ items, scrubber, limits, signal }: ItemOrder, pack: Pack): Promise<PackedItems> {
  const words = (text: string): string => scrubber.scrub(manifestPath, 'text', text);
  const seen = new Set(ownPaths);
  const missing = items.filter((item) => 'error' in item).map((item) => missingEntry(item, words));
  const there = items.filter((item) => 'content' in item);
  const book = new QuotaBook(there, { ...usualLimits, ...limits });
  const taken: Packed[] = [];
  for (const item of inOrderOfRoom(there)) {
    signal?.throwIfAborted();
    const within = book.share(item.class);
    const drop = (error: string): void => {
      book.take(item.class, 0);
      missing.push(missingEntry({ ...item, path: item.path.replaceAll(/[^\x21-\x7e]|\\/g, '_'), error }, words));
    };
    const objection = seen.has(item.path) ? 'is that of another item' : objectionTo(item.path);
    if (objection !== null) {
      drop(`its path ${objection}`);
      continue;
    }
    const roughly = cutRoughly(item, within);
    const clean = roughly === null ? null : scrubber.scrub(item.path, item.kind, roughly);
    const content =
      clean === null ? null : cutExactly(item.kind, clean, within, (roughly ?? '').length < item.content.length);
    if (content === null) {
      drop(`it has ${bytesText(Buffer.byteLength(item.content))}, and ${bytesText(within)} are left for ${item.class}`);
      continue;
    }
    seen.add(item.path);
    const packed = await pack(item.path, content);
    book.take(item.class, packed.bytes);
    const gone = (roughly ?? '').length < item.content.length || content !== clean;
    const cut = gone
      ? cutWords(
          item.kind,
          Buffer.byteLength(item.content) - packed.bytes,
          `${bytesText(within)} are left for ${item.class}`,
        )
      : null;
    taken.push({ item, entry: entryOf(item, packed, cut, words), piece: packed.piece });
  }
  return { items: taken, missing };
}

/** The same with less: of the longest log, else of the longest of all. Null = there is nothing that could go. */
export async function shrunk(
  items: readonly Packed[],
  excess: number,
  why: string,
  pack: Pack,
): Promise<PackedItems | null> {
  const longest = (some: readonly Packed[]): Packed | undefined =>
    some.toSorted((a, b) => b.piece.deflated.length - a.piece.deflated.length)[0];
  const victim = longest(items.filter(({ item }) => item.class === 'logs')) ?? longest(items);
  if (victim === undefined) return null;
  const { item, entry, piece } = victim;
  const others = items.filter((one) => one !== victim);
  const bytes = entry.bytes ?? 0;
  // What is left compresses a little worse than the whole did, and a word more stands in the manifest.
  const within = Math.floor(bytes * Math.max(0, 1 - (excess + 512) / piece.deflated.length) * 0.97);
  const whole = await inflate(piece.deflated, { finishFlush: constants.Z_SYNC_FLUSH });
  const content = whole.toString(
    'utf8',
    piece.size - paddingOf(bytes).length - bytes,
    piece.size - paddingOf(bytes).length,
  );
  const rest = within < SHORTEST ? null : cutExactly(item.kind, content, within, false);
  if (rest === null) {
    const { truncated: _, ...told } = entry;
    return { items: others, missing: [{ ...told, sha256: null, bytes: null, error: `left out: ${why}` }] };
  }
  const left = await pack(item.path, rest);
  const cut = cutWords(item.kind, bytes - left.bytes, why);
  const shorter: ManifestItem = {
    ...entry,
    bytes: left.bytes,
    sha256: left.sha256,
    truncated: entry.truncated === undefined ? cut : `${entry.truncated}; ${cut}`,
  };
  return { items: [...others, { item, entry: shorter, piece: left.piece }], missing: [] };
}

function entryOf(
  item: FoundItem,
  { sha256, bytes }: PackedFile,
  cut: string | null,
  words: (text: string) => string,
): ManifestItem {
  const { path, class: of, source, started, ms } = item;
  const left = [...(item.truncated === null ? [] : [words(item.truncated)]), ...(cut === null ? [] : [cut])];
  return {
    path,
    class: of,
    source: words(source),
    started,
    ms,
    sha256,
    bytes,
    ...(left.length === 0 ? {} : { truncated: left.join('; ') }),
  };
}

function missingEntry(
  { path, class: of, source, started, ms, error }: MissingItem,
  words: (text: string) => string,
): ManifestItem {
  return { path, class: of, source: words(source), started, ms, sha256: null, bytes: null, error: words(error) };
}
