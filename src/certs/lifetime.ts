/**
 * How long certificates still last, and when that is too short. Called by everything that warns: `validate`, the daemon's
 * standing warnings, `cert-check`. The clock is passed in.
 */
import type { X509Certificate } from 'node:crypto';
import { type CertFinding, finding } from './finding.ts';

export interface LifetimeThresholds {
  /** Days left below which is warned, and below which it is critical (`alerts`). */
  readonly warnDays: number;
  readonly criticalDays: number;
}

export type Standing = 'ok' | 'warning' | 'critical' | 'expired' | 'not_yet_valid';

export interface Lifetime {
  /** Of the whole path: the first end of any member. */
  readonly notAfter: Date;
  /** Whole days until then, rounded down; negative when it is over. */
  readonly daysLeft: number;
  /** Part of the culprit's own lifetime that is left, 0–1. */
  readonly shareLeft: number;
  readonly standing: Standing;
  /** The member that decides. */
  readonly culprit: X509Certificate;
}

const dayMs = 86_400_000;
/** Nobody has run this program earlier. */
const firstMomentMs = Date.UTC(2026, 0, 1);

/**
 * Of a certificate alone. Days are compared with the thresholds, but with no more than a third (warning) or a tenth
 * (critical) of the lifetime: certificates for 90, 47 or 6 days are then renewed in time without a word.
 */
export function standingOf(certificate: X509Certificate, nowMs: number, thresholds: LifetimeThresholds): Standing {
  const { validFromDate, validToDate } = certificate;
  const left = validToDate.getTime() - nowMs;
  const whole = validToDate.getTime() - validFromDate.getTime();
  if (left < 0) return 'expired';
  if (validFromDate.getTime() > nowMs) return 'not_yet_valid';
  if (left < Math.min(thresholds.criticalDays * dayMs, whole / 10)) return 'critical';
  if (left < Math.min(thresholds.warnDays * dayMs, whole / 3)) return 'warning';
  return 'ok';
}

const rank: Readonly<Record<Standing, number>> = { expired: 0, not_yet_valid: 1, critical: 2, warning: 3, ok: 4 };

/**
 * Of a certificate with those that are sent along and decide with it (its path without a root). The member with the worst
 * standing is the culprit, among equals the one that ends first.
 */
export function lifetimeOf(
  leaf: X509Certificate,
  path: readonly X509Certificate[],
  nowMs: number,
  thresholds: LifetimeThresholds,
): Lifetime {
  const members = [leaf, ...path].map((certificate) => ({
    certificate,
    standing: standingOf(certificate, nowMs, thresholds),
    end: certificate.validToDate.getTime(),
  }));
  const [worst] = members.sort((a, b) => rank[a.standing] - rank[b.standing] || a.end - b.end) as [
    (typeof members)[number],
  ];
  const end = Math.min(...members.map((one) => one.end));
  const { validFromDate, validToDate } = worst.certificate;
  const whole = Math.max(1, validToDate.getTime() - validFromDate.getTime());
  return {
    notAfter: new Date(end),
    daysLeft: Math.floor((end - nowMs) / dayMs),
    shareLeft: Math.min(1, Math.max(0, (validToDate.getTime() - nowMs) / whole)),
    standing: worst.standing,
    culprit: worst.certificate,
  };
}

export interface LifetimeMember {
  readonly certificate: X509Certificate;
  /** `certificate`, `intermediate CN=…`. */
  readonly title: string;
}

/** A finding for each member whose dates are bad or soon will be. */
export function judgeLifetimes(
  members: readonly LifetimeMember[],
  file: string | null,
  nowMs: number,
  thresholds: LifetimeThresholds,
): readonly CertFinding[] {
  if (nowMs < firstMomentMs) {
    const shown = new Date(nowMs).toISOString();
    const detail = `the clock of this machine shows ${shown}, before this program was made: no dates can be judged`;
    return [{ ...finding('error', 'SNT-T013', null, detail, 'timedatectl set-ntp true'), unknown: true }];
  }
  return members.flatMap((member) => judgeLifetime(member, file, nowMs, thresholds));
}

function judgeLifetime(
  { certificate, title }: LifetimeMember,
  file: string | null,
  nowMs: number,
  thresholds: LifetimeThresholds,
): readonly CertFinding[] {
  const end = certificate.validToDate.getTime();
  const start = certificate.validFromDate.getTime();
  const [from, to] = [isoOf(start), isoOf(end)];
  if (end < start) {
    return [finding('error', 'SNT-T010', file, `${title} was never valid: it ends (${to}) before it begins (${from})`)];
  }
  switch (standingOf(certificate, nowMs, thresholds)) {
    case 'expired':
      return [finding('error', 'SNT-T010', file, `${title} expired ${spanText(nowMs - end)} ago, at ${to}`)];
    case 'not_yet_valid': {
      const early = start - nowMs;
      const clock =
        early > dayMs ? '' : `; if it was issued just now, the clock of this machine (${isoOf(nowMs)}) is behind`;
      return [
        finding('error', 'SNT-T012', file, `${title} is valid only in ${spanText(early)}, from ${from} on${clock}`),
      ];
    }
    case 'critical':
    case 'warning': {
      const critical = standingOf(certificate, nowMs, thresholds) === 'critical';
      const share = Math.floor(((end - nowMs) / (end - start)) * 100);
      const detail = `${title} expires in ${spanText(end - nowMs)}, at ${to}: ${share} % of its ${spanText(end - start)} are left`;
      return [finding(critical ? 'error' : 'warning', 'SNT-T011', file, detail)];
    }
    case 'ok':
      return [];
  }
}

/** `12 days`, `5 h`, `3 min`. */
export function spanText(ms: number): string {
  if (ms >= 2 * dayMs) return `${Math.floor(ms / dayMs)} days`;
  if (ms >= 2 * 3_600_000) return `${Math.floor(ms / 3_600_000)} h`;
  return `${Math.max(0, Math.floor(ms / 60_000))} min`;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
