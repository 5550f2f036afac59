/**
 * The probe of the daemon's process: is it there, whose is it, since when. The daemon's own answer counts first; then what it wrote
 * down, its pid files, and who listens where it should. A process of another daemon is not taken for this one.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { variable } from '../../base/environment.ts';
import { errnoOf } from '../../base/errors.ts';
import { runFolders } from '../../base/run-files.ts';
import { rfc3339 } from '../../base/units.ts';
import type { RunRecord } from '../../history/run-record.ts';
import { groupPath } from '../../machine/cgroup.ts';
import { readText } from '../../machine/kernel-file.ts';
import { listeningSockets, type ProcessFacts, pids, processFacts, socketHolders } from '../../machine/process-table.ts';
import { userName } from '../../machine/users.ts';
import type { ConfigFileState, ProcessState } from '../facts/process.ts';
import { type Probe, type ProbeContext, ProbeFault } from '../probe.ts';
import { systemdState } from './systemd-unit.ts';
import { type Wanted, covers, wantedBy } from './wanted-addresses.ts';
import { writtenRecords } from './written-records.ts';

/** How exactly start times and file times can be compared: clock ticks, rounding of the boot time. */
const SLACK_MS = 2_000;

export const processProbe: Probe<'process'> = {
  name: 'process',
  title: 'process: pid file, /proc, systemd',
  class: 'passive',
  mandatory: true,
  timeoutMs: 8_000,
  find: async (context) => (context.local ? await findHere(context) : await findElsewhere(context)),
};

/** Of another machine only the daemon itself can tell. */
async function findElsewhere({ of, clock }: ProbeContext): Promise<ProcessState> {
  const daemon = await of('daemon');
  if (daemon.state === 'unknown') {
    throw new ProbeFault('the daemon is on another machine and does not answer', daemon.tried);
  }
  const { pid, name, started_at } = daemon.value.status;
  return {
    pid,
    found_by: 'admin',
    name,
    user: null,
    kernel_state: null,
    started_at,
    uptime_ms: Math.max(0, clock.wallMs() - Date.parse(started_at)),
    pid_files: [],
    systemd: null,
  };
}

async function findHere(context: ProbeContext): Promise<ProcessState> {
  const { of, roots, clock } = context;
  const [daemon, config] = await Promise.all([of('daemon'), of('config')]);
  const { run, refused, unread } = writtenRecords(context, config);
  const { proc } = roots;
  const hidden = unread.map(({ source, why }) => `${source}: ${why}`);
  const pidFiles = placesOfPidFile(context, config.state === 'known' ? config.value : null, run).map((path) =>
    pidFileAt(path, proc, hidden),
  );
  const status = daemon.state === 'known' ? daemon.value.status : null;
  const wanted = wantedBy(null, config.state === 'known' ? config.value : null, run);
  const found = firstOf([
    ['admin', () => status?.pid ?? null],
    ['run-record', () => ofRecord(run, proc)],
    ['pid-file', () => pidFiles.find(({ alive }) => alive)?.pid ?? null],
    // One that writes down its runs is found by that: who else listens there is in its way.
    ['process-table', () => (run === null && refused === null ? listener(wanted, proc) : null)],
  ]);
  const leftBehind = pidFiles.some(({ pid }) => pid !== null);
  if (found === null && !leftBehind && hidden.length > 0 && daemonsIn(proc).size > 0) {
    throw new ProbeFault(
      'a daemon runs, and what would tell whether it is this one cannot be read by this user',
      hidden,
    );
  }
  const seen = found === null ? null : processFacts(found.pid, proc);
  // A daemon in a container of its own says a number that is somebody else's here.
  const facts = seen?.name.startsWith('sentinel') === true ? seen : null;
  const cgroup = found === null || facts === null ? null : groupPath(join(proc, String(found.pid)));
  const startedAtMs = facts?.startedAtMs ?? null;
  return {
    pid: found?.pid ?? null,
    found_by: found?.by ?? 'none',
    name: facts?.name ?? (found === null ? null : (status?.name ?? null)),
    user: facts === null ? null : userOf(facts.pid, proc),
    kernel_state: facts?.state ?? null,
    started_at: found === null ? null : startedAtMs === null ? (status?.started_at ?? null) : rfc3339(startedAtMs),
    uptime_ms: startedAtMs === null ? (status?.uptime_ms ?? null) : Math.max(0, clock.wallMs() - startedAtMs),
    pid_files: pidFiles,
    systemd: await systemdState(context, cgroup ?? run?.cgroup ?? null),
  };
}

