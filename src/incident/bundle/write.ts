/**
 * Makes a bundle of what was collected: cut to its room, scrubbed, packed, written whole, looked through for secrets, named. Either
 * the whole archive is there in the end or nothing. Called by the command that takes snapshots.
 */
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type FileSteps, systemSteps } from '../../base/atomic-file.ts';
import { SentinelError } from '../../base/errors.ts';
import { bytesText } from '../../base/units.ts';
import { findLeaks } from '../redaction/leaks.ts';
import type { Leak, Profile, Scrubber } from '../redaction/scrubber.ts';
import { diskFault, draftPathOf, freeBytesIn, noRoom, sweepDrafts, writeDraft } from './draft.ts';
import { entriesOf } from './entries.ts';
import { gzipOf, gzipSize, type Piece, pieceOf } from './gzip.ts';
import type { Item } from './item.ts';
import {
  type BundleFacts,
  byPath,
  digestOfItems,
  type Manifest,
  manifestPath,
  manifestSchema,
  readmePath,
  sortedJson,
  sumsPath,
} from './manifest.ts';
import { packer, packItems, shrunk } from './packing.ts';
import { type BundleLimits, usualLimits } from './quota.ts';
import { readmeOf } from './readme.ts';
import { archiveEnd } from './tar.ts';

export interface BundleOrder {
  /** Absolute; nothing may be there. Its name begins with the incident and ends in `.tar.gz`. */
  readonly path: string;
  /** Texts and lines of NDJSON are oldest first: the newest stay where something has to go. */
  readonly items: readonly Item[];
  readonly facts: BundleFacts;
  readonly scrubber: Scrubber;
  /** Secrets that the process knows, for the search in what was written. */
  readonly known: Iterable<string>;
  readonly limits?: Partial<BundleLimits>;
  /** Rather soon than small. */
  readonly quick?: boolean;
  readonly steps?: FileSteps;
  /** Ends it between two steps; nothing is left then, and the reason of the signal is thrown. */
  readonly signal?: AbortSignal;
  /** Bytes that may still be written in a folder; null = nobody says. */
  readonly freeBytes?: (folder: string) => number | null;
}

export interface WrittenBundle {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly manifest: Manifest;
}

const LEVEL = 6;
const QUICK_LEVEL = 1;

/**
 * @throws SNT-I040 a secret was found in what was written, SNT-I045 there is no room, SNT-I046 it cannot be written, or something
 * is there already; nothing is left on disk then
 */
export async function writeBundle(order: BundleOrder): Promise<WrittenBundle> {
  const { path, steps = systemSteps } = order;
  const folder = dirname(path);
  const draft = draftPathOf(path);
  refuseExisting(path);
  sweepDrafts(folder, order.facts.incident, steps);
  const { parts, manifest } = await packed(order, roomIn(folder, order));
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  try {
    await writeDraft(draft, parts, steps, order.signal);
    const { sha256, leaks } = await searched(draft, order);
    if (leaks.length > 0) throw leaked(path, leaks);
    order.signal?.throwIfAborted();
    refuseExisting(path);
    steps.rename(draft, path);
    steps.syncFolder(folder);
    return { path, bytes, sha256, manifest };
  } catch (error) {
    steps.remove(draft);
    if (error instanceof SentinelError || order.signal?.aborted === true) throw error;
    throw diskFault(error, path, bytes);
  }
}

function refuseExisting(path: string): void {
  if (!existsSync(path)) return;
  throw new SentinelError(
    'SNT-I046',
    `writing the snapshot ${path}: something is there already, and it is not replaced`,
    {
      hint: 'name another file with --output',
    },
  );
}

interface Room {
  readonly bytes: number;
  readonly why: string;
}

/** What the archive may take, and whose limit that is. */
function roomIn(folder: string, { limits, freeBytes = freeBytesIn }: BundleOrder): Room {
  const { archiveBytes, reserveBytes } = { ...usualLimits, ...limits };
  const free = freeBytes(folder);
  const usable = free === null ? archiveBytes : Math.max(0, free - reserveBytes);
  return usable < archiveBytes
    ? { bytes: usable, why: `only ${bytesText(free ?? 0)} are free on the disk` }
    : { bytes: archiveBytes, why: `no archive is larger than ${bytesText(archiveBytes)}` };
}

