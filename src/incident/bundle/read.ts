/**
 * A bundle as it was read: its manifest, what it really holds, and the contents that were asked for. Called by `snapshot show`,
 * `verify` and `diff`, and by `diagnose --bundle`. Nothing goes to disk.
 */
import { createHash } from 'node:crypto';
import { damage, type Entry, entriesOf, type ReadLimits, readLimits } from './entries.ts';
import { type Manifest, manifestIn, manifestPath } from './manifest.ts';

/** A file that the archive really holds. */
export interface HeldFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Bundle {
  readonly path: string;
  /** Of the archive. */
  readonly bytes: number;
  readonly sha256: string;
  readonly manifest: Manifest;
  /** In the order of the archive. */
  readonly files: readonly HeldFile[];
  /** Those that were asked for, by path. */
  readonly contents: ReadonlyMap<string, Buffer>;
}

export interface BundleReading {
  /** Whose contents are kept. */
  readonly wanted?: (path: string) => boolean;
  /** Sees each file once, while it is read. */
  readonly each?: (entry: Entry) => void;
  readonly limits?: ReadLimits;
}

/** @param path Absolute. @throws SNT-I047 it cannot be read, SNT-I048 it is no whole bundle */
export async function readBundle(
  path: string,
  { wanted, each, limits = readLimits }: BundleReading = {},
): Promise<Bundle> {
  const files: HeldFile[] = [];
  const contents = new Map<string, Buffer>();
  let manifest: Manifest | null = null;
  const entries = entriesOf(path, limits);
  for (;;) {
    const { done, value } = await entries.next();
    if (done === true) {
      if (manifest === null) throw damage(path, `it is empty; expected ${manifestPath} first`);
      return { path, ...value, manifest, files, contents };
    }
    manifest ??= manifestOf(path, value);
    const { path: name, content } = value;
    files.push({ path: name, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') });
    if (wanted?.(name) === true) contents.set(name, content);
    each?.(value);
  }
}

/** The first file; without it nobody could say what the others are. */
function manifestOf(bundle: string, { path, content }: Entry): Manifest {
  if (path !== manifestPath) throw damage(bundle, `expected ${manifestPath} first, got ${path}`);
  const manifest = manifestIn(content);
  if (typeof manifest === 'string') throw damage(bundle, `its ${manifestPath} ${manifest}`);
  return manifest;
}
