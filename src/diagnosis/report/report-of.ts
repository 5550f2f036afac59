/** Makes the report of a verdict: each finding to its subject, each subject its lines. Called by whoever prints a verdict. Pure. */
import { codes, type ErrorCode } from '../../base/codes.ts';
import { type Case, caseOf } from '../case.ts';
import { type CauseName, causes, type Procedure } from '../causes.ts';
import type { Facts, Known, SectionName } from '../facts.ts';
import type { Evidence, Notice, Suspicion, Verdict, WalkStep } from '../judgement.ts';
import { severityOf } from '../severity.ts';
import type { Thresholds } from '../thresholds.ts';
import { forkWords, procedureTitle } from './path-words.ts';
import type {
  Mark,
  Report,
  ReportEvidence,
  ReportFinding,
  ReportLine,
  ReportStep,
  SubjectName,
  SubjectReport,
} from './report.ts';
import { subjectNames } from './report.ts';
import { changeLines } from './subjects/changes.ts';
import { certificateLines, configLines, machineLines, memoryLines } from './subjects/machine.ts';
import { clientLines, healthLines, processLines } from './subjects/process.ts';
import { errorLines, latencyLines, upstreamLines } from './subjects/traffic.ts';
import { limitWords, plain } from './words.ts';

export interface ReportOptions {
  readonly thresholds: Thresholds;
  /** `upstream-failure#target-refused` of a cause; null = no runbook has it. */
  readonly runbookOf: (cause: CauseName) => string | null;
  readonly remarks: readonly string[];
}

type LinesOf = (of: Case) => readonly ReportLine[];

const linesOf: Readonly<Record<Exclude<SubjectName, 'changes'>, LinesOf>> = {
  process: processLines,
  health: healthLines,
  clients: clientLines,
  upstreams: upstreamLines,
  errors: errorLines,
  latency: latencyLines,
  memory: memoryLines,
  certificates: certificateLines,
  config: configLines,
  machine: machineLines,
};

const subjectOfProcedure: Readonly<Partial<Record<Procedure, SubjectName>>> = {
  'process-crash': 'process',
  'health-check-failure': 'health',
  'connection-refused': 'clients',
  'upstream-failure': 'upstreams',
  'high-error-rate': 'errors',
  'maintenance-window': 'errors',
  'memory-exhaustion': 'memory',
  'tls-certificates': 'certificates',
  'config-reload-failure': 'config',
  'ddos-attack': 'clients',
  'performance-degradation': 'latency',
};

const subjectOfSection: Readonly<Record<SectionName, SubjectName>> = {
  process: 'process',
  death: 'process',
  config: 'config',
  ports: 'clients',
  permissions: 'config',
  disk: 'machine',
  memory: 'memory',
  descriptors: 'process',
  kernel: 'machine',
  firewall: 'clients',
  clock: 'machine',
  endpoints: 'health',
  daemon: 'health',
  threads: 'latency',
  traffic: 'errors',
  clients: 'clients',
  targets: 'upstreams',
  certificates: 'certificates',
  changes: 'changes',
};

export function reportOf(facts: Facts, verdict: Verdict, options: ReportOptions): Report {
  const of = caseOf(facts, options.thresholds);
  const found = verdict.causes.map((cause) => causeFinding(cause, options));
  const notices = verdict.notices.map(noticeFinding);
  const path = verdict.path.map((step, index) => stepOf(step, verdict, index === leavingStep(verdict)));
  return {
    at: facts.at,
    tookMs: facts.took_ms,
    host: plain(facts.subject.host),
    daemon: plain(facts.subject.daemon),
    configPath: facts.subject.config_path === null ? null : plain(facts.subject.config_path),
    probes: Object.keys(facts.sections).length,
    verdict,
    mark: verdict.status === 'problems' ? 'bad' : verdict.status === 'unknown' ? 'unknown' : 'ok',
    subjects: subjectNames
      .filter((name) => name !== 'changes')
      .flatMap((name) => subjectReport(name, linesOf[name](of), found, notices, verdict)),
    causes: found,
    changes: changeLines(of, verdict),
    path,
    procedure: verdict.procedure === null ? null : { id: verdict.procedure, title: procedureTitle(verdict.procedure) },
    unknown: verdict.unknown.map(({ section, mandatory, why }) => ({
      section,
      mandatory,
      why: plain(why),
      tried: triedOf(facts.sections[section]).map(plain),
    })),
    page: pageWords(verdict),
    contacts: verdict.status === 'ok' ? [] : placesToTalk(of).map(plain),
    next: verdict.next.slice(0, 3).map(plain),
    remarks: options.remarks.map(plain),
    exitCode: verdict.exit_code,
  };
}

const rank: readonly Mark[] = ['ok', 'note', 'unknown', 'warn', 'bad'];

function worst(marks: readonly Mark[]): Mark {
  return marks.reduce<Mark>((least, mark) => (rank.indexOf(mark) > rank.indexOf(least) ? mark : least), 'ok');
}

