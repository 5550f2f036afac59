/** `sentinel runbook run`: leads through a runbook step by step, on a terminal or from a script, and writes down what was done. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { SentinelError } from '../../base/errors.ts';
import type { ExitCode } from '../../base/exit-codes.ts';
import { randomHex } from '../../base/ids.ts';
import { KnownSecrets } from '../../base/redaction.ts';
import type { Runbook } from '../../runbook/model.ts';
import { runRunbook } from '../../runbook/run/engine.ts';
import { markdownTranscript } from '../../runbook/run/markdown-transcript.ts';
import {
  entriesOf,
  FileSink,
  readRun,
  runName,
  type StoredRun,
  storedRun,
  transcriptPath,
  unfinishedRuns,
} from '../../runbook/run/run-folder.ts';
import { digestOf, type RunPlan } from '../../runbook/run/walk.ts';
import type { Screen } from '../../runbook/run/world.ts';
import { openShelf } from '../../runbook/shelf.ts';
import { shelfFolders } from '../../runbook/shelf-folders.ts';
import { actorOf } from '../actor.ts';
import type { Invocation, Outcome } from '../command.ts';
import { clientOf, daemonTarget } from '../daemon.ts';
import { chosenRunbook, standInWords } from '../runbooks/chosen-runbook.ts';
import { givenAnswers, knownValues, secretsOf, settings } from '../runbooks/known-values.ts';
import { liveConditions } from '../runbooks/live-conditions.ts';
import { liveFacts } from '../runbooks/live-facts.ts';
import { ndjsonScreen, Recorder, screens, silentScreen, writeTranscript } from '../runbooks/recorded-run.ts';
import { RunIncident } from '../runbooks/run-incident.ts';
import { stepPrograms } from '../runbooks/step-programs.ts';
import { runPlaces } from '../runbooks/run-places.ts';
import { operatorOf } from '../runbooks/terminal-operator.ts';
import { TextSession } from '../runbooks/text-session.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const id = invocation.argument('id') ?? '';
  const given = settings(invocation);
  const answers = givenAnswers(invocation);
  const only = chosenPart(invocation);
  const shelf = await openShelf(shelfFolders(invocation.context.environment));
  const runbook = chosenRunbook(shelf, id, (meant) => `sentinel runbook run ${meant}`);
  const target = daemonTarget(invocation);
  const client = clientOf(invocation, target);
  const dryRun = invocation.flag('dry-run');
  const incident = await RunIncident.of(invocation, given.get('incident'));
  const place = placeOf(invocation, runbook, dryRun);
  const interruption = invocation.interruption();
  const operator = operatorOf(invocation, interruption);
  const screen = screenOf(invocation, operator.present, place.file);
  const standIn = standInWords(shelf, id);
  for (const words of [...(standIn === null ? [] : [standIn]), ...place.remarks])
    invocation.stderr.write(`${invocation.stderr.style.dim(`– ${words}`)}\n`);
  const facts = liveFacts({ invocation, client, target, signal: interruption.signal });
  const sink = place.file === null ? null : new FileSink(place.file);
  const recorder = new Recorder(place.before, sink);
  const ended = await runRunbook(
    {
      clock: invocation.clock,
      facts,
      conditions: liveConditions(client, facts),
      values: knownValues(given, facts, () => incident.id(recorder.entries)),
      commands: stepPrograms(invocation, { client, logFolder: () => runPlaces(invocation).folder }),
      operator,
      screen,
      sink: recorder,
      runbook: async (other) => shelf.get(other),
      signal: interruption.signal,
      isDone: (line) => incident.isDone(line, recorder.entries),
    },
    {
      run: place.run,
      runbook,
      dryRun,
      only,
      from: invocation.option('from') ?? null,
      yes: invocation.flag('yes'),
      confirms: new Set(invocation.options('confirm')),
      answers,
      named: new Set(given.keys()),
      known: new KnownSecrets(secretsOf(given)),
      resume: place.resume,
      actor: actorOf(invocation.context),
      host: hostname(),
      pid: process.pid,
      version: invocation.version,
    },
  );
  sink?.close();
  const transcript = invocation.option('transcript');
  if (transcript !== undefined) writeTranscript(resolve(invocation.directory, transcript), recorder.entries);
  if (formatOf(invocation) === 'markdown') invocation.stdout.write(markdownTranscript(recorder.entries));
  const exitCode = ended.outcome === 'interrupted' ? interruption.exitCode() : (ended.exit_code as ExitCode);
  const { file, run } = place;
  const joining = { runbook: runbook.id, run, ended, exitCode };
  if (file !== null) await incident.join({ ...joining, file }, place.before, recorder.entries);
  return { kind: 'done', exitCode };
}

/** @throws SNT-P040 options that do not go together */
function chosenPart(invocation: Invocation): RunPlan['only'] {
  const step = invocation.option('step');
  const back = invocation.option('rollback');
  const resumes = invocation.flag('resume') || invocation.option('resume') !== undefined;
  const chosen = [step !== undefined && '--step', back !== undefined && '--rollback', resumes && '--resume'].filter(
    (name) => name !== false,
  );
  if (chosen.length > 1) throw usage(`${chosen.join(' and ')} do not go together`);
  if (invocation.flag('bash') && step === undefined)
    throw usage('--bash says which kind of --step is meant, and there is none');
  if (resumes && invocation.flag('dry-run')) throw usage('--resume goes on with a run, and --dry-run has none');
  if (chosen.length > 0 && !resumes && invocation.option('from') !== undefined)
    throw usage(`--from and ${chosen[0]} do not go together`);
  if (back !== undefined) return { kind: 'rollback', reference: back };
  return step === undefined ? null : { kind: invocation.flag('bash') ? 'bash' : 'step', reference: step };
}

