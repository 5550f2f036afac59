/** How loaded certificates stand against the clock and the thresholds of `alerts`. Pure. */
import type { X509Certificate } from 'node:crypto';
import { type Lifetime, lifetimeOf } from '../../../certs/lifetime.ts';
import type { CertificateThresholds } from '../../../config/alerts-model.ts';
import type { Held } from './reading.ts';

/**
 * The dates of a use. A chain ends with the first of its members. Of authorities each stands for itself: what counts is the
 * next that ends, and when all have ended the last that did.
 */
export function lifetimeOfUse({ use, members }: Held, alerts: CertificateThresholds, nowMs: number): Lifetime {
  const thresholds = { warnDays: alerts.certWarnDays, criticalDays: alerts.certCriticalDays };
  const [first, ...rest] = members;
  if (use.source !== 'client_ca' && use.source !== 'upstream_ca') return lifetimeOf(first, rest, nowMs, thresholds);
  const byEnd = members.toSorted((a, b) => endMs(a) - endMs(b));
  const next = byEnd.find((one) => endMs(one) > nowMs) ?? byEnd.at(-1) ?? first;
  return lifetimeOf(next, [], nowMs, thresholds);
}

function endMs(certificate: X509Certificate): number {
  return certificate.validToDate.getTime();
}
