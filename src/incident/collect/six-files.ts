/**
 * The six files that the runbook of incidents keeps, by its names, beside the bundle: made of what the bundle holds, so that nothing
 * is in them that was taken out there. Nothing that is there already is ever replaced.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { errnoOf } from '../../base/errors.ts';
import type { ContentKind, Scrubber } from '../redaction/scrubber.ts';

/** Name of each file, and what it is made of: the first item of those that is there. */
const sixFiles: Readonly<Record<string, readonly string[]>> = {
  'sentinel.log': ['logs/journald.txt', 'logs/sentinel.ndjson'],
  'metrics.txt': ['metrics/now.prom'],
  'config.kdl': ['config/disk.kdl', 'config/running.kdl'],
  'memory.txt': ['system/mem.txt'],
  'disk.txt': ['system/disk.txt'],
  'connections.txt': ['system/sockets.txt'],
};

export const sixFileNames: readonly string[] = Object.keys(sixFiles);

/** A scrubber that keeps what it made of the items that the six files are made of. */
export function keepingScrubber(scrubber: Scrubber): {
  readonly scrubber: Scrubber;
  readonly kept: ReadonlyMap<string, string>;
} {
  const wanted = new Set(Object.values(sixFiles).flat());
  const kept = new Map<string, string>();
  return {
    kept,
    scrubber: {
      profile: scrubber.profile,
      scrub(path: string, kind: ContentKind, content: string): string {
        const clean = scrubber.scrub(path, kind, content);
        if (wanted.has(path)) kept.set(path, clean);
        return clean;
      },
      report: () => scrubber.report(),
      map: () => scrubber.map(),
    },
  };
}

export interface SixFiles {
  /** Where they are: the folder of the incident, or one beside the bundle. */
  readonly folder: string;
  readonly written: readonly string[];
  /** Which are not there, and why. */
  readonly missing: readonly { readonly name: string; readonly why: string }[];
}

/**
 * Writes those that there is something for, each whole or not at all.
 * @param folder Of the incident. @param bundle Path of the archive that they belong to. @param contents Scrubbed, by item.
 */
export function writeSixFiles(folder: string, bundle: string, contents: ReadonlyMap<string, string>): SixFiles {
  // Those of the first snapshot are the nearest to what happened.
  const first = !sixFileNames.some((name) => existsSync(join(folder, name)));
  const place = first ? folder : join(folder, `${basename(bundle).replace(/\.tar\.gz$/, '')}.files`);
  const written: string[] = [];
  const missing: { name: string; why: string }[] = [];
  for (const [name, items] of Object.entries(sixFiles)) {
    const content = items.map((item) => contents.get(item)).find((text) => text !== undefined && text !== '');
    const path = join(place, name);
    try {
      if (content === undefined) missing.push({ name, why: 'there is nothing to put into it' });
      else if (existsSync(path)) missing.push({ name, why: `${path} is there already` });
      else {
        mkdirSync(place, { recursive: true, mode: 0o700 });
        writeFileAtomically(path, content, 0o600);
        written.push(name);
      }
    } catch (error) {
      missing.push({ name, why: `${path}: ${errnoOf(error) ?? String(error)}` });
    }
  }
  return { folder: place, written, missing };
}
