/** Faults after which no daemon runs. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../helpers/eventually.ts';
import type { Fault } from '../fault.ts';
import { memoryGroup } from '../groups.ts';
import { holdConnections, type Scene } from '../scene.ts';

const service = `
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200; body "hello" } }
`;

/** A file that is refused, and the daemon that refuses it. */
function refused(text: string): Fault {
  return async (scene) => {
    scene.write(scene.config(text));
    await scene.start({ unready: true });
    await scene.ended();
  };
}

const running = async (scene: Scene, text = service): Promise<void> => {
  scene.write(scene.config(text));
  await scene.start();
};

/** Another process, called `nginx`, that listens there. */
async function squat(scene: Scene, port: number): Promise<void> {
  const child = spawn(
    process.execPath,
    ['-e', `process.title='nginx';require('net').createServer().listen(${port},'127.0.0.1',()=>console.log('up'))`],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  scene.after(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (said += text));
  await eventually(() => said.includes('up'));
}

export const crashes = {
  'never-started': async (scene) => scene.write(scene.config(service)),
  'kill-9': async (scene) => {
    await running(scene);
    await scene.kill('SIGKILL');
  },
  'kill-9-under-load': async (scene) => {
    await running(scene);
    const load = scene.load();
    await scene.sent(load, 100);
    await scene.kill('SIGKILL');
  },
  'kill-abrt': async (scene) => {
    await running(scene);
    await scene.kill('SIGABRT');
  },
  'start-syntax-error': refused(`${service}\nroute "open" {`),
  'start-unknown-key': refused(`${service}\nlimits { max-conections 5 }`),
  'config-broken-then-killed': async (scene) => {
    await running(scene);
    scene.write(`${scene.read()}\nlimits { max-conections 5 }`);
    await scene.kill('SIGKILL');
  },
  'port-taken': async (scene) => {
    await squat(scene, scene.port);
    await refused(service)(scene);
  },
  'metrics-port-taken': async (scene) => {
    await squat(scene, scene.metricsPort);
    await refused(service)(scene);
  },
  'disk-full': async (scene) => {
    const disk = join(scene.folder, 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk]);
    if (mounted.status !== 0) return { impossible: 'this user may not mount a small disk' };
    scene.after(() => void spawnSync('umount', ['-l', disk]));
    const observability = `logging { file "${join(disk, 'sentinel.log')}" }`;
    const text = scene.config(service, { observability }).replace(scene.state, join(disk, 'state'));
    scene.write(text);
    await scene.start();
    spawnSync('sh', ['-c', `cat /dev/zero > ${join(disk, 'core.dump')}`]);
    await scene.kill('SIGKILL');
  },
  'start-key-mismatch': async (scene) => {
    const authority = scene.authority();
    const one = authority.issue();
    const other = authority.issue();
    scene.write(scene.config(service, tls(one.certFile, other.keyFile)));
    await scene.start({ unready: true });
    await scene.ended();
  },
  'start-certificate-missing': async (scene) => {
    const { certFile, keyFile } = scene.authority().issue();
    rmSync(certFile);
    scene.write(scene.config(service, tls(certFile, keyFile)));
    await scene.start({ unready: true });
    await scene.ended();
  },
  'start-not-readable': async (scene) => {
    if (process.getuid?.() !== 0) return { impossible: 'only root can become another user' };
    scene.write(scene.config(service));
    chmodSync(scene.configFile, 0o600);
    chmodSync(scene.folder, 0o755);
    spawnSync('chown', ['nobody', scene.state]);
    await scene.start({ unready: true, through: ['setpriv', '--reuid', 'nobody', '--clear-groups'] });
    await scene.ended();
  },
  'oom-kernel-log': async (scene) => {
    await running(scene);
    const { pid } = scene.daemon as { pid: number };
    await scene.kill('SIGKILL');
    const at = Math.floor(Number(spawnSync('cut', ['-d.', '-f1', '/proc/uptime'], { encoding: 'utf8' }).stdout));
    const line = (text: string): string => `[${at}.100000] ${text}`;
    scene.tool(
      'dmesg',
      [
        line(
          `sentinel invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0`,
        ),
        line(
          `Out of memory: Killed process ${pid} (sentinel) total-vm:11987654kB, anon-rss:1998012kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:5000kB oom_score_adj:0`,
        ),
      ].join('\n'),
    );
    scene.tool('journalctl', '', 1);
  },
  'oom-cgroup': async (scene) => {
    const group = memoryGroup(scene);
    if (group === null) return { impossible: 'this user may not make a memory cgroup' };
    scene.write(scene.config(service));
    // The daemon notes at its start how many kills its group has counted: it has to be in the group then.
    await scene.start({ through: ['sh', '-c', `echo $$ > ${join(group, 'cgroup.procs')}; exec "$@"`, 'sh'] });
    const used = Number(readFileSync(join(group, 'memory.usage_in_bytes'), 'utf8'));
    writeFileSync(join(group, 'memory.limit_in_bytes'), String(used + (1 << 20)));
    for (let round = 0; round < 40 && scene.daemon?.signalCode === null; round++) {
      await holdConnections(scene, scene.port, 200);
    }
    await scene.ended();
  },
  stopped: async (scene) => {
    await running(scene);
    await scene.kill('SIGTERM');
  },
  rebooted: async (scene) => {
    await running(scene);
    await scene.kill('SIGKILL');
    const record = findRecord(scene);
    spawnSync('sed', ['-i', 's/"boot_id": *"[^"]*"/"boot_id": "00000000-0000-4000-8000-000000000000"/', record]);
  },
  'crash-loop': async (scene) => {
    const burden = join(scene.folder, 'burden');
    scene.write(scene.config(service));
    await scene.start({ burdened: true, environment: { SENTINEL_TEST_BURDEN: burden } });
    writeFileSync(burden, 'exit');
    await eventually(() => scene.daemon?.exitCode !== null, 40_000);
  },
  'killed-and-port-taken': async (scene) => {
    await running(scene);
    await scene.kill('SIGKILL');
    await squat(scene, scene.port);
  },
} satisfies Record<string, Fault>;

function tls(certFile: string, keyFile: string): { listener: string } {
  return { listener: `protocol "https"; tls { cert-file "${certFile}"; key-file "${keyFile}" }` };
}

function findRecord(scene: Scene): string {
  const found = spawnSync('find', [scene.state, '-name', 'run-record.json'], { encoding: 'utf8' }).stdout.trim();
  if (found === '') throw new Error('no run record');
  return found;
}
