/** What a start runs from, or what helps where it cannot run: the door of the daemon to `src/history/boot.ts`. Reads; changes nothing. */
import type { FileSteps } from '../../../base/atomic-file.ts';
import type { RunContext } from '../../../base/run-files.ts';
import type { LoadResult } from '../../../config/load.ts';
import { type Boot, loadTexts, readBoot, stateDirOf } from '../../../history/boot.ts';
import { HistoryStore } from '../../../history/store.ts';
import { type ConfigSource, loaderFor } from '../config-source.ts';
import { InstanceFolder } from '../instance-folder.ts';

export interface Start {
  readonly result: LoadResult;
  /** Null without a file. */
  readonly boot: Boot | null;
  /** Where nothing can run: the command that brings a kept configuration back, in a sentence; null when there is none. */
  readonly next: string | null;
}

/** Older ones than these are hardly what anybody wants back. */
const TRIED_MOST = 5;

export function readStart(source: ConfigSource, run: RunContext, steps: FileSteps): Start {
  const { environment } = run;
  if (source.kind !== 'file') return { result: loaderFor(source, environment)(), boot: null, next: null };
  const foldersOf = (stateDir: string | null) => new InstanceFolder(run, stateDir, source);
  const boot = readBoot({ path: source.path, environment, foldersOf, steps });
  const { result } = boot;
  if (result.kind === 'ok') return { result, boot, next: null };
  const store = new HistoryStore(foldersOf(stateDirOf(result, source.path)), steps);
  const good = store
    .list()
    .generations.slice(0, TRIED_MOST)
    .find(({ number }) => loads(store, number, source.path, run));
  const next =
    good === undefined
      ? null
      : `generation ${good.number} of ${good.at} can still be used; to put it back: sentinel config rollback ${good.number}`;
  return { result, boot, next };
}

function loads(store: HistoryStore, number: number, path: string, { environment }: RunContext): boolean {
  try {
    return loadTexts(path, store.read(number).files, environment).kind === 'ok';
  } catch {
    return false;
  }
}
