/** The table "Severity Levels" of the incident response runbook: what each level means, and how soon somebody answers. Facts only. */
import { SentinelError } from '../../base/errors.ts';
import { type Sev, sevs } from '../../base/severity.ts';

export const severityTable: Readonly<Record<Sev, { readonly description: string; readonly response: string }>> = {
  SEV1: { description: 'Complete outage, all traffic affected', response: '< 5 min' },
  SEV2: { description: 'Partial outage, significant traffic affected', response: '< 15 min' },
  SEV3: { description: 'Degraded performance, limited impact', response: '< 1 hour' },
  SEV4: { description: 'Minor issue, minimal user impact', response: '< 4 working hours' },
};

/** SEV1 and SEV2 have a commander, and a post-mortem within 48 hours. */
export function isGrave(sev: Sev | null): boolean {
  return sev === 'SEV1' || sev === 'SEV2';
}

/** `2`, `sev2` and `SEV2` mean the same. @throws SNT-P040 */
export function parseSev(text: string): Sev {
  const found = sevs.find((sev) => sev === text.toUpperCase() || sev === `SEV${text}`);
  if (found !== undefined) return found;
  throw new SentinelError('SNT-P040', `the severity is ${JSON.stringify(text)}, expected 1, 2, 3 or 4`, {
    hint: 'sentinel incident sev --help',
  });
}
