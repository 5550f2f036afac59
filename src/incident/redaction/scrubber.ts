/**
 * What every byte of a bundle passes before it is written: the interface. Profiles say how much goes; tokens stand for what must
 * stay distinguishable; each replacement is counted. Types only.
 */

/** `none` keeps everything, and the manifest says so. */
export const profiles = ['internal', 'share', 'paranoid', 'none'] as const;
export type Profile = (typeof profiles)[number];

/** How a content is read: structured ones by their names, all by their shapes. */
export type ContentKind = 'text' | 'json' | 'ndjson' | 'kdl' | 'prometheus' | 'markdown';

export interface RedactionReport {
  readonly profile: Profile;
  /** Rule → replacements. */
  readonly by_rule: Readonly<Record<string, number>>;
  /** Path in the bundle → rule → replacements. */
  readonly by_file: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Distinct tokens by kind: `IP`, `HOST`, `USER` … */
  readonly tokens: Readonly<Record<string, number>>;
}

export interface Scrubber {
  readonly profile: Profile;
  /**
   * The content without what the profile takes away. Whole files only: a secret may reach over lines.
   * @param path In the bundle, for the report.
   */
  scrub(path: string, kind: ContentKind, content: string): string;
  report(): RedactionReport;
  /** Token → what it stands for; for `--map`, never for the bundle. */
  map(): ReadonlyMap<string, string>;
}

/** A secret, or what looks like one, in bytes that were to be written. Never says what it is. */
export interface Leak {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
}
