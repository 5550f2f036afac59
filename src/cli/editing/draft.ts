/** A private copy of a configuration file: what somebody edits until it is applied, thrown away or kept. Never the file itself. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { maxConfigBytes } from '../../config/documents.ts';
import { fileSystem } from '../../config/files.ts';

export class Draft {
  readonly path: string;

  /** Copies `bytes` into a folder that nobody else may enter, under the name of `file`: editors tell the language by it. */
  constructor(file: string, bytes: Uint8Array) {
    const folder = mkdtempSync(join(tmpdir(), 'sentinel-edit-'));
    this.path = join(folder, basename(file));
    writeFileSync(this.path, bytes, { mode: 0o600, flag: 'wx' });
  }

  /** As it is now. An editor may have replaced the file, and given it other permissions. @throws SNT-C001 */
  read(): Buffer {
    const bytes = Buffer.from(fileSystem.read(this.path, maxConfigBytes));
    chmodSync(this.path, 0o600);
    return bytes;
  }

  /** Whether anything was written into it. */
  differsFrom(bytes: Buffer): boolean {
    try {
      return !readFileSync(this.path).equals(bytes);
    } catch {
      return false;
    }
  }

  throwAway(): void {
    rmSync(dirname(this.path), { recursive: true, force: true });
  }
}
