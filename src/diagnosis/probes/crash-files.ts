/** Crash files that the program leaves when it meets a defect of its own (`sentinel-crash-TIME-PID.txt`): those of this daemon. */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPlainFile } from '../../base/plain-file.ts';
import { redactText } from '../../base/redaction.ts';
import type { DeathState } from '../facts/process.ts';

/** Newest ones. */
const MOST = 5;
const LARGEST_BYTES = 1 << 20;

export interface Whose {
  readonly pids: ReadonlySet<number>;
  readonly configPath: string | null;
}

/** Oldest first. Such a file that cannot be read is left out. */
export function crashFiles(folders: readonly string[], whose: Whose): DeathState['crash_files'] {
  const found = [...new Set([...folders, tmpdir()])].flatMap((folder) =>
    namesIn(folder).flatMap((name) => {
      const pid = /^sentinel-crash-\S+-(\d+)\.txt$/.exec(name)?.[1];
      return pid === undefined ? [] : crashIn(join(folder, name), Number(pid), whose);
    }),
  );
  return found.sort((a, b) => Date.parse(a.at) - Date.parse(b.at)).slice(-MOST);
}

/** Of a daemon: its number is known, or it was started with this configuration. */
function crashIn(path: string, pid: number, { pids, configPath }: Whose): DeathState['crash_files'] {
  try {
    const [, , at = '', args = '', , summary = ''] = readPlainFile(path, LARGEST_BYTES).toString('utf8').split('\n');
    const ran = args.split(' ')[0] === 'run' && configPath !== null && args.split(' ').includes(configPath);
    if (Number.isNaN(Date.parse(at)) || !(pids.has(pid) || ran)) return [];
    return [{ path, at, summary: redactText(summary).slice(0, 400) }];
  } catch {
    return [];
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
