/** The daemon as an upgrade sees it: what it freezes, leaves, gives away and takes back. Made by `daemon.ts`, called by `Upgrades`. */
import type { UpgradeParty } from '../../../admin/contract/upgrade-shapes.ts';
import type { RunContext } from '../../../base/run-files.ts';
import { proxyFields } from '../../shared/cells.ts';
import { addressKey, hostPort } from '../address-probe.ts';
import type { AdminServer } from '../admin/server.ts';
import type { ControlParts } from '../control-parts.ts';
import type { PidFile } from '../pid-file.ts';
import type { ProcessHandle } from '../signals.ts';
import type { Estate, EstateSocket } from './estate.ts';
import type { Predecessor } from './predecessor.ts';
import type { Origin } from './program.ts';
import { type UpgradeHost, Upgrades } from './upgrade.ts';

/** What only the daemon itself has and can do. */
export interface DaemonInside {
  readonly admin: () => AdminServer | null;
  readonly pidFile: () => PidFile | null;
  /** An order to reload came while nothing could be changed: carries it out now. */
  readonly catchUp: () => void;
  /** Finishes what it has, without saying so to balancers; resolves with the number of requests that the deadline cut. */
  readonly leave: () => Promise<number>;
  readonly end: (cut: number) => Promise<void>;
}

/** What is known of the process from outside. */
export interface UpgradeOptions {
  readonly run: RunContext;
  readonly process: Pick<ProcessHandle, 'pid'>;
  readonly version: string;
  readonly origin?: Origin | null;
  readonly settleMs?: number;
}

/** The upgrades of one daemon: those that it hands over by, and the one that it came by. */
export function upgradesOf(
  options: UpgradeOptions,
  parts: ControlParts,
  predecessor: Predecessor | null,
  inside: DaemonInside,
): Upgrades {
  const { run, process, version, origin = null, settleMs } = options;
  const { environment, uid } = run;
  const self = { pid: process.pid, version };
  return new Upgrades({
    host: hostOf(parts, inside, self),
    origin,
    predecessor,
    environment,
    self,
    uid,
    clock: parts.clock,
    log: parts.logging.module('daemon'),
    ...(settleMs === undefined ? {} : { settleMs }),
  });
}

function hostOf(parts: ControlParts, inside: DaemonInside, self: UpgradeParty): UpgradeHost {
  const { applier, state, registry, instance, flight, warnings, notifier, commit } = parts;
  return {
    objection() {
      if (state.phase !== 'running') return `it is ${state.phase === 'draining' ? 'stopping' : 'not running yet'}`;
      if (commit.pending !== null) return 'a configuration waits for its confirmation (`sentinel status` shows it)';
      if (self.pid === 1) return 'it is the first process of its container, which ends with it';
      return null;
    },
    freeze() {
      state.phase = 'handing-over';
      state.touch();
    },
    thaw() {
      state.phase = 'running';
      state.touch();
      inside.catchUp();
    },
    // A change that was under way may open and close listeners yet.
    estate: () => applier.exclusively(async () => estateOf(parts, inside, self)),
    relinquish(heir) {
      flight.handOver(heir.pid);
      instance.relinquish(heir.pid);
    },
    async takeBack() {
      instance.relinquish(null);
      flight.began();
      try {
        inside.pidFile()?.reclaim();
        await inside.admin()?.reclaimSocket();
        warnings.set('upgrade', null);
      } catch (error) {
        warnings.set(
          'upgrade',
          `after an upgrade that failed, admin socket or pid file could not be had again: ${error}`,
        );
      }
      void notifier.ready('Serving; an upgrade failed');
    },
    async leave() {
      notifier.retire();
      await inside.admin()?.close();
      return await inside.leave();
    },
    async inFlight() {
      return state.generation === 0 ? null : registry.sum(state.applied.plan.cells.proxy, proxyFields.inFlight);
    },
    end: (cut) => inside.end(cut),
  };
}

function estateOf({ state, supervisor, applier }: ControlParts, { admin }: DaemonInside, self: UpgradeParty): Estate {
  const { config, generation } = state.applied;
  const bound = supervisor.lanes.flatMap(({ worker, serving }) => (serving ? supervisor.socketsOf(worker) : []));
  const sockets = bound.flatMap(({ id, key, fd }): readonly EstateSocket[] => {
    const listener = config.listeners.find((one) => one.id === id);
    if (listener === undefined) return [];
    const { address } = listener;
    return [{ key, id, address: addressKey(listener), port: address.kind === 'tcp' ? address.port : 0, fd }];
  });
  const descriptor = admin()?.tcpDescriptor ?? null;
  const place = applier.settings.metrics;
  const metrics =
    place === null || descriptor === null ? null : { wanted: hostPort(place.host, place.port), fd: descriptor };
  return { from: self, sockets, metrics, adminSocket: admin()?.addresses.socket ?? null, generation };
}