type Source = Exclude<ProcessState['found_by'], 'none'>;

function firstOf(
  sources: readonly (readonly [Source, () => number | null])[],
): { readonly pid: number; readonly by: Source } | null {
  for (const [by, ask] of sources) {
    const pid = ask();
    if (pid !== null) return { pid, by };
  }
  return null;
}

/** Where a daemon of this configuration puts its pid file. */
function placesOfPidFile(
  { run: { environment, roots, uid } }: ProbeContext,
  config: ConfigFileState | null,
  record: RunRecord | null,
): readonly string[] {
  const own = variable(environment, 'SENTINEL_ADMIN_SOCKET') ?? config?.places.admin_socket ?? null;
  const configured = config?.places.pid_file ?? null;
  const folders = runFolders({ environment, roots, uid });
  const places = [
    ...(typeof record?.pid_file !== 'string' ? [] : [record.pid_file]),
    ...(configured === null ? [] : [configured]),
    // Where it goes if the configured place cannot be written, or none is configured.
    ...folders.map((folder) => (configured === null ? null : join(folder, basename(configured)))),
    ...(configured !== null ? [] : own !== null ? [join(dirname(own), 'sentinel.pid')] : usual(folders, roots.varRun)),
  ];
  return [...new Set(places.filter((place) => place !== null))];
}

function usual(folders: readonly string[], varRun: string): readonly string[] {
  return [join(varRun, 'sentinel.pid'), ...folders.map((folder) => join(folder, 'sentinel.pid'))];
}

/** @param hidden Is told of one that is there and cannot be read. */
function pidFileAt(path: string, proc: string, hidden: string[]): ProcessState['pid_files'][number] {
  try {
    const text = readFileSync(path, 'utf8').trim();
    const pid = /^[1-9]\d*$/.test(text) ? Number(text) : null;
    return { path, pid, alive: pid !== null && isDaemonSince(pid, statSync(path).mtimeMs, proc) };
  } catch (error) {
    const code = errnoOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') hidden.push(`${path}: ${code ?? String(error)}`);
    return { path, pid: null, alive: false };
  }
}

/** The process of the record, unless it has ended or its number belongs to a later one. */
function ofRecord(record: RunRecord | null, proc: string): number | null {
  if (record === null || record.ended !== null) return null;
  const boot = readText(join(proc, 'sys/kernel/random/boot_id'));
  if (record.boot_id !== null && 'value' in boot && boot.value.trim() !== record.boot_id) return null;
  return isDaemonSince(record.pid, Date.parse(record.started_at), proc) ? record.pid : null;
}

/** Whether this process lives, is a daemon of ours by its title, and was there at that time already. */
function isDaemonSince(pid: number, ms: number, proc: string): boolean {
  const facts = processFacts(pid, proc);
  return isDaemon(facts) && facts.startedAtMs <= ms + SLACK_MS;
}

function isDaemon(facts: ProcessFacts | null): facts is ProcessFacts {
  return facts !== null && !facts.zombie && facts.name.startsWith('sentinel');
}

/** All by their titles, of whatever configuration. */
function daemonsIn(proc: string): ReadonlySet<number> {
  return new Set(pids(proc).filter((pid) => isDaemon(processFacts(pid, proc))));
}

/** A daemon by its title that listens wherever this one would: a title, or one address, may be those of another daemon. */
function listener(wanted: readonly Wanted[], proc: string): number | null {
  const daemons = daemonsIn(proc);
  if (daemons.size === 0 || wanted.length === 0) return null;
  const table = listeningSockets(proc);
  const places = wanted.map((one) => table.filter((socket) => covers(socket, one)).map(({ inode }) => inode));
  const holders = socketHolders(places.flat(), proc).filter(({ pid }) => daemons.has(pid));
  const everywhere = holders.find(({ inodes }) => places.every((place) => place.some((inode) => inodes.has(inode))));
  return everywhere?.pid ?? null;
}

function userOf(pid: number, proc: string): string | null {
  const status = readText(join(proc, String(pid), 'status'));
  const uid = 'value' in status ? /^Uid:\s+\d+\s+(\d+)/m.exec(status.value)?.[1] : undefined;
  return uid === undefined ? null : userName(Number(uid));
}
