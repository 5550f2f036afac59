/** Held-out faults with which clients get errors or are refused although targets are up, and certificates. */
import { request as httpRequest } from 'node:http';
import type { Fault } from '../fault.ts';
import { freePort, holdConnections, type Scene } from '../scene.ts';
import { running, service } from './held-out-crashes.ts';

const patient = 'circuit-breaker { failure-threshold 4095 }; passive-health { max-ejected-percent 0 }';

async function sick(scene: Scene): Promise<string> {
  const target = await scene.target((request, response) => {
    request.resume();
    response.statusCode = 500;
    response.end();
  });
  return target.address;
}

/** Two routes: `/side` goes to targets that fail, all else to one that is well. */
async function beside(scene: Scene): Promise<void> {
  const good = await scene.target();
  scene.write(
    scene.config(`route "main" { upstream "main" }
route "side" { matches { path-prefix "/side" }; upstream "side" }
upstream "main" { target "${good.address}" }
upstream "side" { target "${await sick(scene)}"; ${patient} }`),
  );
  await scene.start();
}

/** Clients of several addresses that send what a limit does not let through. */
async function refusedBy(scene: Scene, extra: string, headers: Record<string, string>, body: string): Promise<void> {
  const target = await scene.target();
  await running(scene, `route "api" { upstream "api" }\nupstream "api" { target "${target.address}" }\n${extra}`);
  for (let n = 0; n < 200; n++) {
    await new Promise<void>((resolve) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port: scene.port,
          path: '/',
          method: 'POST',
          headers,
          localAddress: `127.0.5.${1 + (n % 20)}`,
        },
        (response) => {
          response.resume();
          response.on('end', () => resolve());
          response.on('error', () => resolve());
        },
      );
      request.on('error', () => resolve());
      request.end(n % 4 === 0 ? '' : body);
    });
    await new Promise((resolve) => void setTimeout(resolve, 15));
  }
}

const turns = (): (() => string) => {
  let n = 0;
  return () => `127.0.6.${1 + (n++ % 20)}`;
};

async function secured(scene: Scene, tls: string): Promise<void> {
  const port = await freePort();
  await running(
    scene,
    `${service}\nlistener "https" { address "127.0.0.1:${port}"; protocol "https"; tls { ${tls} } }`,
  );
  await scene.sent(scene.load(), 50);
}

export const heldOutErrors = {
  'one-route-failing': async (scene) => {
    await beside(scene);
    scene.load();
    await scene.sent(scene.load({ path: '/side' }), 200);
  },
  'canary-failing': async (scene) => {
    await beside(scene);
    scene.load({ clients: 10, pauseMs: 8 });
    await scene.sent(scene.load({ path: '/side', clients: 1, pauseMs: 400 }), 25);
  },
  'clients-blocked': async (scene) => {
    const target = await scene.target();
    await running(
      scene,
      `route "api" { upstream "api" }\nupstream "api" { target "${target.address}" }\nsecurity { block "127.0.6.0/24" }`,
    );
    scene.load({ clients: 1, pauseMs: 50 });
    await scene.sent(scene.load({ localAddress: turns(), clients: 8 }), 400);
  },
  'challenge-always': async (scene) => {
    const target = await scene.target();
    await running(
      scene,
      `route "api" { upstream "api" }\nupstream "api" { target "${target.address}" }\nsecurity { challenge-mode "always" }`,
    );
    await scene.sent(scene.load({ localAddress: turns(), clients: 8 }), 400);
  },
  'body-limit': async (scene) =>
    refusedBy(scene, 'limits { max-body-size-bytes 100 }', { 'content-type': 'text/plain' }, 'x'.repeat(2000)),
  'header-limit': async (scene) =>
    refusedBy(scene, 'limits { max-header-size-bytes 512 }', { cookie: 'session='.padEnd(2000, 'a') }, ''),
  'connections-near-limit': async (scene) => {
    await running(scene, `${service}\nlimits { max-total-connections 100 }`);
    await holdConnections(scene, scene.port, 90);
  },
  'connections-below-limit': async (scene) => {
    await running(scene, `${service}\nlimits { max-total-connections 100 }`);
    await holdConnections(scene, scene.port, 50);
  },
  'sni-certificate-expired': async (scene) => {
    const authority = scene.authority();
    const good = authority.issue();
    const old = authority.issue({ names: ['old.example'], outside: 'expired' });
    await secured(
      scene,
      `cert-file "${good.certFile}"; key-file "${good.keyFile}"; sni { hostnames "old.example"; cert-file "${old.certFile}"; key-file "${old.keyFile}" }`,
    );
  },
  'client-authority-expired': async (scene) => {
    const authority = scene.authority();
    const good = authority.issue();
    const old = authority.issue({ names: ['clients'], outside: 'expired', usage: 'clientAuth' });
    await secured(
      scene,
      `cert-file "${good.certFile}"; key-file "${good.keyFile}"; client-auth "require"; ca-file "${old.certFile}"`,
    );
  },
  'clock-behind': async (scene) => {
    const { certFile, keyFile } = scene.authority().issue();
    const port = await freePort();
    const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
    const environment = { LD_PRELOAD: library, FAKETIME: '-400d', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
    scene.write(
      scene.config(
        `${service}\nlistener "https" { address "127.0.0.1:${port}"; protocol "https"; tls { cert-file "${certFile}"; key-file "${keyFile}" } }`,
      ),
    );
    await scene.start({ environment });
    return { environment };
  },
} satisfies Record<string, Fault>;
