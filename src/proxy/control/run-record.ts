/**
 * Keeps the record of this run (`history/run-record.ts`): that it came up, what it listens on now, how it ends. Made and called by
 * `daemon.ts`. What cannot be written is left out: no start, change or end of a daemon ever fails for it.
 */
import { resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import type { ErrorCode } from '../../base/codes.ts';
import { SentinelError } from '../../base/errors.ts';
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import { redactText } from '../../base/redaction.ts';
import type { RunContext } from '../../base/run-files.ts';
import { rfc3339 } from '../../base/units.ts';
import { loadConfigFile } from '../../config/load.ts';
import { stateDirOf } from '../../history/boot.ts';
import {
  clearRefusedStart,
  readRunRecord,
  refusedStartPath,
  type RunEnd,
  type RunRecord,
  writeRefusedStart,
  writeRunRecord,
} from '../../history/run-record.ts';
import { Cgroup, groupPath } from '../../machine/cgroup.ts';
import { readText } from '../../machine/kernel-file.ts';
import { processFacts } from '../../machine/process-table.ts';
import { type ConfigSource, problemsOf } from './config-source.ts';
import { identityOf, InstanceFolder } from './instance-folder.ts';
import type { Log } from './logging.ts';
import type { ProcessHandle } from './signals.ts';
import type { StartRefusal } from './start-refusal.ts';

/** How exactly start times can be compared: clock ticks, rounding of the boot time. */
const SLACK_MS = 2_000;

/** What changes while a daemon runs. */
export type RunState = Pick<
  RunRecord,
  'generation' | 'pid_file' | 'admin_socket' | 'admin_address' | 'listeners' | 'log_files' | 'incidents_dir'
>;

/** As the daemon was started. */
export interface RunStart {
  readonly source: ConfigSource;
  readonly run: RunContext;
  readonly process: Pick<ProcessHandle, 'pid'>;
  readonly version: string;
}

export interface RunKeeperOptions {
  readonly instance: InstanceFolder;
  readonly startedAtMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly state: () => RunState;
}

export class RunKeeper {
  readonly #start: RunStart;
  readonly #options: RunKeeperOptions;
  #record: RunRecord | null = null;
  /** Who has asked for the end, in order. */
  readonly #askedBy: string[] = [];
  #fault: { readonly code: ErrorCode; readonly words: string } | null = null;

  constructor(start: RunStart, options: RunKeeperOptions) {
    this.#start = start;
    this.#options = options;
  }

  /** It is up and in charge. */
  began(): void {
    const { startedAtMs, state } = this.#options;
    const { source, run, process, version } = this.#start;
    const { uid } = run;
    const { pid } = process;
    const cgroup = Cgroup.of('/proc/self', '/sys/fs/cgroup');
    const kills = cgroup.oomKills();
    this.#record = {
      pid,
      started_at: rfc3339(startedAtMs),
      boot_id: bootId(),
      version,
      user: userName(uid),
      uid,
      config_path: source.kind === 'file' ? resolve(source.path) : null,
      ...state(),
      cgroup: groupPath('/proc/self'),
      oom_kills_at_start: 'value' in kills ? kills.value : null,
      stopping: null,
      ended: null,
    };
    this.#write();
    const instance = this.#options.instance.find();
    if (instance === null || !existsSync(refusedStartPath(instance))) return;
    this.#try(() => clearRefusedStart(instance));
  }

  /** Another configuration is in force, or it is in charge again after an upgrade that failed. */
  changed(): void {
    if (this.#record === null) return;
    this.#record = { ...this.#record, ...this.#options.state() };
    this.#write();
  }

  /** Somebody wants it to end; called again, at once. */
  asked(actor: string): void {
    this.#askedBy.push(actor);
  }

  /** It has begun to end because it was asked to. */
  stopping(actor: string): void {
    if (this.#record === null) return;
    this.#record = { ...this.#record, stopping: { at: rfc3339(this.#options.clock.wallMs()), by: actor } };
    this.#write();
  }

  /** It ends because something is wrong with it; the first reason counts. */
  failed(code: ErrorCode, words: string): void {
    this.#fault ??= { code, words: redactText(words) };
  }

  ended(exitCode: ExitCode): void {
    const { instance, clock } = this.#options;
    // The record on disk may be that of a process that took over since, or of another daemon of the same configuration.
    if (this.#record === null || instance.relinquished || !this.#isOurs()) return;
    const at = rfc3339(clock.wallMs());
    this.#record = { ...this.#record, ended: { at, exit_code: exitCode, ...this.#how(exitCode) } };
    this.#write();
  }

  #how(exitCode: ExitCode): Pick<RunEnd, 'signal' | 'code' | 'words'> {
    if (this.#fault !== null) return { signal: null, ...this.#fault };
    const [first, second] = this.#askedBy;
    if (first === undefined) return { signal: null, code: null, words: `it ended with status ${exitCode}` };
    const signal = signalOf(second ?? first);
    if (second !== undefined) {
      return {
        signal,
        code: null,
        words: `asked to end by ${first}, and at once by ${second}: work in flight was cut`,
      };
    }
    const cut = exitCode === exitCodes.deadline;
    const work = cut ? 'the deadline cut work in flight' : 'work in flight was finished';
    return { signal, code: null, words: `asked to end by ${first}: ${work}` };
  }

  #isOurs(): boolean {
    const folder = this.#options.instance.find();
    const written = folder === null ? null : readRunRecord(folder).value;
    return written?.pid === this.#record?.pid && written?.started_at === this.#record?.started_at;
  }

  #write(): void {
    const { instance } = this.#options;
    const { source } = this.#start;
    const record = this.#record;
    if (record === null || instance.relinquished) return;
    this.#try(() => {
      // Without a file nothing else would make a folder for state.
      if (source.kind !== 'file' && instance.find() === null) return;
      writeRunRecord(instance.ensure(), record);
    });
  }

  #try(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#options.log.debug('The record of this run could not be written', {
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }
}

