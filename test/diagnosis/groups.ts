/** Control groups of version 1 for a scene, where this user may make some. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { eventually } from '../helpers/eventually.ts';
import type { Scene } from './scene.ts';

/** Null where none can be made. Whoever is put in is ended before the group goes: start the daemon after this. */
export function memoryGroup(scene: Scene): string | null {
  return group(scene, 'memory', 'memory.limit_in_bytes');
}

export function processorGroup(scene: Scene): string | null {
  return group(scene, 'cpu', 'cpu.cfs_quota_us');
}

let made = 0;

function group(scene: Scene, controller: string, file: string): string | null {
  const folder = `/sys/fs/cgroup/${controller}/sentinel-diagnosis-${process.pid}-${++made}`;
  try {
    if (!existsSync(`/sys/fs/cgroup/${controller}/${file}`)) return null;
    mkdirSync(folder);
  } catch {
    return null;
  }
  scene.after(async () => {
    await eventually(() => spawnSync('rmdir', [folder]).status === 0);
  });
  return folder;
}
