/**
 * The parts that change the configuration in force, and those that keep and watch such changes, put together: what is on disk, the
 * history, edits that last, trials, reloads by order and by themselves. Called by `control-parts.ts`; does nothing else.
 */
import type { FileSteps } from '../../base/atomic-file.ts';
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import type { CellRegistry } from '../shared/cells.ts';
import type { Applier } from './applier.ts';
import { AutoReload } from './auto-reload.ts';
import type { Certificates } from './certificates/certificates.ts';
import type { ChangeListener } from './change.ts';
import type { Commit } from './commit/commit.ts';
import { makeCommit } from './commit/commit-parts.ts';
import { type ConfigSource, loaderFor } from './config-source.ts';
import type { DaemonState } from './daemon-state.ts';
import { DiskNews } from './disk-news.ts';
import { DiskWatch } from './disk-watch.ts';
import { Persisting } from './edit/persisting.ts';
import type { Standing } from './health/standing.ts';
import { History } from './history/history.ts';
import type { InstanceFolder } from './instance-folder.ts';
import type { Logging } from './logging.ts';
import { Reloader } from './reload.ts';
import type { StandingWarnings } from './standing-warnings.ts';
import type { Traffic } from './traffic/traffic.ts';

export interface ChangePartsOptions {
  readonly clock: Clock;
  readonly logging: Logging;
  readonly warnings: StandingWarnings;
  readonly state: DaemonState;
  readonly source: ConfigSource;
  readonly environment: Environment;
  readonly instance: InstanceFolder;
  /** How files of the configuration and its history are written. */
  readonly steps: FileSteps;
  readonly applier: Applier;
  readonly certificates: Certificates;
  readonly traffic: Traffic;
  readonly registry: CellRegistry;
  readonly standings: () => readonly Standing[];
  /** Hears of changes after those that keep them. */
  readonly hears: readonly ChangeListener[];
}

export interface ChangeParts {
  readonly disk: DiskWatch;
  readonly diskNews: DiskNews;
  readonly reloader: Reloader;
  /** Configurations on trial. */
  readonly commit: Commit;
  /** Keeps what was in force. */
  readonly history: History;
  /** Writes into the configuration what is to last. */
  readonly persisting: Persisting;
  readonly autoReload: AutoReload;
}

export function makeChanges(options: ChangePartsOptions): ChangeParts {
  const { clock, warnings, state, source, environment, instance, steps, applier, certificates } = options;
  const { traffic, registry, standings } = options;
  const log = options.logging.module('reload');
  const loader = loaderFor(source, environment);
  const disk = new DiskWatch(source, loader);
  const diskNews = new DiskNews({ clock, log, warnings, state, disk });
  const history = new History({
    clock,
    log,
    warnings,
    state,
    source,
    environment,
    load: loader,
    folders: instance,
    steps,
  });
  const persisting = new Persisting({
    source,
    environment,
    load: loader,
    state,
    reloader: { change: (change) => reloader.change(change) },
    warnings,
    log,
    replace: ({ files }) => history.replaceFiles(files, 'an edit that is to last'),
  });
  const commit = makeCommit({
    clock,
    log,
    warnings,
    state,
    source,
    environment,
    traffic,
    registry,
    standings,
    reloader: () => reloader,
    certificates,
    keeper: history,
  });
  const reloader: Reloader = new Reloader({
    load() {
      const result = loader();
      disk.note(result);
      return result;
    },
    applier,
    state,
    // What is in force is kept before anything on disk is replaced.
    listeners: [history, persisting, commit, ...options.hears],
    gate: (change) => commit.gate(change),
    log,
    clock,
    certificates,
  });
  const autoReload = new AutoReload({ clock, state, disk, reloader, certificates });
  return { disk, diskNews, reloader, commit, history, persisting, autoReload };
}

/** Ends whatever would go on by itself. */
export function closeChanges({ commit, autoReload, diskNews, history }: ChangeParts): void {
  commit.close();
  autoReload.close();
  diskNews.close();
  history.close();
}
