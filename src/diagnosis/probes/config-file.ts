/**
 * The probe of the configuration on disk: whether it would load now, what it says, whether the backup would. Reads it as the
 * daemon would, with the daemon's own environment where that may be seen; changes nothing.
 */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Environment } from '../../base/environment.ts';
import { errnoOf } from '../../base/errors.ts';
import { redactText } from '../../base/redaction.ts';
import { rfc3339 } from '../../base/units.ts';
import { contactsState } from '../../config/contacts-model.ts';
import { fileSystem, textsOver } from '../../config/files.ts';
import { embeddedConfig, loadConfigFile, type LoadResult } from '../../config/load.ts';
import type { Config, SocketAddress } from '../../config/model.ts';
import { findingOf } from '../../config/render/finding.ts';
import { readText } from '../../machine/kernel-file.ts';
import { backupPath } from '../../history/backup.ts';
import { stateDirOf } from '../../history/boot.ts';
import type { ConfigFileState, ConfiguredPlaces } from '../facts/process.ts';
import { type Probe, type ProbeContext, ProbeFault } from '../probe.ts';
import { alertsOf } from '../settings.ts';

/** More say nothing new. */
const MOST_PROBLEMS = 20;
/** A variable that is not set, among others. */
const UNRESOLVED = 'SNT-C130';

export const configProbe: Probe<'config'> = {
  name: 'config',
  title: 'configuration on disk: would it load, and the backup',
  class: 'passive',
  mandatory: true,
  timeoutMs: 6_000,
  async find(context) {
    if (!context.local) throw new ProbeFault('the daemon is on another machine, and so are its files', []);
    const { path, environment, hidden } = await sourceOf(context);
    if (path === null) return builtIn();
    const result = loadConfigFile(path, environment, fileSystem, context.clock);
    if (hidden !== null && result.kind === 'invalid' && result.diagnostics.some(({ code }) => code === UNRESOLVED)) {
      throw new ProbeFault('the file refers to the environment of the daemon, which this user may not see', [hidden]);
    }
    return stateOf(path, environment, result);
  },
};

interface Source {
  /** Absolute; null = the built-in configuration. */
  readonly path: string | null;
  readonly environment: Environment;
  /** Where the daemon's own environment stands, and why it cannot be read; null = it is known, or there is no daemon. */
  readonly hidden: string | null;
}

/** The file of the daemon that answers, else the one that was named. */
async function sourceOf({ of, run, roots, configPath, directory }: ProbeContext): Promise<Source> {
  const daemon = await of('daemon');
  if (daemon.state === 'unknown') {
    const path = configPath === null ? null : resolve(directory, configPath);
    return { path, environment: run.environment, hidden: null };
  }
  const { config, pid } = daemon.value.status;
  const own = readText(`${roots.proc}/${pid}/environ`);
  return {
    path: config.path === null ? null : resolve(directory, config.path),
    environment: { ...run.environment, ...('value' in own ? environmentOf(own.value) : {}) },
    hidden: 'why' in own ? own.why : null,
  };
}

/** What `\${…}` in the file means is what it means to the daemon. */
function environmentOf(text: string): Environment {
  const entries = text.split('\0').filter((entry) => entry.includes('='));
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

function builtIn(): ConfigFileState {
  const { config } = embeddedConfig();
  return {
    path: null,
    found: false,
    loads: 'missing',
    digest: null,
    modified_at: null,
    problems: [],
    problem_count: 0,
    ...saidBy(config),
    backup: null,
    places: { ...placesOf(config), state_dir: null, files: [] },
  };
}

function stateOf(path: string, environment: Environment, result: LoadResult): ConfigFileState {
  const config = result.kind === 'ok' ? result.config : result.kind === 'invalid' ? result.unservable : null;
  const found = result.kind !== 'unreadable' || isThere(path);
  const problems = problemsOf(result);
  const files = filesOf(path, result, config);
  return {
    path,
    found,
    loads: result.kind === 'ok' ? 'yes' : result.kind === 'invalid' ? 'no' : found ? 'unreadable' : 'missing',
    digest: result.kind === 'unreadable' ? null : result.digest,
    modified_at: newest(files.filter(({ what }) => what === 'config' || what === 'include').map((file) => file.path)),
    problems: problems.slice(0, MOST_PROBLEMS),
    problem_count: problems.length,
    ...saidBy(config),
    backup: backupOf(path, environment),
    places: { ...placesOf(config), state_dir: stateDirOf(result, path), files },
  };
}

/** Also where it cannot be seen whether it is: in a folder that this user may not enter. */
function isThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    const code = errnoOf(error);
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}

