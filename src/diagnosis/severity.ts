/**
 * How bad it is, how soon somebody must act and who: the tables "Severity Levels" and "Escalation Matrix" of the incident
 * response runbook. Pure; calls nobody.
 */
import type { ContactsState } from '../admin/contract/contact-shapes.ts';
import type { CauseName } from './causes.ts';
import type { Sev } from '../base/severity.ts';
import type { Impact, Suspicion, Verdict } from './judgement.ts';

/** By what it does to clients. */
const sevOfImpact: Readonly<Record<Impact, Sev>> = {
  outage: 'SEV1',
  partial: 'SEV2',
  degraded: 'SEV3',
  minor: 'SEV4',
};

const responses: Readonly<Record<Sev, string>> = {
  SEV1: '< 5 min',
  SEV2: '< 15 min',
  SEV3: '< 1 h',
  SEV4: '< 4 working hours',
};

/** Causes for which those who keep the security of the site are called too. */
const attacks: ReadonlySet<CauseName> = new Set(['attack-from-one-client', 'attack-from-many']);

/** Causes that lie in the machine or the network below the proxy. */
const machines: ReadonlySet<CauseName> = new Set([
  'oom-killed',
  'disk-full',
  'rebooted',
  'firewall-rule',
  'target-name-unresolved',
  'target-unreachable',
  'cpu-throttled',
  'clock-wrong',
  'ports-exhausted',
]);

/** The worst of all causes; null without one. A cause of which no impact is known counts as minor. */
export function severityOf(causes: readonly Suspicion[]): Sev | null {
  const sevs = causes.map(({ impact }) => sevOfImpact[impact ?? 'minor']).sort();
  return sevs[0] ?? null;
}

export function responseTo(severity: Sev | null): string | null {
  return severity === null ? null : responses[severity];
}

/** An outage is told to management after half an hour where the configuration does not say when. */
const MANAGEMENT_AFTER_MS = 30 * 60_000;

/**
 * Who is to be paged now. SEV1 and SEV2: primary and secondary, management once an outage has lasted; SEV3: primary; SEV4: nobody
 * before the next business day. Besides, whoever owns the cause.
 */
export function pageFor(
  severity: Sev | null,
  causes: readonly Suspicion[],
  contacts: ContactsState | null,
  nowMs: number,
): Verdict['page'] {
  if (severity === null || severity === 'SEV4') return [];
  const page: { role: string; contact: string | null }[] = [{ role: 'primary', contact: contacts?.primary ?? null }];
  if (severity !== 'SEV3') page.push({ role: 'secondary', contact: contacts?.secondary ?? null });
  if (severity === 'SEV1') {
    const lasted = nowMs - Math.min(nowMs, ...outagesSince(causes));
    const management = contacts?.management ?? [];
    for (const { contact, after_ms } of management) if (lasted >= after_ms) page.push({ role: 'management', contact });
    if (management.length === 0 && lasted > MANAGEMENT_AFTER_MS) page.push({ role: 'management', contact: null });
  }
  if (causes.some(({ cause }) => attacks.has(cause)))
    page.push({ role: 'security', contact: contacts?.security ?? null });
  if (causes.some(({ cause }) => machines.has(cause)))
    page.push({ role: 'infrastructure', contact: contacts?.infrastructure ?? null });
  return page;
}

function outagesSince(causes: readonly Suspicion[]): readonly number[] {
  return causes.flatMap(({ impact, since }) => (impact === 'outage' && since !== null ? [Date.parse(since)] : []));
}
