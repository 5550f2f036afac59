/**
 * The probe of the last end of a daemon: what it wrote down, what the kernel, the journal and log files say, what its group has
 * counted. Every source is asked by itself; one that cannot be read is named and fails nothing.
 */
import { join } from 'node:path';
import { rfc3339 } from '../../base/units.ts';
import type { RunRecord } from '../../history/run-record.ts';
import { Cgroup, groupPath } from '../../machine/cgroup.ts';
import { readText } from '../../machine/kernel-file.ts';
import type { DeathState } from '../facts/process.ts';
import { type Probe, type ProbeContext, ProbeFault } from '../probe.ts';
import { crashFiles } from './crash-files.ts';
import { errorTail } from './error-tail.ts';
import { bootTimeMs, kernelLog } from './kernel-log.ts';
import { unitOf } from './systemd-unit.ts';
import { writtenRecords } from './written-records.ts';

export const deathProbe: Probe<'death'> = {
  name: 'death',
  title: 'last end: run record, kernel log, counters of the group, journal, log files',
  class: 'passive',
  mandatory: false,
  timeoutMs: 8_000,
  async find(context) {
    if (!context.local) throw new ProbeFault('the daemon is on another machine, and so are its records', []);
    const { of, roots, run: runContext } = context;
    const [config, process] = await Promise.all([of('config'), of('process')]);
    // Left behind where nothing else is written down.
    const stale =
      process.state === 'known' ? process.value.pid_files.find(({ pid, alive }) => pid !== null && !alive) : null;
    const { run, refused, unread } = writtenRecords(context, config);
    const written = config.state === 'known' ? config.value.places.log_files : [];
    const logs = [...new Set([...(run?.log_files ?? []), ...written])];
    const bootedMs = bootTimeMs(context);
    const boot = readText(join(roots.proc, 'sys/kernel/random/boot_id'));
    const [kernel, errors] = await Promise.all([
      kernelLog(context, {
        pid: run?.pid ?? stale?.pid ?? null,
        cgroup: run?.cgroup ?? null,
        sinceMs: run === null ? null : Date.parse(run.started_at),
      }),
      errorTail(context, logs, unitOf(run?.cgroup ?? null)),
    ]);
    const kills = oomKillsSince(context, run);
    return {
      last_run: run,
      refused_start: refused,
      kernel_lines: kernel.lines,
      oom_kills_since_start: kills.count,
      booted_at: bootedMs === null ? null : rfc3339(bootedMs),
      boot_id: 'value' in boot ? boot.value.trim() : null,
      last_errors: errors.lines,
      crash_files: crashFiles([runContext.roots.tmp], {
        pids: new Set([run?.pid, refused?.pid].filter((pid) => pid !== undefined)),
        configPath: config.state === 'known' ? config.value.path : context.configPath,
      }),
      unread: [...unread, ...kernel.unread, ...errors.unread, ...kills.unread],
    } satisfies DeathState;
  },
};

/** What the group of the daemon has counted since that daemon came up. A group that was made anew counts from 0 again. */
function oomKillsSince(
  { roots }: ProbeContext,
  run: RunRecord | null,
): { readonly count: number | null; readonly unread: DeathState['unread'] } {
  if (run === null || run.cgroup === null || run.oom_kills_at_start === null) return { count: null, unread: [] };
  const folder = join(roots.sys, 'fs/cgroup');
  const self = join(roots.proc, 'self');
  const by = Cgroup.at(run.cgroup, folder).oomKills();
  // Inside a container the name is one of the world outside, and its files lie where they are mounted.
  const now = 'value' in by || groupPath(self) !== run.cgroup ? by : Cgroup.of(self, folder).oomKills();
  if (!('value' in now)) {
    return {
      count: null,
      unread: [{ source: `cgroup ${run.cgroup}`, why: 'why' in now ? now.why : 'it counts none' }],
    };
  }
  return { count: now.value >= run.oom_kills_at_start ? now.value - run.oom_kills_at_start : now.value, unread: [] };
}
