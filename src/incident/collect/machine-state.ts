/**
 * Collectors of the machine: memory, disks, sockets, limits, cgroup, kernel settings, clock, versions. What a usual program prints is
 * kept as it prints it; where the program is missing, the same facts from `/proc`.
 */
import { readFileSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { environmentVariables, secretVariables } from '../../base/environment.ts';
import { readReason } from '../../base/read-reason.ts';
import { rfc3339 } from '../../base/units.ts';
import { systemdRuns } from '../../diagnosis/probes/systemd-unit.ts';
import { askTool, toolFailure } from '../../diagnosis/tool-call.ts';
import { Cgroup, groupPath } from '../../machine/cgroup.ts';
import type { ToolResult } from '../../machine/external-tool.ts';
import type { Read } from '../../machine/kernel-file.ts';
import type { Collector, CollectScene, Piece } from './collector.ts';
import { CollectFault } from './fault.ts';
import { jsonText } from './daemon-state.ts';
import { environmentOf } from './lookups.ts';
import { memoryTable, mountTable, socketSummary } from './proc-tables.ts';

/** What `/proc` says instead has to be found within the time of the whole. */
const toolMs = { usual: 3_000, fast: 1_200 } as const;

/** Of a machine: nothing of it can be told from another one. */
function here(find: (scene: CollectScene) => Promise<readonly Piece[]>): Collector['find'] {
  return (scene) => {
    if (!scene.surroundings.local) throw new CollectFault('the daemon is on another machine');
    return find(scene);
  };
}

interface ToolPart {
  readonly program: string;
  readonly args: readonly string[];
  /** The same where there is no such program. */
  readonly instead: (proc: string) => string;
}

/** The output of programs one below the other: the first as the runbooks have it, the others after an empty line. */
function printed(path: string, [first, ...more]: readonly [ToolPart, ...(readonly ToolPart[])]): Collector {
  const command = ({ program, args }: ToolPart) => [program, ...args].join(' ');
  return {
    path,
    class: 'system',
    kind: 'text',
    source: [first, ...more].map(command).join('; '),
    fast: true,
    find: here(async ({ surroundings, fast, signal }) => {
      const timeoutMs = fast ? toolMs.fast : toolMs.usual;
      const parts = await Promise.all(
        [first, ...more].map(async (part) => {
          const result = await inTime(
            askTool({ ...surroundings, signal }, part.program, part.args, { timeoutMs }),
            surroundings.clock,
            timeoutMs,
          );
          const why = toolFailure(result);
          if (why === null && result.kind === 'ran') return { source: command(part), text: result.stdout };
          signal.throwIfAborted();
          // `df` ends with 1 when one of many mounts cannot be asked, and has told of the others.
          if (result.kind === 'ran' && result.stdout !== '')
            return { source: `${command(part)} (${why})`, text: result.stdout };
          try {
            return { source: surroundings.roots.proc, text: part.instead(surroundings.roots.proc) };
          } catch (error) {
            throw new CollectFault(`${command(part)}: ${why}; ${surroundings.roots.proc}: ${readReason(error)}`);
          }
        }),
      );
      const content = parts.map(({ text }) => (text.endsWith('\n') ? text : `${text}\n`)).join('\n');
      return [{ content, source: [...new Set(parts.map(({ source }) => source))].join('; ') }];
    }),
  };
}

const none = (): string => '';

/** What hangs in the kernel, as `df` does over a server that is gone, cannot be ended: it is not waited for. */
async function inTime(asked: Promise<ToolResult>, clock: Clock, timeoutMs: number): Promise<ToolResult> {
  const late = Promise.withResolvers<ToolResult>();
  const limit = clock.after(timeoutMs + 100, () => late.resolve({ kind: 'timeout' }));
  try {
    return await Promise.race([asked, late.promise]);
  } finally {
    limit.stop();
  }
}

const memory = printed('system/mem.txt', [{ program: 'free', args: ['-h'], instead: memoryTable }]);
const disks = printed('system/disk.txt', [
  { program: 'df', args: ['-h'], instead: mountTable },
  { program: 'df', args: ['-hi'], instead: none },
]);
const sockets = printed('system/sockets.txt', [{ program: 'ss', args: ['-s'], instead: socketSummary }]);

const limits: Collector = {
  path: 'system/limits.json',
  class: 'system',
  kind: 'json',
  source: '/proc/PID/limits',
  fast: true,
  find: here(async ({ lookups, surroundings: { roots } }) => {
    const pid = await lookups.pid();
    if (pid === null) throw new CollectFault('no daemon runs that would have limits');
    const path = join(roots.proc, String(pid), 'limits');
    const rows = read(path)
      .split('\n')
      .flatMap((line) => {
        const [, name, soft, hard, unit] = /^(\S.*?) {2,}(\S+) +(\S+) *(\S*)\s*$/.exec(line) ?? [];
        return name === undefined || name === 'Limit' ? [] : [[name, { soft, hard, unit: unit || null }] as const];
      });
    return [{ content: jsonText({ pid, limits: Object.fromEntries(rows) }), source: path }];
  }),
};

const cgroup: Collector = {
  path: 'system/cgroup.json',
  class: 'system',
  kind: 'json',
  source: '/proc/PID/cgroup, /sys/fs/cgroup',
  fast: true,
  find: here(async ({ lookups, surroundings: { roots } }) => {
    const pid = await lookups.pid();
    const root = join(roots.sys, 'fs', 'cgroup');
    const self = pid === null ? null : join(roots.proc, String(pid));
    const path = self === null ? ((await lookups.runRecord())?.cgroup ?? null) : groupPath(self);
    const group = self !== null ? Cgroup.of(self, root) : path === null ? null : Cgroup.at(path, root);
    if (group === null) throw new CollectFault('no daemon runs, and none has written down its cgroup');
    const state = {
      pid,
      path,
      memory_version: group.memoryVersion(),
      memory_current_bytes: said(group.memoryCurrent()),
      memory_reclaimable_bytes: said(group.memoryReclaimable()),
      memory_limit_bytes: said(group.memoryLimit()),
      oom_kills: said(group.oomKills()),
      cpu_limit_cores: said(group.cpuLimit()),
      throttled_ms: said(group.throttledMs()),
      pressure_cpu: said(group.pressure('cpu')),
      pressure_memory: said(group.pressure('memory')),
      pressure_io: said(group.pressure('io')),
    };
    return [{ content: jsonText(state) }];
  }),
};

function said<T>(value: Read<T>): T | string {
  if ('value' in value) return value.value;
  return 'none' in value ? 'unlimited' : `unknown: ${value.why}`;
}

/** Settings of the kernel that decide what a proxy can do. */
const settings = [
  'fs/file-max',
  'fs/file-nr',
  'fs/nr_open',
  'kernel/pid_max',
  'net/core/somaxconn',
  'net/core/netdev_max_backlog',
  'net/core/rmem_max',
  'net/core/wmem_max',
  'net/ipv4/ip_local_port_range',
  'net/ipv4/tcp_fin_timeout',
  'net/ipv4/tcp_keepalive_time',
  'net/ipv4/tcp_max_syn_backlog',
  'net/ipv4/tcp_max_tw_buckets',
  'net/ipv4/tcp_mem',
  'net/ipv4/tcp_retries2',
  'net/ipv4/tcp_rmem',
  'net/ipv4/tcp_syncookies',
  'net/ipv4/tcp_tw_reuse',
  'net/ipv4/tcp_wmem',
  'net/ipv6/conf/all/disable_ipv6',
  'net/netfilter/nf_conntrack_count',
  'net/netfilter/nf_conntrack_max',
  'vm/overcommit_memory',
  'vm/swappiness',
] as const;

const kernel: Collector = {
  path: 'system/sysctl.json',
  class: 'system',
  kind: 'json',
  source: '/proc/sys',
  fast: true,
  find: here(async ({ surroundings: { roots } }) => {
    const found = settings.flatMap((name) => {
      try {
        const value = read(join(roots.proc, 'sys', name))
          .trim()
          .replaceAll(/\s+/g, ' ');
        return [[name.replaceAll('/', '.'), value] as const];
      } catch {
        // Not every kernel has every one.
        return [];
      }
    });
    if (found.length === 0) throw new CollectFault(`${join(roots.proc, 'sys')} tells nothing`);
    return [{ content: jsonText(Object.fromEntries(found)) }];
  }),
};

const time: Collector = {
  path: 'system/time.json',
  class: 'system',
  kind: 'json',
  source: 'the clocks of this machine and of the daemon',
  fast: true,
  find: async ({ lookups, surroundings, signal }) => {
    const { clock, roots, local, run } = surroundings;
    const before = clock.wallMs();
    const status = await lookups.ask('status', undefined, undefined, signal).catch(() => null);
    const after = clock.wallMs();
    const synchronized =
      local && systemdRuns(surroundings)
        ? await askTool({ ...surroundings, signal }, 'timedatectl', ['show'], { timeoutMs: 1_000 })
        : null;
    const daemonMs = status === null ? null : Date.parse(status.time);
    return [
      {
        content: jsonText({
          now: rfc3339(clock.wallMs()),
          zone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
          tz_variable: run.environment['TZ'] ?? null,
          uptime_s: local ? numberIn(join(roots.proc, 'uptime')) : null,
          daemon_time: status === null ? null : status.time,
          // Half of the round trip is in doubt.
          daemon_skew_ms: daemonMs === null ? null : Math.round(daemonMs - (before + after) / 2),
          timedatectl: synchronized?.kind === 'ran' ? linesOf(synchronized.stdout) : null,
        }),
      },
    ];
  },
};

const versions: Collector = {
  path: 'system/versions.json',
  class: 'system',
  kind: 'json',
  source: 'this program, its Node, the kernel, the system',
  fast: true,
  find: async ({ lookups, surroundings: { version, roots, local } }) => {
    const status = await lookups.known();
    const { node, openssl, v8, undici, uv } = process.versions;
    const os = local ? linesOf(optionalText('/etc/os-release')) : {};
    return [
      {
        content: jsonText({
          command: { sentinel: version, node, openssl, v8, undici, uv },
          daemon: status === null ? null : { sentinel: status.version, pid: status.pid },
          kernel: local ? release() : null,
          kernel_version: local ? optionalText(join(roots.proc, 'version')).trim() : null,
          system: os['PRETTY_NAME'] ?? null,
          architecture: local ? process.arch : null,
        }),
      },
    ];
  },
};

/** Besides those of our own: what changes how a program behaves, and is no secret. */
const harmless = ['LANG', 'LC_ALL', 'TZ', 'PATH', 'NODE_OPTIONS', 'UV_THREADPOOL_SIZE', 'USER', 'PWD', 'INVOCATION_ID'];

const environment: Collector = {
  path: 'system/environment.json',
  class: 'system',
  kind: 'json',
  source: '/proc/PID/environ, of a list of variables',
  fast: true,
  find: here(async ({ lookups, surroundings: { roots, run } }) => {
    const allowed = new Set(
      [...Object.keys(environmentVariables), ...harmless].filter((name) => !secretVariables.has(name)),
    );
    const pid = await lookups.pid();
    // Empty = this user may not see it.
    const own = pid === null ? [] : Object.entries(environmentOf(pid, roots.proc));
    const kept = (all: readonly (readonly [string, string])[]) => ({
      variables: Object.fromEntries(all.filter(([name]) => allowed.has(name)).toSorted(([a], [b]) => (a < b ? -1 : 1))),
      left_out: all.filter(([name]) => !allowed.has(name)).length,
    });
    const ours = Object.entries(run.environment).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    return [{ content: jsonText({ daemon: own.length === 0 ? null : { pid, ...kept(own) }, command: kept(ours) }) }];
  }),
};

/** Of programs: who has the machine's memory and processors. */
const processes = printed('system/processes.txt', [
  { program: 'ps', args: ['-eo', 'pid,ppid,user,stat,etimes,pcpu,pmem,rss,nlwp,comm', '--sort=-rss'], instead: none },
]);

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

function optionalText(path: string): string {
  try {
    // A pipe in place of a file would be waited for.
    return statSync(path).isFIFO() ? '' : read(path);
  } catch {
    return '';
  }
}

function numberIn(path: string): number | null {
  const number = Number.parseFloat(optionalText(path));
  return Number.isNaN(number) ? null : number;
}

function linesOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1).replaceAll('"', '')] as const];
    }),
  );
}

export const machineCollectors: readonly Collector[] = [
  memory,
  disks,
  sockets,
  limits,
  cgroup,
  kernel,
  time,
  versions,
  environment,
  { ...processes, fast: false },
];
