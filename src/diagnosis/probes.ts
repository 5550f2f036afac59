/**
 * The table of all probes: one for each section of the facts. Whoever adds a probe adds its line here. Loaded by `diagnose` and
 * whatever else collects facts, and by nothing that has to be quick.
 */
import type { SectionName } from './facts.ts';
import type { Probe } from './probe.ts';

export const probes = {} as const satisfies { readonly [K in SectionName]?: Probe<K> };
