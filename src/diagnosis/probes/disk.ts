/**
 * The probe of the disks below everything that the daemon writes: room, inodes, read-only mounts. Writes a file only where intrusive
 * probes may run. A dead file server does not hold it up: each place has its own time, and those that may hang are asked by a program
 * that can be ended.
 */
import { access, constants, open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { errnoOf } from '../../base/errors.ts';
import { adminSocketCandidates } from '../../base/run-files.ts';
import { stateFolders } from '../../base/state-folder.ts';
import { readText } from '../../machine/kernel-file.ts';
import type { DiskState } from '../facts/machine.ts';
import { type Probe, type ProbeContext, ProbeFault } from '../probe.ts';
import { askTool, toolFailure } from '../tool-call.ts';
import { type Mount, mayHang, mountOf, parseMounts } from './mounts.ts';
import { configFile, configuredStateDir, demandHere, instanceOf, lastRun } from './subject.ts';

/** Most that one place may take. */
const placeMs = 2_000;
/** Of a table of mounts; one that is longer is of a machine that has other problems. */
const deepest = 64;

type Place = DiskState['places'][number];
type Wanted = Pick<Place, 'path' | 'what'>;

export const diskProbe: Probe<'disk'> = {
  name: 'disk',
  title: 'disks: room, inodes and mounts below state, logs, configuration and run-time files',
  class: 'passive',
  mandatory: false,
  timeoutMs: 5_000,
  async find(context): Promise<DiskState> {
    demandHere(context);
    const wanted = await placesOf(context);
    const table = readText(join(context.roots.proc, 'self', 'mountinfo'));
    const mounts = 'value' in table ? parseMounts(table.value) : [];
    const found = await Promise.all(wanted.map((place) => readPlace(place, mounts, context)));
    const places = found.filter((place) => 'total_bytes' in place);
    const unread = found.filter((place) => 'why' in place);
    if (places.length === 0) {
      const why = unread[0]?.why ?? 'there is no place to look at';
      throw new ProbeFault(
        why,
        wanted.map(({ path }) => `statfs ${path}`),
      );
    }
    return { places, unread };
  },
};

/** Each folder once; where several lie in one, the one that the daemon needs first. */
async function placesOf(context: ProbeContext): Promise<readonly Wanted[]> {
  const { run, directory, of } = context;
  const [config, record, path, stateDir, instance] = await Promise.all([
    of('config'),
    lastRun(context),
    configFile(context),
    configuredStateDir(context),
    instanceOf(context),
  ]);
  const configured = config.state === 'known' ? config.value.places : null;
  const base = path === null ? directory : dirname(path);
  const logs = [...(configured?.log_files ?? []), ...(record?.log_files ?? [])];
  const socket = record?.admin_socket ?? configured?.admin_socket ?? adminSocketCandidates(run)[0];
  const wanted: Wanted[] = [
    { path: instance ?? stateFolders(run, stateDir)[0] ?? '', what: 'state' },
    ...logs.map((file): Wanted => ({ path: dirname(resolve(base, file)), what: 'log' })),
    ...(path === null ? [] : [{ path: dirname(path), what: 'config' } as const]),
    ...(socket === undefined ? [] : [{ path: dirname(resolve(base, socket)), what: 'run' } as const]),
    { path: run.roots.tmp, what: 'tmp' },
  ];
  const first = new Map<string, Wanted>();
  for (const place of wanted) {
    const key = `${place.what === 'log' ? 'log' : ''} ${place.path}`;
    if (place.path !== '' && !first.has(key)) first.set(key, place);
  }
  return [...first.values()];
}

type Unread = DiskState['unread'][number];

async function readPlace(wanted: Wanted, mounts: readonly Mount[], context: ProbeContext): Promise<Place | Unread> {
  const unread = (why: string): Unread => ({ ...wanted, why });
  try {
    const late = unread(`it did not answer within ${placeMs} ms`);
    return await within(placeMs, context.clock, statPlace(wanted, mounts, context), late);
  } catch (error) {
    return unread(errnoOf(error) ?? String(error));
  }
}

/** Of the folder, or of the nearest one above it that is there: where it would be made. @throws the system error */
async function statPlace(wanted: Wanted, mounts: readonly Mount[], context: ProbeContext): Promise<Place> {
  const named = mountOf(mounts, wanted.path);
  if (named !== null && mayHang(named)) return placeFrom(wanted, named, await statByTool(wanted.path, context), null);
  const there = await nearest(wanted.path);
  const { blocks, bavail, bsize, files, ffree } = await statfs(there);
  const room = { total: blocks * bsize, free: bavail * bsize, inodes: files, inodesFree: ffree };
  const readOnly = named?.readOnly === true || (await refusesAsReadOnly(there));
  const writable = context.allowed.has('intrusive') && there === wanted.path ? await canWrite(there) : null;
  return { ...placeFrom(wanted, named, room, writable), read_only: readOnly };
}

interface Room {
  readonly total: number;
  /** What users without privileges may still fill. */
  readonly free: number;
  /** 0 where the file system does not count them. */
  readonly inodes: number;
  readonly inodesFree: number;
}

function placeFrom(
  { path, what }: Wanted,
  mount: Mount | null,
  { total, free, inodes, inodesFree }: Room,
  writable: boolean | null,
): Place {
  return {
    path,
    what,
    mount: mount?.point ?? null,
    total_bytes: total,
    free_bytes: free,
    used_ratio: total === 0 ? 0 : ratio(1 - free / total),
    inodes_used_ratio: inodes === 0 ? null : ratio(1 - inodesFree / inodes),
    read_only: mount?.readOnly ?? false,
    writable,
  };
}

async function nearest(path: string): Promise<string> {
  let at = path;
  for (let step = 0; step < deepest; step++) {
    try {
      await stat(at);
      return at;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || dirname(at) === at) throw error;
      at = dirname(at);
    }
  }
  return at;
}

