/** Puts the parts of guarded changes together. Called by `control-parts.ts`; does nothing else. */
import type { Clock } from '../../../base/clock.ts';
import type { Environment } from '../../../base/environment.ts';
import { randomHex } from '../../../base/ids.ts';
import type { CellRegistry } from '../../shared/cells.ts';
import { type HandshakeResult, handshakeResults } from '../../shared/handshake-results.ts';
import type { Certificates } from '../certificates/certificates.ts';
import type { ConfigSource } from '../config-source.ts';
import type { DaemonState } from '../daemon-state.ts';
import type { Standing } from '../health/standing.ts';
import type { Log } from '../logging.ts';
import type { Reloader } from '../reload.ts';
import type { StandingWarnings } from '../standing-warnings.ts';
import type { Traffic } from '../traffic/traffic.ts';
import type { HandshakeCounts } from './baseline.ts';
import { Commit } from './commit.ts';
import type { ConfigKeeper } from './config-keeper.ts';
import { GuardWatch } from './guard-watch.ts';
import { Outcomes } from './outcomes.ts';
import { OwnChanges } from './own-changes.ts';
import { TrialDisk } from './trial-disk.ts';

export interface CommitPartsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly warnings: StandingWarnings;
  readonly state: DaemonState;
  readonly source: ConfigSource;
  readonly environment: Environment;
  readonly traffic: Traffic;
  readonly registry: CellRegistry;
  readonly standings: () => readonly Standing[];
  readonly reloader: () => Pick<Reloader, 'change'>;
  readonly certificates: Certificates;
  readonly keeper: ConfigKeeper & { proven(generation: number): void };
}

export function makeCommit(options: CommitPartsOptions): Commit {
  const { clock, log, warnings, state, source, environment, traffic, registry } = options;
  const { standings, reloader, certificates, keeper } = options;
  const watch = new GuardWatch({
    clock,
    log,
    warnings,
    traffic,
    standings: () => (state.generation === 0 ? [] : standings()),
    handshakes: () => handshakesOf(state, registry),
    proven: (generation) => keeper.proven(generation),
  });
  const disk = new TrialDisk({ source, environment, keeper, log });
  const own = new OwnChanges({ state, reloader, certificates, disk });
  const outcomes = new Outcomes(log);
  return new Commit({ clock, warnings, state, own, random: () => randomHex(2), watch, certificates, disk, outcomes });
}

/** Those that failed by what they are: a client that goes away, or gives way to others, says nothing about a configuration. */
const counted: ReadonlySet<HandshakeResult> = new Set(['full', 'resumed', 'failed', 'timeout']);
const failures: ReadonlySet<HandshakeResult> = new Set(['failed', 'timeout']);

function handshakesOf(state: DaemonState, registry: CellRegistry): HandshakeCounts {
  if (state.generation === 0) return { ended: 0, failed: 0 };
  const { handshakes } = state.applied.plan.cells;
  const sum = (which: ReadonlySet<HandshakeResult>) =>
    handshakeResults.reduce(
      (all, [, result], index) => all + (which.has(result) ? registry.sum(handshakes, index) : 0),
      0,
    );
  return { ended: sum(counted), failed: sum(failures) };
}
