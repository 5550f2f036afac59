/**
 * The settings that flags and environment may set over the file, and those that cannot change while the process runs.
 * Flag before environment before file before default.
 */
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { type Environment, variable } from '../../base/environment.ts';
import { SentinelError } from '../../base/errors.ts';
import type { LogLevel } from '../../config/logging-model.ts';
import type { Config, SocketAddress } from '../../config/model.ts';

/** What the command line gave; anything left out comes from the environment, the file or the default. */
export interface SettingOverrides {
  readonly workers?: number;
  readonly metricsAddress?: string;
  readonly adminSocket?: string;
  readonly logLevel?: LogLevel;
}

/** What flags, environment and file come to. Settled at start and again with every reload. */
export interface FixedSettings {
  readonly workers: number;
  /** `null` = the default place. */
  readonly pidFile: string | null;
  /** `null` = no TCP listener for metrics and admin. */
  readonly metrics: { readonly host: string; readonly port: number } | null;
  /** `null` = among the run-time files. */
  readonly adminSocket: string | null;
  /** `null` = the default place. */
  readonly stateDir: string | null;
  /** Servers for the names of targets; `null` = those of the system. */
  readonly dnsServers: readonly string[] | null;
}

/** The socket that a flag or the environment names: such a daemon keeps its default pid file beside it, not in the system's place. */
export function privateSocket(overrides: SettingOverrides, environment: Environment): string | null {
  return overrides.adminSocket ?? variable(environment, 'SENTINEL_ADMIN_SOCKET') ?? null;
}

const showSettings = { hint: 'sentinel env' };

const levels: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error'] satisfies LogLevel[];

/**
 * @throws SNT-P009 when a variable or flag has a value that cannot be used
 */
export function fixedSettings(config: Config, overrides: SettingOverrides, environment: Environment): FixedSettings {
  const address = overrides.metricsAddress ?? variable(environment, 'SENTINEL_METRICS_ADDR');
  const { enabled, address: configured } = config.observability.metrics;
  return {
    workers: workerCount(overrides.workers ?? workersOf(environment) ?? config.server.workerThreads),
    pidFile: config.server.pidFile,
    metrics: enabled ? (address === undefined ? tcp(configured) : parseAddress(address)) : null,
    adminSocket: privateSocket(overrides, environment) ?? config.observability.admin.socket,
    stateDir: config.stateDir,
    dnsServers: dnsServersOf(environment),
  };
}

/** The level that a flag or the environment sets over the file; `null` = the file decides. */
export function levelOverride(overrides: SettingOverrides, environment: Environment): LogLevel | null {
  if (overrides.logLevel !== undefined) return overrides.logLevel;
  const named = variable(environment, 'SENTINEL_LOG')?.toLowerCase();
  if (named !== undefined) {
    if (levels.includes(named)) return named as LogLevel;
    throw new SentinelError(
      'SNT-P009',
      `SENTINEL_LOG is ${JSON.stringify(named)}, expected ${levels.join(', ')}`,
      showSettings,
    );
  }
  // Other programs read RUST_LOG too, with filters that mean nothing here: only a plain level counts.
  const alias = variable(environment, 'RUST_LOG')?.toLowerCase();
  return alias !== undefined && levels.includes(alias) ? (alias as LogLevel) : null;
}

/**
 * Why a reload cannot bring these settings; null = it can.
 * @param most Workers that the lanes of this process have room for
 */
export function refusedChange(running: FixedSettings, next: FixedSettings, most: number): SentinelError | null {
  if (running.stateDir !== next.stateDir) {
    return new SentinelError(
      'SNT-P010',
      'state-dir cannot change while the process runs: what it keeps there (history, drains, overrides) would be left behind; nothing was applied',
      { hint: 'take the change out and reload again, or move the folder and restart the daemon' },
    );
  }
  if (next.workers > most && next.workers !== running.workers) {
    return new SentinelError(
      'SNT-P010',
      `server.worker-threads cannot become ${next.workers} while the process runs: its shared memory has room for ${most}; nothing was applied`,
      { hint: 'sentinel upgrade' },
    );
  }
  return null;
}

/** Keys that have just changed in the file to no effect, because a flag or the environment decides: a sentence each. */
export function changedInVain(
  before: Config,
  next: Config,
  overrides: SettingOverrides,
  environment: Environment,
): readonly string[] {
  const decides = (flag: unknown, option: string, name: Parameters<typeof variable>[1]) =>
    flag !== undefined ? option : variable(environment, name) !== undefined ? name : null;
  const keys = [
    {
      key: 'server.worker-threads',
      by: decides(overrides.workers, '--workers', 'SENTINEL_WORKERS'),
      of: (config: Config) => config.server.workerThreads,
    },
    {
      key: 'observability.metrics.address',
      by: decides(overrides.metricsAddress, 'the command line', 'SENTINEL_METRICS_ADDR'),
      of: (config: Config) => config.observability.metrics.address,
    },
    {
      key: 'observability.admin.socket',
      by: decides(overrides.adminSocket, 'the command line', 'SENTINEL_ADMIN_SOCKET'),
      of: (config: Config) => config.observability.admin.socket,
    },
  ];
  return keys
    .filter(({ by, of }) => by !== null && JSON.stringify(of(before)) !== JSON.stringify(of(next)))
    .map(({ key, by }) => `${key} has changed in the file to no effect: ${by} decides as long as the process runs`);
}

function workersOf(environment: Environment): number | undefined {
  const text = variable(environment, 'SENTINEL_WORKERS');
  if (text === undefined) return undefined;
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new SentinelError(
    'SNT-P009',
    `SENTINEL_WORKERS is ${JSON.stringify(text)}, expected a number from 0 (one per core) to 999`,
    showSettings,
  );
}

function dnsServersOf(environment: Environment): readonly string[] | null {
  const text = variable(environment, 'SENTINEL_DNS_SERVERS');
  if (text === undefined) return null;
  const servers = text.split(',').map((server) => server.trim());
  if (servers.every(isServer)) return servers;
  throw new SentinelError(
    'SNT-P009',
    `SENTINEL_DNS_SERVERS is ${JSON.stringify(text)}, expected addresses such as 10.0.0.2 or 10.0.0.2:53, separated by commas`,
    showSettings,
  );
}

function isServer(text: string): boolean {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined) return isIP(text) !== 0;
  return (isIP(bracketed ?? '') === 6 || isIP(plain ?? '') === 4) && Number(port) <= 65535;
}

/** Lanes of the cells: for more workers than at the start, and for one that takes the place of another. Untouched ones use no memory. */
export function lanesFor(workers: number): number {
  return Math.max(workers, process.platform === 'linux' ? availableParallelism() : 1) + 1;
}

function workerCount(wanted: number): number {
  // Without shared ports there can be only one socket per address.
  if (process.platform !== 'linux') return 1;
  return wanted === 0 ? availableParallelism() : wanted;
}

function tcp(address: SocketAddress): { host: string; port: number } {
  if (address.kind === 'tcp') return { host: address.host, port: address.port };
  throw new Error('the checked configuration has a unix socket as metrics address');
}

function parseAddress(text: string): { host: string; port: number } {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  if (found === null || port > 65535) {
    throw new SentinelError(
      'SNT-P009',
      `the metrics address ${JSON.stringify(text)} is not HOST:PORT with a port up to 65535`,
      showSettings,
    );
  }
  const host = found[1] ?? found[2] ?? '';
  return { host: host === '' ? '0.0.0.0' : host, port };
}
