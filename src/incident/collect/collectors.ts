/** The table of all collectors: whoever adds one adds its line here, or to the table of its kind. Loaded by what takes a snapshot. */
import { certificateCollector } from './certificates.ts';
import type { Collector } from './collector.ts';
import { configCollectors } from './configuration.ts';
import { daemonCollectors } from './daemon-state.ts';
import { verdictCollector } from './judgement.ts';
import { logCollectors } from './log-files.ts';
import { machineCollectors } from './machine-state.ts';
import { recordCollectors } from './past.ts';

export const collectors: readonly Collector[] = [
  verdictCollector,
  ...configCollectors,
  ...daemonCollectors,
  certificateCollector,
  ...logCollectors,
  ...recordCollectors,
  ...machineCollectors,
];