function subjectReport(
  name: SubjectName,
  lines: readonly ReportLine[],
  found: readonly ReportFinding[],
  notices: readonly ReportFinding[],
  verdict: Verdict,
): readonly SubjectReport[] {
  const own = notices.filter((_, index) => subjectOfNotice(verdict.notices[index] as Notice) === name);
  const numbers = found.flatMap(({ cause }, index) => (subjectOfCause(cause as CauseName) === name ? [index + 1] : []));
  if (lines.length === 0 && own.length === 0 && numbers.length === 0) return [];
  const marks = [
    ...lines.map(({ mark }) => mark),
    ...own.map(({ severity }): Mark => (severity === 'error' ? 'bad' : severity === 'warning' ? 'warn' : 'note')),
    ...(numbers.length > 0 ? (['bad'] as const) : []),
  ];
  return [{ name, mark: worst(marks), lines, notices: own, causes: numbers }];
}

/** Causes of the machine below stand with the machine, whatever procedure deals with them. */
function subjectOfCause(cause: CauseName): SubjectName {
  if (cause === 'disk-full' || cause === 'clock-wrong' || cause === 'ports-exhausted') return 'machine';
  return subjectOfProcedure[causes[cause].procedure] ?? 'process';
}

function subjectOfNotice({ code, evidence }: Notice): SubjectName {
  if (code === 'SNT-E011') return 'latency';
  if (code === 'SNT-E010') return 'errors';
  const source = evidence[0]?.source;
  const subject = source === undefined ? 'machine' : subjectOfSection[source];
  return subject === 'changes' ? 'config' : subject;
}

function causeFinding(suspicion: Suspicion, { runbookOf }: ReportOptions): ReportFinding {
  const { cause, detail, resource, evidence, since, next } = suspicion;
  const { code } = causes[cause];
  return {
    code,
    severity: 'error',
    cause,
    sev: severityOf([suspicion]),
    title: codes[code].title,
    detail: plain(detail),
    resource: resource === null ? null : { kind: plain(resource.kind), name: plain(resource.name) },
    evidence: evidence.map(evidenceOf),
    since,
    next: next.map(plain),
    runbook: runbookOf(cause),
  };
}

function noticeFinding({ code, severity, title, detail, evidence }: Notice): ReportFinding {
  const shown = title === '' && Object.hasOwn(codes, code) ? codes[code as ErrorCode].title : title;
  return {
    code: plain(code),
    severity,
    cause: null,
    sev: null,
    title: plain(shown),
    detail: plain(detail),
    resource: null,
    evidence: evidence.map(evidenceOf),
    since: null,
    next: [],
    runbook: null,
  };
}

function evidenceOf({ source, words, value, threshold, at }: Evidence): ReportEvidence {
  const text = (one: number | string | undefined) => (typeof one === 'string' ? plain(one) : (one ?? null));
  const said = plain(words);
  const [seen, limit] = [text(value), text(threshold)];
  return { source, words: `${said}${limitWords(said, seen, limit)}`, value: seen, threshold: limit, at: at ?? null };
}

function triedOf(section: Known<unknown>): readonly string[] {
  return section.state === 'unknown' ? section.tried : [];
}

/** The fork at which the walk left the tree for the procedure of the verdict; -1 = it did not. */
function leavingStep({ path, procedure }: Verdict): number {
  if (procedure === null) return -1;
  return path.findLastIndex(({ led_to: led }) => led !== null && led.split('#', 1)[0] === procedure);
}

function stepOf(step: WalkStep, { status, procedure }: Verdict, leaves: boolean): ReportStep {
  const { question, title, answer, not_taken: other, led_to: led } = step;
  const aside = other?.split('#', 1)[0] ?? null;
  return {
    question: plain(question),
    title: plain(title),
    answer: answer.answer,
    mark: answer.answer === 'unknown' ? 'unknown' : leaves && status === 'problems' ? 'bad' : 'ok',
    short: forkWords(plain(question), answer.answer),
    words: plain(answer.words),
    evidence: answer.evidence.map(evidenceOf),
    // Back into the same tree, or where the walk came to in another way, is no way that was left aside.
    notTaken: aside === null || other === led || aside === 'triage' || aside === procedure ? null : plain(aside),
    leaves,
  };
}

/** Where the configuration names nobody, the words of the escalation matrix. */
const titleOfRole: Readonly<Record<string, string>> = {
  primary: 'the on-call engineer',
  secondary: 'the team lead',
  management: 'the director',
  security: 'security',
  infrastructure: 'infrastructure',
};

function pageWords({ page }: Verdict): string | null {
  if (page.length === 0) return null;
  const who = page.map(({ role, contact }) =>
    contact === null ? (titleOfRole[role] ?? role) : `${plain(contact)} (${role})`,
  );
  const unnamed = page.every(({ contact }) => contact === null)
    ? ' (`contacts` of the configuration names nobody)'
    : '';
  return `page ${who.join(', ')}${unnamed}`;
}

/** Beside who is paged. */
function placesToTalk({ daemon, config }: Case): readonly string[] {
  const contacts = daemon?.status.contacts ?? config?.contacts ?? null;
  if (contacts === null) return [];
  const { channel, docs_url: docs } = contacts;
  return [...(channel === null ? [] : [`talk in ${channel}`]), ...(docs === null ? [] : [`docs ${docs}`])];
}
