/** What the operator asked of a snapshot, checked: which options go together, and what each is. Asks nobody. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SentinelError } from '../../base/errors.ts';
import { capturesOf, mostCaptures } from '../../incident/collect/series.ts';
import type { Profile } from '../../incident/redaction/scrubber.ts';
import type { Invocation } from '../command.ts';
import { durationOption } from '../drains/order.ts';

/** The rings of the daemon hold 15 minutes; the runbook keeps an hour of logs. */
const WINDOW_MS = 15 * 60_000;
const LOGS_MS = 3_600_000;
const INTERVAL_MS = 10_000;
const SHORTEST_INTERVAL_MS = 1_000;

export interface SnapshotChoice {
  readonly fast: boolean;
  readonly plan: boolean;
  readonly profile: Profile;
  readonly windowMs: number;
  readonly logsMs: number;
  readonly series: { readonly forMs: number; readonly intervalMs: number } | null;
  /** As it was named, absolute; null = in the folder of the incident. */
  readonly output: string | null;
  readonly mapFile: string | null;
}

/** @throws SNT-P040 for what does not go together, or would replace something */
export function snapshotChoice(invocation: Invocation): SnapshotChoice {
  const { option, flag, directory } = invocation;
  const named = (name: string): string | null => {
    const path = option(name);
    if (path === '') throw usage(`--${name} names no file`);
    return path === undefined ? null : resolve(directory, path);
  };
  const fast = flag('fast');
  const series = seriesOf(invocation);
  if (fast && series !== null) throw usage('--fast is over in seconds, and --for goes on: one of them');
  const logsMs = durationOption(invocation, 'since') ?? LOGS_MS;
  if (logsMs === 0) throw usage('--since is no stretch of time');
  const mapFile = named('map');
  if (mapFile !== null && existsSync(mapFile))
    throw usage(`--map names ${mapFile}, which is there already, and nothing is replaced`);
  const profile = (option('redact') ?? 'internal') as Profile;
  if (mapFile !== null && profile === 'none') throw usage('--redact none makes no tokens that --map could explain');
  return { fast, plan: flag('plan'), profile, windowMs: WINDOW_MS, logsMs, series, output: named('output'), mapFile };
}

function seriesOf(invocation: Invocation): SnapshotChoice['series'] {
  const forMs = durationOption(invocation, 'for');
  const interval = durationOption(invocation, 'interval');
  if (forMs === undefined) {
    if (interval !== undefined) throw usage('--interval says how often, and --for how long: give both');
    return null;
  }
  const intervalMs = interval ?? INTERVAL_MS;
  if (intervalMs < SHORTEST_INTERVAL_MS) throw usage('--interval is shorter than 1s');
  if (forMs < intervalMs) throw usage('--for is shorter than --interval');
  const captures = capturesOf({ forMs, intervalMs });
  if (captures > mostCaptures) throw usage(`that would be ${captures} captures, expected ${mostCaptures} at most`);
  return { forMs, intervalMs };
}

export interface BundleName {
  readonly id: string;
  readonly host: string;
  readonly profile: Profile;
  /** RFC 3339. */
  readonly at: string;
}

/** `INC-20261120-001-prod-1-20261120T140512Z.tar.gz`; what is made to be passed on does not bear the name of the host. */
export function bundleName({ id, host, profile, at }: BundleName): string {
  const stamp = `${at.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const from = profile === 'internal' || profile === 'none' ? host.replaceAll(/[^\w.-]+/g, '-') : profile;
  return `${id}-${from}-${stamp}.tar.gz`;
}

/** Where it goes: a name that is free. @param output A file, or a folder that is there. */
export function bundlePath(output: string | null, folder: string | null, name: string): string {
  const isFolder = output !== null && statSync(output, { throwIfNoEntry: false })?.isDirectory() === true;
  if (output !== null && !isFolder) return output;
  const place = output ?? folder ?? '.';
  for (let number = 1; ; number++) {
    const path = join(place, number === 1 ? name : name.replace(/\.tar\.gz$/, `-${number}.tar.gz`));
    if (!existsSync(path)) return path;
  }
}

function usage(message: string): SentinelError {
  return new SentinelError('SNT-P040', message, { hint: 'sentinel incident snapshot --help' });
}
