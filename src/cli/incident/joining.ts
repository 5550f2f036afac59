/**
 * What a diagnosis or a run of a runbook leaves in the incident that is open: an entry of the journal, and the whole of it in a file
 * beside that. Where no incident is open nothing is done. Never fails a command: what could not be written is said once.
 */
import { chownSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { SentinelError } from '../../base/errors.ts';
import { randomHex } from '../../base/ids.ts';
import { readReason } from '../../base/read-reason.ts';
import { diagnosisEntry } from '../../incident/diagnosis-entry.ts';
import { checklistOf } from '../../incident/record/checklist.ts';
import type { EntryBody } from '../../incident/record/entry.ts';
import { sha256 } from '../../incident/record/chain.ts';
import type { IncidentStore } from '../../incident/record/store.ts';
import type { EndedEntry } from '../../runbook/run/entry.ts';
import type { Invocation } from '../command.ts';
import type { Round } from '../diagnose/round.ts';
import { openIncidents } from './chosen-incident.ts';
import { incidentStore } from './place.ts';

/** Of the facts of all diagnoses of an incident together; later ones have their entry alone. */
const MOST_FACTS_BYTES = 64 << 20;

/** The incident that a command adds to. */
export interface Joined {
  readonly id: string;
  readonly store: IncidentStore;
}

/**
 * The incident of `--incident`, else the only one that is open; null = there is none, or nobody knows which of several is meant.
 * Makes no folder.
 * @throws SNT-I001, SNT-I002 `--incident` names none
 */
export async function incidentToJoin(invocation: Invocation): Promise<Joined | null> {
  const named = invocation.option('incident');
  try {
    const store = await incidentStore(invocation);
    if (named !== undefined) return { id: store.read(named).id, store };
    const [only, ...others] = openIncidents(store);
    if (only === undefined) return null;
    if (others.length === 0) return { id: only, store };
    remark(invocation, `${others.length + 1} incidents are open, and this was added to none: name one with --incident`);
    return null;
  } catch (error) {
    if (named !== undefined || !(error instanceof SentinelError)) throw error;
    // No folder for incidents, or one that this user may not read: as good as none.
    return null;
  }
}

/** Adds what a diagnosis has found, with its facts. */
export async function joinDiagnosis(invocation: Invocation, joined: Joined, { facts, report }: Round): Promise<void> {
  await added(invocation, joined, (folder) => {
    const stamp = facts.at.replaceAll(/[-:]/g, '').replace(/\.\d+/, '');
    const text = `${JSON.stringify(facts)}\n`;
    const file = kept(invocation, folder, `diagnosis-${stamp}-${randomHex(2)}.facts.json`, text);
    return [{ ...diagnosisEntry(report, file), ...(file === null ? {} : { sha256: sha256(text) }) }];
  });
}

export interface JoinedRun {
  readonly runbook: string;
  readonly run: string;
  readonly ended: Pick<EndedEntry, 'outcome'>;
  readonly exitCode: number;
  /** Its transcript. */
  readonly file: string;
  /** Items of the checklists that somebody has said in it to be done. */
  readonly ticks: readonly string[];
}

/** Adds a run that has ended or stopped, with a copy of its transcript and what was ticked in it. */
export async function joinRun(
  invocation: Invocation,
  joined: Joined,
  { runbook, run, ended, exitCode, file, ticks }: JoinedRun,
): Promise<void> {
  await added(invocation, joined, (folder) => {
    const open = new Set(
      checklistOf(joined.store.read(joined.id)).flatMap(({ id, tick }) => (tick === null ? [id] : [])),
    );
    const ticked = ticks
      .filter((item) => open.has(item))
      .map((item) => ({ kind: 'ticked', item, by_command: null }) as const);
    const ran = { kind: 'runbook', runbook, run, outcome: ended.outcome, exit_code: exitCode } as const;
    try {
      const [copy, transcript] = [basename(file), readFileSync(file)];
      write(folder, copy, transcript);
      return [...ticked, { ...ran, file: copy, sha256: sha256(transcript) }];
    } catch (error) {
      remark(invocation, `the transcript could not be copied into ${folder}: ${readReason(error)}`);
      return [...ticked, { ...ran, file: null }];
    }
  });
}

async function added(
  invocation: Invocation,
  { id, store }: Joined,
  entriesIn: (folder: string) => readonly EntryBody[],
): Promise<void> {
  try {
    await store.append(id, entriesIn(store.folderOf(id)));
  } catch (error) {
    remark(invocation, `this could not be added to incident ${id}: ${readReason(error)}`);
  }
}

/** The name of the file; null where it could not be written, or there are too many already. */
function kept(invocation: Invocation, folder: string, name: string, text: string): string | null {
  try {
    const there = readdirSync(folder)
      .filter((one) => /^diagnosis-.*\.facts\.json$/.test(one))
      .reduce((bytes, one) => bytes + (statSync(join(folder, one), { throwIfNoEntry: false })?.size ?? 0), 0);
    if (there + Buffer.byteLength(text) > MOST_FACTS_BYTES) return null;
    write(folder, name, text);
    return name;
  } catch (error) {
    remark(invocation, `the facts could not be kept in ${folder}: ${readReason(error)}`);
    return null;
  }
}

/** What root writes belongs to whoever has the incident. */
function write(folder: string, name: string, content: string | Uint8Array): void {
  const path = join(folder, name);
  writeFileAtomically(path, content, 0o600);
  const { uid, gid } = statSync(folder);
  if (process.getuid?.() === 0 && uid !== 0) chownSync(path, uid, gid);
}

function remark({ json, stderr }: Invocation, words: string): void {
  if (!json) stderr.write(`${stderr.style.dim(`note: ${words}`)}\n`);
}
