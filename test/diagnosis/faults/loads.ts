/** Attacks, slowness, and days on which nothing is wrong. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../fault.ts';
import type { LoadOptions, Scene } from '../scene.ts';
import { memoryGroup, processorGroup } from '../groups.ts';

/** One route to one upstream of these targets, under load until so many requests have come back. */
async function serving(
  scene: Scene,
  addresses: readonly string[],
  {
    extra = '',
    policies = '',
    load = {},
    requests = 200,
  }: { extra?: string; policies?: string; load?: LoadOptions; requests?: number } = {},
): Promise<void> {
  const targets = addresses.map((address) => `target "${address}"`).join('; ');
  scene.write(
    scene.config(`route "api" { upstream "api"; policies { ${policies} } }
upstream "api" { ${targets}; health-check { type "http" { path "/health" }; interval-secs 2; timeout-secs 2 } }
${extra}`),
  );
  await scene.start();
  await scene.sent(scene.load(load), requests);
}

async function late(scene: Scene, ms: number): Promise<string> {
  const target = await scene.target((request, response) => {
    request.resume();
    setTimeout(() => response.end('late'), request.url === '/health' ? 0 : ms);
  });
  return target.address;
}

const good = async (scene: Scene): Promise<string> => (await scene.target()).address;

export const loads = {
  'attack-from-one': async (scene) => {
    await serving(scene, [await good(scene)], {
      policies: 'rate-limit { requests-per-second 40; burst 40; key "client_ip" }',
      load: { clients: 8, pauseMs: 200, localAddress: turns(1, 8) },
      requests: 60,
    });
    const flood = scene.load({ clients: 16, pauseMs: 0, localAddress: () => '127.9.9.9', path: '/login' });
    await scene.sent(flood, 3000);
  },
  'attack-from-many': async (scene) => {
    await serving(scene, [await good(scene)], {
      extra: 'limits { max-requests-per-second-global 200 }',
      load: { clients: 4, pauseMs: 100, localAddress: turns(1, 4) },
      requests: 100,
    });
    let n = 0;
    const flood = scene.load({
      clients: 32,
      pauseMs: 0,
      localAddress: () => `127.${20 + (++n % 40)}.${(n >> 6) % 250}.${1 + (n % 250)}`,
      paths: () => `/${(n * 7919).toString(36)}/${n}`,
    });
    await scene.sent(flood, 5000);
  },
  'upstream-slow': async (scene) => {
    await serving(scene, [await late(scene, 1500)], { load: { clients: 20 }, requests: 80 });
  },
  'one-target-slow': async (scene) => {
    await serving(scene, [await good(scene), await late(scene, 2000)], { load: { clients: 20 }, requests: 100 });
  },
  'proxy-cpu-bound': async (scene) => {
    const burden = join(scene.folder, 'burden');
    const address = await good(scene);
    scene.write(scene.config(`route "api" { upstream "api" }\nupstream "api" { target "${address}" }`));
    await scene.start({ burdened: true, environment: { SENTINEL_TEST_BURDEN: burden } });
    writeFileSync(burden, 'compute');
    await scene.sent(scene.load({ clients: 20 }), 40);
  },
  'cpu-throttled': async (scene) => {
    const group = processorGroup(scene);
    if (group === null) return { impossible: 'this user may not make a cgroup of processor time' };
    const address = await good(scene);
    scene.write(scene.config(`route "api" { upstream "api" }\nupstream "api" { target "${address}" }`));
    await scene.start({ through: ['sh', '-c', `echo $$ > ${join(group, 'cgroup.procs')}; exec "$@"`, 'sh'] });
    writeFileSync(join(group, 'cpu.cfs_period_us'), '100000');
    writeFileSync(join(group, 'cpu.cfs_quota_us'), '8000');
    await scene.sent(scene.load({ clients: 20, pauseMs: 0 }), 100);
  },
  'memory-high': async (scene) => {
    const group = memoryGroup(scene);
    if (group === null) return { impossible: 'this user may not make a memory cgroup' };
    const address = await good(scene);
    scene.write(scene.config(`route "api" { upstream "api" }\nupstream "api" { target "${address}" }`));
    await scene.start({ through: ['sh', '-c', `echo $$ > ${join(group, 'cgroup.procs')}; exec "$@"`, 'sh'] });
    const used = Number(readFileSync(join(group, 'memory.usage_in_bytes'), 'utf8'));
    writeFileSync(join(group, 'memory.limit_in_bytes'), String(Math.round(used / 0.9)));
  },

  idle: async (scene) => {
    scene.write(scene.config(`route "api" { upstream "api" }\nupstream "api" { target "${await good(scene)}" }`));
    await scene.start();
  },
  busy: async (scene) => {
    await serving(scene, [await good(scene), await good(scene)], {
      load: { clients: 32, pauseMs: 1, localAddress: turns(1, 32) },
      requests: 3000,
    });
  },
  'few-errors': async (scene) => {
    let asked = 0;
    const target = await scene.target((request, response) => {
      request.resume();
      response.statusCode = ++asked % 500 === 0 ? 500 : 200;
      response.end();
    });
    await serving(scene, [target.address], { load: { clients: 16, pauseMs: 1 }, requests: 2000 });
  },
  'scanner-404': async (scene) => {
    const target = await scene.target((request, response) => {
      request.resume();
      response.statusCode = request.url?.startsWith('/wp-') === true ? 404 : 200;
      response.end();
    });
    let n = 0;
    await serving(scene, [target.address], { load: { clients: 8, localAddress: turns(1, 8) }, requests: 400 });
    const scan = scene.load({ clients: 1, localAddress: () => '127.66.6.6', paths: () => `/wp-${n++}.php` });
    await scene.sent(scan, 60);
  },
  'planned-drain': async (scene) => {
    const addresses = [await good(scene), await good(scene), await good(scene)];
    await serving(scene, addresses);
    await scene.done('drain', addresses[0] ?? '', '--reason', 'kernel patch', '--yes');
  },
  'just-reloaded': async (scene) => {
    await serving(scene, [await good(scene)]);
    scene.write(`${scene.read()}\nlimits { max-uri-bytes 4096 }`);
    await scene.done('reload');
    await scene.sent(scene.load(), 100);
  },
  'one-busy-client': async (scene) => {
    await serving(scene, [await good(scene)], { load: { clients: 1, pauseMs: 50 }, requests: 60 });
    await scene.sent(scene.load({ clients: 1, pauseMs: 500, localAddress: () => '127.0.7.7' }), 4);
  },
} satisfies Record<string, Fault>;

/** Addresses of loopback, one after the other. */
function turns(network: number, count: number): () => string {
  let n = 0;
  return () => `127.${network}.0.${1 + (n++ % count)}`;
}
