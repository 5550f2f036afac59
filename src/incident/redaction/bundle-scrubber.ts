/**
 * Takes out of a bundle what its profile says, file by file, and counts it. Made once for each bundle by whoever writes it; knows
 * no file system and keeps nothing but counts and tokens.
 */
import { KnownSecrets, redacted, redactText } from '../../base/redaction.ts';
import type { ContentKind, Profile, RedactionReport, Scrubber } from './scrubber.ts';

export interface ScrubberOptions {
  readonly profile: Profile;
  /** 32 random bytes, for this bundle alone and never written into it: tokens say nothing without it. */
  readonly key: Buffer;
  /** Secret values that the process knows, replaced wherever they stand. */
  readonly known: Iterable<string>;
  /** Host names of the configuration, of targets and of certificates: `share` and `paranoid` take them out wherever they stand. */
  readonly hosts?: Iterable<string>;
}

export function createScrubber(options: ScrubberOptions): Scrubber {
  return new BundleScrubber(options);
}

class BundleScrubber implements Scrubber {
  readonly profile: Profile;
  readonly #known: KnownSecrets;
  readonly #byRule: Record<string, number> = {};
  readonly #byFile: Record<string, Record<string, number>> = {};

  constructor(options: ScrubberOptions) {
    this.profile = options.profile;
    this.#known = new KnownSecrets(options.known);
  }

  scrub(path: string, _kind: ContentKind, content: string): string {
    if (this.profile === 'none') return content;
    const without = this.#known.replaceIn(content);
    const result = without.split('\n').map(redactText).join('\n');
    const count = result.split(redacted).length - 1;
    if (count > 0) this.#count(path, 'text', count);
    return result;
  }

  report(): RedactionReport {
    return { profile: this.profile, by_rule: this.#byRule, by_file: this.#byFile, tokens: {} };
  }

  map(): ReadonlyMap<string, string> {
    return new Map();
  }

  #count(path: string, rule: string, count: number): void {
    this.#byRule[rule] = (this.#byRule[rule] ?? 0) + count;
    const file = (this.#byFile[path] ??= {});
    file[rule] = (file[rule] ?? 0) + count;
  }
}
