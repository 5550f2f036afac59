/** Faults of targets, and of what keeps them from requests. */
import { startDns } from '../../helpers/dns-server.ts';
import { eventually } from '../../helpers/eventually.ts';
import { blackHole } from '../../helpers/origin.ts';
import { tlsTarget } from '../tls-target.ts';
import type { Asked, Fault } from '../fault.ts';
import { freePort, type Load, type Scene } from '../scene.ts';
import { addressesOf, keptOut, targets } from './several-targets.ts';

const check =
  'health-check { type "http" { path "/health"; expected-status 200 }; interval-secs 1; timeout-secs 1; unhealthy-threshold 2 }';

function upstream(name: string, addresses: readonly string[], more = check): string {
  return `upstream "${name}" { ${addresses.map((one) => `target "${one}"`).join('; ')}; ${more} }`;
}

const route = 'route "all" { upstream "api" }';

/** A daemon under a light load, with an upstream `api`. */
async function serving(scene: Scene, addresses: readonly string[], more = check, extra = ''): Promise<Load> {
  scene.write(scene.config(`${route}\n${upstream('api', addresses, more)}\n${extra}`));
  await scene.start();
  const load = scene.load();
  await scene.sent(load, 50);
  return load;
}

/** Waits until at least so many targets of `api` are kept out of traffic. */
async function down(scene: Scene, count: number): Promise<void> {
  await eventually(async () => (await keptOut(scene)) >= count, 30_000);
}