function usage(message: string): SentinelError {
  return new SentinelError('SNT-P040', message, { hint: 'sentinel runbook run --help' });
}

interface RunPlace extends Pick<RunPlan, 'run' | 'resume'> {
  /** Transcript; null for a dry run, which leaves nothing behind. */
  readonly file: string | null;
  /** Entries that it has already. */
  readonly before: Recorder['entries'];
  readonly remarks: readonly string[];
}

/** @throws SNT-R027, SNT-R028, SNT-R030, SNT-P014 */
function placeOf(invocation: Invocation, runbook: Runbook, dryRun: boolean): RunPlace {
  const run = runName(invocation.clock.wallMs(), randomHex(2));
  if (dryRun) return { run, resume: null, file: null, before: [], remarks: [] };
  const { folder, places } = runPlaces(invocation);
  const others = places.flatMap((place) => unfinishedRuns(place, runbook.id));
  const named = invocation.option('resume');
  if (named === undefined && !invocation.flag('resume')) {
    return { run, resume: null, file: transcriptPath(folder, run), before: [], remarks: others.flatMap(wordsOf) };
  }
  const stored = named === undefined ? lastOf(others, runbook) : storedRun(places, named);
  resumable(stored, runbook);
  const remarks = others.filter((other) => other.run !== stored.run && other.underWay).flatMap(wordsOf);
  const { point } = readRun(stored.file).history;
  return { run: stored.run, resume: point, file: stored.file, before: [...entriesOf(stored.file)], remarks };
}

function lastOf(others: readonly StoredRun[], { id }: Runbook): StoredRun {
  const found = others.findLast(({ underWay }) => !underWay);
  if (found !== undefined) return found;
  throw new SentinelError('SNT-R027', `no run of ${id} has stopped before its end`, {
    hint: `sentinel runbook run ${id}`,
  });
}

/** @throws SNT-R027, SNT-R028 */
function resumable({ run, history, underWay }: StoredRun, runbook: Runbook): void {
  const { begun, last, finished } = history;
  const hint = `sentinel runbook run ${runbook.id}`;
  if (begun.runbook !== runbook.id)
    throw new SentinelError('SNT-R027', `${run} is a run of ${begun.runbook}, not of ${runbook.id}`, { hint });
  if (finished) throw new SentinelError('SNT-R027', `${run} came to its end`, { hint });
  if (underWay)
    throw new SentinelError('SNT-R027', `${run} is under way: process ${last.pid} of ${last.actor}`, { hint });
  if (begun.digest === digestOf(runbook)) return;
  throw new SentinelError('SNT-R028', `${runbook.id} is not the text that ${run} began with`, {
    hint: `sentinel runbook show ${runbook.id}`,
  });
}

/** Two at once are allowed; nobody should find that out by accident. */
function wordsOf({ run, underWay, history }: StoredRun): readonly string[] {
  const { begun, last } = history;
  if (underWay)
    return [`${begun.runbook} is being run already: ${run} by ${last.actor}, process ${last.pid}, since ${last.at}`];
  return [
    `${run} of ${begun.runbook} stopped before its end (${last.actor}, ${last.at}); sentinel runbook run ${begun.runbook} --resume ${run} goes on with it`,
  ];
}

type Format = 'text' | 'markdown' | 'json';

function formatOf(invocation: Invocation): Format {
  return invocation.json ? 'json' : ((invocation.option('format') ?? 'text') as Format);
}

/** What is for programs goes to standard output; whoever is asked has the session on standard error then. */
function screenOf(invocation: Invocation, present: boolean, file: string | null): Screen {
  const { stdout, stderr, clock } = invocation;
  const format = formatOf(invocation);
  if (format === 'text') return new TextSession(stdout, clock, file);
  const session = present ? new TextSession(stderr, clock, file) : silentScreen;
  return format === 'json' ? screens([ndjsonScreen(stdout), session]) : session;
}
