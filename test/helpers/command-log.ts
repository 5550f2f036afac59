/** Where commands that tests run write down what they changed: not where this machine keeps what people did. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string | null = null;

/** For the environment of a process, or of a command in this one; gone when this process ends. */
export function commandLog(): Readonly<Record<string, string>> {
  if (folder === null) {
    const made = mkdtempSync(join(tmpdir(), 'sentinel-commands-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return { SENTINEL_INCIDENTS: folder };
}
