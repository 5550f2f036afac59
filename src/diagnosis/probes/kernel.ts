/** The probe of the kernel's settings beside the advice and the configuration, and of how much the machine has to do. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { field, mapRead, parsePressure, type Resource, readText } from '../../machine/kernel-file.ts';
import type { KernelState } from '../facts/machine.ts';
import { type Probe, type ProbeContext, ProbeFault } from '../probe.ts';
import { boundOf, tuningRules, tuningVerdict } from '../tuning.ts';
import { appliedConfig } from './applied-config.ts';
import { openFilesOf } from './descriptors.ts';
import { daemonPid, demandHere } from './subject.ts';

export const kernelProbe: Probe<'kernel'> = {
  name: 'kernel',
  title: 'kernel: settings beside the advice, pressure, load',
  class: 'passive',
  mandatory: false,
  timeoutMs: 5_000,
  async find(context): Promise<KernelState> {
    demandHere(context);
    const { proc } = context.roots;
    const [pid, applied] = await Promise.all([daemonPid(context), appliedConfig(context)]);
    const config = applied?.config ?? null;
    const settings = tuningRules.map((rule): KernelState['settings'][number] => {
      const live = rule.file === null ? openFiles(pid, proc) : setting(join(proc, 'sys', rule.file));
      const bounds = boundOf(rule.name, config);
      const { name, advised } = rule;
      return { name, live, advised, bounds, verdict: tuningVerdict(rule, live, bounds) };
    });
    const load = field(join(proc, 'loadavg'), /^(\d+(?:\.\d+)?)/);
    if (!('value' in load) && settings.every(({ live }) => live === null)) {
      const tried = [
        join(proc, 'loadavg'),
        ...tuningRules.flatMap(({ file }) => (file === null ? [] : [join(proc, 'sys', file)])),
      ];
      throw new ProbeFault(`nothing of the kernel's settings can be read in ${proc}`, tried);
    }
    return {
      settings,
      pressure: { cpu: pressure('cpu', context), memory: pressure('memory', context), io: pressure('io', context) },
      load_1m: 'value' in load ? load.value : null,
      cores: availableParallelism(),
    };
  },
};

/** Without a process nothing is bound; one that has no bound has as many as the machine. */
function openFiles(pid: number | null, proc: string): number | null {
  if (pid === null) return null;
  return openFilesOf(join(proc, String(pid), 'limits')).soft;
}

function setting(path: string): number | null {
  const read = field(path, /^(-?\d+)/);
  return 'value' in read ? read.value : null;
}

/** Share of the last ten seconds in which some work waited for it. */
function pressure(what: Resource, { roots: { proc } }: ProbeContext): number | null {
  const read = mapRead(readText(join(proc, 'pressure', what)), parsePressure);
  return 'value' in read ? read.value.some : null;
}
