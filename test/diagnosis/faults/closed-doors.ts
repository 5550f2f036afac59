/** Faults with which a daemon runs and clients do not get in, or its health path does not answer. */
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { eventually } from '../../helpers/eventually.ts';
import type { Fault } from '../fault.ts';
import { ask, freePort, holdConnections, type Scene } from '../scene.ts';

const service = `
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200; body "hello" } }
`;

async function burdened(scene: Scene, word: string, workers: number): Promise<void> {
  const burden = join(scene.folder, 'burden');
  scene.write(scene.config(service));
  await scene.start({ burdened: true, workers, environment: { SENTINEL_TEST_BURDEN: burden } });
  writeFileSync(burden, word);
}

export const closedDoors = {
  'only-worker-stuck': async (scene) => {
    await burdened(scene, 'spin', 1);
    await eventually(async () => (await ask({ port: scene.port, path: '/health', timeoutMs: 500 })) === 0);
  },
  'one-of-two-workers-stuck': async (scene) => {
    await burdened(scene, 'spin:0', 2);
    await eventually(async () => (await ask({ port: scene.port, path: '/health', timeoutMs: 500 })) === 0);
  },
  'process-frozen': async (scene) => {
    scene.write(scene.config(service));
    const child = await scene.start();
    child.kill('SIGSTOP');
  },
  'health-path-overridden': async (scene) => {
    const target = await scene.target((_, response) => {
      response.statusCode = 500;
      response.end('broken');
    });
    scene.write(
      scene.config(`${service}
route "theirs" { priority "critical"; matches { path "/health" }; upstream "app" }
upstream "app" { target "${target.address}" }`),
    );
    await scene.start();
  },
  'shutting-down': async (scene) => {
    const target = await scene.target((_, response) => void response.write('more to come'));
    scene.write(scene.config(`route "all" { upstream "app" }\nupstream "app" { target "${target.address}" }`));
    const child = await scene.start();
    const long = request({ host: '127.0.0.1', port: scene.port, path: '/' }).end();
    long.on('error', () => undefined);
    await new Promise((resolve) => void long.once('response', resolve));
    child.kill('SIGTERM');
    await eventually(async () => (await ask({ port: scene.port, path: '/health', timeoutMs: 500 })) === 0);
  },
  'listening-elsewhere': async (scene) => {
    scene.write(scene.config(service));
    await scene.start();
    scene.write(scene.read().replace(`127.0.0.1:${scene.port}`, `127.0.0.1:${await freePort()}`));
  },
  'loopback-only': async (scene) => {
    scene.write(scene.config(service));
    await scene.start();
    return { args: ['--symptom', 'connection-refused'] };
  },
  'connection-limit': async (scene) => {
    scene.write(scene.config(`${service}\nlimits { max-total-connections 20 }`));
    await scene.start();
    await holdConnections(scene, scene.port, 20);
  },
  'descriptor-limit': async (scene) => {
    scene.write(scene.config(service));
    await scene.start({ openFiles: 256 });
    await holdConnections(scene, scene.port, 400);
  },
  'accept-queue': async (scene) => {
    scene.write(scene.config(service));
    await scene.start();
    return {
      record: ({ sections: { ports, endpoints } }) => {
        const value = ports?.value as unknown as { wanted: { accept_queue: unknown }[]; listen_overflows: unknown };
        for (const one of value.wanted.slice(0, 1)) one.accept_queue = { waiting: 513, most: 511 };
        value.listen_overflows = { total: 48_211, during_probe: 37 };
        const asked = endpoints?.value as unknown as { listeners: { health: Record<string, unknown> }[] };
        for (const { health } of asked.listeners) {
          health['timed_out'] = Math.ceil((health['asked'] as number) / 2);
          health['good'] = (health['asked'] as number) - (health['timed_out'] as number);
          health['why'] = 'no connection within 1500 ms';
        }
      },
    };
  },
  firewall: async (scene) => {
    scene.write(scene.config(service));
    await scene.start();
    const rules = `table inet filter {
	chain input {
		type filter hook input priority filter; policy accept;
		iifname "lo" accept
		tcp dport ${scene.port} drop
	}
}`;
    scene.tool('nft', rules);
    scene.tool('iptables-save', '');
    scene.tool('ip6tables-save', '');
    return { args: ['--symptom', 'connection-refused'] };
  },
} satisfies Record<string, Fault>;
