/**
 * `manifest.json`: what a bundle holds, what it lacks and why, and how both can be proved. Made by the writer of bundles, checked
 * here by everybody who reads one. Pure.
 */
import { createHash } from 'node:crypto';
import type { RedactionReport } from '../redaction/scrubber.ts';
import type { ItemClass } from './item.ts';

export const manifestSchema = 'sentinel.bundle/1';
export const manifestPath = 'manifest.json';
export const readmePath = 'README.md';
export const sumsPath = 'SHA256SUMS';
/** Those that the writer makes itself: no item is called so. */
export const ownPaths: readonly string[] = [manifestPath, readmePath, sumsPath];

/** In short what a diagnosis said when the bundle was made; all of it is in `verdict.json`. */
export interface BundleVerdict {
  readonly status: 'ok' | 'problems' | 'unknown';
  /** `SEV1` …; null = nothing is wrong, or nobody can say. */
  readonly severity: string | null;
  /** A line for people, and one for each cause. */
  readonly words: readonly string[];
  /** The next commands to type. */
  readonly next: readonly string[];
}

/** What whoever collected says of the whole. Free texts are scrubbed when the bundle is written. */
export interface BundleFacts {
  readonly incident: string;
  readonly title: string | null;
  readonly host: string;
  /** RFC 3339 in UTC. */
  readonly created: string;
  /** The stretch that rings, series and logs are of. */
  readonly window: { readonly since: string; readonly until: string };
  readonly tool: { readonly version: string; readonly node: string };
  /** As it was asked: `running, generation 41`, `down`, `accepts, and does not answer`. */
  readonly daemon: string;
  /** Whether all is there that an analysis cannot do without. */
  readonly complete: boolean;
  /** What of that is missing, in words. */
  readonly incomplete: readonly string[];
  /** Null = no verdict could be made. */
  readonly verdict: BundleVerdict | null;
  /** The last entry of the journal that is in the bundle; null = the incident has none, or it cannot be read. */
  readonly journal: { readonly seq: number; readonly hash: string } | null;
}

export interface ManifestItem {
  readonly path: string;
  readonly class: ItemClass;
  readonly source: string;
  readonly started: string;
  readonly ms: number;
  /** Null where `error` says why it is missing. */
  readonly sha256: string | null;
  readonly bytes: number | null;
  /** What was left out of it, in words. */
  readonly truncated?: string;
  readonly error?: string;
}

export interface Manifest extends BundleFacts {
  readonly schema: typeof manifestSchema;
  /** Sorted by path. */
  readonly items: readonly ManifestItem[];
  readonly redaction: RedactionReport & { readonly rules: string };
  readonly bundle_sha256_of_items: string;
}

/** SHA-256 over the lines of `sha256sum` of the items that are there, by path. */
export function digestOfItems(items: readonly Pick<ManifestItem, 'path' | 'sha256'>[]): string {
  const hash = createHash('sha256');
  for (const { path, sha256 } of items.toSorted(byPath)) if (sha256 !== null) hash.update(`${sha256}  ${path}\n`);
  return hash.digest('hex');
}

/** The beginning of a digest, as it can be read out: `3f2a 91bc 04de 77a1`. */
export function shortDigest(sha256: string): string {
  return (sha256.slice(0, 16).match(/.{4}/g) ?? []).join(' ');
}

/** By the bytes of their paths, whatever the locale. */
export function byPath(one: { readonly path: string }, other: { readonly path: string }): number {
  return one.path < other.path ? -1 : one.path > other.path ? 1 : 0;
}

/** JSON for people and for `diff`: keys sorted at every depth, one line each. */
export function sortedJson(value: unknown): string {
  return `${JSON.stringify(value, (_, one: unknown) => (isRecord(one) ? sorted(one) : one), 2)}\n`;
}

/** A manifest that was read. @returns why it is none */
export function manifestIn(content: Buffer): Manifest | string {
  if (content.length > MOST_BYTES) return `is larger than ${MOST_BYTES >> 20} MiB`;
  let value: unknown;
  try {
    value = JSON.parse(content.toString('utf8'));
  } catch {
    return 'is no JSON';
  }
  if (!isRecord(value)) return 'is no object';
  if (value['schema'] !== manifestSchema) {
    return `is of another version: expected ${manifestSchema}, got ${JSON.stringify(value['schema'] ?? null)}`;
  }
  const wrong = Object.entries(forms).find(([name, fits]) => !fits(value[name]));
  return wrong === undefined ? (value as unknown as Manifest) : `does not say what it must in \`${wrong[0]}\``;
}

/** A word on each of as many files as an archive may hold; what is more would take a gigabyte to look at. */
const MOST_BYTES = 16 << 20;

const text = (value: unknown): boolean => typeof value === 'string';
const texts = (value: unknown): boolean => Array.isArray(value) && value.every(text);
const count = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const textOrNull = (value: unknown): boolean => value === null || text(value);
const counts = (value: unknown): boolean => isRecord(value) && Object.values(value).every(count);
const moment = (value: unknown): boolean => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const digest = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const absentOr = (fits: (value: unknown) => boolean) => (value: unknown) => value === undefined || fits(value);

const forms: Readonly<Record<string, (value: unknown) => boolean>> = {
  incident: text,
  title: textOrNull,
  host: text,
  created: moment,
  window: (value) => isRecord(value) && moment(value['since']) && moment(value['until']),
  tool: (value) => isRecord(value) && text(value['version']) && text(value['node']),
  daemon: text,
  complete: (value) => typeof value === 'boolean',
  incomplete: texts,
  verdict: (value) =>
    value === null ||
    (isRecord(value) &&
      ['ok', 'problems', 'unknown'].includes(value['status'] as string) &&
      textOrNull(value['severity']) &&
      texts(value['words']) &&
      texts(value['next'])),
  journal: (value) => value === null || (isRecord(value) && count(value['seq']) && text(value['hash'])),
  items: (value) => Array.isArray(value) && value.every(isItem),
  redaction: (value) =>
    isRecord(value) &&
    text(value['profile']) &&
    text(value['rules']) &&
    counts(value['by_rule']) &&
    counts(value['tokens']) &&
    isRecord(value['by_file']) &&
    Object.values(value['by_file']).every(counts),
  bundle_sha256_of_items: digest,
};

function isItem(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { path, class: kind, source, started, ms, sha256, bytes, truncated, error } = value;
  const there = digest(sha256) && count(bytes) && error === undefined;
  const missing = sha256 === null && bytes === null && text(error);
  return (
    [path, kind, source].every(text) &&
    moment(started) &&
    typeof ms === 'number' &&
    absentOr(text)(truncated) &&
    (there || missing)
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(record)
      .toSorted()
      .map((key) => [key, record[key]]),
  );
}
