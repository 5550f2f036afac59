/**
 * The cgroup of a process: what it may have and what it uses. Knows both versions of the interface, and machines that have
 * some controllers in one and some in the other. A limit counts wherever above it stands: the smallest is in force.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  field,
  mapRead,
  parsePressure,
  type PressureState,
  type Read,
  type Resource,
  readText,
} from './kernel-file.ts';

/** Version 1 writes "no limit" as the greatest number of pages; nothing real is near it. */
const UNLIMITED = 2 ** 62;

interface Place {
  readonly mount: string;
  /** The folder of the group, at or below `mount`. */
  readonly folder: string;
}

export class Cgroup {
  readonly #unified: Place | null;
  readonly #memory: Place | null;
  readonly #cpu: Place | null;

  private constructor(unified: Place | null, memory: Place | null, cpu: Place | null) {
    this.#unified = unified;
    this.#memory = memory;
    this.#cpu = cpu;
  }

  /** @param self `/proc/self`, `/proc/812`; @param root `/sys/fs/cgroup` */
  static of(self: string, root: string): Cgroup {
    const read = readText(join(self, 'cgroup'));
    const lines = 'value' in read ? read.value.split('\n') : [];
    const pathOf = (matches: (controllers: string) => boolean): string | null => {
      for (const line of lines) {
        const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
        if (path !== '' && matches(controllers)) return path;
      }
      return null;
    };
    const unified = pathOf((controllers) => controllers === '');
    const first = (name: string) =>
      place(
        join(root, name),
        pathOf((controllers) => controllers.split(',').includes(name)),
      );
    return new Cgroup(place(unifiedMount(root), unified), first('memory'), first('cpu'));
  }

  /**
   * A group by its name, of which no process need be left. What is not there any more is in no place.
   * @param path As `groupPath` gives it; @param root `/sys/fs/cgroup`
   */
  static at(path: string, root: string): Cgroup {
    const there = (mount: string): Place | null => {
      const folder = join(mount, path);
      return existsSync(folder) ? { mount, folder } : null;
    };
    return new Cgroup(there(unifiedMount(root)), there(join(root, 'memory')), there(join(root, 'cpu')));
  }

  /** Which version of the interface bounds memory here; null = none that can be seen. */
  memoryVersion(): 1 | 2 | null {
    if (this.#memory !== null) return 1;
    return this.#unified === null ? null : 2;
  }

  memoryCurrent(): Read<number> {
    if (this.#memory !== null) return field(join(this.#memory.folder, 'memory.usage_in_bytes'), /^(\d+)/);
    return this.#inUnified((folder) => field(join(folder, 'memory.current'), /^(\d+)/));
  }

  /** File pages that nobody has used lately: counted as used, and given back before anybody is killed. */
  memoryReclaimable(): Read<number> {
    if (this.#memory !== null) return field(join(this.#memory.folder, 'memory.stat'), /^total_inactive_file (\d+)/m);
    return this.#inUnified((folder) => field(join(folder, 'memory.stat'), /^inactive_file (\d+)/m));
  }

  memoryLimit(): Read<number> {
    if (this.#memory !== null) return smallest(this.#memory, 'memory.limit_in_bytes', bytesOf);
    return this.#limit('memory.max', bytesOf);
  }

  oomKills(): Read<number> {
    if (this.#memory !== null) return field(join(this.#memory.folder, 'memory.oom_control'), /^oom_kill (\d+)/m);
    return this.#inUnified((folder) => field(join(folder, 'memory.events'), /^oom_kill (\d+)/m));
  }

  /** Processors' worth of time. */
  cpuLimit(): Read<number> {
    if (this.#cpu === null) return this.#limit('cpu.max', coresOf);
    return smallest(this.#cpu, 'cpu.cfs_quota_us', (text, folder) => {
      const quota = Number(text);
      if (quota < 0) return { none: true };
      return mapRead(field(join(folder, 'cpu.cfs_period_us'), /^(\d+)/), (period) => ({ value: quota / period }));
    });
  }

  throttledMs(): Read<number> {
    if (this.#cpu !== null) {
      const read = field(join(this.#cpu.folder, 'cpu.stat'), /^throttled_time (\d+)/m);
      return mapRead(read, (nanoseconds) => ({ value: nanoseconds / 1e6 }));
    }
    const inGroup = (folder: string) => field(join(folder, 'cpu.stat'), /^throttled_usec (\d+)/m);
    return mapRead(this.#inUnified(inGroup), (microseconds) => ({ value: microseconds / 1000 }));
  }

  pressure(what: Resource): Read<PressureState> {
    return this.#inUnified((folder) => mapRead(readText(join(folder, `${what}.pressure`)), parsePressure));
  }

  #inUnified<T>(read: (folder: string) => Read<T>): Read<T> {
    return this.#unified === null
      ? { why: 'the process is in no cgroup that can be seen' }
      : read(this.#unified.folder);
  }

  #limit(name: string, parse: ParseLimit): Read<number> {
    if (this.#unified === null) return { why: 'the process is in no cgroup that can be seen' };
    return smallest(this.#unified, name, parse);
  }
}

/**
 * The name of the group that a process is in: that of the memory controller of version 1 where there is one, else that of
 * version 2; null when it cannot be read.
 * @param self `/proc/self`, `/proc/812`
 */
export function groupPath(self: string): string | null {
  const read = readText(join(self, 'cgroup'));
  const text = 'value' in read ? read.value : '';
  return /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(text)?.[1] ?? /^0::(.*)$/m.exec(text)?.[1] ?? null;
}

/** Where version 2 stands beside version 1 it has a folder of its own, and mostly no controllers. */
function unifiedMount(root: string): string {
  return existsSync(join(root, 'cgroup.controllers')) ? root : join(root, 'unified');
}

type ParseLimit = (text: string, folder: string) => Read<number>;

const bytesOf: ParseLimit = (text) => {
  const bytes = Number(text);
  return text === 'max' || bytes >= UNLIMITED ? { none: true } : { value: bytes };
};

const coresOf: ParseLimit = (text) => {
  const [quota, period] = text.split(' ');
  return quota === 'max' ? { none: true } : { value: Number(quota) / Number(period) };
};

/** The folder of a group: inside a container its path may be one of the world outside, and its files lie at the mount. */
function place(mount: string, path: string | null): Place | null {
  if (path === null || !existsSync(mount)) return null;
  const folder = join(mount, path);
  return { mount, folder: existsSync(folder) ? folder : mount };
}

/** The smallest of the limits from the group up to the mount. The uppermost group has no files of limits: it has none. */
function smallest({ mount, folder }: Place, name: string, parse: ParseLimit): Read<number> {
  let found: Read<number> | null = null;
  for (let at = folder; at.length >= mount.length; at = dirname(at)) {
    const text = readText(join(at, name));
    const read = mapRead(text, (value) => parse(value.trim(), at));
    if ('value' in read && (found === null || !('value' in found) || read.value < found.value)) found = read;
    else if (found === null && 'none' in read) found = read;
    if (at === mount) break;
  }
  if (found !== null) return found;
  // Readable, but not under a limit of this kind: the controller is not in force here.
  return existsSync(folder) ? { none: true } : { why: `${folder}: ENOENT` };
}
