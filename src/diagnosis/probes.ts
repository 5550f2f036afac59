/**
 * The table of all probes: one for each section of the facts. Whoever adds a probe adds its line here. Loaded by `diagnose` and
 * whatever else collects facts, and by nothing that has to be quick.
 */
import type { SectionName } from './facts.ts';
import type { Probe } from './probe.ts';
import { certificatesProbe } from './probes/certificates.ts';
import { daemonProbe } from './probes/daemon.ts';
import { endpointsProbe } from './probes/endpoints.ts';
import { targetsProbe } from './probes/targets.ts';
import { threadsProbe } from './probes/threads.ts';

export const probes = {
  endpoints: endpointsProbe,
  daemon: daemonProbe,
  threads: threadsProbe,
  targets: targetsProbe,
  certificates: certificatesProbe,
} as const satisfies { readonly [K in SectionName]?: Probe<K> };
