/** The single binary, built by the script that everybody uses, once in a run; or one that is there already. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** Where the script puts it. @param arch as Node names them */
export function binaryPath(arch: 'x64' | 'arm64' = 'x64'): string {
  return join(root, 'dist', arch === 'x64' ? 'sentinel' : `sentinel-${arch}`);
}

/** What the script says. `SENTINEL_TEST_PROGRAM` names one that is to be tested as it is. */
export function buildBinary(...args: readonly string[]): string {
  return execFileSync('npm', ['run', '--silent', 'build:binary', '--', ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 300_000,
  });
}

export function builtBinary(): string {
  const named = process.env['SENTINEL_TEST_PROGRAM'];
  if (named !== undefined && existsSync(named)) return named;
  buildBinary();
  return binaryPath();
}

export function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
