/**
 * The bundle that a command line names: a file, or an incident, whose last snapshot is meant. Read for `incident snapshot show`,
 * `verify` and `diff` and for `diagnose --bundle`. Works without any folder of incidents.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Bundle, type BundleReading, readBundle } from '../../incident/bundle/read.ts';
import { isIncidentId } from '../../incident/record/id.ts';
import type { Invocation } from '../command.ts';
import { incidentStore } from './place.ts';

/** @throws SNT-I047 it cannot be read, SNT-I048 it is no whole bundle */
export async function chosenBundle(
  invocation: Invocation,
  named: string,
  reading: BundleReading = {},
): Promise<Bundle> {
  return readBundle(await pathOf(invocation, named), reading);
}

async function pathOf(invocation: Invocation, named: string): Promise<string> {
  const path = resolve(invocation.directory, named);
  // In the folder of all incidents the id is the name of a folder.
  if (!isIncidentId(named) || isFile(path)) return path;
  try {
    const store = await incidentStore(invocation);
    const last = store.read(named).snapshots.at(-1);
    return last === undefined ? path : resolve(store.folderOf(named), last.file);
  } catch {
    // No incident either: the file is what is missing.
    return path;
  }
}

function isFile(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch {
    return false;
  }
}
