/** Every rule of every procedure, over one case. Called by the judge; knows nothing of how suspicions are weighed. */
import type { Case, Rules } from './case.ts';
import type { Suspicion } from './judgement.ts';
import { configReloadFailure } from './rules/config-reload-failure.ts';
import { connectionRefused } from './rules/connection-refused.ts';
import { ddosAttack } from './rules/ddos-attack.ts';
import { healthCheckFailure } from './rules/health-check-failure.ts';
import { highErrorRate } from './rules/high-error-rate.ts';
import { maintenanceWindow } from './rules/maintenance-window.ts';
import { memoryExhaustion } from './rules/memory-exhaustion.ts';
import { performanceDegradation } from './rules/performance-degradation.ts';
import { processCrash } from './rules/process-crash.ts';
import { tlsCertificates } from './rules/tls-certificates.ts';
import { upstreamFailure } from './rules/upstream-failure.ts';

const all: readonly Rules[] = [
  processCrash,
  connectionRefused,
  healthCheckFailure,
  ddosAttack,
  memoryExhaustion,
  maintenanceWindow,
  upstreamFailure,
  tlsCertificates,
  highErrorRate,
  configReloadFailure,
  performanceDegradation,
];

export function suspicions(of: Case): readonly Suspicion[] {
  return all.flatMap((rules) => rules(of));
}
