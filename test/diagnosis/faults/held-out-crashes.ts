/** Held-out faults after which no daemon runs, or which look as if none did. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../fault.ts';
import { Scene } from '../scene.ts';

export const service = `
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200; body "hello" } }
`;

async function refused(scene: Scene, text: string): Promise<void> {
  scene.write(text);
  await scene.start({ unready: true });
  await scene.ended();
}

export async function running(scene: Scene, text = service): Promise<void> {
  scene.write(scene.config(text));
  await scene.start();
}

/** A second scene whose end is tied to the first. */
export async function another(scene: Scene): Promise<Scene> {
  const other = await new Scene().open();
  scene.after(() => other.end());
  return other;
}

export const heldOutCrashes = {
  'second-port-taken': async (scene) => {
    const { port } = await scene.rawTarget(() => undefined);
    await refused(scene, scene.config(`${service}\nlistener "second" { address "127.0.0.1:${port}" }`));
  },
  'start-include-broken': async (scene) => {
    writeFileSync(join(scene.folder, 'routes.kdl'), 'route "all" { upstraem "fixed" }');
    const text = 'include "routes.kdl"\nupstream "fixed" { static { status 200; body "hello" } }';
    await refused(scene, scene.config(text));
  },
  'start-secret-missing': async (scene) => {
    const text = `${service}\nupstream "extra" { target "\${API_TARGET_OF_TEST}" }`;
    await refused(scene, scene.config(text));
  },
  'log-folder-missing': async (scene) => {
    const file = join(scene.folder, 'no-such-folder', 'sentinel.log');
    await refused(scene, scene.config(service, { observability: `logging { file "${file}" }` }));
  },
  'state-not-writable': async (scene) => {
    if (process.getuid?.() !== 0) return { impossible: 'only root can become another user' };
    chmodSync(scene.folder, 0o777);
    mkdirSync(join(scene.folder, 'locked'), { mode: 0o755 });
    const text = scene.config(service).replace(scene.state, join(scene.folder, 'locked', 'state'));
    scene.write(text);
    await scene.start({ through: ['setpriv', '--reuid', 'nobody', '--clear-groups'] });
  },
  'stale-pid-reused': async (scene) => {
    await running(scene);
    await scene.kill('SIGKILL');
    const child = spawn('sleep', ['600']);
    scene.after(() => void child.kill('SIGKILL'));
    writeFileSync(join(scene.folder, 'sentinel.pid'), `${child.pid}\n`);
  },
  'one-of-two-daemons-killed': async (scene) => {
    const other = await another(scene);
    await running(other);
    await running(scene);
    await scene.kill('SIGKILL');
  },
  'killed-without-pid-file': async (scene) => {
    await running(scene);
    await scene.kill('SIGKILL');
    rmSync(join(scene.folder, 'sentinel.pid'), { force: true });
    rmSync(join(scene.folder, 'admin.sock'), { force: true });
  },
  'disk-full-while-running': async (scene) => {
    const disk = join(scene.folder, 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk]);
    if (mounted.status !== 0) return { impossible: 'this user may not mount a small disk' };
    scene.after(() => void spawnSync('umount', ['-l', disk]));
    const observability = `logging { file "${join(disk, 'sentinel.log')}" }`;
    scene.write(scene.config(service, { observability }).replace(scene.state, join(disk, 'state')));
    await scene.start();
    await scene.sent(scene.load(), 50);
    spawnSync('sh', ['-c', `cat /dev/zero > ${join(disk, 'core.dump')}`]);
    await scene.sent(scene.load(), 50);
  },
  'include-broken': async (scene) => {
    const file = join(scene.folder, 'routes.kdl');
    writeFileSync(file, service);
    await running(scene, 'include "routes.kdl"');
    await scene.sent(scene.load(), 50);
    writeFileSync(file, `${service}\nroute "open" {`);
  },
  'admin-not-permitted': async (scene) => {
    if (process.getuid?.() !== 0) return { impossible: 'only root can become another user' };
    await running(scene);
    chmodSync(scene.folder, 0o755);
    await scene.sent(scene.load(), 50);
    return { through: ['setpriv', '--reuid', 'nobody', '--clear-groups'] };
  },
} satisfies Record<string, Fault>;
