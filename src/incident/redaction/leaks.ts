/**
 * The second look at what was written: known secrets and their shapes in the bytes of an archive, by a way of its own. Whoever
 * writes a bundle calls it before the bundle gets its name. Never says what it found, only where and by which rule.
 */
import { KnownSecrets } from '../../base/redaction.ts';
import type { Leak, Profile } from './scrubber.ts';

export interface LeakScan {
  readonly profile: Profile;
  readonly known: Iterable<string>;
}

export interface ScannedFile {
  readonly path: string;
  readonly content: Buffer | string;
}

const shapes: readonly (readonly [rule: string, shape: RegExp])[] = [
  ['private_key', /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY/],
  ['aws_key', /\bA[KS]IA[A-Z0-9]{16}\b/],
];

/** Empty = nothing found. Under `none` nothing is looked for. */
export function findLeaks(files: Iterable<ScannedFile>, { profile, known }: LeakScan): readonly Leak[] {
  if (profile === 'none') return [];
  const secrets = new KnownSecrets(known);
  const leaks: Leak[] = [];
  for (const { path, content } of files) {
    const lines = [path, ...content.toString().split('\n')];
    for (const [at, text] of lines.entries()) {
      if (secrets.replaceIn(text) !== text) leaks.push({ path, line: at, rule: 'known_secret' });
      for (const [rule, shape] of shapes) if (shape.test(text)) leaks.push({ path, line: at, rule });
    }
  }
  return leaks;
}
