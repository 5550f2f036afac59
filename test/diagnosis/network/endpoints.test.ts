/** What clients meet at the listeners: good answers, those of others, none. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EndpointAnswers } from '../../../src/diagnosis/facts/network.ts';
import { TestAuthority } from '../../helpers/certificates.ts';
import { startDaemonProcess, staticConfig, testFolder } from '../../helpers/daemon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { freePort } from '../scene.ts';
import { probe, valueOf } from './probing.ts';

function healthOf(answers: EndpointAnswers) {
  const { asked, good, refused, timed_out, reset, others } = answers;
  return { all: asked > 0 && asked === good, asked, good, refused, timed_out, reset, others };
}

test('every kind of listener is asked as its clients would ask', async (t) => {
  const folder = testFolder(t);
  const authority = TestAuthority.root(t);
  const { certFile, keyFile } = authority.issue({ names: ['www.example.com'] });
  const tls = `protocol "https"; tls { cert-file "${certFile}"; key-file "${keyFile}" }`;
  const sni = `protocol "https"; tls { sni { hostnames "www.example.com"; cert-file "${certFile}"; key-file "${keyFile}" } }`;
  const mutual = `protocol "https"; tls { cert-file "${certFile}"; key-file "${keyFile}"; client-auth "require"; ca-file "${authority.certFile}" }`;
  const daemon = await startDaemonProcess(t, {
    config: staticConfig(
      'hello',
      `listener "all" { address "0.0.0.0:0" }
listener "balanced" { address "127.0.0.1:0"; proxy-protocol #true }
listener "local" { address "unix:${join(folder, 'http.sock')}" }
listener "secure" { address "127.0.0.1:0"; ${tls} }
listener "named" { address "127.0.0.1:0"; ${sni} }
listener "mutual" { address "127.0.0.1:0"; ${mutual} }`,
    ),
  });
  const { endpoints } = await probe(daemon, ['daemon', 'endpoints']);
  const { listeners, admin, metrics } = valueOf(endpoints);
  assert.deepEqual(
    listeners.map(({ id, tls: secured, health, ready }) => [
      id,
      secured,
      healthOf(health).all,
      healthOf(ready).all,
      health.why,
    ]),
    ['http', 'all', 'balanced', 'local', 'secure', 'named', 'mutual'].map((id) => [
      id,
      ['secure', 'named', 'mutual'].includes(id),
      true,
      true,
      null,
    ]),
  );
  assert.equal(admin.by, daemon.socket);
  assert.deepEqual([metrics.status, metrics.why], [200, null]);
});

test('a small limit on connections is left to clients', async (t) => {
  const daemon = await startDaemonProcess(t, { config: staticConfig('hello', 'limits { max-total-connections 16 }') });
  const { endpoints } = await probe(daemon, ['daemon', 'endpoints']);
  assert.deepEqual(healthOf(valueOf(endpoints).listeners[0]!.health), {
    all: true,
    asked: 2,
    good: 2,
    refused: 0,
    timed_out: 0,
    reset: 0,
    others: [],
  });
});

test('a route that has taken the health path over is told from the answer of the proxy itself', async (t) => {
  const daemon = await startDaemonProcess(t, {
    config: staticConfig(
      'hello',
      `route "mine" { matches { path "/health" }; upstream "own" }
upstream "own" { static { status 404; body "what?" } }
route "down" { matches { path "/ready" }; upstream "nobody" }
upstream "nobody" { target "127.0.0.1:1" }`,
    ),
  });
  const { endpoints } = await probe(daemon, ['daemon', 'endpoints']);
  const [{ health, ready } = assert.fail()] = valueOf(endpoints).listeners;
  assert.deepEqual(health.others, [{ status: 404, by: 'upstream', cause: null, count: health.asked }]);
  assert.match(health.why ?? '', /answered 404, from a route/);
  // Its breaker opens while it is asked.
  for (const other of ready.others) assert.equal(other.by, 'proxy');
  assert.ok(ready.others.some(({ status, cause }) => status === 502 && cause === 'connect_refused'));
});

test('a worker that is stuck lets some time out, and the others answer', async (t) => {
  const folder = testFolder(t);
  const fault = join(folder, 'fault');
  const daemon = await startDaemonProcess(t, {
    environment: { SENTINEL_TEST_FAULT: fault },
    workerEntry: new URL('../../daemon/workers/faulty.ts', import.meta.url),
  });
  writeFileSync(`${fault}.1`, 'spin');
  await eventually(async () => {
    const { endpoints } = await probe(daemon, ['daemon', 'endpoints']);
    const { good, timed_out, asked } = valueOf(endpoints).listeners[0]!.health;
    assert.ok(timed_out > 0 && good > 0, `${good} good, ${timed_out} late of ${asked}`);
  });
});

test('where no daemon is, the configured addresses are asked all the same', async (t) => {
  const folder = testFolder(t);
  const configFile = join(folder, 'sentinel.kdl');
  const other = createServer((_, response) => void response.writeHead(404).end('not here')).listen(0, '127.0.0.1');
  t.after(() => void other.close());
  await once(other, 'listening');
  const taken = (other.address() as AddressInfo).port;
  const free = await freePort();
  const metrics = await freePort();
  writeFileSync(
    configFile,
    `listener "free" { address "127.0.0.1:${free}" }
listener "taken" { address "127.0.0.1:${taken}" }
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200 } }
observability { metrics { address "127.0.0.1:${metrics}" } }
server { worker-threads 2; health-path "/alive" }`,
  );
  const { endpoints } = await probe({ socket: join(folder, 'admin.sock'), configFile }, ['daemon', 'endpoints']);
  const { listeners, admin, metrics: found } = valueOf(endpoints);
  const [nobody, somebody] = listeners.map(({ health }) => health);
  assert.equal(nobody?.path, '/alive');
  assert.deepEqual([nobody?.asked, nobody?.refused], [10, 10]);
  assert.match(nobody?.why ?? '', /ECONNREFUSED/);
  assert.deepEqual(somebody?.others, [{ status: 404, by: 'unknown', cause: null, count: 10 }]);
  assert.equal(admin.reached, false);
  assert.deepEqual([found.status, found.why], [null, 'ECONNREFUSED']);
});
