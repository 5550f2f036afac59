/** A diagnosis as the journal of an incident has it: the verdict and its causes, in few words. Pure. */
import type { Report } from '../diagnosis/report/report.ts';
import type { EntryBody } from './record/entry.ts';

type DiagnosisEntry = Extract<EntryBody, { kind: 'diagnosis' }>;

/** More causes are in the facts. */
const MOST_CAUSES = 10;

/** @param facts File beside the journal that holds its facts; null = they were not kept. */
export function diagnosisEntry({ verdict, causes, exitCode }: Report, facts: string | null): DiagnosisEntry {
  return {
    kind: 'diagnosis',
    status: verdict.status,
    sev: verdict.severity,
    procedure: verdict.procedure,
    causes: causes
      .slice(0, MOST_CAUSES)
      .map(({ code, detail, resource }) => ({ code, words: detail, subject: resource?.name ?? null })),
    exit_code: exitCode,
    facts,
  };
}
