/**
 * Whom the probes of the machine ask about: the daemon's process, the folders that are its own, what its configuration says. Each as
 * far as the other probes know it. Probes of this folder call it; finds nothing out by itself.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { instanceFolder, stateFolders } from '../../base/state-folder.ts';
import { readRunRecord, type RunRecord } from '../../history/run-record.ts';
import { type ProbeContext, ProbeFault } from '../probe.ts';

/** @throws ProbeFault where the daemon is on another machine, of which files here say nothing */
export function demandHere({ local, daemon }: ProbeContext): void {
  if (!local) throw new ProbeFault(`${daemon} is another machine, and its files cannot be read from here`, []);
}

/** Of the daemon on this machine; null = there is none, or nobody knows it. */
export async function daemonPid(context: ProbeContext): Promise<number | null> {
  if (!context.local) return null;
  const found = await context.of('process');
  if (found.state === 'known' && found.value.pid !== null) return found.value.pid;
  const daemon = await context.of('daemon');
  return daemon.state === 'known' ? daemon.value.status.pid : null;
}

/** Absolute; null = it runs, or would run, without a file, or which one is not known. */
export async function configFile(context: ProbeContext): Promise<string | null> {
  const daemon = await context.of('daemon');
  const path = daemon.state === 'known' ? daemon.value.status.config.path : context.configPath;
  return path === null ? null : resolve(context.directory, path);
}

/** The configured `state-dir`; null = none, or it is not known. */
export async function configuredStateDir(context: ProbeContext): Promise<string | null> {
  const config = await context.of('config');
  return config.state === 'known' ? config.value.places.state_dir : null;
}

/** Where the daemon keeps what belongs to its configuration; null = nowhere yet, or its configuration is not a file. */
export async function instanceOf(context: ProbeContext): Promise<string | null> {
  const [path, stateDir] = await Promise.all([configFile(context), configuredStateDir(context)]);
  if (path === null) return null;
  const places = stateFolders(context.run, stateDir).map((folder) => instanceFolder(folder, path));
  return places.find((place) => existsSync(place)) ?? null;
}

/** What the daemon, or the last one of this configuration, wrote down of itself; null = nothing that can be read. */
export async function lastRun(context: ProbeContext): Promise<RunRecord | null> {
  const instance = await instanceOf(context);
  return instance === null ? null : readRunRecord(instance).value;
}
