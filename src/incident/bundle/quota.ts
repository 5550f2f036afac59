/**
 * How much of everything a bundle holds: a quota for each class of items, and what is left for logs. Cuts contents at ends of
 * lines, so that the newest stay. Called by the writer of bundles; pure.
 */
import { bytesText } from '../../base/units.ts';
import type { ContentKind } from '../redaction/scrubber.ts';
import type { FoundItem, ItemClass } from './item.ts';

const MiB = 1 << 20;

export interface BundleLimits {
  /** The archive, compressed. */
  readonly archiveBytes: number;
  /** All contents together, before they are compressed. */
  readonly contentBytes: number;
  /** Left free on the file system, for what is written beside it. */
  readonly reserveBytes: number;
}

export const usualLimits: BundleLimits = {
  archiveBytes: 64 * MiB,
  contentBytes: 128 * MiB,
  reserveBytes: MiB,
};

/** Contents of one class; logs take what the others leave. Together below `contentBytes`. */
const quotas: Readonly<Record<Exclude<ItemClass, 'logs'>, number>> = {
  config: 8 * MiB,
  state: 16 * MiB,
  metrics: 16 * MiB,
  requests: 16 * MiB,
  tls: 4 * MiB,
  system: 8 * MiB,
  record: 16 * MiB,
  verdict: 16 * MiB,
};

/** Shorter rests of a content are of no use to anybody. */
export const SHORTEST = 4 << 10;
/** No secret that goes over lines is longer: what begins in the middle of one is cleared of it by cutting that much more away. */
const OVERLAP = 32 << 10;

/** What is left of a content. `note` says what is gone; null = nothing. */
export interface Cut {
  readonly content: string;
  readonly note: string | null;
}

/** What an item may take. The room of logs is shared so that a short log leaves its part to the long ones. */
export class QuotaBook {
  readonly #left = new Map<ItemClass, number>();
  readonly #waiting = new Map<ItemClass, number>();
  #total: number;

  constructor(items: readonly FoundItem[], { contentBytes }: BundleLimits) {
    this.#total = contentBytes;
    for (const [name, quota] of Object.entries(quotas))
      this.#left.set(name as ItemClass, Math.min(quota, contentBytes));
    for (const { class: of } of items) this.#waiting.set(of, (this.#waiting.get(of) ?? 0) + 1);
  }

  /** Bytes that the next item of a class may have. */
  share(of: ItemClass): number {
    const left = Math.min(this.#left.get(of) ?? this.#total, this.#total);
    return Math.floor(left / Math.max(1, this.#waiting.get(of) ?? 1));
  }

  /** @param bytes What it took. */
  take(of: ItemClass, bytes: number): void {
    this.#total = Math.max(0, this.#total - bytes);
    const left = this.#left.get(of);
    if (left !== undefined) this.#left.set(of, Math.max(0, left - bytes));
    this.#waiting.set(of, Math.max(1, (this.#waiting.get(of) ?? 1) - 1));
  }
}

/** In which order contents get their room: logs last, and of each class the shortest first. */
export function inOrderOfRoom(items: readonly FoundItem[]): readonly FoundItem[] {
  const rank = ({ class: of }: FoundItem): number => (of === 'logs' ? 1 : 0);
  return items.toSorted(
    (a, b) => rank(a) - rank(b) || a.content.length - b.content.length || (a.path < b.path ? -1 : 1),
  );
}

/**
 * Before scrubbing: so much that `within` can be kept after it. Null = such a content is whole or of no use.
 * @param within Bytes.
 */
export function cutRoughly({ kind, content }: FoundItem, within: number): string | null {
  // Characters are no more than bytes.
  if (content.length <= within) return content;
  if (sideKept(kind) === null) return null;
  return keep(kind, content, within + OVERLAP);
}

/**
 * After scrubbing: at most `within` bytes. Null = such a content is whole or of no use.
 * @param roughly It was cut before: what it begins with may be half of something.
 */
export function cutExactly(kind: ContentKind, content: string, within: number, roughly: boolean): string | null {
  const bytes = Buffer.byteLength(content);
  const most = Math.min(within, roughly && sideKept(kind) === 'end' ? bytes - OVERLAP : bytes);
  if (bytes <= most) return content;
  return most < SHORTEST ? null : keepBytes(kind, content, most);
}

/** `the oldest 18 MiB (over the quota of state)` */
export function cutWords(kind: ContentKind, bytes: number, why: string): string {
  return `the ${sideKept(kind) === 'start' ? 'last' : 'oldest'} ${bytesText(bytes)} (${why})`;
}

/** Where a content is kept when only a part of it can be: lines are oldest first. Null = half of it says nothing, or lies. */
function sideKept(kind: ContentKind): 'start' | 'end' | null {
  switch (kind) {
    case 'text':
    case 'ndjson':
      return 'end';
    case 'prometheus':
    case 'markdown':
      return 'start';
    case 'json':
    case 'kdl':
      return null;
  }
}

function keep(kind: ContentKind, content: string, characters: number): string | null {
  if (content.length <= characters) return content;
  if (sideKept(kind) === 'start') return toLineEnd(content.slice(0, characters));
  return fromLineStart(content.slice(content.length - characters - 1));
}

function keepBytes(kind: ContentKind, content: string, most: number): string | null {
  const bytes = Buffer.from(content);
  // One more at the side where it is cut: a line that is whole stays.
  if (sideKept(kind) === 'start') return toLineEnd(bytes.toString('utf8', 0, most));
  if (sideKept(kind) === 'end') return fromLineStart(bytes.toString('utf8', bytes.length - most - 1));
  return null;
}

function toLineEnd(text: string): string | null {
  const end = text.lastIndexOf('\n');
  return end < 0 ? null : text.slice(0, end + 1);
}

function fromLineStart(text: string): string | null {
  const end = text.indexOf('\n');
  return end < 0 || end === text.length - 1 ? null : text.slice(end + 1);
}