/** Writes down why a start came to nothing, for whoever asks later. Never fails. */
export function recordRefusal({ reason }: StartRefusal, { source, run, process }: RunStart, clock: Clock): void {
  try {
    if (source.kind !== 'file') return;
    const loaded = loadConfigFile(source.path, run.environment);
    const instance = new InstanceFolder(run, stateDirOf(loaded, source.path), source);
    const folder = instance.find();
    // A name that was mistyped leaves nothing behind.
    if (!existsSync(identityOf(source)) && (folder === null || !existsSync(folder))) return;
    // Beside one that runs a second is refused, and nobody misses it.
    if (folder !== null && isRunning(readRunRecord(folder).value)) return;
    const problems = reason instanceof SentinelError ? [] : problemsOf(reason);
    const error = reason instanceof SentinelError ? reason : null;
    const [first] = reason instanceof SentinelError ? [] : reason.diagnostics.filter(({ level }) => level === 'error');
    writeRefusedStart(instance.ensure(), {
      at: rfc3339(clock.wallMs()),
      pid: process.pid,
      code: error?.code ?? first?.code ?? 'SNT-P013',
      words: redactText(error?.message ?? first?.message ?? 'the configuration is not valid'),
      hint:
        error === null ? `sentinel validate ${source.path}` : error.hint === undefined ? null : redactText(error.hint),
      problems: problems.map(redactText),
    });
  } catch {
    // The refusal itself is what counts, and has been said.
  }
}

function isRunning(record: RunRecord | null): boolean {
  if (record === null || record.ended !== null) return false;
  const facts = processFacts(record.pid);
  if (facts === null || facts.zombie || !facts.name.startsWith('sentinel')) return false;
  return facts.startedAtMs <= Date.parse(record.started_at) + SLACK_MS;
}

function bootId(): string | null {
  const read = readText('/proc/sys/kernel/random/boot_id');
  return 'value' in read ? read.value.trim() : null;
}

function userName(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    return String(uid);
  }
}

/** `signal TERM` → `SIGTERM`; null for who is no signal. */
function signalOf(actor: string): string | null {
  const [, name] = /^signal ([A-Z0-9]+)$/.exec(actor) ?? [];
  return name === undefined ? null : `SIG${name}`;
}
