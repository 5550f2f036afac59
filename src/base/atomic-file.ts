/**
 * Writing a file whole or not at all: a reader sees the old content or the new, never half of it, also after a crash or
 * on a full disk.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { randomHex } from './ids.ts';

/**
 * Replaces `path` by a file with this content. The folder must exist.
 * @param mode permissions of the new file, default 0644
 * @throws the system error; the old file is then as it was and no leftover remains
 */
export function writeFileAtomically(path: string, content: string | Uint8Array, mode = 0o644): void {
  const draft = join(dirname(path), `.${basename(path)}.${randomHex(4)}`);
  try {
    const fd = openSync(draft, 'wx', mode);
    try {
      writeFileSync(fd, content);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
