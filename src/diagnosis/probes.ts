/**
 * The table of all probes: one for each section of the facts. Whoever adds a probe adds its line here. Loaded by `diagnose` and
 * whatever else collects facts, and by nothing that has to be quick.
 */
import type { ProbeTable } from './probe.ts';
import { certificatesProbe } from './probes/certificates.ts';
import { changesProbe } from './probes/changes.ts';
import { clientsProbe } from './probes/clients.ts';
import { clockProbe } from './probes/clock.ts';
import { configProbe } from './probes/config-file.ts';
import { daemonProbe } from './probes/daemon.ts';
import { descriptorsProbe } from './probes/descriptors.ts';
import { diskProbe } from './probes/disk.ts';
import { deathProbe } from './probes/death.ts';
import { endpointsProbe } from './probes/endpoints.ts';
import { firewallProbe } from './probes/firewall.ts';
import { kernelProbe } from './probes/kernel.ts';
import { memoryProbe } from './probes/memory.ts';
import { permissionsProbe } from './probes/permissions.ts';
import { portsProbe } from './probes/ports.ts';
import { processProbe } from './probes/process.ts';
import { targetsProbe } from './probes/targets.ts';
import { threadsProbe } from './probes/threads.ts';
import { trafficProbe } from './probes/traffic.ts';

export const probes = {
  process: processProbe,
  death: deathProbe,
  config: configProbe,
  ports: portsProbe,
  permissions: permissionsProbe,
  endpoints: endpointsProbe,
  daemon: daemonProbe,
  threads: threadsProbe,
  traffic: trafficProbe,
  targets: targetsProbe,
  certificates: certificatesProbe,
  disk: diskProbe,
  memory: memoryProbe,
  descriptors: descriptorsProbe,
  kernel: kernelProbe,
  firewall: firewallProbe,
  clock: clockProbe,
  clients: clientsProbe,
  changes: changesProbe,
} as const satisfies ProbeTable;
