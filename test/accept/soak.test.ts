/**
 * The daemon under everything at once for minutes, in plain text and under TLS, with all checks, breakers, retries and limits
 * on, a target that is killed and one that moves, reloaded, given other certificates, scraped, tapped, traced and asked for all
 * it knows all the while: nothing is lost, nothing is miscounted, nothing grows. `SENTINEL_SOAK_SECONDS` makes it longer or
 * shorter.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test, { type TestContext } from 'node:test';
import { wishComponent } from '../helpers/components.ts';
import { eventually } from '../helpers/eventually.ts';
import { CROWD, ShakyTargets, guardedLoad } from '../helpers/guarded-load.ts';
import { TestAuthority } from '../helpers/certificates.ts';
import { SoakOrigins, mixedLoad } from '../helpers/mixed-load.ts';
import { type SecuredTargets, securedLoad, startSecuredTargets } from '../helpers/secured-load.ts';
import { AccessLogs, type Labels, startSoakDaemon } from '../helpers/soak-daemon.ts';
import { observe } from '../helpers/soak-observers.ts';
import { TraceReceiver } from '../helpers/trace-receiver.ts';
import { shownBy } from '../helpers/served-certificate.ts';

const MIB = 1 << 20;
const seconds = Number(process.env['SENTINEL_SOAK_SECONDS'] ?? 180);
const reloadEveryMs = 4000;
const wrkConnections = 8;
/** Nobody listens here, and no port is given out below the ephemeral ones. */
const nobody = '127.0.0.4:9';

