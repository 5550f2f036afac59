/** Held-out days on which nothing is wrong, although something looks odd. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, get, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../../helpers/eventually.ts';
import type { Fault } from '../fault.ts';
import { memoryGroup } from '../groups.ts';
import { ask, freePort, type Load, type LoadOptions, type Scene } from '../scene.ts';
import { another, running, service } from './held-out-crashes.ts';

const check = 'health-check { type "http" { path "/health" }; interval-secs 1; timeout-secs 1 }';

function api(addresses: readonly string[], more = ''): string {
  return `route "api" { upstream "api" }\nupstream "api" { ${addresses.map((one) => `target "${one}"`).join('; ')}; ${more} }`;
}

async function serving(scene: Scene, load: LoadOptions = {}, requests = 100): Promise<Load> {
  await running(scene, api([(await scene.target()).address]));
  const going = scene.load(load);
  await scene.sent(going, requests);
  return going;
}

/** A target that answers 500 while the word says so. */
async function moody(scene: Scene): Promise<{ address: string; failing: boolean }> {
  const mood = { address: '', failing: false };
  const target = await scene.target((request, response) => {
    request.resume();
    response.statusCode = mood.failing ? 500 : 200;
    response.end();
  });
  mood.address = target.address;
  return mood;
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

export const heldOutQuiet = {
  'errors-over': async (scene) => {
    const mood = await moody(scene);
    await running(
      scene,
      api([mood.address], 'circuit-breaker { failure-threshold 4095 }; passive-health { max-ejected-percent 0 }'),
    );
    const load = scene.load();
    await scene.sent(load, 300);
    mood.failing = true;
    await scene.sent(load, load.sent + 500);
    mood.failing = false;
    await wait(120_000);
  },
  'night-blip': async (scene) => {
    const mood = await moody(scene);
    await running(scene, api([mood.address]));
    for (let n = 0; n < 12; n++) {
      mood.failing = n > 3 && n < 7;
      await ask({ port: scene.port, path: '/' });
      await wait(300);
    }
  },
  'load-test': async (scene) => void (await serving(scene, { clients: 16, pauseMs: 0 }, 8000)),
  'nat-gateway': async (scene) => {
    let n = 0;
    const one = (): string => (n++ % 10 < 6 ? '127.0.8.8' : `127.0.9.${1 + (n % 40)}`);
    await serving(scene, { clients: 12, pauseMs: 10, localAddress: one }, 2000);
  },
  'popular-path': async (scene) => {
    const load = await serving(scene, { clients: 4, pauseMs: 50 }, 200);
    let n = 0;
    const crowd = scene.load({
      path: '/offer',
      clients: 16,
      pauseMs: 5,
      localAddress: () => `127.${30 + (++n % 4)}.${n % 200}.${1 + (n % 99)}`,
    });
    await scene.sent(crowd, 3000);
    await scene.sent(load, load.sent + 10);
  },
  'traffic-stopped': async (scene) => {
    await running(scene, api([(await scene.target()).address]));
    const started = Date.now();
    for (let n = 0; Date.now() - started < 10_000; n++) await ask({ port: scene.port, path: `/${n % 7}` });
    await wait(15_000);
  },
  'clients-give-up': async (scene) => {
    const target = await scene.target((request, response) => {
      request.resume();
      setTimeout(() => response.end('ok'), 250);
    });
    await running(scene, api([target.address]));
    const patient = scene.load({ clients: 8 });
    const hasty = async (): Promise<void> => {
      for (let n = 0; n < 40; n++) await ask({ port: scene.port, path: '/hasty', timeoutMs: 80 });
    };
    await Promise.all([hasty(), hasty(), hasty(), hasty()]);
    await scene.sent(patient, 100);
  },
  'websockets-only': async (scene) => {
    const sockets: Socket[] = [];
    const server = createServer();
    server.on('upgrade', (_, socket: Socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    scene.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await running(scene, api([`127.0.0.1:${(server.address() as { port: number }).port}`]));
    for (let n = 0; n < 30; n++) {
      const request = httpRequest({
        host: '127.0.0.1',
        port: scene.port,
        path: '/socket',
        agent: false,
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        },
      });
      request.on('error', () => undefined);
      request.end();
      const [, socket] = (await once(request, 'upgrade')) as [unknown, Socket];
      socket.on('error', () => undefined);
      scene.after(() => void socket.destroy());
    }
    await wait(3000);
  },
  'tls-only': async (scene) => {
    const { certFile, keyFile } = scene.authority().issue();
    scene.write(
      scene.config(service, { listener: `protocol "https"; tls { cert-file "${certFile}"; key-file "${keyFile}" }` }),
    );
    await scene.start();
  },
  'unix-listener': async (scene) => {
    scene.write(scene.config(service).replace(`"127.0.0.1:${scene.port}"`, `"unix:${join(scene.folder, 'web.sock')}"`));
    await scene.start();
  },
  'proxy-protocol': async (scene) => {
    scene.write(scene.config(service, { listener: 'proxy-protocol #true' }));
    await scene.start();
  },
  'health-path-renamed': async (scene) => {
    scene.write(
      scene.config(api([(await scene.target((_, response) => void response.writeHead(404).end())).address]), {
        server: 'health-path "/livez"',
      }),
    );
    await scene.start();
  },
  'ipv6-listener': async (scene) => {
    scene.write(scene.config(service).replace(`"127.0.0.1:${scene.port}"`, `"[::1]:${scene.port}"`));
    await scene.start();
  },
  'secret-not-ours': async (scene) => {
    const { address } = await scene.target();
    scene.write(scene.config(api([`\${API_TARGET_OF_TEST}`])));
    await scene.start({ environment: { API_TARGET_OF_TEST: address } });
    await scene.sent(scene.load(), 50);
  },
  'other-daemon-suffers': async (scene) => {
    const other = await another(scene);
    await running(other, api([`127.0.0.1:${await freePort()}`], check));
    await other.sent(other.load(), 100);
    await serving(scene);
  },
  'run-to': async (scene) => {
    const { address } = await scene.target();
    await scene.start({ command: ['run', '--to', address] });
    return { command: [] };
  },
  demo: async (scene) => {
    const [tls, port, metrics] = [await freePort(), scene.port, scene.metricsPort];
    await scene.start({
      command: ['demo', '--port', String(port), '--tls-port', String(tls), '--metrics-port', String(metrics)],
      unready: true,
    });
    await eventually(async () => (await ask({ port, path: '/', timeoutMs: 1000 })) === 200, 30_000);
    return { command: [] };
  },
  'trial-pending': async (scene) => {
    const load = await serving(scene);
    const file = join(scene.folder, 'new.kdl');
    writeFileSync(file, `${scene.read()}\nlimits { max-uri-bytes 4096 }`);
    await scene.done('config', 'apply', file, '--confirm-within', '5m', '--yes', '--detach');
    await scene.sent(load, load.sent + 50);
  },
  'trial-rolled-back': async (scene) => {
    const load = await serving(scene);
    const file = join(scene.folder, 'new.kdl');
    writeFileSync(file, `${scene.read()}\nlimits { max-uri-bytes 4096 }`);
    const { stdout } = await scene.done(
      'config',
      'apply',
      file,
      '--confirm-within',
      '5m',
      '--yes',
      '--detach',
      '--json',
    );
    const id = /"(c-[0-9a-z]+)"/u.exec(stdout)?.[1] ?? '';
    await scene.done('config', 'rollback', id);
    await scene.sent(load, load.sent + 50);
  },
  upgraded: async (scene) => {
    const target = await scene.target((request, response) => {
      request.resume();
      if (request.url === '/long') response.write('more to come');
      else response.end('ok');
    });
    await running(scene, api([target.address]));
    const long = get({ host: '127.0.0.1', port: scene.port, path: '/long', agent: false });
    long.on('error', () => undefined);
    await new Promise((resolve) => void long.once('response', resolve));
    scene.after(() => {
      try {
        process.kill(Number(readFileSync(join(scene.folder, 'sentinel.pid'), 'utf8')), 'SIGKILL');
      } catch {}
    });
    await scene.run(['upgrade', '--yes', '--timeout', '20s']);
    await scene.sent(scene.load(), 50);
  },
  'killed-and-back': async (scene) => {
    await running(scene, service);
    await scene.sent(scene.load(), 50);
    await scene.kill('SIGKILL');
    scene.output = '';
    await scene.start();
    const load = scene.load();
    await scene.sent(load, 200);
  },
  'pid-file-lost': async (scene) => {
    await serving(scene);
    rmSync(join(scene.folder, 'sentinel.pid'));
  },
  'worker-replaced': async (scene) => {
    const burden = join(scene.folder, 'burden');
    scene.write(scene.config(service));
    await scene.start({ burdened: true, environment: { SENTINEL_TEST_BURDEN: burden } });
    const load = scene.load();
    await scene.sent(load, 100);
    writeFileSync(burden, 'exit:0');
    await wait(90);
    rmSync(burden);
    await wait(3000);
    await scene.sent(load, load.sent + 300);
  },
  'memory-near': async (scene) => {
    const group = memoryGroup(scene);
    if (group === null) return { impossible: 'this user may not make a memory cgroup' };
    scene.write(scene.config(service));
    await scene.start({ through: ['sh', '-c', `echo $$ > ${join(group, 'cgroup.procs')}; exec "$@"`, 'sh'] });
    const used = Number(readFileSync(join(group, 'memory.usage_in_bytes'), 'utf8'));
    writeFileSync(join(group, 'memory.limit_in_bytes'), String(Math.round(used / 0.7)));
  },
  'drain-overdue': async (scene) => {
    let asked = 0;
    const addresses: string[] = [];
    for (let n = 0; n < 3; n++) {
      const target = await scene.target((request, response) => {
        request.resume();
        if (request.url === '/long' && asked++ < 30) response.write('more to come');
        else response.end('ok');
      });
      addresses.push(target.address);
    }
    await running(scene, api(addresses));
    const load = scene.load();
    for (let n = 0; n < 9; n++) {
      const long = get({ host: '127.0.0.1', port: scene.port, path: '/long', agent: false });
      long.on('error', () => undefined);
      await new Promise((resolve) => void long.once('response', resolve));
      scene.after(() => void long.destroy());
    }
    await scene.run(['drain', addresses[0] ?? '', '--reason', 'kernel patch', '--timeout', '1s', '--yes']);
    await scene.sent(load, load.sent + 100);
  },
} satisfies Record<string, Fault>;
