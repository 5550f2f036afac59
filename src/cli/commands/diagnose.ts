/** `sentinel diagnose`: finds out, judges and says what is wrong, in the format that was asked for. Changes nothing; an incident that is open gets it. */
import { SentinelError } from '../../base/errors.ts';
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import { sectionNames } from '../../diagnosis/collect.ts';
import { findingsOf } from '../../diagnosis/report/findings.ts';
import { junitReport } from '../../diagnosis/report/junit.ts';
import { markdownReport } from '../../diagnosis/report/markdown.ts';
import type { Report } from '../../diagnosis/report/report.ts';
import { slackReport } from '../../diagnosis/report/slack.ts';
import type { Invocation, Outcome } from '../command.ts';
import { type DiagnoseChoice, choiceOf, judgesKept } from '../diagnose/choice.ts';
import { saveFacts } from '../diagnose/facts-file.ts';
import { showWalk } from '../diagnose/guide.ts';
import { changesBetween, waitForHealth, watchVerdicts } from '../diagnose/repeat.ts';
import { type Diagnosis, diagnosisOf, type Round } from '../diagnose/round.ts';
import { reportText, shortText } from '../diagnose/text.ts';
import { isDenied } from '../failure.ts';
import { incidentToJoin, joinDiagnosis } from '../incident/joining.ts';
import type { Style } from '../streams.ts';

/** One more question is worth it, and not more patience than this. */
const DENIAL_MS = 2_000;

export async function run(invocation: Invocation): Promise<Outcome> {
  const choice = choiceOf(invocation);
  const diagnosis = await diagnosisOf(invocation, choice);
  const incident = judgesKept(choice) ? null : await incidentToJoin(invocation);
  let before: Report | null = null;
  const next = async (signal?: AbortSignal): Promise<Round> => {
    const round = await diagnosis.round(signal);
    if (signal?.aborted === true) return round;
    if (choice.saveTo !== null) saveFacts(round.facts, choice.saveTo, invocation);
    // What says the same again adds nothing.
    if (incident !== null && changesBetween(before, round.report).length > 0)
      await joinDiagnosis(invocation, incident, round);
    before = round.report;
    return round;
  };
  if (choice.repeat === 'watch') return watchVerdicts(invocation, next, choice);
  if (choice.repeat === 'wait') {
    const waited = await waitForHealth(invocation, next, choice);
    if (!('round' in waited)) return waited;
    return outcomeOf(waited.round, choice, waited.inTime ? exitCodes.ok : exitCodes.deadline);
  }
  const round = await next();
  if (choice.guided) await showWalk(invocation, round.report);
  return outcomeOf(round, choice, await exitCodeOf(round, choice, diagnosis));
}

/** Not known, as nobody lets us ask: that is said by the status, as it is by every other command. */
async function exitCodeOf({ facts, report }: Round, choice: DiagnoseChoice, { client }: Diagnosis): Promise<ExitCode> {
  const { exit_code: exitCode } = report.verdict;
  if (exitCode !== exitCodes.unknown || judgesKept(choice) || facts.sections.daemon.state === 'known') return exitCode;
  try {
    await client.call('status', { timeoutMs: DENIAL_MS });
  } catch (error) {
    if (error instanceof SentinelError && isDenied(error.code)) return exitCodes.denied;
  }
  return exitCode;
}

function outcomeOf({ facts, report: judged }: Round, choice: DiagnoseChoice, exitCode: ExitCode): Outcome {
  const report: Report = { ...judged, exitCode };
  const { daemon } = facts.sections;
  const { verdict } = report;
  return {
    kind: 'report',
    exitCode,
    status: verdict.status,
    data: {
      subject: facts.subject,
      at: facts.at,
      took_ms: facts.took_ms,
      verdict,
      probes: sectionNames.map((name) => {
        const section = facts.sections[name];
        const { state, took_ms } = section;
        return {
          name,
          state,
          took_ms,
          ...(section.state === 'known' ? {} : { why: section.why, tried: section.tried }),
        };
      }),
    },
    findings: findingsOf(report),
    warnings: report.remarks,
    daemon: facts.subject.daemon,
    ...(daemon.state === 'known' ? { generation: daemon.value.status.generation } : {}),
    text: (style) => textOf(report, choice, style),
  };
}

function textOf(report: Report, { format, short }: DiagnoseChoice, style: Style): string {
  switch (format) {
    case 'markdown':
      return markdownReport(report);
    case 'slack':
      return slackReport(report);
    case 'junit':
      return junitReport(report, sectionNames);
    default:
      return short ? shortText(report, style) : reportText(report, style);
  }
}
