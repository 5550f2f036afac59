/**
 * A verdict and its facts laid out for reading: what each line says, in which order, before any format is chosen. Made by
 * `reportOf`; text, Markdown, Slack and JUnit are made of it. Types only; all texts are harmless and on one line.
 */
import type { CauseName } from '../causes.ts';
import type { SectionName } from '../facts.ts';
import type { Sev } from '../../base/severity.ts';
import type { Verdict } from '../judgement.ts';

/** `note`: worth saying, neither good nor bad. */
export type Mark = 'ok' | 'bad' | 'warn' | 'unknown' | 'note';

export const glyphs: Readonly<Record<Mark, string>> = { ok: '✓', bad: '✗', warn: '▲', unknown: '?', note: '•' };

/** In the order of a report. */
export const subjectNames = [
  'process',
  'health',
  'clients',
  'upstreams',
  'errors',
  'latency',
  'memory',
  'certificates',
  'config',
  'changes',
  'machine',
] as const;

export type SubjectName = (typeof subjectNames)[number];

export interface ReportLine {
  readonly mark: Mark;
  readonly words: string;
}

export interface SubjectReport {
  readonly name: SubjectName;
  /** The worst of what is below. */
  readonly mark: Mark;
  /** Beside each other where there is room. */
  readonly lines: readonly ReportLine[];
  /** Notices of the judge; causes stand in a list of their own. */
  readonly notices: readonly ReportFinding[];
  /** Places in the list of causes, from 1. */
  readonly causes: readonly number[];
}

/** A cause, or a notice that is none. */
export interface ReportFinding {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  /** Null = a notice. */
  readonly cause: CauseName | null;
  /** What it alone would be; null for a notice. */
  readonly sev: Sev | null;
  readonly title: string;
  readonly detail: string;
  readonly resource: { readonly kind: string; readonly name: string } | null;
  readonly evidence: readonly ReportEvidence[];
  readonly since: string | null;
  /** Commands to type, the best first. */
  readonly next: readonly string[];
  /** `upstream-failure#target-refused`; null where no runbook has it. */
  readonly runbook: string | null;
}

export interface ReportEvidence {
  readonly source: SectionName;
  /** With its value, threshold and time, as far as the words do not have them. */
  readonly words: string;
  readonly value: number | string | null;
  readonly threshold: number | string | null;
  readonly at: string | null;
}

/** One fork of the walk. */
export interface ReportStep {
  readonly question: string;
  readonly title: string;
  readonly answer: 'yes' | 'no' | 'unknown';
  readonly mark: Mark;
  /** `upstreams NOT healthy` */
  readonly short: string;
  /** What the answer stands on. */
  readonly words: string;
  readonly evidence: readonly ReportEvidence[];
  /** Procedure that the other answer would have led to; null = none. */
  readonly notTaken: string | null;
  /** It led out of the tree, to the procedure of the verdict. */
  readonly leaves: boolean;
}

export interface ReportUnknown {
  readonly section: SectionName;
  readonly mandatory: boolean;
  readonly why: string;
  readonly tried: readonly string[];
}

export interface Report {
  readonly at: string;
  readonly tookMs: number;
  readonly host: string;
  readonly daemon: string;
  readonly configPath: string | null;
  /** Probes that were asked. */
  readonly probes: number;
  readonly verdict: Verdict;
  /** `✗` problems, `?` unknown, `✓` nothing wrong. */
  readonly mark: Mark;
  readonly subjects: readonly SubjectReport[];
  readonly causes: readonly ReportFinding[];
  /** Oldest first. */
  readonly changes: readonly ReportLine[];
  readonly path: readonly ReportStep[];
  /** `Upstream Failure`; null when nothing is wrong, or it is not known what. */
  readonly procedure: { readonly id: string; readonly title: string } | null;
  readonly unknown: readonly ReportUnknown[];
  /** `page PagerDuty (primary), team lead (secondary)`; null = nobody. */
  readonly page: string | null;
  /** `talk in #sentinel-ops`, `docs https://…`. */
  readonly contacts: readonly string[];
  readonly next: readonly string[];
  /** What stands beside the verdict: which daemon answered in place of the one that was meant, runbooks that cannot be read. */
  readonly remarks: readonly string[];
  /** What the command ends with: that of the verdict, unless a wait was over or nobody let us ask. */
  readonly exitCode: number;
}
