/**
 * `sentinel incident snapshot`: keeps everything that an analysis needs, before anybody restarts anything. Chooses the incident and the
 * place, has it taken, writes it into the journal, and says what is in it and what is not.
 */
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import { rfc3339 } from '../../base/units.ts';
import { localContext } from '../../diagnosis/surroundings.ts';
import { shortDigest } from '../../incident/bundle/manifest.ts';
import type { CollectContext } from '../../incident/collect/collector.ts';
import { planOf } from '../../incident/collect/plan.ts';
import { type Snapshot, takeSnapshot } from '../../incident/collect/snapshot.ts';
import { commandLogFolders } from '../command-log.ts';
import type { Finding, Interruption, Invocation, Outcome } from '../command.ts';
import { confirmedByName, declined } from '../confirmation.ts';
import { meantPath } from '../incident/impact-of.ts';
import { bundleName, bundlePath, type SnapshotChoice, snapshotChoice } from '../incident/snapshot-choice.ts';
import { type SnapshotPlace, plannedPlace, snapshotPlace } from '../incident/snapshot-place.ts';
import { snapshotProgress } from '../incident/snapshot-progress.ts';
import { planText, profileWords, resultText } from '../incident/snapshot-text.ts';
import { snapshotWritings } from '../incident/snapshot-writings.ts';
import { clientOf } from '../daemon.ts';
import { meantDaemon } from '../meant-daemon.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const choice = snapshotChoice(invocation);
  if (choice.plan) return plan(invocation, choice);
  if (choice.profile === 'none' && !(await agreed(invocation)))
    return declined({ taken: false }, 'no snapshot was taken');
  // From now on Ctrl-C is a wish, and no end in the middle of something.
  const enough = invocation.interruption();
  const place = await snapshotPlace(invocation, choice.output !== null);
  return enough.signal.aborted ? abandoned(stoppedBy(enough), place) : take(invocation, choice, place, enough);
}

function contextOf(
  invocation: Invocation,
  place: Pick<SnapshotPlace, 'folder' | 'incidents' | 'store' | 'id' | 'inJournal'>,
): CollectContext {
  const { context, clock, version, directory } = invocation;
  const target = meantDaemon(invocation);
  const surroundings = localContext({
    run: context,
    clock,
    client: clientOf(invocation, target),
    target,
    configPath: meantPath(invocation, { config: configOf(place) }),
    directory,
    version,
  });
  return {
    surroundings,
    incidentFolder: place.folder,
    commandFolders: commandLogFolders(invocation, place.incidents),
    writings: snapshotWritings(invocation, place),
  };
}

/** Of the daemon that the incident is about: a dead one cannot say any more what it ran. */
function configOf({ store, id, inJournal }: Pick<SnapshotPlace, 'store' | 'id' | 'inJournal'>): string | null {
  if (store === null || !inJournal) return null;
  try {
    return store.read(id).config;
  } catch {
    // Its journal cannot be read: the evidence is kept all the same.
    return null;
  }
}

function plan(invocation: Invocation, choice: SnapshotChoice): Outcome {
  const place = plannedPlace(invocation);
  const found = planOf(contextOf(invocation, place), choice);
  const at = rfc3339(invocation.clock.wallMs());
  const name = bundleName({ id: place.id, host: hostname(), profile: choice.profile, at });
  const where = bundlePath(choice.output, place.folder, name);
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: {
      file: where,
      ...found,
      redaction: { profile: choice.profile, takes_out: profileWords[choice.profile] },
      series: choice.series === null ? null : { for_ms: choice.series.forMs, interval_ms: choice.series.intervalMs },
    },
    text: (style) => planText(found, where, choice.profile, style),
  };
}

/** Secrets in a file are out of anybody's hands. @throws SNT-P047 */
function agreed(invocation: Invocation): Promise<boolean> {
  const { stdin } = invocation;
  const asked = invocation.flag('no-input') ? { ...invocation, stdin: { ...stdin, isTerminal: false } } : invocation;
  const proposal = {
    what: 'keep every secret in the snapshot',
    daemon: hostname(),
    generation: null,
    effect: 'passwords, tokens, cookies and keys of logs, requests and configuration are in the archive as they are',
    undo: 'none: whoever has the file has the secrets',
    expires: 'never',
    reason: undefined,
  };
  return confirmedByName(asked, proposal, 'none');
}

async function take(
  invocation: Invocation,
  choice: SnapshotChoice,
  place: SnapshotPlace,
  enough: Interruption,
): Promise<Outcome> {
  const { clock, stderr } = invocation;
  const at = rfc3339(clock.wallMs());
  const name = bundleName({ id: place.id, host: hostname(), profile: choice.profile, at });
  const path = bundlePath(choice.output, place.folder, name);
  const context = contextOf(invocation, place);
  const progress = snapshotProgress(stderr, clock);
  const abandon = new AbortController();
  enough.signal.addEventListener('abort', () => {
    progress.ending('ending: what is there is written; Ctrl-C again leaves nothing');
    invocation.interruption().signal.addEventListener('abort', () => abandon.abort());
  });
  let snapshot: Snapshot;
  try {
    snapshot = await takeSnapshot({
      context,
      incident: { id: place.id, title: place.title },
      path,
      ...choice,
      enough: enough.signal,
      abandon: abandon.signal,
      onProgress: progress.onProgress,
    });
  } catch (error) {
    if (!abandon.signal.aborted || error instanceof SentinelError) throw error;
    return abandoned(stoppedBy(enough), place);
  } finally {
    progress.end();
  }
  const warnings = [...place.warnings, ...saveMap(choice.mapFile, snapshot)];
  const { findings, unwritten } = await noted(place, snapshot);
  return outcomeOf({
    choice,
    place,
    snapshot,
    warnings: [...warnings, ...unwritten],
    findings,
    stopped: stoppedBy(enough),
  });
}

