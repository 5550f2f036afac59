/** What a label of an alert says of the severity of an incident. Pure. */
import { type Sev, sevs } from '../../../base/severity.ts';

/** Labels that are looked at, the first that says something counts. */
const labels = ['severity', 'sev'] as const;

/**
 * Words of other people's rules, by how soon somebody must act in the table of severity levels. None of them says that all
 * traffic is affected, so that none is SEV1: `SEV1` itself says that.
 */
const words: Readonly<Record<string, Sev>> = {
  page: 'SEV2',
  critical: 'SEV2',
  error: 'SEV3',
  warning: 'SEV3',
  info: 'SEV4',
  none: 'SEV4',
};

export interface SaidSeverity {
  readonly sev: Sev;
  /** `label severity is critical` */
  readonly why: string;
}

/** Null where no label says anything that is known. */
export function severityOf(given: Readonly<Record<string, string>>): SaidSeverity | null {
  for (const label of labels) {
    const text = given[label]?.trim() ?? '';
    const number = /^(?:sev-?)?([1-4])$/i.exec(text)?.[1];
    const sev = number === undefined ? words[text.toLowerCase()] : sevs[Number(number) - 1];
    if (sev !== undefined) return { sev, why: `label ${label} is ${text}` };
  }
  return null;
}
