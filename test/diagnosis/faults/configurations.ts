/** Faults of the configuration and of certificates, with a daemon that runs on. */
import { copyFileSync, rmSync } from 'node:fs';
import type { Fault } from '../fault.ts';
import { freePort, type Scene } from '../scene.ts';

const service = `
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200; body "hello" } }
`;

async function running(scene: Scene, text = service): Promise<void> {
  scene.write(scene.config(text));
  await scene.start();
  await scene.sent(scene.load(), 50);
}

/** A daemon with a second listener over TLS, whose pair lies in files of its own. */
async function secured(scene: Scene, wish: Parameters<ReturnType<Scene['authority']>['issue']>[0]) {
  const authority = scene.authority();
  const { certFile, keyFile } = authority.issue(wish);
  const port = await freePort();
  await running(
    scene,
    `${service}
listener "https" { address "127.0.0.1:${port}"; protocol "https"; tls { cert-file "${certFile}"; key-file "${keyFile}" } }`,
  );
  return { authority, certFile, keyFile };
}

export const configurations = {
  'certificate-expired': async (scene) => void (await secured(scene, { outside: 'expired' })),
  'certificate-expires-soon': async (scene) => void (await secured(scene, { days: 3 })),
  'key-mismatch': async (scene) => {
    const { authority, certFile } = await secured(scene, {});
    copyFileSync(authority.issue().certFile, certFile);
    await scene.run(['reload']);
  },
  'certificate-not-in-use': async (scene) => {
    const { authority, certFile, keyFile } = await secured(scene, {});
    const renewed = authority.issue();
    copyFileSync(renewed.certFile, certFile);
    copyFileSync(renewed.keyFile, keyFile);
  },
  'reload-refused': async (scene) => {
    await running(scene);
    scene.write(`${scene.read()}\nlimits { max-conections 5 }`);
    await scene.run(['reload']);
  },
  'disk-differs': async (scene) => {
    await running(scene);
    scene.write(`${scene.read()}\nlimits { max-uri-bytes 4096 }`);
  },
  'broken-on-disk': async (scene) => {
    await running(scene);
    scene.write(`${scene.read()}\nroute "open" {`);
  },
  'reload-needs-restart': async (scene) => {
    await running(scene);
    scene.write(scene.read().replace(scene.state, `${scene.state}-elsewhere`));
    await scene.run(['reload']);
  },
  'config-removed': async (scene) => {
    await running(scene);
    rmSync(scene.configFile);
  },
} satisfies Record<string, Fault>;
