/**
 * What the kernel says of this process and of its cgroup: descriptors, threads, limits, pressure. Reads `/proc` and
 * `/sys/fs/cgroup`, of both versions; what cannot be read has a reason in its place. Never throws, changes nothing.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../../base/errors.ts';
import type { PressureState } from '../../../admin/contract/runtime-shapes.ts';
import { Cgroup } from '../../../machine/cgroup.ts';
import { field, mapRead, parsePressure, type Read, type Resource, readText } from '../../../machine/kernel-file.ts';

export interface MachineState {
  readonly threads: Read<number>;
  readonly descriptorsOpen: Read<number>;
  readonly descriptorsLimit: Read<number>;
  readonly memoryCurrent: Read<number>;
  readonly memoryLimit: Read<number>;
  readonly oomKills: Read<number>;
  readonly cpuLimit: Read<number>;
  readonly throttledMs: Read<number>;
  readonly pressureSource: 'cgroup' | 'machine' | null;
  readonly cpuPressure: Read<PressureState>;
  readonly memoryPressure: Read<PressureState>;
  readonly ioPressure: Read<PressureState>;
}

/** @param roots Where `/proc` and `/sys/fs/cgroup` are; tests have their own. */
export function readMachine(roots = { proc: '/proc', cgroup: '/sys/fs/cgroup' }): MachineState {
  const self = join(roots.proc, 'self');
  const cgroup = Cgroup.of(self, roots.cgroup);
  const byGroup = cgroup.pressure('cpu');
  const source = 'value' in byGroup ? 'cgroup' : 'value' in pressureAt(roots.proc, 'cpu') ? 'machine' : null;
  const pressure = (what: Resource) => (source === 'cgroup' ? cgroup.pressure(what) : pressureAt(roots.proc, what));
  return {
    threads: field(join(self, 'status'), /^Threads:\s+(\d+)/m),
    descriptorsOpen: openDescriptors(join(self, 'fd')),
    descriptorsLimit: descriptorLimit(join(self, 'limits')),
    memoryCurrent: cgroup.memoryCurrent(),
    memoryLimit: cgroup.memoryLimit(),
    oomKills: cgroup.oomKills(),
    cpuLimit: cgroup.cpuLimit(),
    throttledMs: cgroup.throttledMs(),
    pressureSource: source,
    cpuPressure: pressure('cpu'),
    memoryPressure: pressure('memory'),
    ioPressure: pressure('io'),
  };
}

function pressureAt(proc: string, what: Resource): Read<PressureState> {
  return mapRead(readText(join(proc, 'pressure', what)), parsePressure);
}

function descriptorLimit(path: string): Read<number> {
  return mapRead(readText(path), (text) => {
    const soft = /^Max open files\s+(\S+)/m.exec(text)?.[1];
    if (soft === 'unlimited') return { none: true };
    return soft === undefined ? { why: `${path}: no such line` } : { value: Number(soft) };
  });
}

/** One less than the folder says: looking into it is one of them. */
function openDescriptors(folder: string): Read<number> {
  try {
    return { value: readdirSync(folder).length - 1 };
  } catch (error) {
    return { why: `${folder}: ${errnoOf(error) ?? 'unreadable'}` };
  }
}
