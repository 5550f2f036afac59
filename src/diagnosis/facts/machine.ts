/** Facts of the machine below the daemon: disks, memory, open files, kernel, firewall, clock. Types only. */

export interface DiskState {
  readonly places: readonly {
    readonly path: string;
    readonly what: 'state' | 'log' | 'config' | 'run' | 'tmp';
    readonly mount: string | null;
    readonly total_bytes: number;
    readonly free_bytes: number;
    /** 0–1. */
    readonly used_ratio: number;
    readonly inodes_used_ratio: number | null;
    readonly read_only: boolean;
    /** A few bytes could be written there just now; null = not tried, or this user may not. */
    readonly writable: boolean | null;
  }[];
  /** Places of which nothing could be found out in time, and why. */
  readonly unread: readonly {
    readonly path: string;
    readonly what: DiskState['places'][number]['what'];
    readonly why: string;
  }[];
}

export interface MemoryState {
  readonly rss_bytes: number | null;
  readonly machine_total_bytes: number;
  readonly machine_available_bytes: number | null;
  readonly swap_used_bytes: number | null;
  readonly cgroup: {
    readonly version: 1 | 2 | null;
    readonly path: string | null;
    readonly current_bytes: number | null;
    /** Of it: file pages that the kernel takes back before it kills anybody. */
    readonly reclaimable_bytes: number | null;
    readonly limit_bytes: number | null;
    readonly oom_kills: number | null;
  };
  /** What shares are of, and who says so. */
  readonly limit_bytes: number;
  readonly limit_source: 'cgroup' | 'configuration' | 'machine';
  readonly used_ratio: number | null;
}

export interface DescriptorsState {
  readonly open: number | null;
  readonly soft_limit: number | null;
  readonly hard_limit: number | null;
  /** Of the machine: `/proc/sys/fs/file-nr`. */
  readonly machine: { readonly open: number; readonly limit: number } | null;
  readonly local_ports: {
    readonly first: number;
    readonly last: number;
    /** Sockets of the machine in that range, and of them in TIME_WAIT. */
    readonly in_use: number;
    readonly time_wait: number;
    /** The destination with the most, and how many: only they share a pool of ports. */
    readonly busiest: { readonly address: string; readonly count: number } | null;
    /** False: there are more sockets than were looked at, and the numbers are least ones. */
    readonly complete: boolean;
  } | null;
}

/** Settings of the kernel and of the process beside what the runbook's tuning table asks for. */
export interface KernelState {
  readonly settings: readonly {
    /** `net.core.somaxconn`, `ulimit -n`; of the table in `tuning.ts`. */
    readonly name: string;
    readonly live: number | null;
    readonly advised: number;
    /** What of the configuration it bounds; null = nothing. */
    readonly bounds: { readonly key: string; readonly configured: number } | null;
    /** `low`: below the advice; `binding`: below what the configuration needs. */
    readonly verdict: 'ok' | 'low' | 'binding' | 'unknown';
  }[];
  readonly pressure: {
    readonly cpu: number | null;
    readonly memory: number | null;
    readonly io: number | null;
  };
  readonly load_1m: number | null;
  readonly cores: number;
}

export interface FirewallState {
  /** Which tool answered. */
  readonly source: string;
  /** Rules that drop or reject what comes to a port of ours, as the tool prints them. */
  readonly rules: readonly { readonly port: number; readonly rule: string }[];
}

export interface ClockState {
  readonly now: string;
  /** Null = nothing says. */
  readonly synchronized: boolean | null;
  readonly source: string | null;
  /** Ours minus the daemon's, by its answers; null without one. */
  readonly daemon_skew_ms: number | null;
  /** Ours minus the newest time that files of the daemon bear; large and negative = the clock went back. */
  readonly behind_files_ms: number | null;
}