test(`${seconds} s of mixed load with reloads lose nothing, miscount nothing and leave nothing behind`, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sentinel-soak-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const origins = await SoakOrigins.start(t, 3);
  const shaky = await ShakyTargets.start(t);
  const logs = new AccessLogs(folder);
  const authority = TestAuthority.root(t);
  const secured = await startSecuredTargets(t, authority.issue());
  const pair = { cert: path.join(folder, 'server.crt'), key: path.join(folder, 'server.key') };
  const renew = () => {
    const issued = authority.issue();
    copyFileSync(issued.certFile, pair.cert);
    copyFileSync(issued.keyFile, pair.key);
  };
  renew();
  const collector = await TraceReceiver.start(t);
  const scene: Scene = {
    ports: origins.ports,
    shaky: shaky.names,
    log: logs.file,
    secured,
    ca: authority.certFile,
    pair,
    collector: collector.url,
  };
  const writeConfig = (variant: Variant) =>
    writeFileSync(path.join(folder, 'sentinel.kdl'), configText(scene, variant));
  writeConfig('wide');
  const daemon = await startSoakDaemon(t, folder, shaky.dns.address);
  const descriptors = () => readdirSync(`/proc/${daemon.pid}/fd`).length;
  await daemon.metrics();
  const descriptorsBefore = descriptors();

  const stop = new AbortController();
  const load = mixedLoad(daemon.port, origins, stop.signal);
  const guarded = guardedLoad(daemon.port, stop.signal);
  const underTls = securedLoad(daemon.securedPort, authority, stop.signal);
  const shaking = shaky.shake(stop.signal);
  const observing = observe(daemon, stop.signal);
  const wrkRun = runWrk(t, `http://127.0.0.1:${daemon.port}/wrk/`);
  const resident: number[] = [];
  const sampling = setInterval(() => resident.push(residentBytes(daemon.pid)), 500);
  t.after(() => clearInterval(sampling));

  let reloads = 0;
  let swaps = 0;
  /** Each asks once for the health of the proxy. */
  let looks = 0;
  const shown = async () => {
    looks++;
    return (await shownBy(daemon.securedPort)).fingerprint;
  };
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    await pause(reloadEveryMs);
    reloads++;
    writeConfig(reloads % 2 === 1 ? 'narrow' : 'wide');
    logs.rotate();
    // In turns: the certificate alone, the configuration alone, both at once.
    if (reloads % 3 !== 1) {
      const before = await shown();
      renew();
      swaps++;
      if (reloads % 3 === 2) {
        await daemon.client.call('certs-reload');
        assert.notEqual(await shown(), before);
      }
    }
    process.kill(daemon.pid, 'SIGHUP');
    await daemon.said('Configuration reload completed', reloads);
    logs.countOld();
  }
  const newest = new X509Certificate(readFileSync(pair.cert)).fingerprint256.replaceAll(':', '').toLowerCase();
  assert.equal(await shown(), newest, `of ${swaps} certificates not the last`);
  const wrkTally = await wrkRun;
  stop.abort();
  const tally = await load;
  const guardedTally = await guarded;
  const securedTally = await underTls;
  const kills = await shaking;
  const sightings = await observing;
  clearInterval(sampling);

  assert.deepEqual([...tally.faults, ...guardedTally.faults, ...securedTally.faults, ...sightings.faults], []);
  assert.deepEqual([...sightings.news.keys()].sort(), ['events', 'logs', 'requests', 'traffic']);
  assert.notEqual(sightings.tapped, 0);
  assert.notEqual(sightings.mostInFlight, 0);
  assert.ok(!/Socket errors|Non-2xx/.test(wrkTally.output), wrkTally.output);

  await eventually(async () => {
    const metrics = await daemon.metrics();
    for (const gauge of [
      'sentinel_in_flight_requests',
      'sentinel_pending_requests',
      'sentinel_target_in_flight',
      'sentinel_open_connections',
      'sentinel_connection_pool_pending',
      'sentinel_connection_pool_size',
      'sentinel_connection_pool_idle',
      'sentinel_websocket_connections',
    ]) {
      const found = metrics.filter(({ name }) => name === gauge);
      assert.notEqual(found.length, 0, gauge);
      for (const { labels, value } of found) assert.equal(value, 0, `${gauge}${JSON.stringify(labels)}`);
    }
    const spans = (result: string) =>
      metrics.find(({ name, labels }) => name === 'sentinel_trace_spans_total' && labels['result'] === result)?.value;
    assert.deepEqual(
      [spans('exported'), spans('failed'), spans('dropped')],
      [collector.spans.length, 0, 0],
      'spans that were exported, or lost',
    );
    assert.equal(origins.held, 0, 'an origin still works for a client that is gone');
    assert.ok(descriptors() <= descriptorsBefore, `${descriptors()} descriptors are open, were ${descriptorsBefore}`);
  });

  const metrics = await daemon.metrics();
  const sum = (name: string, labels: Labels = {}): number => {
    assert.ok(
      metrics.some((one) => one.name === name),
      `${name} is not exposed`,
    );
    return metrics
      .filter((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value))
      .reduce((total, { value }) => total + value, 0);
  };
  const requests = (labels: Labels = {}): number => sum('sentinel_requests_total', labels);
  assert.ok(sightings.mostOfClients > 0 && sightings.mostOfClients <= requests());
  assert.equal(sum('sentinel_worker_restarts_total'), 0);
  assert.equal(sum('sentinel_workers', { state: 'serving' }), 2);
  assert.equal(sum('sentinel_log_dropped_total'), 0);
  assert.equal(sum('sentinel_config_reload_total', { result: 'completed' }), reloads);
  assert.equal(sum('sentinel_config_generation'), reloads + 1);

  for (const route of ['small', 'echo']) {
    assert.equal(requests({ route, status: '200' }), tally.honest.get(`/${route}/`), route);
    assert.equal(requests({ route }), tally.honest.get(`/${route}/`), `${route} had answers other than 200`);
  }
  for (const [status, count] of tally.refused) assert.equal(requests({ route: '-', status }), count, status);
  assert.equal(requests({ route: '-', status: '200' }), looks);
  assert.equal(requests({ route: '-' }), total(tally.refused) + looks);
  assert.equal(requests({ route: 'aborted' }), tally.aborted);
  assert.equal(requests({ route: 'aborted', status: '499' }), tally.aborted);
  for (const [answer, count] of guardedTally.answers) {
    const [route = '', status = ''] = answer.split(' ');
    assert.equal(requests({ route, status }), count, answer);
  }
  for (const [answer, count] of securedTally.answers) {
    const [route = '', status = ''] = answer.split(' ');
    assert.equal(requests({ route, status }), count, answer);
    assert.equal(requests({ route }), count, `${route} had answers other than ${status}`);
  }
  assert.equal(securedTally.answers.size, 3);
  assert.equal(sum('sentinel_websocket_connections_total'), securedTally.answers.get('sockets 101'));
  assert.equal(sum('sentinel_connections_rejected_total', { reason: 'http2_abuse' }), 0);
  const guardedAll = total(guardedTally.answers);
  const guardedRoutes = ['shaky', 'limited', 'delayed', 'down', 'crowd'];
  assert.equal(
    guardedRoutes.reduce((all, route) => all + requests({ route }), 0),
    guardedAll,
  );
  for (const route of ['limited', 'delayed']) {
    const refused = guardedTally.answers.get(`${route} 429`) ?? 0;
    assert.notEqual(refused, 0, `nobody was refused by ${route}`);
    if (route === 'limited') assert.equal(sum('sentinel_rate_limited_total', { route, action: 'block' }), refused);
    else assert.notEqual(sum('sentinel_rate_limited_total', { route, action: 'delay' }), 0);
  }
  assert.equal(sum('sentinel_guard_failures_total'), 0);
  // A connection whose limit was lowered before its request came is closed, and looks to its client like one turned away.
  const turnedAway = sum('sentinel_connections_rejected_total', { reason: 'client_limit' });
  assert.notEqual(turnedAway, 0);
  assert.ok(
    guardedTally.crowded >= turnedAway && guardedTally.crowded <= turnedAway + reloads,
    `${guardedTally.crowded} and ${turnedAway}`,
  );
  // The target that is killed was noticed, others were asked instead, and the name was followed.
  assert.notEqual(sum('sentinel_target_failovers_total', { upstream: 'shaky' }), 0);
  assert.notEqual(sum('sentinel_retries_total', { upstream: 'shaky', outcome: 'succeeded' }), 0);
  assert.notEqual(sum('sentinel_circuit_breaker_trips_total'), 0);
  assert.ok(daemon.output().split('"Addresses of a name changed"').length > kills, 'the name was not followed');
  // wrk counts answers; what was on its way when it left is counted by us alone.
  const cut = requests({ route: 'wrk' }) - wrkTally.answered;
  assert.ok(cut >= 0 && cut <= wrkConnections, `wrk counted ${wrkTally.answered}, we ${requests({ route: 'wrk' })}`);
  const inPlainText = total(tally.honest) + total(tally.refused) + tally.aborted + wrkTally.answered + cut + guardedAll;
  const all = inPlainText + total(securedTally.answers) + looks;
  assert.equal(requests(), all);

  process.kill(daemon.pid, 'SIGTERM');
  assert.deepEqual(await daemon.ended, [0, null], daemon.output());
  const lines = logs.count();
  assert.equal(total(lines), all, 'lines of the access log');
  for (const [line, count] of lines) {
    const [route = '', status = ''] = line.split(' ');
    assert.equal(count, requests({ route, status }), `${line} in the access log`);
  }

  const third = Math.floor(resident.length / 3);
  const middle = Math.max(...resident.slice(third, 2 * third));
  const last = Math.max(...resident.slice(2 * third));
  assert.notEqual(collector.spans.length, 0);
  const largest = [...sightings.largest].map(([name, size]) => `${name} ${Math.round(size / 1024)}`).join(', ');
  t.diagnostic(
    `${sightings.rounds} rounds of looks (KiB at most: ${largest}), ${sightings.tapped} tapped, ${collector.spans.length} spans`,
  );
  t.diagnostic(
    `${all} requests, ${tally.aborted} of them aborted and ${total(tally.refused)} refused, ${total(securedTally.answers)} under TLS, ${reloads} reloads, ${swaps} certificates; resident at most ` +
      `${Math.round(middle / MIB)} MiB in the middle third, ${Math.round(last / MIB)} MiB in the last`,
  );
  assert.ok(last <= middle * 1.2 + 16 * MIB, `grew from ${middle} to ${last} bytes`);
});

