/** What a request meets after a route has taken it, as `route explain` says it, from the file and from the daemon alike. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { callSentinel } from '../cli/command-line.ts';
import { TestAuthority } from '../helpers/certificates.ts';
import { startDaemonProcess, testFolder } from '../helpers/daemon.ts';

const everything = `
listener "http" { address "127.0.0.1:0" }
security { block "203.0.113.0/24"; allow "10.0.0.0/8"; challenge-mode "enabled"; challenge-threshold 60 }
limits { max-requests-per-second-global 1000; max-requests-per-second-per-client 50 }
route "api" {
  matches { path-prefix "/api/" }
  upstream "primary"
  fallback-upstream "spare"
  policies {
    timeout-secs 5; failure-mode "open"; buffer-requests #true
    rate-limit { requests-per-second 10; burst 20; key "header:X-Key"; action "delay"; max-delay-ms 500 }
  }
  retry-policy { max-attempts 3; retryable-status-codes 502 503 }
  circuit-breaker { failure-threshold 7 }
}
route "page" { upstream "maintenance-page" }
route "plain" { matches { path "/plain" }; upstream "bare"; policies { websocket #false } }
upstream "primary" { target "127.0.0.1:1"; target "127.0.0.1:2"; load-balancing "p2c"; health-check { type "tcp" } }
upstream "spare" { static { status 503; body "x" } }
upstream "bare" { target "127.0.0.1:1"; passive-health { enabled #false }; circuit-breaker { enabled #false } }
`;

const secured = (caFile: string, certFile: string, keyFile: string): string => `
listener "http" { address "127.0.0.1:0" }
security { challenge-mode "always" }
route "acme" { matches { path-prefix "/.well-known/acme-challenge/" }; upstream "plain" }
route "own" { matches { path "/own" }; upstream "own"; policies { websocket-idle-secs 0 } }
route "rest" { upstream "any" }
upstream "own" {
  target "127.0.0.1:1"
  tls { sni "own.internal"; ca-file "${caFile}"; client-cert "${certFile}"; client-key "${keyFile}" }
  http-version "2"
}
upstream "any" { target "127.0.0.1:1"; tls {} }
upstream "plain" { target "127.0.0.1:1"; http-version "2" }
`;

test('how targets are spoken to is said, and who need not prove anything', async (t) => {
  const folder = testFolder(t);
  const file = join(folder, 'sentinel.kdl');
  const authority = TestAuthority.root(t);
  const { certFile, keyFile } = authority.issue({ usage: 'clientAuth' });
  writeFileSync(file, secured(authority.certFile, certFile, keyFile));
  const explained = async (path: string): Promise<string> => {
    const { code, stdout } = await callSentinel(['route', 'explain', 'GET', path, '-c', file]);
    assert.equal(code, 0);
    return stdout;
  };
  const own = await explained('/own');
  assert.match(own, /\n {2}websocket: allowed, however long it is silent\n/);
  const ours = `TLS as own.internal verified by ${authority.certFile}, with a client certificate, HTTP/2\n`;
  assert.ok(own.includes(`passive health, ${ours}`), own);
  const rest = await explained('/x');
  assert.match(rest, /, TLS verified by the authorities of the system\n/);
  assert.match(rest, /\n {2}challenge: every client without a pass\n/);
  const acme = await explained('/.well-known/acme-challenge/x');
  assert.match(acme, /, HTTP\/2 without TLS\n/);
  assert.match(acme, /\n {2}challenge: nobody, as this is where ACME proofs are asked for\n/);
});

test('behind the route stand guards, upstream and fallback, tries, breakers and times', async (t) => {
  const folder = testFolder(t);
  const file = join(folder, 'sentinel.kdl');
  writeFileSync(file, everything);
  const daemon = await startDaemonProcess(t, { config: everything });
  const behind = async (path: string): Promise<string> => {
    const [byFile, byDaemon] = await Promise.all([
      callSentinel(['route', 'explain', 'GET', path, '-c', file]),
      callSentinel(['route', 'explain', 'GET', path, '--daemon', daemon.socket]),
    ]);
    assert.deepEqual([byFile.code, byDaemon.stdout], [0, byFile.stdout]);
    return byFile.stdout.slice(byFile.stdout.indexOf(' takes it\n') + ' takes it\n'.length);
  };
  assert.equal(
    await behind('/api/x'),
    `  security: block lists, an allow list
  challenge: clients above 60 requests a minute without a pass
  limits: 1000/s in all, 50/s of each client
  rate-limit: 10 requests/s of each value of the field x-key, burst 20, then they wait, at most 0.5 s, else 429
  buffer-requests: the body is taken whole before a target is asked
  failure-mode: open, where one of these cannot decide
  websocket: allowed, closed after 3600 s of silence
  upstream primary: 2 targets, p2c, tcp check and passive health
  fallback-upstream spare: answers 503 by itself
  tries: at most 3, also after 502, 503 where the method allows, within a budget of 20 %
  circuit-breaker: of a target after 5 failures in a row, of the route after 7
  time to the answer: 5 s
`,
  );
  assert.match(await behind('/x'), /\n {2}upstream maintenance-page: answers 503 by itself\n$/);
  assert.match(
    await behind('/plain'),
    /\n {2}websocket: refused with 403\n {2}upstream bare: 1 target, round_robin, nobody judges its health\n {2}tries: what no target has taken goes to another; what was sent is not sent again\n {2}time to the answer: 30 s\n$/,
  );
});