export const brokenTargets = {
  'one-target-refused': async (scene) => {
    const all = await targets(scene, 3);
    await serving(scene, addressesOf(all));
    await all[1]?.end();
    await down(scene, 1);
  },
  'one-target-refused-unchecked': async (scene) => {
    const all = await targets(scene, 2);
    const load = await serving(scene, addressesOf(all), '');
    await all[1]?.end();
    await scene.sent(load, load.sent + 50);
  },
  'all-targets-refused': async (scene) => {
    const all = await targets(scene, 2);
    const load = await serving(scene, addressesOf(all));
    for (const one of all) await one.end();
    await down(scene, 2);
    await scene.sent(load, load.sent + 50);
  },
  'one-upstream-of-two-down': async (scene) => {
    const all = await targets(scene, 2);
    const other = await scene.target();
    const extra = `route "shop" { matches { path-prefix "/shop" }; upstream "shop" }\n${upstream('shop', [other.address])}`;
    await serving(scene, addressesOf(all), check, extra);
    scene.load({ path: '/shop' });
    for (const one of all) await one.end();
    await down(scene, 2);
  },
  'dns-gone': async (scene) => named(scene, 1),
  'dns-gone-for-one': async (scene) => named(scene, 2),
  'target-speaks-no-tls': async (scene) => {
    const authority = scene.authority();
    const good = await tlsTarget(scene, authority.issue());
    const plain = await scene.target();
    scene.write(
      scene.config(
        `${route}\n${upstream('api', [good, plain.address], `${check}; tls { ca-file "${authority.certFile}" }`)}`,
      ),
    );
    await scene.start();
    await scene.sent(scene.load(), 50);
    await down(scene, 1);
  },
  'target-certificate-expired': async (scene) => {
    const authority = scene.authority();
    const expired = await tlsTarget(scene, authority.issue({ outside: 'expired' }));
    scene.write(
      scene.config(`${route}\n${upstream('api', [expired], `${check}; tls { ca-file "${authority.certFile}" }`)}`),
    );
    await scene.start();
    await scene.sent(scene.load(), 50);
    await down(scene, 1);
  },
  'target-black-holed': async (scene) => {
    const good = await scene.target();
    const hole = `127.0.0.1:${await blackHole(scene)}`;
    await serving(scene, [good.address, hole], `${check}; timeouts { connect-secs 1 }`);
    await down(scene, 1);
  },
  'target-check-500': async (scene) => {
    const good = await scene.target();
    const sick = await scene.target((request, response) => {
      request.resume();
      response.statusCode = request.url === '/health' ? 500 : 200;
      response.end();
    });
    await serving(scene, [good.address, sick.address]);
    await down(scene, 1);
  },
  'check-path-wrong': async (scene) => {
    const handler = (request: { url?: string }, response: { statusCode: number; end(text: string): void }): void => {
      response.statusCode = request.url === '/healthz' ? 404 : 200;
      response.end('ok');
    };
    const all = [await scene.target(handler as never), await scene.target(handler as never)];
    scene.write(scene.config(`${route}\n${upstream('api', addressesOf(all), check.replace('/health', '/healthz'))}`));
    await scene.start();
    await down(scene, 2);
    await scene.sent(scene.load(), 50);
  },
  'target-ejected': async (scene) => {
    let failing = false;
    const good = await scene.target();
    const sick = await scene.target((request, response) => {
      request.resume();
      response.statusCode = failing ? 500 : 200;
      response.end();
    });
    const more = 'passive-health { window-requests 20; eject-secs 60 }; circuit-breaker { failure-threshold 1000 }';
    const load = await serving(scene, [good.address, sick.address], more);
    failing = true;
    await down(scene, 1);
    await scene.sent(load, load.sent + 20);
  },
  'breaker-open': async (scene) => breaking(scene, 1),
  'breaker-open-for-one': async (scene) => breaking(scene, 2),
  'drain-left-on': async (scene) => {
    const all = await targets(scene, 1);
    const load = await serving(scene, addressesOf(all));
    await scene.done(
      'drain',
      all[0]?.address ?? '',
      '--allow-below-min',
      `--confirm=${all[0]?.address}`,
      '--reason',
      'kernel patch',
    );
    await scene.sent(load, load.sent + 50);
  },
  'held-down-by-operator': async (scene) => {
    const all = await targets(scene, 1);
    const load = await serving(scene, addressesOf(all), `${check}; circuit-breaker { failure-threshold 50 }`);
    await scene.done('breakers', 'open', `api/${all[0]?.address}`, '--yes');
    await scene.sent(load, load.sent + 50);
  },
  'target-and-certificate': async (scene) => {
    const all = await targets(scene, 2);
    const { certFile, keyFile } = scene.authority().issue({ outside: 'expired' });
    const secured = await freePort();
    const listener = `listener "https" { address "127.0.0.1:${secured}"; protocol "https"; tls { cert-file "${certFile}"; key-file "${keyFile}" } }`;
    await serving(scene, addressesOf(all), check, listener);
    await all[1]?.end();
    await down(scene, 1);
  },
  'target-and-reload': async (scene) => {
    const all = await targets(scene, 2);
    await serving(scene, addressesOf(all));
    scene.write(`${scene.read()}\nlimits { max-conections 5 }`);
    await scene.run(['reload']);
    await all[1]?.end();
    await down(scene, 1);
  },
  'drain-and-refused': async (scene) => {
    const all = await targets(scene, 2);
    const load = await serving(scene, addressesOf(all));
    await scene.done('drain', all[0]?.address ?? '', '--reason', 'kernel patch', '--yes');
    await all[1]?.end();
    await down(scene, 1);
    await scene.sent(load, load.sent + 50);
  },
} satisfies Record<string, Fault>;

/** An upstream of `count` targets of which the first is a name, which then stands for nothing. */
async function named(scene: Scene, count: number): Promise<Asked> {
  const all = await targets(scene, count);
  const zone = { a: ['127.0.0.1'], ttl: 0 };
  const dns = await startDns(scene, { 'api.internal': zone });
  const environment = { SENTINEL_DNS_SERVERS: dns.address };
  const addresses = all.map(({ address, port }, index) => (index === 0 ? `api.internal:${port}` : address));
  scene.write(scene.config(`${route}\n${upstream('api', addresses)}`));
  await scene.start({ environment });
  const load = scene.load();
  await scene.sent(load, 50);
  dns.set('api.internal', null);
  await all[0]?.end();
  await down(scene, 1);
  await scene.sent(load, load.sent + 20);
  return { environment };
}

/** Fails until a breaker opens. */
async function breaking(scene: Scene, count: number): Promise<void> {
  let failing = false;
  const sick = await scene.target((request, response) => {
    request.resume();
    response.statusCode = failing ? 500 : 200;
    response.end();
  });
  const others = await targets(scene, count - 1);
  const more = 'circuit-breaker { failure-threshold 3; timeout-secs 300 }; passive-health { max-ejected-percent 0 }';
  const load = await serving(scene, [sick.address, ...addressesOf(others)], more);
  failing = true;
  await down(scene, 1);
  await scene.sent(load, load.sent + 100);
}
