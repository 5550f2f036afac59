/**
 * How many client connections the descriptors of this process allow. Held to that bound, the process refuses connections in
 * an orderly way long before it runs out, and keeps what the admin API, logs and a reload need.
 */
import { readFileSync } from 'node:fs';
import type { LimitsConfig } from '../../config/model.ts';

/** What the process itself has open, with room for the admin API, log files and configuration files. */
const RESERVE = 96;
const PLENTY = 10_000;
/** Of the reserve, what workers must leave alone: the kernel gives out the lowest number that is free. */
const KEPT_BACK = 24;

export interface DescriptorBound {
  readonly limits: LimitsConfig;
  /** What to tell the operator when that is clearly less than configured. */
  readonly remark: string | null;
}

/** The limits with `maxTotalConnections` as low as the descriptors make it. `available`: open files allowed, `null` = not known. */
export function boundByDescriptors(limits: LimitsConfig, available = openFilesAllowed()): DescriptorBound {
  if (available === null) return { limits, remark: null };
  // Each client connection may hold one to a target.
  const most = Math.max(1, Math.floor((available - RESERVE) / 2));
  const wanted = limits.maxTotalConnections;
  if (wanted !== 0 && wanted <= most) return { limits, remark: null };
  return { limits: { ...limits, maxTotalConnections: most }, remark: remarkOn(wanted, most, available) };
}

/** The number from which on descriptors are not for traffic. */
export function descriptorBound(available = openFilesAllowed()): number {
  return available === null ? Infinity : available - KEPT_BACK;
}

function remarkOn(wanted: number, most: number, available: number): string | null {
  // Nearly as many as asked for, or plenty where no number was asked for, is nothing to act on.
  if (most >= (wanted === 0 ? PLENTY : wanted * 0.9)) return null;
  const asked = wanted === 0 ? 'have no limit' : `may be ${wanted}`;
  return `client connections ${asked} by the configuration, but ${available} open files allow ${most}; raise it with \`ulimit -n\` or LimitNOFILE=`;
}

/** The soft limit on open files, which Node has raised to the hard one; `null` when it is not known or there is none. */
function openFilesAllowed(): number | null {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return found === null ? null : Number(found[1]);
  } catch {
    return null;
  }
}
