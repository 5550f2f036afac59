/**
 * One round of a diagnosis: facts collected or read, judged by the runbooks, laid out as a report. Called by `diagnose`, once or
 * again and again.
 */
import { resolve } from 'node:path';
import type { AdminClient } from '../../admin/client/client.ts';
import { SentinelError } from '../../base/errors.ts';
import type { CauseName } from '../../diagnosis/causes.ts';
import { collect } from '../../diagnosis/collect.ts';
import type { Facts } from '../../diagnosis/facts.ts';
import { judge } from '../../diagnosis/judge.ts';
import { probes } from '../../diagnosis/probes.ts';
import type { Report } from '../../diagnosis/report/report.ts';
import { reportOf } from '../../diagnosis/report/report-of.ts';
import type { ProbeTable, Surroundings } from '../../diagnosis/probe.ts';
import { localContext } from '../../diagnosis/surroundings.ts';
import { contactsIn, thresholdsIn } from '../../diagnosis/settings.ts';
import { openShelf, type Shelf } from '../../runbook/shelf.ts';
import { shelfFolders } from '../../runbook/shelf-folders.ts';
import type { Invocation } from '../command.ts';
import { clientOf } from '../daemon.ts';
import { meantDaemon } from '../meant-daemon.ts';
import { bundledFacts } from './bundled-facts.ts';
import { type DiagnoseChoice, judgesKept } from './choice.ts';
import { readFacts } from './facts-file.ts';
import { agreedProbes } from './guide.ts';
import { meantConfig } from './meant-config.ts';
import { progressOn } from './progress.ts';

export interface Round {
  readonly facts: Facts;
  readonly report: Report;
}

/** What stays the same from round to round. */
export interface Diagnosis {
  readonly client: AdminClient;
  round(signal?: AbortSignal): Promise<Round>;
}

/** @throws SNT-P009, SNT-P040 for a daemon that is none or several; `round` SNT-P108 for facts that cannot be used */
export async function diagnosisOf(invocation: Invocation, choice: DiagnoseChoice): Promise<Diagnosis> {
  const shelf = await openShelf(shelfFolders(invocation.context.environment));
  const target = meantDaemon(invocation);
  const client = clientOf(invocation, target);
  const table =
    choice.guided && !judgesKept(choice) ? await agreedProbes(invocation, probes, choice.intrusive) : probes;
  const surroundings = localContext({
    run: invocation.context,
    clock: invocation.clock,
    client,
    target,
    configPath: meantConfig(invocation, target),
    directory: invocation.directory,
    version: invocation.version,
    intrusive: choice.intrusive || choice.guided,
  });
  return {
    client,
    async round(signal) {
      const { facts, remarks } = await factsFor(invocation, choice, () =>
        collected(invocation, surroundings, table, signal),
      );
      return {
        facts,
        report: judged(facts, shelf, choice, [
          ...remarks,
          ...remarksOn(facts, surroundings.configPath, invocation),
          ...passedOver(shelf),
        ]),
      };
    },
  };
}

/** Kept ones, or new ones. @throws SNT-P108, and as `bundledFacts` */
async function factsFor(
  invocation: Invocation,
  { factsFile, bundle }: DiagnoseChoice,
  collectNow: () => Promise<Facts>,
): Promise<{ readonly facts: Facts; readonly remarks: readonly string[] }> {
  if (bundle !== null) return bundledFacts(invocation, bundle);
  return { facts: factsFile === null ? await collectNow() : await readFacts(factsFile, invocation), remarks: [] };
}

async function collected(
  { stderr, clock }: Invocation,
  surroundings: Surroundings,
  table: Partial<ProbeTable>,
  signal: AbortSignal | undefined,
): Promise<Facts> {
  const progress = progressOn(stderr, clock);
  try {
    const { onProgress } = progress;
    return await collect(surroundings, table, { onProgress, ...(signal === undefined ? {} : { signal }) });
  } finally {
    progress.end();
  }
}

/** @throws SNT-P108 where facts of a file are not what they should be */
function judged(
  facts: Facts,
  shelf: Shelf,
  { symptom, factsFile, bundle }: DiagnoseChoice,
  remarks: readonly string[],
): Report {
  try {
    const thresholds = thresholdsIn(facts);
    const verdict = judge(facts, { runbooks: shelf.all(), thresholds, contacts: contactsIn(facts), symptom });
    return reportOf(facts, verdict, { thresholds, runbookOf: (cause) => runbookOf(shelf, cause), remarks });
  } catch (error) {
    const kept = factsFile ?? bundle;
    if (kept === null || !(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new SentinelError('SNT-P108', `judging the facts of ${kept}: a section is not what it should be`, {
      hint: 'sentinel diagnose --save-facts FILE',
    });
  }
}

/** Where its `cause` node stands. */
function runbookOf(shelf: Shelf, cause: CauseName): string | null {
  for (const { id, items } of shelf.all()) {
    const item = items.find((one) => one.kind === 'cause' && one.name === cause);
    if (item !== undefined) return item.section === '' ? id : `${id}#${item.section}`;
  }
  return null;
}

/** Files of the site that cannot be used: the verdict stands on the runbooks of the package in their place. */
function passedOver({ problems }: Shelf): readonly string[] {
  const words = problems.map(({ code, message, span: { source } }) =>
    code === 'SNT-R001'
      ? message
      : `${source.name} has mistakes and is passed over; sentinel runbook lint ${source.name}`,
  );
  return [...new Set(words)];
}

/** That another daemon answered than the one of the file that was named: its verdict would be taken for the other's. */
function remarksOn(
  { sections: { daemon } }: Facts,
  named: string | null,
  { option, directory }: Invocation,
): readonly string[] {
  if (option('config') === undefined || named === null || daemon.state === 'unknown') return [];
  const runs = daemon.value.status.config.path;
  const meant = resolve(directory, named);
  if (runs === meant) return [];
  return [`the daemon that answers runs ${runs ?? 'no file'}, not ${meant}; name the one that is meant with --daemon`];
}
