/**
 * Which severity the facts speak for, now: a diagnosis that may take a few seconds and no more, judged by the table of the runbook.
 * Called by `incident open` and `incident sev`; never throws, for an incident must open whatever the daemon does.
 */
import type { Sev } from '../../base/severity.ts';
import type { EntryBody } from '../../incident/record/entry.ts';
import { severityTable } from '../../incident/record/severity-table.ts';
import type { Invocation } from '../command.ts';
import type { DiagnoseChoice } from '../diagnose/choice.ts';

/** Until then it has an answer, or says that it has none. */
const PATIENCE_MS = 4_000;

export interface SeverityProposal {
  /** Null = the facts speak for none: nothing is wrong, or nobody knows. */
  readonly sev: Sev | null;
  /** `Partial outage, significant traffic affected: api: 1 of 3 targets down` */
  readonly why: string;
  readonly status: 'ok' | 'problems' | 'unknown';
  /** What the diagnosis found, for the journal; null where there was none. */
  readonly diagnosis: Extract<EntryBody, { kind: 'diagnosis' }> | null;
}

export async function proposeSeverity(invocation: Invocation): Promise<SeverityProposal> {
  // What it takes to load all this counts too.
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    // Loaded only here: it is most of the program.
    const [{ diagnosisOf }, { diagnosisEntry }] = await Promise.all([
      import('../diagnose/round.ts'),
      import('../../incident/diagnosis-entry.ts'),
    ]);
    const diagnosis = await diagnosisOf(invocation, quick);
    const { report } = await diagnosis.round(signal);
    const { verdict, causes } = report;
    const sev = verdict.severity;
    return {
      sev,
      why: sev === null ? nothingWords(verdict.status) : whyWords(sev, causes[0]?.detail ?? null),
      status: verdict.status,
      diagnosis: diagnosisEntry(report, null),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { sev: null, why: `the facts could not be collected: ${why}`, status: 'unknown', diagnosis: null };
  }
}

const quick: DiagnoseChoice = {
  format: 'text',
  short: false,
  guided: false,
  intrusive: false,
  repeat: 'no',
  intervalMs: PATIENCE_MS,
  timeoutMs: PATIENCE_MS,
  symptom: null,
  factsFile: null,
  bundle: null,
  saveTo: null,
};

function nothingWords(status: 'ok' | 'problems' | 'unknown'): string {
  return status === 'ok' ? 'nothing is wrong that a diagnosis can see' : 'what is wrong is not known';
}

function whyWords(sev: Sev, cause: string | null): string {
  return `${severityTable[sev].description}${cause === null ? '' : `: ${cause}`}`;
}
