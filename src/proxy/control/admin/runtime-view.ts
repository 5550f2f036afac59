/** `GET /admin/runtime`: the threads as they say of themselves, and what the machine allows them. Computes nothing anew. */
import type {
  PressureState,
  RuntimeReply,
  ThreadState,
  WorkerThreadState,
} from '../../../admin/contract/runtime-shapes.ts';
import type { Clock } from '../../../base/clock.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { ThreadReport, ThreadWatch } from '../../shared/thread-watch.ts';
import type { DaemonState } from '../daemon-state.ts';
import { memoryLimitOf } from '../memory-limit.ts';
import type { Read } from '../../../machine/kernel-file.ts';
import type { LoadWatch } from '../runtime/load-watch.ts';
import { readMachine } from '../runtime/machine.ts';
import type { Supervisor } from '../supervisor.ts';

export interface RuntimeContext {
  readonly clock: Clock;
  readonly state: DaemonState;
  readonly supervisor: Supervisor;
  readonly load: LoadWatch;
  /** Of the main thread. */
  readonly thread: ThreadWatch;
  readonly pid: number;
  readonly startedAtMs: number;
}

export async function runtimeView(context: RuntimeContext): Promise<RuntimeReply> {
  const { clock, state, supervisor, load, thread, pid, startedAtMs } = context;
  const answers = await supervisor.ask({ kind: 'runtime' });
  const machine = readMachine();
  const reasons = new Reasons();
  const value = <T>(path: string, read: Read<T>) => reasons.valueOf(path, read);
  const { limits } = state.applied.config;
  const limit = memoryLimitOf(limits);
  const pressure = (what: string, read: Read<PressureState>) => value(`pressure.${what}`, read);
  const now = clock.wallMs();
  return {
    at: rfc3339(now),
    process: {
      pid,
      uptime_ms: now - startedAtMs,
      node: process.versions.node,
      v8: process.versions.v8,
      rss_bytes: process.memoryUsage.rss(),
      threads: value('process.threads', machine.threads),
      descriptors: {
        open: value('process.descriptors.open', machine.descriptorsOpen),
        limit: value('process.descriptors.limit', machine.descriptorsLimit),
      },
      cpu_used: reasons.known('process.cpu_used', rounded(load.cpuUsed), tooEarly),
    },
    memory: {
      limit_bytes: limit.bytes,
      limit_source: limit.source,
      shed_above_bytes: limits.maxMemoryBytes === 0 ? null : limits.maxMemoryBytes,
    },
    cgroup: {
      memory: {
        current_bytes: value('cgroup.memory.current_bytes', machine.memoryCurrent),
        limit_bytes: value('cgroup.memory.limit_bytes', machine.memoryLimit),
        oom_kills: value('cgroup.memory.oom_kills', machine.oomKills),
      },
      cpu: {
        limit: value('cgroup.cpu.limit', machine.cpuLimit),
        throttled_ms: value('cgroup.cpu.throttled_ms', machine.throttledMs),
      },
    },
    pressure: {
      source: machine.pressureSource,
      cpu: pressure('cpu', machine.cpuPressure),
      memory: pressure('memory', machine.memoryPressure),
      io: pressure('io', machine.ioPressure),
    },
    main: threadState('main', thread.report(), load.main, reasons),
    workers: answers.map(({ worker, answer }): WorkerThreadState => {
      const path = `workers.${worker}`;
      return { worker, ...threadState(path, answer, load.workers[worker] ?? null, reasons) };
    }),
    unknown: reasons.byPath,
  };
}

const tooEarly = 'not measured yet; ask again in a few seconds';
const watchedFromNow = 'collections are watched while somebody looks: ask again in a few seconds';
const silent = 'the worker is down, or gave no answer within a second';

function threadState(path: string, report: ThreadReport | null, busy: number | null, reasons: Reasons): ThreadState {
  const because = (why: string) => (report === null ? silent : why);
  return {
    loop_utilization: reasons.known(`${path}.loop_utilization`, rounded(busy), because(tooEarly)),
    loop_delay: reasons.known(`${path}.loop_delay`, report?.delay ?? null, because(tooEarly)),
    heap: reasons.known(
      `${path}.heap`,
      report && {
        used_bytes: report.heapUsedBytes,
        total_bytes: report.heapTotalBytes,
        limit_bytes: report.heapLimitBytes,
        external_bytes: report.externalBytes,
      },
      silent,
    ),
    gc: reasons.known(`${path}.gc`, report?.gc ?? null, because(watchedFromNow)),
  };
}

/** Why values are missing. */
class Reasons {
  readonly byPath: Record<string, string> = {};

  valueOf<T>(path: string, read: Read<T>): T | null {
    if ('value' in read) return read.value;
    if ('why' in read) this.byPath[path] = read.why;
    return null;
  }

  known<T>(path: string, value: T | null, why: string): T | null {
    if (value === null) this.byPath[path] = why;
    return value;
  }
}

function rounded(share: number | null): number | null {
  return share === null ? null : Math.round(share * 1e4) / 1e4;
}
