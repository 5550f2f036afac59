/**
 * What a daemon writes down of its own run, beside its history: that it came up and with what, how it ended if it ended by itself,
 * and why the last start was refused. The daemon alone writes; whoever asks why it is not there reads. Knows no process.
 */
import { join } from 'node:path';
import { removeFile, writeFileAtomically } from '../base/atomic-file.ts';
import { errnoOf } from '../base/errors.ts';
import { readPlainFile } from '../base/plain-file.ts';

/** Far more than either record has. */
const MOST_BYTES = 4 << 20;

/** Written when a daemon is up, and completed when it ends by itself. */
export interface RunRecord {
  readonly pid: number;
  readonly started_at: string;
  /** Of the machine at that time: another one now = it was started anew since. */
  readonly boot_id: string | null;
  readonly version: string;
  readonly user: string;
  readonly uid: number;
  readonly config_path: string | null;
  readonly generation: number;
  readonly pid_file: string | null;
  readonly admin_socket: string | null;
  readonly admin_address: string | null;
  /** `127.0.0.1:8080`, with the real ports. */
  readonly listeners: readonly { readonly id: string; readonly address: string; readonly tls: boolean }[];
  readonly log_files: readonly string[];
  /** Folder of its incidents; null = there is none that it may write to, or a daemon from before incidents wrote this. */
  readonly incidents_dir: string | null;
  /** As `/proc/PID/cgroup` names it: that of version 2, else that of the memory controller. */
  readonly cgroup: string | null;
  readonly oom_kills_at_start: number | null;
  /** Somebody has asked it to end, and it has begun to; null = nobody has. */
  readonly stopping: { readonly at: string; readonly by: string } | null;
  /** Null = it has not said that it ended: it runs, or it was ended without being asked. */
  readonly ended: RunEnd | null;
}

export interface RunEnd {
  readonly at: string;
  readonly exit_code: number;
  /** `SIGTERM`; null where no signal ended it. */
  readonly signal: string | null;
  readonly code: string | null;
  readonly words: string;
}

/** The last start that came to nothing. A start that succeeds takes it away. */
export interface RefusedStart {
  readonly at: string;
  readonly pid: number;
  /** `SNT-P003`, `SNT-C104` … */
  readonly code: string;
  readonly words: string;
  readonly hint: string | null;
  /** One line each, where there were several. */
  readonly problems: readonly string[];
}

const runSchema = 'sentinel.run/1';
const refusedSchema = 'sentinel.refused-start/1';

/** @param instance Folder of the daemon, as `instanceFolder` names it. */
export function runRecordPath(instance: string): string {
  return join(instance, 'run-record.json');
}

export function refusedStartPath(instance: string): string {
  return join(instance, 'refused-start.json');
}

/** What is written down; null = nothing is. `why` is set where it cannot be read or makes no sense. */
export interface Written<T> {
  readonly value: T | null;
  readonly why: string | null;
}

export function readRunRecord(instance: string): Written<RunRecord> {
  const { value, why } = read(runRecordPath(instance), runSchema, isRunRecord);
  return { value: value === null ? null : { ...value, incidents_dir: value.incidents_dir ?? null }, why };
}

export function readRefusedStart(instance: string): Written<RefusedStart> {
  return read(refusedStartPath(instance), refusedSchema, isRefusedStart);
}

/** @throws the system error */
export function writeRunRecord(instance: string, record: RunRecord): void {
  writeFileAtomically(runRecordPath(instance), text(runSchema, record), 0o600);
}

/** @throws the system error */
export function writeRefusedStart(instance: string, refused: RefusedStart): void {
  writeFileAtomically(refusedStartPath(instance), text(refusedSchema, refused), 0o600);
}

/** @throws the system error */
export function clearRefusedStart(instance: string): void {
  removeFile(refusedStartPath(instance));
}

function text(schema: string, value: object): string {
  return `${JSON.stringify({ schema, ...value }, null, 2)}\n`;
}

function read<T extends object>(path: string, schema: string, fits: (value: Partial<T>) => boolean): Written<T> {
  try {
    const value = JSON.parse(readPlainFile(path, MOST_BYTES).toString('utf8')) as
      | (Partial<T> & { readonly schema?: unknown })
      | null;
    if (value?.schema !== schema || !fits(value)) return { value: null, why: `it does not hold ${schema}` };
    const { schema: _schema, ...rest } = value;
    return { value: rest as unknown as T, why: null };
  } catch (error) {
    const why = errnoOf(error) ?? (error instanceof Error ? error.message : String(error));
    return { value: null, why: why === 'ENOENT' ? null : why };
  }
}

function isRunRecord(value: Partial<RunRecord>): boolean {
  return (
    [value.pid, value.uid, value.generation].every((number) => typeof number === 'number') &&
    [value.started_at, value.version, value.user].every((words) => typeof words === 'string') &&
    Array.isArray(value.listeners) &&
    Array.isArray(value.log_files) &&
    typeof value.ended === 'object' &&
    typeof value.stopping === 'object'
  );
}

function isRefusedStart(value: Partial<RefusedStart>): boolean {
  return (
    typeof value.pid === 'number' &&
    [value.at, value.code, value.words].every((words) => typeof words === 'string') &&
    Array.isArray(value.problems)
  );
}
