/** How bad an incident is, by the runbooks ("Incident Classification"): SEV1 is the worst. Rules, runbooks and journals use it. */

export const sevs = ['SEV1', 'SEV2', 'SEV3', 'SEV4'] as const;
export type Sev = (typeof sevs)[number];
