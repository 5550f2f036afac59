/** Proofs of domain control reach who can give them, whatever else stands in front: certificates are renewed at any time. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type DaemonProcess, startDaemonProcess } from '../helpers/daemon.ts';
import { get, RawClient, type RawResponse } from '../helpers/raw-http.ts';

async function ask(t: TestContext, daemon: DaemonProcess, path: string, from = '192.0.2.7'): Promise<RawResponse> {
  const asking = await RawClient.connect(t, Number(new URL(daemon.url()).port));
  asking.send(get(path, `X-Forwarded-For: ${from}`));
  const response = await asking.response();
  asking.socket.destroy();
  return response;
}

const proof = '/.well-known/acme-challenge/token';

test('a maintenance page and a challenge for everybody leave ACME proofs alone; block lists and limits hold', async (t) => {
  const daemon = await startDaemonProcess(t, {
    workers: 1,
    config: `
listener "http" { address "127.0.0.1:0"; trusted-proxies "127.0.0.1" }
route "maintenance" { priority "critical"; matches { path-prefix "/" }; upstream "maintenance-page" }
route "acme" {
  priority "low"
  matches { path-prefix "/.well-known/acme-challenge/" }
  upstream "certbot"
  policies { rate-limit { requests-per-second 0.001; burst 2 } }
}
upstream "certbot" { static { status 200; body "the proof" } }
security { challenge-mode "always"; block "203.0.113.0/24" }`,
  });
  const found = await ask(t, daemon, proof);
  assert.deepEqual([found.status, found.text], [200, 'the proof']);
  // By another spelling of the same path, and not by a path that only looks like it.
  assert.equal((await ask(t, daemon, '/.well-known/x/../acme-challenge/%74oken')).text, 'the proof');
  assert.equal((await ask(t, daemon, '/.well-known/acme-challengetoken')).status, 429);
  assert.equal((await ask(t, daemon, '/')).status, 429, 'everybody else is challenged');
  assert.equal((await ask(t, daemon, proof, '203.0.113.9')).status, 403, 'who is blocked stays blocked');
  assert.equal((await ask(t, daemon, proof)).status, 429, 'the limit of the route holds');
  assert.equal((await ask(t, daemon, proof, '192.0.2.8')).text, 'the proof', 'of each client by itself');
});

test('a page for everything answers below the place of the proofs where no route names it', async (t) => {
  const daemon = await startDaemonProcess(t, {
    workers: 1,
    config: `
listener "http" { address "127.0.0.1:0" }
route "maintenance" { priority "critical"; matches { path-prefix "/" }; upstream "maintenance-page" }
route "near" { matches { path-prefix "/.well-known/" }; upstream "near" }
upstream "near" { static { status 200; body "near" } }`,
  });
  assert.equal((await ask(t, daemon, proof)).status, 503);
  assert.equal((await ask(t, daemon, '/.well-known/security.txt')).status, 503);
});
