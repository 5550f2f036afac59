/**
 * The program that tests start: from the sources, or a built one that `SENTINEL_TEST_PROGRAM` names (`npm run test:binary`). A built one
 * takes no orders of tests, so it gets, in a mount namespace of its own, folders of the test where it expects those of the system.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const named = process.env['SENTINEL_TEST_PROGRAM'];

/** Absolute path; undefined = the sources are tested. */
export const builtProgram: string | undefined = named === '' ? undefined : named;

const sources = join(import.meta.dirname, '../../src/cli');

/** What is typed follows. @param nodeFlags Of the Node that runs the sources. */
export function programCommand(
  name: 'sentinel' | 'sentinel-proxy' = 'sentinel',
  nodeFlags: readonly string[] = [],
): readonly [string, ...string[]] {
  if (builtProgram === undefined) return [process.execPath, ...nodeFlags, join(sources, `${name}.ts`)];
  if (nodeFlags.length > 0) throw new Error('a built program takes no flags of Node');
  if (name === 'sentinel') return [builtProgram];
  // It knows itself by its name.
  return ['bash', '-c', 'program=$0; exec -a sentinel-proxy "$program" "$@"', builtProgram];
}

/** Put before a command: its `/var/lib`, `/var/log` and (where it is to write there) `/run/sentinel` are these. Root alone can do that. */
export function withFolders(folders: { readonly lib: string; readonly log: string }): readonly string[] {
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  const script = 'mount --bind "$0" /var/lib && mount --bind "$1" /var/log && shift && exec "$@"';
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, folders.lib, folders.log];
}
