/** Facts of the daemon's process: whether it is there, how it ended, what it was started with, where it listens. Types only. */
import type { ContactsState } from '../../admin/contract/contact-shapes.ts';
import type { AlertsState } from './traffic.ts';
import type { RefusedStart, RunRecord } from '../../history/run-record.ts';

export type { RefusedStart, RunRecord };

/** Whether the daemon's process is there. Without a process this is known too: `pid` is null. */
export interface ProcessState {
  readonly pid: number | null;
  /** Who said so; `none` where nobody did. */
  readonly found_by: 'admin' | 'pid-file' | 'run-record' | 'process-table' | 'none';
  /** Its title; null without a process. */
  readonly name: string | null;
  readonly user: string | null;
  /** `R`, `S`, `T` (stopped by a signal), `D` …; null without a process. */
  readonly kernel_state: string | null;
  readonly started_at: string | null;
  readonly uptime_ms: number | null;
  /** Where a pid file was looked for, and what was in it. */
  readonly pid_files: readonly { readonly path: string; readonly pid: number | null; readonly alive: boolean }[];
  /** Null where systemd is not there or knows no such unit. */
  readonly systemd: SystemdState | null;
}

export interface SystemdState {
  readonly unit: string;
  readonly active: string;
  readonly sub: string;
  /** `success`, `exit-code`, `signal`, `oom-kill`, `start-limit-hit` … */
  readonly result: string;
  readonly restarts: number;
  readonly main_pid: number | null;
  /** Of the last main process; null where it never ended. */
  readonly exit_status: number | null;
  /** `User=`; null where the unit names none. */
  readonly user: string | null;
}

/** How the last daemon of this configuration ended, as far as anything says. */
export interface DeathState {
  /** What the daemon itself wrote down (`run-record.json` in its state folder); null = there is none. */
  readonly last_run: RunRecord | null;
  /** The last start that was refused; null = none is written down, or one that came up later. */
  readonly refused_start: RefusedStart | null;
  /** Lines of the kernel that name the process or its group; newest last. */
  readonly kernel_lines: readonly LogTail[];
  /** OOM kills that the group of the daemon has counted since that daemon started; null = not known. */
  readonly oom_kills_since_start: number | null;
  readonly booted_at: string | null;
  readonly boot_id: string | null;
  /** Last lines of level error and above, of the journal and of log files; newest last, secrets out. */
  readonly last_errors: readonly LogTail[];
  /** Crash files that belong to it, newest last. */
  readonly crash_files: readonly { readonly path: string; readonly at: string; readonly summary: string }[];
  /** Sources that could not be read and why. */
  readonly unread: readonly { readonly source: string; readonly why: string }[];
}

export interface LogTail {
  readonly source: string;
  readonly at: string | null;
  readonly line: string;
}

/** The configuration on disk: whether it would load now. */
export interface ConfigFileState {
  readonly path: string | null;
  readonly found: boolean;
  readonly loads: 'yes' | 'no' | 'unreadable' | 'missing';
  readonly digest: string | null;
  readonly modified_at: string | null;
  /** The first ones; `file:line:col CODE words`. */
  readonly problems: readonly { readonly code: string; readonly words: string; readonly place: string | null }[];
  readonly problem_count: number;
  /** Of what the file says, as far as it loads. */
  readonly listeners: readonly { readonly id: string; readonly address: string; readonly tls: boolean }[];
  readonly admin_address: string | null;
  readonly health_path: string;
  readonly ready_path: string;
  /** The last good one; null = there is none. Whether it loads is null where it cannot be read. */
  readonly backup: { readonly path: string; readonly loads: boolean | null } | null;
  /** Who is paged, by the file; null where it does not load. */
  readonly contacts: ContactsState | null;
  /** Thresholds, by the file; null where it does not load. */
  readonly alerts: AlertsState | null;
  readonly places: ConfiguredPlaces;
}

/** What the configuration names of the machine, absolute, as far as it can be read. */
export interface ConfiguredPlaces {
  /** Null = the usual ones; known even of a file that does not load. */
  readonly state_dir: string | null;
  readonly pid_file: string | null;
  readonly admin_socket: string | null;
  readonly log_files: readonly string[];
  /** What is read for it, the file itself first. */
  readonly files: readonly {
    readonly path: string;
    readonly what: 'config' | 'include' | 'certificate' | 'key' | 'other';
  }[];
}

/** Who listens where, from the kernel's tables. */
export interface PortsState {
  /** One for each address that the daemon has, or would have: listeners, then the metrics address. */
  readonly wanted: readonly {
    readonly what: string;
    readonly address: string;
    readonly holders: readonly { readonly pid: number; readonly name: string; readonly daemon: boolean }[];
    /** Somebody listens, whom this user may not see. */
    readonly held_by_unseen: boolean;
    /** Connections that wait to be accepted, and how many may; null where nobody listens or it cannot be read. */
    readonly accept_queue: { readonly waiting: number; readonly most: number } | null;
  }[];
  /** Where the daemon's process listens in truth. */
  readonly listening: readonly string[];
  /** Connections that the kernel dropped because an accept queue was full: since boot, and while the probe looked. */
  readonly listen_overflows: { readonly total: number; readonly during_probe: number } | null;
  /** This machine has an address that is not loopback. */
  readonly reachable_addresses: readonly string[];
}

export interface PermissionsState {
  /** The user that the daemon runs as, or would: of its process, its last run, its unit, or who asks. */
  readonly user: string;
  readonly judged_for_uid: number;
  readonly files: readonly {
    readonly path: string;
    readonly what: 'config' | 'include' | 'certificate' | 'key' | 'log' | 'state' | 'pid-file' | 'socket' | 'other';
    readonly needs: 'read' | 'write';
    readonly allowed: boolean | null;
    readonly owner: string | null;
    /** `0640`; null where it is not there. */
    readonly mode: string | null;
    readonly why: string | null;
  }[];
}
