/**
 * What an incident did to traffic, for commands: from what daemons wrote down of their flight, or as it was when it was closed.
 * Reads files, so that it works when the daemon is dead; asks nobody.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { variable } from '../../base/environment.ts';
import { SentinelError } from '../../base/errors.ts';
import { instanceFolder, stateFolders } from '../../base/state-folder.ts';
import { stateDirOf } from '../../history/boot.ts';
import { flightInstances, readFlight } from '../../history/flight-reader.ts';
import { flightTraffic } from '../../incident/impact/flight-traffic.ts';
import { impactOf, LOOK_BACK_MS } from '../../incident/impact/impact.ts';
import { type Impact, impactSchema } from '../../incident/impact/shapes.ts';
import type { Incident } from '../../incident/record/incident.ts';
import type { Invocation } from '../command.ts';
import { chooseConfig, loadChoice } from '../config-choice.ts';
import { daemonTarget } from '../daemon.ts';
import { meantConfig } from '../diagnose/meant-config.ts';

/** Frozen where it was closed, unless nothing was known of it then. */
export async function impactFor(invocation: Invocation, incident: Incident): Promise<Impact> {
  const frozen = frozenImpact(incident);
  if (frozen !== null) return frozen;
  const nowMs = invocation.clock.wallMs();
  const { alert, opened } = incident.times;
  const fromMs = Math.min(...[alert, opened].filter((at) => at !== null).map((at) => Date.parse(at)));
  const readings = await readFlight({
    instances: instancesOf(invocation, incident),
    sinceMs: fromMs - LOOK_BACK_MS,
    untilMs: nowMs,
  });
  const { samples, gaps, notes } = flightTraffic(readings);
  return impactOf({ samples, gaps, remarks: notes, times: incident.times, nowMs });
}

function frozenImpact({ phase, impact }: Incident): Impact | null {
  if (phase !== 'closed' || impact?.['schema'] !== impactSchema) return null;
  return impact as unknown as Impact;
}

/** Of the configuration that is meant; where none is known, of the only daemon of this user: of several nobody knows which is meant. */
export function instancesOf(invocation: Invocation, incident: Pick<Incident, 'config'>): readonly string[] {
  const path = meantPath(invocation, incident);
  const absolute = path === null ? null : resolve(invocation.directory, path);
  const stateDir =
    absolute === null ? null : stateDirOf(loadChoice(invocation, { ...chosen, path: absolute }), absolute);
  const folders = stateFolders(invocation.context, stateDir);
  if (absolute !== null) return folders.map((folder) => instanceFolder(folder, absolute)).filter(existsSync);
  const all = flightInstances(folders);
  return all.length === 1 ? all : [];
}

const chosen = { source: { kind: 'default', name: null } } as const;

/** Which configuration is meant: the one that is named, else that of the daemon that the incident is about; null = nothing says. */
export function meantPath(invocation: Invocation, incident: Pick<Incident, 'config'>): string | null {
  const { environment } = invocation.context;
  const daemon = invocation.option('daemon') ?? variable(environment, 'SENTINEL_DAEMON');
  const named = daemon !== undefined || chooseConfig(invocation).source.kind !== 'default';
  if (!named && incident.config !== null && existsSync(incident.config)) return incident.config;
  try {
    return meantConfig(invocation, daemonTarget(invocation));
  } catch (error) {
    // Several daemons, or none, are named: whatever was written down here counts.
    if (error instanceof SentinelError) return chooseConfig(invocation).path;
    throw error;
  }
}
