/** Lines worth a look that are no cause: beyond a threshold, soon to be, or set by somebody. Called by the judge. */
import { type Case, clockTime, percent, seen } from './case.ts';
import type { Notice, Suspicion } from './judgement.ts';
import { errorsHigh } from './rules/high-error-rate.ts';
import { latencyHigh } from './rules/performance-degradation.ts';
import { codes, type ErrorCode } from '../base/codes.ts';

export function notices(of: Case, causes: readonly Suspicion[]): readonly Notice[] {
  const named = new Set(causes.map(({ cause }) => cause));
  return [
    ...errors(of),
    ...latency(of),
    ...(named.has('connection-limit') ? [] : connections(of)),
    ...trips(of),
    ...certificates(of),
    ...(named.has('drain-left-on') ? [] : drains(of)),
    ...overrides(of),
    ...(named.has('disk-full') ? [] : disks(of)),
  ];
}

function notice(code: ErrorCode, severity: Notice['severity'], detail: string, evidence: Notice['evidence']): Notice {
  return { code, severity, title: codes[code].title, detail, evidence };
}

function errors(of: Case): readonly Notice[] {
  const high = errorsHigh(of);
  if (high === null) return [];
  const { traffic, ratio } = high;
  return [
    notice(
      'SNT-E010',
      'error',
      `5xx ${percent(ratio)} over ${traffic.window} (limit ${percent(of.thresholds.errorRatio)})`,
      [
        seen('traffic', `${traffic.errors} of ${traffic.requests} requests`, {
          value: ratio,
          threshold: of.thresholds.errorRatio,
        }),
      ],
    ),
  ];
}

function latency(of: Case): readonly Notice[] {
  const slow = latencyHigh(of);
  if (slow === null) return [];
  return [
    notice(
      'SNT-E011',
      'error',
      `p99 ${Math.round(slow.p99Ms ?? 0)} ms over ${slow.window} (limit ${of.thresholds.p99Ms} ms)`,
      [
        seen('traffic', `p99 ${Math.round(slow.p99Ms ?? 0)} ms`, {
          value: slow.p99Ms ?? 0,
          threshold: of.thresholds.p99Ms,
        }),
      ],
    ),
  ];
}

function connections(of: Case): readonly Notice[] {
  const open = of.daemon?.status.counts.open_connections ?? 0;
  const most = of.daemon?.limits.max_total_connections ?? 0;
  if (most === 0 || open / most <= of.thresholds.connectionsRatio) return [];
  return [
    notice(
      'SNT-E001',
      'warning',
      `${open} of ${most} connections open (limit ${percent(of.thresholds.connectionsRatio)})`,
      [
        seen('daemon', `${open} of ${most} connections`, {
          value: open / most,
          threshold: of.thresholds.connectionsRatio,
        }),
      ],
    ),
  ];
}

/** Openings of one breaker in the last minute, by its events. */
function trips(of: Case): readonly Notice[] {
  const opened = (of.changes?.events ?? []).filter(
    ({ kind, last_at, words }) =>
      kind === 'breaker' && /opened/i.test(words) && of.nowMs - Date.parse(last_at) <= 60_000,
  );
  const counts = new Map<string, number>();
  for (const { subject, count } of opened) counts.set(subject ?? '', (counts.get(subject ?? '') ?? 0) + count);
  return [...counts]
    .filter(([, count]) => count > of.thresholds.breakerTripsPerMinute)
    .map(([subject, count]) =>
      notice(
        'SNT-U003',
        'warning',
        `breaker ${subject} opened ${count} times in a minute (limit ${of.thresholds.breakerTripsPerMinute})`,
        [seen('changes', `${count} openings`, { value: count, threshold: of.thresholds.breakerTripsPerMinute })],
      ),
    );
}

function certificates(of: Case): readonly Notice[] {
  const { certWarnDays, certCriticalDays } = of.thresholds;
  return (of.certificates?.certificates ?? []).flatMap(({ file, uses, days_left: days, not_after }) =>
    days === null || days <= certCriticalDays || days > certWarnDays
      ? []
      : [
          notice('SNT-T011', 'warning', `the certificate of ${uses.join(', ')} ends in ${days} days, at ${not_after}`, [
            seen('certificates', file, { value: days, threshold: certWarnDays }),
          ]),
        ],
  );
}

function drains(of: Case): readonly Notice[] {
  return (of.daemon?.status.drains ?? []).map(({ target, state, actor, reason, since }) =>
    notice(
      'SNT-U027',
      'info',
      `${target} is ${state} by ${actor} since ${clockTime(since)}${reason === null ? '' : `: "${reason}"`}`,
      [seen('daemon', `${target} ${state}`, { at: since })],
    ),
  );
}

function overrides(of: Case): readonly Notice[] {
  return (of.daemon?.overrides.overrides ?? [])
    .filter(
      ({ kind, dormant }) => dormant === null && kind !== 'block' && kind !== 'log-level' && kind !== 'maintenance',
    )
    .map(({ kind, subject, key, value, actor, set_at, undo }) =>
      notice(
        'SNT-E014',
        'info',
        `${kind} ${subject}${key === null ? '' : ` ${key}`} is ${value} by ${actor} since ${clockTime(set_at)} (undo: ${undo})`,
        [seen('daemon', `override ${kind} ${subject}`, { value, at: set_at })],
      ),
    );
}

const NEARLY_FULL = 0.9;

function disks(of: Case): readonly Notice[] {
  return (of.disk?.places ?? [])
    .filter(({ used_ratio }) => used_ratio > NEARLY_FULL)
    .map(({ path, what, used_ratio }) =>
      notice('SNT-P084', 'warning', `${path} (${what}) is ${percent(used_ratio)} full`, [
        seen('disk', path, { value: used_ratio, threshold: NEARLY_FULL }),
      ]),
    );
}
