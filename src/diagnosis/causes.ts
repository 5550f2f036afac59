/**
 * Every cause that a diagnosis can name: its code and the procedure that deals with it. Words and codes only; what speaks for
 * each stands in `rules/`, what to do about it in the runbook of its procedure. Read by the judge, the runbooks' lint and tests.
 */
import type { ErrorCode } from '../base/codes.ts';

export interface CauseFacts {
  readonly code: ErrorCode;
  /** Id of the runbook that has its `cause` node. */
  readonly procedure: string;
}

export const causes = {
  // Not running.
  'never-started': { code: 'SNT-P080', procedure: 'process-crash' },
  killed: { code: 'SNT-P081', procedure: 'process-crash' },
  'oom-killed': { code: 'SNT-P082', procedure: 'process-crash' },
  'start-refused-config': { code: 'SNT-P083', procedure: 'process-crash' },
  'port-conflict': { code: 'SNT-P003', procedure: 'process-crash' },
  'disk-full': { code: 'SNT-P084', procedure: 'process-crash' },
  'certificate-blocks-start': { code: 'SNT-P085', procedure: 'process-crash' },
  'file-not-readable': { code: 'SNT-P086', procedure: 'process-crash' },
  crashed: { code: 'SNT-P087', procedure: 'process-crash' },
  'crash-loop': { code: 'SNT-P008', procedure: 'process-crash' },
  stopped: { code: 'SNT-P088', procedure: 'process-crash' },
  rebooted: { code: 'SNT-P089', procedure: 'process-crash' },
  // Running, and the health path does not answer.
  'worker-stuck': { code: 'SNT-P090', procedure: 'health-check-failure' },
  'process-frozen': { code: 'SNT-P091', procedure: 'health-check-failure' },
  'health-path-overridden': { code: 'SNT-P092', procedure: 'health-check-failure' },
  'shutting-down': { code: 'SNT-P093', procedure: 'health-check-failure' },
  'control-plane-stuck': { code: 'SNT-P094', procedure: 'health-check-failure' },
  // Clients do not get in.
  'listening-elsewhere': { code: 'SNT-P095', procedure: 'connection-refused' },
  'loopback-only': { code: 'SNT-P096', procedure: 'connection-refused' },
  'accept-queue-overflow': { code: 'SNT-P097', procedure: 'connection-refused' },
  'connection-limit': { code: 'SNT-E001', procedure: 'connection-refused' },
  'descriptor-limit': { code: 'SNT-P098', procedure: 'connection-refused' },
  'firewall-rule': { code: 'SNT-P099', procedure: 'connection-refused' },
  // Targets.
  'target-refused': { code: 'SNT-U020', procedure: 'upstream-failure' },
  'target-name-unresolved': { code: 'SNT-U021', procedure: 'upstream-failure' },
  'target-tls-failed': { code: 'SNT-U022', procedure: 'upstream-failure' },
  'target-unreachable': { code: 'SNT-U023', procedure: 'upstream-failure' },
  'target-check-failing': { code: 'SNT-U024', procedure: 'upstream-failure' },
  'check-path-wrong': { code: 'SNT-U025', procedure: 'upstream-failure' },
  'target-ejected': { code: 'SNT-U026', procedure: 'upstream-failure' },
  'breaker-open': { code: 'SNT-U003', procedure: 'upstream-failure' },
  'drain-left-on': { code: 'SNT-U027', procedure: 'upstream-failure' },
  'target-held-down': { code: 'SNT-U028', procedure: 'upstream-failure' },
  // Errors.
  'upstream-invalid-response': { code: 'SNT-E002', procedure: 'high-error-rate' },
  'upstream-resets': { code: 'SNT-E003', procedure: 'high-error-rate' },
  'upstream-timeouts': { code: 'SNT-E004', procedure: 'high-error-rate' },
  'upstream-errors': { code: 'SNT-E005', procedure: 'high-error-rate' },
  'proxy-internal-errors': { code: 'SNT-E006', procedure: 'high-error-rate' },
  'queue-exhausted': { code: 'SNT-E007', procedure: 'high-error-rate' },
  'rate-limit-too-low': { code: 'SNT-E008', procedure: 'high-error-rate' },
  'in-flight-limit': { code: 'SNT-E009', procedure: 'high-error-rate' },
  'guard-failing': { code: 'SNT-E012', procedure: 'high-error-rate' },
  'no-route-matches': { code: 'SNT-E013', procedure: 'high-error-rate' },
  'clients-blocked': { code: 'SNT-E022', procedure: 'high-error-rate' },
  'request-limit-too-low': { code: 'SNT-E023', procedure: 'high-error-rate' },
  'override-left-on': { code: 'SNT-E014', procedure: 'high-error-rate' },
  'ports-exhausted': { code: 'SNT-P100', procedure: 'high-error-rate' },
  'maintenance-left-on': { code: 'SNT-E015', procedure: 'maintenance-window' },
  // Memory.
  'memory-shedding': { code: 'SNT-P101', procedure: 'memory-exhaustion' },
  'memory-high': { code: 'SNT-P102', procedure: 'memory-exhaustion' },
  // Certificates.
  'certificate-expired': { code: 'SNT-T010', procedure: 'tls-certificates' },
  'certificate-expires-soon': { code: 'SNT-T011', procedure: 'tls-certificates' },
  'certificate-not-valid-yet': { code: 'SNT-T012', procedure: 'tls-certificates' },
  'key-mismatch': { code: 'SNT-T007', procedure: 'tls-certificates' },
  'certificate-not-in-use': { code: 'SNT-T060', procedure: 'tls-certificates' },
  'clock-wrong': { code: 'SNT-P103', procedure: 'tls-certificates' },
  // Configuration.
  'reload-refused': { code: 'SNT-P013', procedure: 'config-reload-failure' },
  'config-broken-on-disk': { code: 'SNT-P022', procedure: 'config-reload-failure' },
  'reload-needs-restart': { code: 'SNT-P010', procedure: 'config-reload-failure' },
  'config-not-readable': { code: 'SNT-P104', procedure: 'config-reload-failure' },
  'disk-differs': { code: 'SNT-P105', procedure: 'config-reload-failure' },
  // Attacks.
  'attack-from-one-client': { code: 'SNT-E016', procedure: 'ddos-attack' },
  'attack-from-many': { code: 'SNT-E017', procedure: 'ddos-attack' },
  // Slow.
  'upstream-slow': { code: 'SNT-E018', procedure: 'performance-degradation' },
  'proxy-cpu-bound': { code: 'SNT-E019', procedure: 'performance-degradation' },
  'event-loop-blocked': { code: 'SNT-E020', procedure: 'performance-degradation' },
  'garbage-collection': { code: 'SNT-E021', procedure: 'performance-degradation' },
  'cpu-throttled': { code: 'SNT-P106', procedure: 'performance-degradation' },
} as const satisfies Record<string, CauseFacts>;

export type CauseName = keyof typeof causes;

/** Every runbook of the seeds by its id; `triage` is where a diagnosis begins. */
export const procedures = [
  'triage',
  'first-five-minutes',
  'process-crash',
  'health-check-failure',
  'connection-refused',
  'upstream-failure',
  'total-upstream-failure',
  'high-error-rate',
  'memory-exhaustion',
  'tls-certificates',
  'config-reload-failure',
  'ddos-attack',
  'performance-degradation',
  'maintenance-window',
  'post-incident',
] as const;

export type Procedure = (typeof procedures)[number];