/** Status of the signal that came; 0 = none did, or the reader of the output went away, which ends nothing. */
function stoppedBy({ signal, exitCode }: Interruption): ExitCode {
  return signal.aborted ? exitCode() : exitCodes.ok;
}

function abandoned(exitCode: ExitCode, place: SnapshotPlace): Outcome {
  return {
    kind: 'report',
    exitCode,
    status: 'unknown',
    data: { file: null, incident: place.inJournal ? place.id : null },
    text: () => 'given up; no snapshot was left\n',
  };
}

/** The bundle is there whatever becomes of this. */
function saveMap(path: string | null, { map }: Snapshot): readonly string[] {
  if (path === null) return [];
  try {
    writeFileAtomically(path, `${JSON.stringify(Object.fromEntries(map), null, 2)}\n`, 0o600);
    return [];
  } catch (error) {
    return [`${path} could not be written (${errnoOf(error) ?? String(error)}): what tokens stand for is lost`];
  }
}

async function noted(
  { store, id, folder, inJournal }: SnapshotPlace,
  { bundle }: Snapshot,
): Promise<{ readonly findings: readonly Finding[]; readonly unwritten: readonly string[] }> {
  if (store === null || !inJournal) return { findings: [], unwritten: [] };
  const { path, sha256, bytes, manifest } = bundle;
  const file = dirname(path) === folder ? basename(path) : path;
  const verdict = manifest.verdict?.words[0] ?? null;
  try {
    await store.append(id, [{ kind: 'snapshot', file, sha256, bytes, complete: manifest.complete, verdict }]);
    return { findings: [], unwritten: [] };
  } catch (error) {
    const detail = `${path} is in no journal: ${error instanceof Error ? error.message : String(error)}`;
    const finding = { code: 'SNT-I053', severity: 'warning', title: 'snapshot is in no journal', detail } as const;
    return { findings: [finding], unwritten: [detail] };
  }
}

interface Taken {
  readonly choice: SnapshotChoice;
  readonly place: SnapshotPlace;
  readonly snapshot: Snapshot;
  readonly warnings: readonly string[];
  readonly findings: readonly Finding[];
  /** Status of the signal that ended it early; 0 = none did. */
  readonly stopped: ExitCode;
}

function outcomeOf({ choice, place, snapshot, warnings, findings, stopped }: Taken): Outcome {
  const { bundle, files } = snapshot;
  const { manifest, path, bytes, sha256 } = bundle;
  const { items, complete, incomplete, verdict, redaction } = manifest;
  const early = stopped !== exitCodes.ok;
  const exitCode = early ? stopped : complete ? exitCodes.ok : exitCodes.unknown;
  const shown = dirname(path) === place.folder && place.inJournal ? place.id : path;
  const next = [`sentinel incident snapshot show ${shown}`, `sentinel diagnose --bundle ${shown}`];
  const lacking: readonly Finding[] = complete
    ? []
    : [
        {
          code: 'SNT-I052',
          severity: 'error',
          title: 'snapshot lacks what it must have',
          detail: incomplete.join('; '),
          suggestion: { text: next[0] as string, command: next[0] as string },
        },
      ];
  const mapFile = choice.mapFile;
  return {
    kind: 'report',
    exitCode,
    status: exitCode === exitCodes.ok ? 'ok' : 'unknown',
    data: {
      file: path,
      bytes,
      sha256,
      short: shortDigest(sha256),
      incident: place.inJournal ? place.id : null,
      opened: place.opened,
      complete,
      early,
      items: items.filter((item) => item.sha256 !== null).length,
      missing: items.flatMap((item) => (item.error === undefined ? [] : [{ path: item.path, why: item.error }])),
      truncated: items.flatMap((item) =>
        item.truncated === undefined ? [] : [{ path: item.path, left_out: item.truncated }],
      ),
      verdict,
      redaction: { profile: redaction.profile, by_rule: redaction.by_rule, tokens: redaction.tokens },
      files: (files?.written ?? []).map((name) => join(files?.folder ?? '', name)),
      files_missing: files?.missing ?? [],
      map: mapFile,
      next,
    },
    findings: [...lacking, ...findings],
    // As text it stands in the line about redaction.
    warnings: [...(redaction.profile === 'none' ? ['it holds every secret as it is'] : []), ...warnings],
    text: (style) =>
      resultText({ snapshot, incident: place.id, remarks: place.remarks, warnings, mapFile, early, next }, style),
  };
}