function problemsOf(result: LoadResult): ConfigFileState['problems'] {
  if (result.kind === 'ok') return [];
  if (result.kind === 'unreadable') {
    return [{ code: result.error.code, words: redactText(result.error.message), place: null }];
  }
  return result.diagnostics
    .filter(({ level }) => level === 'error')
    .map(findingOf)
    .map(({ code, detail, location: { file, start } }) => ({
      code,
      words: redactText(detail),
      place: `${file}:${start.line}:${start.col}`,
    }));
}

/** Whether the last good configuration would load in place of the file. */
function backupOf(path: string, environment: Environment): ConfigFileState['backup'] {
  const backup = backupPath(path);
  try {
    const text = readFileSync(backup, 'utf8');
    const result = loadConfigFile(path, environment, textsOver(new Map([[path, text]]), false));
    return { path: backup, loads: result.kind === 'ok' };
  } catch (error) {
    const code = errnoOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : { path: backup, loads: null };
  }
}

type Said = Pick<ConfigFileState, 'listeners' | 'admin_address' | 'health_path' | 'ready_path' | 'contacts' | 'alerts'>;

function saidBy(config: Config | null): Said {
  const { server } = config ?? embeddedConfig().config;
  const metrics = config?.observability.metrics;
  return {
    listeners: (config?.listeners ?? []).map(({ id, address, tls }) => ({
      id,
      address: addressText(address),
      tls: tls !== null,
    })),
    admin_address: metrics?.enabled === true ? addressText(metrics.address) : null,
    health_path: server.healthPath,
    ready_path: server.readyPath,
    contacts: config === null ? null : contactsState(config.contacts),
    alerts: config === null ? null : alertsOf(config.alerts),
  };
}

function addressText(address: SocketAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

function placesOf(config: Config | null): Omit<ConfiguredPlaces, 'state_dir' | 'files'> {
  if (config === null) return { pid_file: null, admin_socket: null, log_files: [] };
  const { logging, admin } = config.observability;
  const logs = [
    logging.file,
    logging.accessLog.enabled ? logging.accessLog.file : null,
    logging.auditLog.enabled ? logging.auditLog.file : null,
  ].filter((file) => file !== null && file !== 'stdout');
  return { pid_file: config.server.pidFile, admin_socket: admin.socket, log_files: [...new Set(logs)] as string[] };
}

function filesOf(path: string, result: LoadResult, config: Config | null): ConfiguredPlaces['files'] {
  if (result.kind === 'unreadable') return [{ path, what: 'config' }];
  const known = new Map<string, ConfiguredPlaces['files'][number]['what']>([[path, 'config']]);
  for (const source of result.sources) if (!known.has(source.path)) known.set(source.path, 'include');
  for (const { certFile, keyFile } of config === null ? [] : pairsOf(config)) {
    known.set(certFile, 'certificate');
    known.set(keyFile, 'key');
  }
  for (const read of result.reads) if (!known.has(read)) known.set(read, 'other');
  return [...known].map(([file, what]) => ({ path: file, what }));
}

function pairsOf({ listeners, upstreams }: Config): readonly { readonly certFile: string; readonly keyFile: string }[] {
  return [
    ...listeners.flatMap(({ tls }) => [tls?.pair, ...(tls?.sni ?? []).map(({ pair }) => pair)]),
    ...upstreams.map(({ tls }) => tls?.clientPair),
  ].filter((pair) => pair !== null && pair !== undefined);
}

function newest(paths: readonly string[]): string | null {
  const times = paths.flatMap((path) => {
    try {
      return [statSync(path).mtimeMs];
    } catch {
      return [];
    }
  });
  return times.length === 0 ? null : rfc3339(Math.max(...times));
}
