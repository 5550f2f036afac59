/** The probe of open files: of the daemon against its bounds, of the machine, and the local ports that connections to targets need. */
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { readText } from '../../machine/kernel-file.ts';
import type { DescriptorsState } from '../facts/machine.ts';
import { type Probe, type ProbeContext, ProbeFault } from '../probe.ts';
import { readPortUse } from './socket-table.ts';
import { daemonPid, demandHere } from './subject.ts';

export const descriptorsProbe: Probe<'descriptors'> = {
  name: 'descriptors',
  title: 'descriptors: open files and their bounds, local ports',
  class: 'passive',
  mandatory: false,
  timeoutMs: 5_000,
  async find(context): Promise<DescriptorsState> {
    demandHere(context);
    const { proc } = context.roots;
    const [pid, ports] = await Promise.all([daemonPid(context), localPorts(context)]);
    const own = pid === null ? null : join(proc, String(pid));
    const limits = own === null ? noLimits : openFilesOf(join(own, 'limits'));
    const open = own === null ? null : await countEntries(join(own, 'fd'));
    const machine = machineFiles(join(proc, 'sys', 'fs', 'file-nr'));
    if (machine === null && ports === null && limits.soft === null) {
      throw new ProbeFault(`nothing in ${proc} says how many files are open`, [
        join(proc, 'sys', 'fs', 'file-nr'),
        join(proc, 'net', 'tcp'),
      ]);
    }
    return { open, soft_limit: limits.soft, hard_limit: limits.hard, machine, local_ports: ports };
  },
};

export interface OpenFiles {
  /** Null = there is none, or it cannot be read. */
  readonly soft: number | null;
  readonly hard: number | null;
}

const noLimits: OpenFiles = { soft: null, hard: null };

/** @param path `/proc/812/limits` */
export function openFilesOf(path: string): OpenFiles {
  const read = readText(path);
  const found = 'value' in read ? /^Max open files\s+(\S+)\s+(\S+)/m.exec(read.value) : null;
  const number = (text: string | undefined) => (text === undefined || text === 'unlimited' ? null : Number(text));
  return { soft: number(found?.[1]), hard: number(found?.[2]) };
}

/** Null where this user may not look. */
async function countEntries(folder: string): Promise<number | null> {
  try {
    let count = 0;
    for await (const _ of await opendir(folder, { bufferSize: 1024 })) count++;
    return count;
  } catch {
    return null;
  }
}

/** `1216	0	9223372036854775807`: given out, of them free, the bound. */
function machineFiles(path: string): DescriptorsState['machine'] {
  const read = readText(path);
  const found = 'value' in read ? /^(\d+)\s+(\d+)\s+(\d+)/.exec(read.value) : null;
  return found === null ? null : { open: Number(found[1]) - Number(found[2]), limit: Number(found[3]) };
}

async function localPorts({ roots: { proc }, signal }: ProbeContext): Promise<DescriptorsState['local_ports']> {
  const read = readText(join(proc, 'sys', 'net', 'ipv4', 'ip_local_port_range'));
  const found = 'value' in read ? /^(\d+)\s+(\d+)/.exec(read.value) : null;
  if (found === null) return null;
  const range = { first: Number(found[1]), last: Number(found[2]) };
  try {
    const tables = [join(proc, 'net', 'tcp'), join(proc, 'net', 'tcp6')];
    const { inUse, timeWait, busiest, complete } = await readPortUse(tables, range, signal);
    return { ...range, in_use: inUse, time_wait: timeWait, busiest, complete };
  } catch {
    return null;
  }
}
