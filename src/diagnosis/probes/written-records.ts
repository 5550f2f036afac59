/**
 * What the daemon has written down of its runs, found wherever a daemon of this configuration would keep it. Read by the probes of
 * process, death, ports and permissions. Makes nothing.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { instanceFolder, stateFolders } from '../../base/state-folder.ts';
import {
  readRefusedStart,
  readRunRecord,
  type RefusedStart,
  refusedStartPath,
  type RunRecord,
  runRecordPath,
} from '../../history/run-record.ts';
import type { Known } from '../facts.ts';
import type { ConfigFileState } from '../facts/process.ts';
import type { ProbeContext } from '../probe.ts';

export interface WrittenRecords {
  /** The folder of the newest record; null = nothing is written down. */
  readonly folder: string | null;
  readonly run: RunRecord | null;
  readonly refused: RefusedStart | null;
  readonly unread: readonly { readonly source: string; readonly why: string }[];
}

export function writtenRecords(
  { run, configPath, directory }: Pick<ProbeContext, 'run' | 'configPath' | 'directory'>,
  config: Known<ConfigFileState>,
): WrittenRecords {
  const state = config.state === 'known' ? config.value : null;
  const path = state === null ? configPath : state.path;
  const identity = path === null ? 'built-in' : resolve(directory, path);
  const configured = state?.places.state_dir ?? null;
  // A start that was refused because the file could not be read did not know of `state-dir`.
  const places = [...(configured === null ? [] : [configured]), ...stateFolders(run, null)];
  const folders = [...new Set(places)].map((folder) => instanceFolder(folder, identity));
  const unread: { source: string; why: string }[] = [];
  const found = folders.map((folder) => {
    const record = readRunRecord(folder);
    const refused = readRefusedStart(folder);
    if (record.why !== null) unread.push({ source: runRecordPath(folder), why: record.why });
    if (refused.why !== null) unread.push({ source: refusedStartPath(folder), why: refused.why });
    return { folder, run: record.value, refused: refused.value };
  });
  const newest = newestBy(found, ({ run: record }) => record?.started_at ?? null);
  const refusal = newestBy(found, ({ refused }) => refused?.at ?? null);
  return {
    folder: newest?.folder ?? refusal?.folder ?? folders.find((folder) => existsSync(folder)) ?? null,
    run: newest?.run ?? null,
    refused: refusal?.refused ?? null,
    unread,
  };
}

function newestBy<T>(all: readonly T[], at: (one: T) => string | null): T | null {
  const dated = all.flatMap((one) => {
    const time = at(one);
    return time === null ? [] : [{ one, ms: Date.parse(time) }];
  });
  return dated.sort((a, b) => b.ms - a.ms)[0]?.one ?? null;
}
