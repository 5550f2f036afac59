/**
 * What the probes of a diagnosis are given, made from the parts of a command line: where the machine's files are, whom to ask,
 * what may be asked. Called by commands. Opens nothing.
 */
import type { DaemonAddress, DaemonTarget } from '../admin/client/address.ts';
import type { AdminClient } from '../admin/client/client.ts';
import type { Clock } from '../base/clock.ts';
import type { RunContext } from '../base/run-files.ts';
import type { MachineRoots, ProbeClass, Surroundings } from './probe.ts';

export const machineRoots: MachineRoots = { proc: '/proc', sys: '/sys', kmsg: '/dev/kmsg' };

export interface LocalParts {
  readonly run: RunContext;
  readonly clock: Clock;
  readonly client: AdminClient;
  /** Whom `client` talks to. */
  readonly target: DaemonTarget;
  /** As the operator named it, or as it was found in the usual places; null = there is none. */
  readonly configPath: string | null;
  readonly directory: string;
  readonly version: string;
  /** Probes that others could notice may run too. */
  readonly intrusive?: boolean;
  /** Tests name others. */
  readonly roots?: Partial<MachineRoots>;
  readonly toolPath?: string | null;
}

/** For a diagnosis from this machine; the daemon may be on another one if the target says so. */
export function localContext(parts: LocalParts): Surroundings {
  const { run, clock, client, target, configPath, directory, version } = parts;
  const allowed: readonly ProbeClass[] = [
    'passive',
    'active',
    ...(parts.intrusive === true ? (['intrusive'] as const) : []),
  ];
  return {
    run,
    clock,
    client,
    daemon: target.name,
    local: target.addresses.every(isHere),
    configPath,
    directory,
    version,
    roots: { ...machineRoots, ...parts.roots },
    allowed: new Set(allowed),
    toolPath: parts.toolPath ?? null,
  };
}

function isHere(address: DaemonAddress): boolean {
  if (address.kind === 'socket') return true;
  return address.host === 'localhost' || address.host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address.host);
}
