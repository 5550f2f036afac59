/** Held-out faults of targets; breakers, passive health and retries are as they come where a fault does not say otherwise. */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { startDns, type Zone } from '../../helpers/dns-server.ts';
import { eventually } from '../../helpers/eventually.ts';
import { blackHole } from '../../helpers/origin.ts';
import type { Asked, Fault } from '../fault.ts';
import { freePort, type Load, type LoadOptions, type Scene, type Target, well } from '../scene.ts';
import { tlsTarget } from '../tls-target.ts';
import { addressesOf, keptOut, targets } from './several-targets.ts';

const check = 'health-check { type "http" { path "/health" }; interval-secs 1; timeout-secs 1; unhealthy-threshold 2 }';

function upstream(name: string, addresses: readonly string[], more = ''): string {
  return `upstream "${name}" { ${addresses.map((one) => `target "${one}"`).join('; ')}; ${more} }`;
}

async function serving(
  scene: Scene,
  addresses: readonly string[],
  { more = '', policies = '', load = {}, requests = 100, extra = '' }: Serving = {},
): Promise<Load> {
  scene.write(
    scene.config(
      `route "api" { upstream "api"; policies { ${policies} } }\n${upstream('api', addresses, more)}\n${extra}`,
    ),
  );
  await scene.start();
  const running = scene.load(load);
  await scene.sent(running, requests);
  return running;
}

interface Serving {
  readonly more?: string;
  readonly policies?: string;
  readonly load?: LoadOptions;
  readonly requests?: number;
  readonly extra?: string;
}

/** Waits until so many targets of `api` are kept out of traffic. */
async function out(scene: Scene, count: number): Promise<void> {
  await eventually(async () => (await keptOut(scene)) === count, 30_000);
}

async function answering(scene: Scene, fault: Zone): Promise<Asked> {
  const dns = await startDns(scene, { 'api.internal': fault });
  const environment = { SENTINEL_DNS_SERVERS: dns.address };
  const { port } = await scene.target();
  scene.write(scene.config(`route "api" { upstream "api" }\n${upstream('api', [`api.internal:${port}`], check)}`));
  await scene.start({ environment });
  const load = scene.load();
  await scene.sent(load, 40);
  return { environment };
}

export const heldOutTargets = {
  'defaults-garbage': async (scene) => {
    const target = await scene.rawTarget((socket) =>
      socket.on('data', () => socket.end('220 mail.example ESMTP ready\r\n')),
    );
    await serving(scene, [target.address], { requests: 300 });
  },
  'defaults-resets-one': async (scene) => {
    const bad = await scene.rawTarget((socket) => socket.on('data', () => socket.destroy()));
    await serving(scene, [(await scene.target()).address, bad.address], { requests: 300 });
  },
  'defaults-slow': async (scene) => {
    const late = await scene.target((request, response) => {
      request.resume();
      setTimeout(() => response.end('late'), 5000);
    });
    await serving(scene, [late.address], { policies: 'timeout-secs 1', load: { clients: 20 }, requests: 200 });
  },
  'two-of-three-down': async (scene) => {
    const all = await targets(scene, 3);
    await serving(scene, addressesOf(all), { more: check });
    await all[0]?.end();
    await all[1]?.end();
    await out(scene, 2);
  },
  'target-returned': async (scene) => {
    const all = await targets(scene, 2);
    const load = await serving(scene, addressesOf(all), { more: check, load: { clients: 8, pauseMs: 5 } });
    const { port, end } = all[0] as Target;
    await end();
    await out(scene, 1);
    await scene.target(well, port);
    await out(scene, 0);
    await scene.sent(load, load.sent + 2000);
  },
  'http2-to-http1': async (scene) => {
    await serving(scene, addressesOf(await targets(scene, 1)), { more: 'http-version "2"', requests: 200 });
  },
  'wrong-server-name': async (scene) => {
    const authority = scene.authority();
    const address = await tlsTarget(scene, authority.issue({ names: ['api.internal'] }));
    await serving(scene, [address], { more: `tls { ca-file "${authority.certFile}"; sni "apx.internal" }` });
  },
  'own-certificate-expired': async (scene) => {
    const authority = scene.authority();
    const { cert, key } = authority.issue();
    const own = authority.issue({ usage: 'clientAuth', names: ['proxy'], outside: 'expired' });
    const server = createTlsServer(
      { cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
      well,
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    scene.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as { port: number };
    await serving(scene, [`127.0.0.1:${port}`], {
      more: `tls { ca-file "${authority.certFile}"; client-cert "${own.certFile}"; client-key "${own.keyFile}" }`,
    });
  },
  'grpc-refused': async (scene) => {
    await serving(scene, [`127.0.0.1:${await freePort()}`], {
      more: 'http-version "2"; health-check { type "grpc"; interval-secs 1; timeout-secs 1 }',
    });
    await out(scene, 1);
  },
  'unix-target-gone': async (scene) => {
    const path = join(scene.folder, 'app.sock');
    const server = createServer(well).listen(path);
    await once(server, 'listening');
    const load = await serving(scene, [`unix:${path}`], { more: check });
    server.closeAllConnections();
    server.close();
    rmSync(path, { force: true });
    await out(scene, 1);
    await scene.sent(load, load.sent + 100);
  },
  'one-of-sixty': async (scene) => {
    const all = await targets(scene, 60);
    await serving(scene, addressesOf(all), { more: check, requests: 200 });
    await all[33]?.end();
    await out(scene, 1);
  },
  'all-black-holed': async (scene) => {
    const holes = [`127.0.0.1:${await blackHole(scene)}`, `127.0.0.1:${await blackHole(scene)}`];
    await serving(scene, holes, { more: `${check}; timeouts { connect-secs 1 }`, load: { clients: 20 }, requests: 60 });
    await out(scene, 2);
  },
  'three-upstreams-one-black-holed': async (scene) => {
    const others = await targets(scene, 2);
    const extra = ['one', 'two']
      .map(
        (name, index) =>
          `route "${name}" { matches { path-prefix "/${name}" }; upstream "${name}" }\n${upstream(name, [others[index]?.address ?? ''], check)}`,
      )
      .join('\n');
    scene.load({ path: '/one' });
    scene.load({ path: '/two' });
    const more = `${check}; timeouts { connect-secs 1 }`;
    await serving(scene, [`127.0.0.1:${await blackHole(scene)}`], {
      more,
      extra,
      load: { clients: 1, pauseMs: 200 },
      requests: 10,
    });
    await out(scene, 1);
  },
  'dns-servfail': async (scene) => answering(scene, { fault: 'servfail' }),
  'dns-silent': async (scene) => answering(scene, { fault: 'silence' }),
  'ipv6-target-down': async (scene) => {
    const server = createServer(well).listen(0, '::1');
    await once(server, 'listening');
    scene.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as { port: number };
    scene.write(
      scene
        .config(
          `route "api" { upstream "api" }\n${upstream('api', [`[::1]:${port}`, `[::1]:${await freePort()}`], check)}`,
        )
        .replace(`"127.0.0.1:${scene.port}"`, `"[::1]:${scene.port}"`),
    );
    await scene.start();
    await scene.sent(scene.load({ host: '::1' }), 100);
    await out(scene, 1);
  },
} satisfies Record<string, Fault>;
