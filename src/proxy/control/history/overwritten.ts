/**
 * Texts that are about to be overwritten and that no generation holds (somebody edited a file and did not reload): a copy of each,
 * in a bounded folder of the daemon's own.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeFileAtomically } from '../../../base/atomic-file.ts';
import { rfc3339 } from '../../../base/units.ts';
import { textOf } from '../../../history/disk-text.ts';
import type { HistoryFolders } from '../../../history/folders.ts';
import type { GenerationFile } from '../../../history/generation.ts';

const KEPT_MOST = 50;

/**
 * @param holds Whether the history has this text of this file.
 * @returns Where the copies are.
 * @throws the system error
 */
export function keepOverwritten(
  folders: HistoryFolders,
  files: readonly GenerationFile[],
  holds: (path: string, text: string) => boolean,
  nowMs: number,
): readonly string[] {
  const lost = files.flatMap(({ path, text }) => {
    const now = textOf(path);
    return now === null || now === text || holds(path, now) ? [] : [{ path, now }];
  });
  if (lost.length === 0) return [];
  const folder = join(folders.ensure(), 'overwritten');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const copies = lost.map(({ path, now }, index) => {
    // Files of several folders may have one name, and the second copy must not replace the first.
    const place = index === 0 ? '' : `${index + 1}-`;
    const copy = join(folder, `${rfc3339(nowMs).replaceAll(':', '-')}-${place}${basename(path)}`);
    writeFileAtomically(copy, now, 0o600);
    return copy;
  });
  for (const old of readdirSync(folder).sort().slice(0, -KEPT_MOST)) rmSync(join(folder, old), { force: true });
  return copies;
}
