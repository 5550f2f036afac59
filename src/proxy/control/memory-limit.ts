/** How much memory this process may have, and who says so. Asked by the metrics and by what warns; enforces nothing. */
import { totalmem } from 'node:os';
import type { LimitsConfig } from '../../config/model.ts';

export interface MemoryLimit {
  /** More than 0. */
  readonly bytes: number;
  readonly source: 'cgroup' | 'configuration' | 'machine';
}

/** What the kernel says, in bytes. */
export interface MachineMemory {
  /** Limit of the cgroup; 0, or more than the machine has, where there is none. */
  readonly constrained: number;
  readonly total: number;
}

/**
 * The limit of the cgroup ends the process when it is reached, so it comes first; then what the operator has set, then
 * what the machine has.
 */
export function memoryLimitOf({ maxMemoryBytes }: LimitsConfig, machine = machineMemory()): MemoryLimit {
  const { constrained, total } = machine;
  if (constrained > 0 && constrained < total) return { bytes: constrained, source: 'cgroup' };
  if (maxMemoryBytes > 0) return { bytes: maxMemoryBytes, source: 'configuration' };
  return { bytes: total, source: 'machine' };
}

function machineMemory(): MachineMemory {
  return { constrained: process.constrainedMemory(), total: totalmem() };
}