/** The parts of the file, in memory: no more than the archive may be long. */
async function packed(order: BundleOrder, room: Room): Promise<{ parts: readonly Buffer[]; manifest: Manifest }> {
  const { scrubber, facts, path, quick = false } = order;
  const level = quick ? QUICK_LEVEL : LEVEL;
  const mtime = Math.max(0, Math.floor(Date.parse(facts.created) / 1000));
  const pack = packer(mtime, level);
  let { items, missing } = await packItems(order, pack);
  const words = (text: string): string => scrubber.scrub(manifestPath, 'text', text);
  const said = scrubbedFacts(facts, words, scrubber.profile);
  const own = async (): Promise<{ pieces: readonly Piece[]; manifest: Manifest }> => {
    const entries = [...items.map(({ entry }) => entry), ...missing].toSorted(byPath);
    const digest = digestOfItems(entries);
    const readme = await pack(
      readmePath,
      scrubber.scrub(
        readmePath,
        'markdown',
        readmeOf({ facts: said, items: entries, redaction: scrubber.report(), digest, name: basename(path) }),
      ),
    );
    const manifest: Manifest = {
      ...said,
      schema: manifestSchema,
      items: entries,
      redaction: { ...scrubber.report(), rules: facts.tool.version },
      bundle_sha256_of_items: digest,
    };
    const head = await pack(manifestPath, sortedJson(manifest));
    const sums = [
      { path: manifestPath, sha256: head.sha256 },
      { path: readmePath, sha256: readme.sha256 },
      ...entries.filter(({ sha256 }) => sha256 !== null),
    ].map((one) => `${one.sha256}  ${one.path}\n`);
    const { piece: sumsPiece } = await pack(sumsPath, sums.join(''));
    const rest = [
      ...items.map(({ entry, piece }) => ({ path: entry.path, piece })),
      { path: sumsPath, piece: sumsPiece },
    ];
    return {
      pieces: [
        head.piece,
        readme.piece,
        ...rest.toSorted(byPath).map(({ piece }) => piece),
        await pieceOf(archiveEnd, level),
      ],
      manifest,
    };
  };
  for (;;) {
    order.signal?.throwIfAborted();
    const { pieces, manifest } = await own();
    const excess = gzipSize(pieces) - room.bytes;
    if (excess <= 0) return { parts: gzipOf(pieces), manifest };
    const smaller = await shrunk(items, excess, room.why, pack);
    if (smaller === null)
      throw noRoom(path, gzipSize(pieces), order.freeBytes?.(dirname(path)) ?? freeBytesIn(dirname(path)), null);
    items = smaller.items;
    missing = [...missing, ...smaller.missing];
  }
}

/** What somebody wrote, or a daemon said, may hold what the profile takes out. */
function scrubbedFacts(facts: BundleFacts, words: (text: string) => string, profile: Profile): BundleFacts {
  const { title, daemon, incomplete, verdict } = facts;
  const host = words(facts.host);
  const hidden = profile === 'share' || profile === 'paranoid';
  return {
    ...facts,
    title: title === null ? null : words(title),
    // A name that is too short to be looked for everywhere is one all the same where it stands alone.
    host: hidden && host === facts.host ? '[HOST]' : host,
    daemon: words(daemon),
    incomplete: incomplete.map(words),
    verdict: verdict === null ? null : { ...verdict, words: verdict.words.map(words), next: verdict.next.map(words) },
  };
}

/** What is really on disk, file by file. */
async function searched(
  draft: string,
  { scrubber, known, signal }: BundleOrder,
): Promise<{ readonly sha256: string; readonly leaks: readonly Leak[] }> {
  const secrets = [...known];
  const leaks: Leak[] = [];
  const entries = entriesOf(draft);
  for (;;) {
    signal?.throwIfAborted();
    const { done, value } = await entries.next();
    if (done === true) return { sha256: value.sha256, leaks };
    leaks.push(...findLeaks([value], { profile: scrubber.profile, known: secrets }));
  }
}

const shownLeaks = 5;

function leaked(path: string, leaks: readonly Leak[]): SentinelError {
  const places = leaks.slice(0, shownLeaks).map((leak) => `${leak.path}:${leak.line} (${leak.rule})`);
  const more = leaks.length - places.length;
  return new SentinelError(
    'SNT-I040',
    `writing the snapshot ${path}: a secret would have been in ${places.join(', ')}${more > 0 ? ` and in ${more} more places` : ''}; it was removed again`,
    { hint: 'take it once more with --redact paranoid, and report the rule' },
  );
}
