/** Faults with which clients get errors although every target is up. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RedisServer } from '../../helpers/redis.ts';
import type { Fault } from '../fault.ts';
import { freePort, type LoadOptions, type Scene } from '../scene.ts';

/** One route `api` to one upstream `api` with one target, under load until so many requests have come back. */
async function serving(
  scene: Scene,
  address: string,
  { policies = '', more = '', extra = '', load = {}, requests = 200 }: Serving = {},
): Promise<void> {
  scene.write(
    scene.config(`route "api" { upstream "api"; policies { ${policies} } }
upstream "api" { target "${address}"; circuit-breaker { failure-threshold 4095 }; passive-health { max-ejected-percent 0 }; ${more} }
${extra}`),
  );
  await scene.start();
  await scene.sent(scene.load(load), requests);
}

interface Serving {
  readonly policies?: string;
  readonly more?: string;
  readonly extra?: string;
  readonly load?: LoadOptions;
  readonly requests?: number;
}

async function failsOneIn(scene: Scene, n: number): Promise<string> {
  let asked = 0;
  const target = await scene.target((request, response) => {
    request.resume();
    response.statusCode = ++asked % n === 0 ? 500 : 200;
    response.end();
  });
  return target.address;
}

async function slow(scene: Scene, ms: number): Promise<string> {
  const target = await scene.target((request, response) => {
    request.resume();
    setTimeout(() => response.end('late'), ms);
  });
  return target.address;
}

export const failing = {
  'garbage-502': async (scene) => {
    const target = await scene.rawTarget((socket) =>
      socket.on('data', () => socket.end('220 mail.example ESMTP ready\r\n')),
    );
    await serving(scene, target.address);
  },
  'resets-502': async (scene) => {
    const target = await scene.rawTarget((socket) => socket.on('data', () => socket.destroy()));
    await serving(scene, target.address);
  },
  'slow-504': async (scene) => {
    await serving(scene, await slow(scene, 5000), { policies: 'timeout-secs 1', load: { clients: 20 }, requests: 60 });
  },
  'upstream-500': async (scene) => serving(scene, await failsOneIn(scene, 3)),
  'upstream-500-few': async (scene) => serving(scene, await failsOneIn(scene, 25), { requests: 600 }),
  'proxy-500': async (scene) => {
    const target = await scene.target();
    const burden = join(scene.folder, 'burden');
    scene.write(scene.config(`route "api" { upstream "api" }\nupstream "api" { target "${target.address}" }`));
    await scene.start({ burdened: true, environment: { SENTINEL_TEST_BURDEN: burden } });
    writeFileSync(burden, 'fail');
    await scene.sent(scene.load(), 300);
  },
  'pool-exhausted': async (scene) => {
    await serving(scene, await slow(scene, 300), {
      more: 'connection-pool { max-connections 2; max-pending 4 }',
      load: { clients: 40 },
      requests: 400,
    });
  },
  'rate-limit-too-low': async (scene) => {
    const target = await scene.target();
    let n = 0;
    await serving(scene, target.address, {
      policies: 'rate-limit { requests-per-second 5; burst 5; key "route" }',
      load: { localAddress: () => `127.0.${1 + (++n % 20)}.1`, clients: 8 },
      requests: 400,
    });
  },
  'in-flight-limit': async (scene) => {
    await serving(scene, await slow(scene, 300), {
      extra: 'limits { max-in-flight-requests 4 }',
      load: { clients: 40 },
      requests: 400,
    });
  },
  'override-left-on': async (scene) => {
    await serving(scene, await slow(scene, 2000), { load: { clients: 20 }, requests: 20 });
    await scene.done('override', 'timeout', 'api', '1s', '--for', '2h', '--reason', 'shed slow ones', '--yes');
    await scene.sent(scene.load({ clients: 20 }), 60);
  },
  'route-lost': async (scene) => {
    const target = await scene.target();
    const config = (prefix: string): string =>
      scene.config(`route "api" { matches { path-prefix "${prefix}" }; upstream "api" }
route "shop" { matches { path-prefix "/shop" }; upstream "api" }
upstream "api" { target "${target.address}" }`);
    scene.write(config('/api'));
    await scene.start();
    const load = scene.load({ path: '/api/orders' });
    scene.load({ path: '/shop', clients: 1 });
    await scene.sent(load, 200);
    scene.write(config('/v2/api'));
    await scene.done('reload');
    await scene.sent(load, load.sent + 600);
  },
  'rates-store-gone': async (scene) => {
    const target = await scene.target();
    if (spawnSync('redis-server', ['--version']).status !== 0) return { impossible: 'redis-server is not installed' };
    const redis = new RedisServer('redis-server', await freePort(), []);
    scene.after(() => redis.stop());
    await redis.start();
    await serving(scene, target.address, {
      policies: `failure-mode "closed"; rate-limit { requests-per-second 100000; key "client_ip"; backend "redis" { url "${redis.url}" } }`,
    });
    await redis.stop();
    await scene.sent(scene.load(), 200);
  },
  'maintenance-left-on': async (scene) => {
    const target = await scene.target();
    await serving(scene, target.address);
    await scene.done('maintenance', 'on', '--all', '--for', '8h', '--reason', 'schema change', '--confirm=all');
    await scene.sent(scene.load(), 200);
  },
  'memory-shedding': async (scene) => {
    const target = await scene.target();
    await serving(scene, target.address, { extra: 'limits { max-memory-bytes 33554432 }' });
  },
} satisfies Record<string, Fault>;
