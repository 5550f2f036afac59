/**
 * The configuration that probes ask listeners and targets by: the one in force, as the daemon tells it, else the file on disk.
 * Called by the probes that go over the network. Says nothing of what is wrong with a file: the probe of the configuration does.
 */
import { dirname, resolve } from 'node:path';
import { type LoadResult, embeddedConfig, loadConfigFile, loadConfigText } from '../../config/load.ts';
import type { Config } from '../../config/model.ts';
import { type ProbeContext, ProbeFault } from '../probe.ts';
import { askDaemon } from './admin-call.ts';

export interface AppliedConfig {
  readonly config: Config;
  readonly from: 'daemon' | 'file';
}

/** A configuration may take seconds to read: once for all probes of a diagnosis, which share the section of the daemon. */
const applied = new WeakMap<object, Promise<AppliedConfig | null>>();
const onDisk = new WeakMap<object, Promise<Config | null>>();

/** @returns null where neither the daemon nor a file gives one that can be read */
export function appliedConfig(context: ProbeContext): Promise<AppliedConfig | null> {
  return once(applied, context, async () => {
    const running = await runningConfig(context);
    if (running !== null) return { config: running, from: 'daemon' };
    const config = await diskConfig(context);
    return config === null ? null : { config, from: 'file' };
  });
}

function once<T>(known: WeakMap<object, Promise<T>>, context: ProbeContext, find: () => Promise<T>): Promise<T> {
  const diagnosis = context.of('daemon');
  const found = known.get(diagnosis) ?? find();
  known.set(diagnosis, found);
  return found;
}

/** What the daemon has in force. Its values from the environment may be missing here: then the file has to do. */
async function runningConfig(context: ProbeContext): Promise<Config | null> {
  const daemon = await context.of('daemon');
  if (daemon.state !== 'known') return null;
  const { source, path, disk_matches_running: same } = daemon.value.status.config;
  if (source === 'embedded') return embeddedConfig().config;
  // The same text, with the values of the environment where they can be had.
  const read = same === true ? await diskConfig(context) : null;
  if (read !== null) return read;
  try {
    const { text } = await askDaemon(context.client, 'config', { query: { form: 'kdl' } });
    const baseDir = path === null ? context.directory : dirname(path);
    return configOf(loadConfigText(text, { fileName: '<in force>', baseDir, env: context.run.environment }));
  } catch (error) {
    if (error instanceof ProbeFault) return null;
    throw error;
  }
}

/** What the file says, the one that the daemon has or would have. Its certificates may be at fault: targets can be asked all the same. */
export function diskConfig(context: ProbeContext): Promise<Config | null> {
  return once(onDisk, context, () => readConfig(context));
}

async function readConfig(context: ProbeContext): Promise<Config | null> {
  if (!context.local) return null;
  const [daemon, section] = await Promise.all([context.of('daemon'), context.of('config')]);
  const told = daemon.state === 'known' ? daemon.value.status.config.path : null;
  const found = section.state === 'known' ? section.value.path : null;
  const path = told ?? found ?? context.configPath;
  if (path === null) return null;
  return configOf(loadConfigFile(resolve(context.directory, path), context.run.environment));
}

function configOf(result: LoadResult): Config | null {
  if (result.kind === 'ok') return result.config;
  return result.kind === 'invalid' ? result.unservable : null;
}