type Variant = 'wide' | 'narrow';

interface Scene {
  readonly ports: readonly number[];
  readonly shaky: readonly string[];
  readonly log: string;
  readonly secured: SecuredTargets;
  /** URL that spans go to. */
  readonly collector: string;
  /** Files. */
  readonly ca: string;
  readonly pair: { readonly cert: string; readonly key: string };
}

/** Two configurations that differ in targets, balancing, pools, limits, routes and header operations; everything is on in both. */
function configText({ ports, shaky, log, secured, ca, pair, collector }: Scene, variant: Variant): string {
  const wide = variant === 'wide';
  const targetsOf = (addresses: readonly string[]) => addresses.map((address) => `target "${address}"`).join('; ');
  const steady = (wide ? ports : ports.slice(0, -1)).map((port) => `127.0.0.1:${port}`);
  const watched = `
    health-check { interval-secs 0.5 }
    circuit-breaker { timeout-secs 0.5 }
    passive-health { eject-secs 1 }`;
  return `
listener "http" { address "127.0.0.1:0" }
listener "https" {
    address "127.0.0.1:0"
    protocol "https"
    max-concurrent-streams ${wide ? 100 : 50}
    tls { cert-file "${pair.cert}"; key-file "${pair.key}" }
}
server { graceful-shutdown-timeout-secs 10 }
observability {
    logging { access-log { file "${log}" } }
    tracing { backend "otlp" { endpoint "${collector}" }; sampling-rate ${wide ? 0.01 : 0.02}; service-name "soak" }
}
connection-pool { idle-timeout-secs 1; max-idle ${wide ? 50 : 4} }
policies { response-headers { set { "X-Variant" "${variant}" } } }
limits {
    max-connections-per-client ${CROWD - (wide ? 2 : 6)}
    max-requests-per-second-per-client ${wide ? 200000 : 100000}
    max-requests-per-second-global ${wide ? 400000 : 300000}
    max-in-flight-requests ${wide ? 5000 : 4000}
}
security { block "192.0.2.0/24"; allow "198.51.100.7" }
route "small" { matches { path-prefix "/small/" }; upstream "origins"; circuit-breaker { failure-threshold 50 } }
route "crowd" { matches { path-prefix "/crowd/" }; upstream "origins" }
route "echo" { matches { path-prefix "/echo/" }; upstream "origins"; policies { buffer-requests ${wide ? '#false' : '#true'} } }
route "aborted" { matches { path-prefix "/hold/" "/flood/" }; upstream "origins" }
route "wrk" { matches { path-prefix "/wrk/" }; upstream "shaky"; retry-policy { max-attempts 4; backoff-base-ms 1; retryable-status-codes 500; budget-percent 100 } }
route "shaky" { matches { path-prefix "/shaky/" }; upstream "shaky"; retry-policy { max-attempts 4; backoff-base-ms 1; retryable-status-codes 500; budget-percent 100 } }
route "limited" {
    matches { path-prefix "/limited/" }
    upstream "origins"
    policies { rate-limit { requests-per-second ${wide ? 20 : 30}; burst 5 } }
}
route "delayed" {
    matches { path-prefix "/delayed/" }
    upstream "origins"
    policies { rate-limit { requests-per-second ${wide ? 40 : 30}; burst 1; key "route"; action "delay"; max-delay-ms 100 } }
}
route "secured" { matches { path-prefix "/secured/" }; upstream "secured" }
route "streams" { matches { path-prefix "/streams/" }; upstream "streams" }
route "sockets" { matches { path-prefix "/sockets/" }; upstream "sockets" }
route "down" { matches { path-prefix "/down/" }; upstream "down"; retry-policy {} }
${wide ? '' : 'route "more" { matches { path-prefix "/more/" }; upstream "maintenance-page" }'}
upstream "origins" {
    load-balancing "${wide ? 'round_robin' : 'least_connections'}"
    ${targetsOf(steady)}${watched}
}
upstream "shaky" {
    load-balancing "${wide ? 'p2c' : 'peak_ewma'}"
    slow-start-secs 1
    ${targetsOf(shaky)}${watched}
}
upstream "secured" { target "localhost:${secured.secured}"; tls { ca-file "${ca}" }${watched} }
upstream "streams" { target "127.0.0.1:${secured.streams}"; http-version "2"${watched} }
upstream "sockets" { target "127.0.0.1:${secured.sockets}"${watched} }
upstream "down" { target "${nobody}"${watched} }
`;
}

/** The client that never rests; without it the others are the load. */
async function runWrk(t: TestContext, url: string): Promise<{ readonly output: string; readonly answered: number }> {
  const wrk = wishComponent(t, 'wrk');
  if (wrk === undefined) return { output: '', answered: 0 };
  const args = ['-t1', `-c${wrkConnections}`, `-d${seconds}s`, '--timeout', '10s', url];
  const child = spawn(wrk, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => void (output += String(chunk)));
  child.stderr.on('data', (chunk) => void (output += String(chunk)));
  await once(child, 'close');
  const answered = /^\s*(\d+) requests in/m.exec(output) ?? assert.fail(output);
  return { output, answered: Number(answered[1]) };
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
