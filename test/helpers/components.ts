/**
 * Programs of other people that tests run against. Missing ones skip the test that needs them, and fail it where
 * `SENTINEL_REQUIRE_COMPONENTS=1` says that the machine should have them all.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';

/** System administration programs are not on every user's path. */
const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];

/** Path of the program, or `undefined` after having skipped the test: `if (wrk === undefined) return;`. */
export function requireComponent(t: TestContext, name: string): string | undefined {
  return programs(name)[0] ?? missing(t, `${name} is not installed`);
}

/** Path of the program, or `undefined` where the test can do without it and says so. */
export function wishComponent(t: TestContext, name: string): string | undefined {
  const found = programs(name)[0];
  if (found !== undefined) return found;
  const reason = `${name} is not installed`;
  if (process.env['SENTINEL_REQUIRE_COMPONENTS'] === '1') throw new Error(reason);
  t.diagnostic(reason);
  return undefined;
}

/** Path of a Node that is too old to run sentinel, or `undefined` after having skipped the test. */
export function requireOlderNode(t: TestContext): string | undefined {
  const older = programs('node').find((node) => {
    const [major, minor] = execFileSync(node, ['--version'], { encoding: 'utf8' }).slice(1).split('.').map(Number);
    return (major as number) < 24 || (major === 24 && (minor as number) < 15);
  });
  return older ?? missing(t, 'no Node older than 24.15 is installed');
}

function programs(name: string): readonly string[] {
  return folders
    .map((folder) => path.join(folder, name))
    .filter((candidate) => {
      try {
        accessSync(candidate, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The library, or `undefined` after having skipped the test: there is no build of it for every machine. */
export async function requireLibrary<T>(t: TestContext, name: string, load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load();
  } catch (error) {
    return missing(t, `${name} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function missing(t: TestContext, reason: string): undefined {
  if (process.env['SENTINEL_REQUIRE_COMPONENTS'] === '1') throw new Error(reason);
  t.skip(reason);
  return undefined;
}
