/** `cert-check` beside a running daemon: what is on disk, what is loaded, and what its listeners show. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { createServer } from 'node:tls';
import { callSentinel } from '../cli/command-line.ts';
import { startDaemonProcess } from '../helpers/daemon.ts';
import { CertScene, pairKeys, tlsConfig } from './scene.ts';
import type { Made } from './workshop.ts';

function put(from: Made, to: Made): void {
  copyFileSync(from.cert, to.cert);
  copyFileSync(from.key, to.key);
}

/** A pair in files of its own, which may be replaced. */
function movable(scene: CertScene, name: string, made: Made): Made {
  const copy = { cert: scene.shop.path(`${name}.pem`), key: scene.shop.path(`${name}-own.key`) };
  writeFileSync(copy.cert, readFileSync(made.cert));
  writeFileSync(copy.key, readFileSync(made.key), { mode: 0o600 });
  return copy;
}

test('disk, memory and wire are compared, and a renewal that was not taken over is said with what to type', async (t) => {
  const scene = new CertScene(t);
  const own = movable(scene, 'own', scene.pair('DNS:www.example.com'));
  const named = scene.pair('DNS:a.example,DNS:*.b.example');
  const config = tlsConfig(
    `${pairKeys(own)}; sni { hostnames "*.b.example" "a.example"; ${pairKeys(named)} }
     client-auth "request"; ca-file "${scene.root.cert}"`,
  );
  const daemon = await startDaemonProcess(t, { config });
  const check = () => scene.checkBeside(daemon.socket, '-c', daemon.configFile, '--ca', scene.root.cert);
  const seen = async () => {
    const { rows } = await check();
    return rows.map(({ name, loaded, served }) => `${name} ${loaded.state} ${served.state}`);
  };
  const fresh = await check();
  assert.deepEqual([fresh.code, fresh.found], [0, []], fresh.details);
  assert.deepEqual(await seen(), ['https same same', 'https/*.b.example same same', 'https same none']);

  const renewed = scene.pair('DNS:www.example.com', { key: 'p384' });
  put(renewed, own);
  const stale = await check();
  assert.deepEqual([stale.code, stale.found], [0, ['SNT-T060 warning']], stale.details);
  assert.deepEqual(await seen(), ['https differs same', 'https/*.b.example same same', 'https same none']);
  assert.equal(
    (await scene.checkBeside(daemon.socket, '-c', daemon.configFile, '--ca', scene.root.cert, '--fail-on', 'warn'))
      .code,
    1,
  );
  const environment = { SENTINEL_ADMIN_SOCKET: daemon.socket };
  const shown = await callSentinel(['cert-check', '-c', daemon.configFile, '--ca', scene.root.cert], { environment });
  assert.match(shown.stdout, /next: sentinel reload --certs/);
  assert.match(shown.stdout, /ON DISK +LOADED +SERVED/);
  const [disk, loaded, served] = /^https +listener +(\w+) \+?\d? *(\w+) +(\w+)/m.exec(shown.stdout)?.slice(1) ?? [];
  assert.notEqual(disk, loaded, shown.stdout);
  assert.equal(served, loaded, 'what is served is not what the files hold, and must not look as if it were');

  assert.equal((await callSentinel(['reload', '--certs'], { environment })).code, 0);
  const after = await check();
  assert.deepEqual([after.code, after.found], [0, []], after.details);
  assert.deepEqual(await seen(), ['https same same', 'https/*.b.example same same', 'https same none']);
});

test('files that were spoiled under a running daemon are an error, and what goes on being served is said', async (t) => {
  const scene = new CertScene(t);
  const own = movable(scene, 'own', scene.pair('DNS:www.example.com'));
  const daemon = await startDaemonProcess(t, { config: tlsConfig(pairKeys(own)) });
  copyFileSync(scene.shop.key('ec', 'other'), own.key);
  const answer = await scene.checkBeside(daemon.socket, '-c', daemon.configFile, '--ca', scene.root.cert);
  assert.deepEqual([answer.code, answer.found], [1, ['SNT-T007 error', 'SNT-T060 warning']], answer.details);
  assert.match(answer.details, /goes on with what it has loaded/);
  assert.deepEqual([answer.rows[0]?.loaded.state, answer.rows[0]?.served.state], ['differs', 'same']);
});

test('without a configuration the one of the daemon is taken, and another one is not compared with it', async (t) => {
  const scene = new CertScene(t);
  const daemon = await startDaemonProcess(t, { config: tlsConfig(pairKeys(scene.pair())) });
  const found = await scene.checkBeside(daemon.socket, '--ca', scene.root.cert);
  assert.deepEqual([found.code, found.data['config']], [0, daemon.configFile]);
  assert.equal(found.rows[0]?.served.state, 'same');
  const other = scene.config(tlsConfig(pairKeys(scene.pair('DNS:other.example'))));
  const apart = await scene.checkBeside(daemon.socket, '-c', other, '--ca', scene.root.cert);
  assert.deepEqual([apart.code, apart.rows[0]?.loaded.state], [0, 'none']);
  assert.match(apart.notes.join('\n'), /the daemon runs another configuration/);
});

test('a listener that wants a PROXY header, TLS 1.3 and client certificates is asked as it wants', async (t) => {
  const scene = new CertScene(t);
  const tls = `${pairKeys(scene.pair())}; min-version "TLS1.3"; client-auth "require"; ca-file "${scene.root.cert}"`;
  const config = tlsConfig(tls).replace('protocol "https";', 'protocol "https"; proxy-protocol #true;');
  const daemon = await startDaemonProcess(t, { config });
  const answer = await scene.checkBeside(daemon.socket, '-c', daemon.configFile, '--ca', scene.root.cert);
  assert.deepEqual([answer.code, answer.found], [0, []], answer.details);
  assert.equal(answer.rows[0]?.served.state, 'same');
});

test('another certificate on the port of a listener is an error', async (t) => {
  const scene = new CertScene(t);
  const config = tlsConfig(pairKeys(scene.pair()));
  const daemon = await startDaemonProcess(t, { config });
  const foreign = scene.pair('DNS:www.example.com', { key: 'p384' });
  const server = createServer({ cert: readFileSync(foreign.cert), key: readFileSync(foreign.key) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  daemon.writeConfig(config.replace('127.0.0.1:0', `127.0.0.1:${port}`));
  const answer = await scene.checkBeside(daemon.socket, '-c', daemon.configFile, '--ca', scene.root.cert);
  assert.deepEqual([answer.code, answer.found], [1, ['SNT-T061 error']], answer.details);
  assert.deepEqual([answer.rows[0]?.loaded.state, answer.rows[0]?.served.state], ['same', 'differs']);
  assert.match(answer.notes.join(''), /not in force as it is on disk/);
  server.close();
  const gone = await scene.checkBeside(daemon.socket, '-c', daemon.configFile, '--ca', scene.root.cert);
  assert.deepEqual([gone.code, gone.found], [3, ['SNT-T062 error']], gone.details);
});
