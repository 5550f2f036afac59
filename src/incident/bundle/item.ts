/** What a snapshot is made of: items that collectors found, and those that they could not. Types only. */
import type { ContentKind } from '../redaction/scrubber.ts';

/** What it costs to find out: `cheap` reads files and rings, `intrusive` could be noticed by traffic. */
export type ItemClass = 'config' | 'state' | 'metrics' | 'requests' | 'tls' | 'logs' | 'system' | 'record' | 'verdict';

/** Found, and not yet scrubbed. */
export interface FoundItem {
  /** In the bundle: `state/upstreams.json`. */
  readonly path: string;
  readonly class: ItemClass;
  readonly kind: ContentKind;
  readonly content: string;
  /** Where it comes from: `GET /admin/upstreams`, `/var/log/sentinel/sentinel.log`, `journalctl -u sentinel`. */
  readonly source: string;
  /** RFC 3339. */
  readonly started: string;
  readonly ms: number;
  /** What was left out of it, in words: `the oldest 18.2 GiB`; null = it is whole. */
  readonly truncated: string | null;
}

/** Could not be found: the manifest and the README say why. */
export interface MissingItem {
  readonly path: string;
  readonly class: ItemClass;
  readonly source: string;
  readonly started: string;
  readonly ms: number;
  /** `no answer within 5 s` */
  readonly error: string;
}

export type Item = FoundItem | MissingItem;
