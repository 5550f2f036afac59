/** The probe of memory: of the daemon's process, of its cgroup, of the machine. Reads what the kernel says; asks nobody else. */
import { join } from 'node:path';
import { Cgroup, groupPath } from '../../machine/cgroup.ts';
import { field, type Read } from '../../machine/kernel-file.ts';
import type { MemoryState } from '../facts/machine.ts';
import { type Probe, type ProbeContext, ProbeFault } from '../probe.ts';
import { daemonPid, demandHere, lastRun } from './subject.ts';

const KIB = 1024;

export const memoryProbe: Probe<'memory'> = {
  name: 'memory',
  title: 'memory: resident, cgroup, machine, swap',
  class: 'passive',
  mandatory: false,
  timeoutMs: 4_000,
  async find(context): Promise<MemoryState> {
    demandHere(context);
    const { proc } = context.roots;
    const pid = await daemonPid(context);
    const meminfo = join(proc, 'meminfo');
    const total = kib(meminfo, 'MemTotal');
    if (total === null) throw new ProbeFault(`${meminfo} does not say how much memory there is`, [meminfo]);
    const [swap, swapFree] = [kib(meminfo, 'SwapTotal'), kib(meminfo, 'SwapFree')];
    const rss = pid === null ? null : kib(join(proc, String(pid), 'status'), 'VmRSS');
    const cgroup = await groupOf(pid, context);
    const { limit, source } = await limitOf(cgroup.limit_bytes, total, context);
    return {
      rss_bytes: rss,
      machine_total_bytes: total,
      machine_available_bytes: kib(meminfo, 'MemAvailable'),
      swap_used_bytes: swap === null || swapFree === null ? null : swap - swapFree,
      cgroup,
      limit_bytes: limit,
      limit_source: source,
      used_ratio: rss === null ? null : Math.round((rss / limit) * 10_000) / 10_000,
    };
  },
};

/** Of the process, or where it is gone of the last one: its group often outlives it and still counts. */
async function groupOf(pid: number | null, context: ProbeContext): Promise<MemoryState['cgroup']> {
  const { proc, sys } = context.roots;
  const root = join(sys, 'fs', 'cgroup');
  const self = pid === null ? null : join(proc, String(pid));
  const path = self === null ? ((await lastRun(context))?.cgroup ?? null) : groupPath(self);
  const unknown = {
    version: null,
    path,
    current_bytes: null,
    reclaimable_bytes: null,
    limit_bytes: null,
    oom_kills: null,
  };
  const group = self !== null ? Cgroup.of(self, root) : path === null ? null : Cgroup.at(path, root);
  if (group === null) return unknown;
  return {
    version: group.memoryVersion(),
    path,
    current_bytes: known(group.memoryCurrent()),
    reclaimable_bytes: known(group.memoryReclaimable()),
    limit_bytes: known(group.memoryLimit()),
    oom_kills: known(group.oomKills()),
  };
}

/** By the same rule as the daemon: the group's limit ends the process, so it comes first; then what the operator set. */
async function limitOf(
  group: number | null,
  total: number,
  { of }: ProbeContext,
): Promise<{ readonly limit: number; readonly source: MemoryState['limit_source'] }> {
  if (group !== null && group > 0 && group < total) return { limit: group, source: 'cgroup' };
  const daemon = await of('daemon');
  const configured = daemon.state === 'known' ? daemon.value.limits.max_memory_bytes : 0;
  if (configured > 0) return { limit: configured, source: 'configuration' };
  return { limit: total, source: 'machine' };
}

function kib(path: string, name: string): number | null {
  const read = known(field(path, new RegExp(`^${name}:\\s+(\\d+) kB`, 'm')));
  return read === null ? null : read * KIB;
}

function known(read: Read<number>): number | null {
  return 'value' in read ? read.value : null;
}
