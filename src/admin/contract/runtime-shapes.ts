/**
 * Shapes of `GET /admin/runtime`: the process and its threads, and what the machine allows them. Names and units as in
 * `shapes.ts`. What could not be read is null, never 0; `unknown` says why. Types only.
 */

/** What garbage collection cost a thread. */
export interface GcState {
  readonly window_ms: number;
  readonly count: number;
  /** All pauses of the window together, by the wall clock: what the thread did not get of the processor counts too. */
  readonly pause_ms: number;
  readonly max_pause_ms: number;
}

/** How late the event loop of a thread was: beyond when a timer should have run. */
export interface LoopDelay {
  readonly window_ms: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
}

export interface ThreadState {
  /** Share of the last ten seconds that the event loop had work. */
  readonly loop_utilization: number | null;
  readonly loop_delay: LoopDelay | null;
  readonly heap: {
    readonly used_bytes: number;
    readonly total_bytes: number;
    /** V8 ends the process beyond it. */
    readonly limit_bytes: number;
    /** Outside the heap, held by objects in it: mostly buffers. */
    readonly external_bytes: number;
  } | null;
  readonly gc: GcState | null;
}

export interface WorkerThreadState extends ThreadState {
  readonly worker: number;
}

/** Share of the last ten seconds in which some, or all, runnable work waited for want of it (PSI). */
export interface PressureState {
  readonly some: number;
  readonly full: number | null;
}

export interface RuntimeReply {
  /** RFC 3339. */
  readonly at: string;
  readonly process: {
    readonly pid: number;
    readonly uptime_ms: number;
    readonly node: string;
    readonly v8: string;
    readonly rss_bytes: number;
    readonly threads: number | null;
    readonly descriptors: { readonly open: number | null; readonly limit: number | null };
    /** Processors' worth of work in the last ten seconds: 1 = one was busy all the time. */
    readonly cpu_used: number | null;
  };
  readonly memory: {
    /** What shares of memory are of, and who says so. */
    readonly limit_bytes: number;
    readonly limit_source: 'cgroup' | 'configuration' | 'machine';
    /** `limits { max-memory-bytes }`; null = no load is shed. */
    readonly shed_above_bytes: number | null;
  };
  readonly cgroup: {
    readonly memory: {
      readonly current_bytes: number | null;
      /** Null without an entry in `unknown`: there is no limit. */
      readonly limit_bytes: number | null;
      /** Processes of the group that the kernel has ended for want of memory. */
      readonly oom_kills: number | null;
    };
    readonly cpu: {
      /** Processors' worth of time; null without an entry in `unknown`: there is no limit. */
      readonly limit: number | null;
      /** Time that the group was held back by it, since the group was made. */
      readonly throttled_ms: number | null;
    };
  };
  /** Of the cgroup where the kernel keeps it by group, else of the machine. */
  readonly pressure: {
    readonly source: 'cgroup' | 'machine' | null;
    readonly cpu: PressureState | null;
    readonly memory: PressureState | null;
    readonly io: PressureState | null;
  };
  readonly main: ThreadState;
  readonly workers: readonly WorkerThreadState[];
  /** Why a value above is null, by its path: `cgroup.memory.limit_bytes`, `workers.1.gc`. */
  readonly unknown: Readonly<Record<string, string>>;
}