/** `access` tells a read-only file system apart from a folder that is not ours. */
async function refusesAsReadOnly(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return false;
  } catch (error) {
    return errnoOf(error) === 'EROFS';
  }
}

/** Null where it is this user who may not, of which the disk knows nothing. */
async function canWrite(folder: string): Promise<boolean | null> {
  const path = join(folder, `.sentinel-diagnose-${process.pid}`);
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.write('room?');
      await file.datasync();
      return true;
    } finally {
      await file.close();
      await rm(path, { force: true });
    }
  } catch (error) {
    const code = errnoOf(error);
    return code === 'EACCES' || code === 'EPERM' || code === 'EEXIST' ? null : false;
  }
}

/** @throws an error that says why not */
async function statByTool(path: string, context: ProbeContext): Promise<Room> {
  // Block size, blocks, free for users, inodes, free inodes.
  const result = await askTool(context, 'stat', ['-f', '-c', '%S %b %a %c %d', '--', path], {
    timeoutMs: placeMs - 100,
  });
  const failure = toolFailure(result);
  const numbers = result.kind === 'ran' ? /^(\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(result.stdout)?.slice(1) : undefined;
  if (failure !== null || numbers === undefined) throw new Error(`stat -f ${path}: ${failure ?? 'not understood'}`);
  const [size, blocks, free, inodes, inodesFree] = numbers.map(Number) as [number, number, number, number, number];
  return { total: blocks * size, free: free * size, inodes, inodesFree };
}

async function within<T, L>(ms: number, clock: Clock, work: Promise<T>, late: L): Promise<T | L> {
  const over = Promise.withResolvers<L>();
  const limit = clock.after(ms, () => over.resolve(late));
  // What comes too late, a failure too, is of no interest any more.
  work.catch(() => {});
  try {
    return await Promise.race([work, over.promise]);
  } finally {
    limit.stop();
  }
}

function ratio(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;
}
