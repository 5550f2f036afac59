/** Whether a bundle is what it says: manifest against bytes, sums, the digest of all, and the journal of its incident. Pure. */
import type { JournalEntry } from '../record/entry.ts';
import { digestOfItems, manifestPath, ownPaths, readmePath, shortDigest, sumsPath } from './manifest.ts';
import type { Bundle } from './read.ts';

export interface Contradiction {
  /** In the bundle; null = the bundle as a whole. */
  readonly path: string | null;
  readonly words: string;
}

/** Of a bundle whose reading kept `SHA256SUMS`. Empty = nothing contradicts anything. */
export function contradictionsIn(bundle: Bundle): readonly Contradiction[] {
  const { manifest, files, contents } = bundle;
  const found: Contradiction[] = [];
  const say = (path: string | null, words: string): void => void found.push({ path, words });
  const held = new Map(files.map((file) => [file.path, file]));
  const told = new Map(manifest.items.flatMap((item) => (item.sha256 === null ? [] : [[item.path, item] as const])));
  for (const { path, sha256, bytes } of told.values()) {
    const file = held.get(path);
    if (file === undefined) say(path, 'it stands in the manifest and is not here');
    else if (file.bytes !== bytes) say(path, `expected ${bytes} bytes, got ${file.bytes}`);
    else if (file.sha256 !== sha256) say(path, `expected SHA-256 ${sha256}, got ${file.sha256}`);
  }
  for (const { path } of files) {
    if (!told.has(path) && !ownPaths.includes(path)) say(path, 'it does not stand in the manifest');
  }
  for (const path of [readmePath, sumsPath]) if (!held.has(path)) say(path, 'it is not here');
  const digest = digestOfItems(manifest.items);
  if (digest !== manifest.bundle_sha256_of_items) {
    say(manifestPath, `expected ${manifest.bundle_sha256_of_items} over all items, got ${digest}`);
  }
  const sums = contents.get(sumsPath);
  if (sums !== undefined) for (const { path, words } of sumsAgainst(sums.toString('utf8'), bundle)) say(path, words);
  return found;
}

function sumsAgainst(text: string, { files }: Bundle): readonly Contradiction[] {
  const sums = new Map(
    text.split('\n').flatMap((line) => {
      const [, sha256, path] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
      return sha256 === undefined || path === undefined ? [] : [[path, sha256] as const];
    }),
  );
  const wrong = files
    .filter(({ path, sha256 }) => path !== sumsPath && sums.get(path) !== sha256)
    .map(({ path }) => ({
      path,
      words: `${sumsPath} has ${sums.has(path) ? 'another SHA-256 for it' : 'no SHA-256 for it'}`,
    }));
  const gone = [...sums.keys()].filter((path) => !files.some((file) => file.path === path));
  return [...wrong, ...gone.map((path) => ({ path, words: `${sumsPath} names it, and it is not here` }))];
}

/** What the journal of its incident says of a bundle. */
export type JournalWord =
  /** Its SHA-256 stands there, and so does the entry that it names as the last one. */
  | { readonly kind: 'agrees'; readonly words: string }
  /** Nothing there is of this bundle. */
  | { readonly kind: 'silent'; readonly words: string }
  | { readonly kind: 'contradicts'; readonly words: string };

/** @param name Of the archive, without folders. @param entries Oldest first, their chain verified. */
export function journalWord(bundle: Bundle, name: string, entries: readonly JournalEntry[]): JournalWord {
  const { manifest, sha256 } = bundle;
  const { journal } = manifest;
  if (journal !== null) {
    const entry = entries.find(({ seq }) => seq === journal.seq);
    if (entry === undefined) {
      return {
        kind: 'contradicts',
        words: `the bundle was taken at entry ${journal.seq} of the journal, which has ${entries.length}`,
      };
    }
    if (entry.hash !== journal.hash) {
      return {
        kind: 'contradicts',
        words: `entry ${journal.seq} of the journal is another than when the bundle was taken: expected ${shortDigest(journal.hash)}, got ${shortDigest(entry.hash)}`,
      };
    }
  }
  const snapshots = entries.filter((entry) => entry.kind === 'snapshot');
  const own = snapshots.find((entry) => entry.sha256 === sha256);
  if (own !== undefined) return { kind: 'agrees', words: `entry ${own.seq} of the journal has this SHA-256` };
  const namesake = snapshots.find(({ file }) => file.slice(file.lastIndexOf('/') + 1) === name);
  if (namesake !== undefined) {
    return {
      kind: 'contradicts',
      words: `entry ${namesake.seq} of the journal expected SHA-256 ${namesake.sha256}, got ${sha256}`,
    };
  }
  return { kind: 'silent', words: 'the journal of the incident does not name this bundle' };
}
