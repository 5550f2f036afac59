/** The suite from DNS to HTTP against targets with real faults, with a daemon and without one. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, createServer as createTcp, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ProbeStep, TargetProbe } from '../../../src/diagnosis/facts/network.ts';
import { type Issued, TestAuthority } from '../../helpers/certificates.ts';
import { startDaemonProcess, staticConfig, testFolder } from '../../helpers/daemon.ts';
import { startDns } from '../../helpers/dns-server.ts';
import { freePort } from '../scene.ts';
import { probe, valueOf } from './probing.ts';

async function listening(t: TestContext, server: Server): Promise<number> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const origin = (t: TestContext, handler: RequestListener): Promise<number> => listening(t, createServer(handler));
const secured = (t: TestContext, issued: Issued): Promise<number> =>
  listening(
    t,
    createHttps({ cert: issued.cert, key: issued.key }, (_, response) => void response.end('ok')),
  );

/** Listens, and never takes a connection; its queue is full. */
async function blackHole(t: TestContext): Promise<number> {
  const program = `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  require('node:fs').writeSync(1, String(server.address().port));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => void child.kill('SIGKILL'));
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(said.toString());
  for (let i = 0; i < 4; i++) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    t.after(() => void socket.destroy());
  }
  return port;
}

function found(targets: readonly TargetProbe[], written: string): TargetProbe {
  return targets.find((one) => one.written === written) ?? assert.fail(`no ${written} in ${JSON.stringify(targets)}`);
}

const codeOf = (step: ProbeStep | null): string | null => (step === null ? '–' : step.code);
const codes = ({ dns, tcp, tls, http }: TargetProbe) => [dns, tcp, tls, http].map(codeOf);

test('each step that fails is named, and the steps above it are not asked', async (t) => {
  const well = await origin(t, (_, response) => void response.end('ok'));
  const sick = await origin(t, (_, response) => void response.writeHead(500).end());
  const moved = await origin(t, ({ url }, response) => void response.writeHead(url === '/health' ? 404 : 200).end());
  const garbage = await listening(
    t,
    createTcp((socket) => void socket.on('data', () => socket.end('what?\r\n\r\n'))),
  );
  const refused = await freePort();
  const hole = await blackHole(t);
  const dns = await startDns(t, { 'api.test': { a: ['127.0.0.1'], ttl: 600 } });
  const written = {
    well: `127.0.0.1:${well}`,
    sick: `127.0.0.1:${sick}`,
    moved: `127.0.0.1:${moved}`,
    garbage: `127.0.0.1:${garbage}`,
    refused: `127.0.0.1:${refused}`,
    hole: `127.0.0.1:${hole}`,
    named: `api.test:${well}`,
    gone: 'gone.test:80',
  };
  const check = 'health-check { type "http" { path "/health" }; interval-secs 60; timeout-secs 1 }';
  const daemon = await startDaemonProcess(t, {
    environment: { SENTINEL_DNS_SERVERS: dns.address },
    config: staticConfig(
      'hello',
      `route "api" { matches { path-prefix "/api" }; upstream "api" }
route "off" { enabled #false; matches { path-prefix "/off" }; upstream "unused" }
upstream "api" { ${Object.values(written)
        .map((one) => `target "${one}"`)
        .join('; ')}; ${check} }
upstream "unused" { target "127.0.0.1:1" }`,
    ),
  });
  await daemon.client.call('health-check');
  const sections = await probe(daemon, ['daemon', 'targets']);
  const { targets, omitted } = valueOf(sections.targets);
  assert.equal(omitted, 0);
  assert.equal(targets.length, Object.keys(written).length, 'upstreams that no route uses are left alone');
  const of = (name: keyof typeof written) => found(targets, written[name]);

  assert.deepEqual(codes(of('well')), ['–', null, '–', null]);
  assert.deepEqual([of('well').http?.status, of('well').proxy_verdict], [200, 'healthy']);
  assert.deepEqual(codes(of('sick')), ['–', null, '–', 'status']);
  assert.deepEqual([of('sick').other_path_answers, of('sick').proxy_verdict], [false, 'unhealthy']);
  assert.match(of('sick').http?.words ?? '', /answered 500, expected 200/);
  assert.deepEqual([codeOf(of('moved').http), of('moved').http?.status], ['status', 404]);
  assert.equal(of('moved').other_path_answers, true);
  assert.deepEqual(codes(of('garbage')), ['–', null, '–', 'not_http']);
  assert.deepEqual(codes(of('refused')), ['–', 'ECONNREFUSED', '–', '–']);
  assert.equal(typeof of('refused').host_answers, 'boolean');
  assert.deepEqual(codes(of('hole')), ['–', 'timeout', '–', '–']);
  assert.equal(of('hole').host_answers, true, 'its host refuses other ports');
  assert.deepEqual(codes(of('named')), [null, null, '–', null]);
  assert.deepEqual([of('named').address, of('named').dns?.words], [written.well, '127.0.0.1']);
  assert.deepEqual(codes(of('gone')), ['ENOTFOUND', '–', '–', '–']);
  assert.equal(of('gone').address, null);

  // The name moves away while the proxy goes on with what it knows.
  dns.set('api.test', { a: ['127.0.0.9'] });
  const later = valueOf((await probe(daemon, ['daemon', 'targets'])).targets);
  assert.match(found(later.targets, written.named).dns?.words ?? '', /^127\.0\.0\.9; the proxy goes to 127\.0\.0\.1:/);
});

test('TLS is spoken as the upstream wants it, and what is wrong with it is said', async (t) => {
  const authority = TestAuthority.root(t);
  const good = await secured(t, authority.issue({ names: ['127.0.0.1'] }));
  const expired = await secured(t, authority.issue({ names: ['127.0.0.1'], outside: 'expired' }));
  const other = await secured(t, authority.issue({ names: ['other.example'] }));
  const plain = await origin(t, (_, response) => void response.end('ok'));
  const prior = await listening(t, createHttp2((_, response) => void response.end('ok')) as unknown as Server);
  const tls = `tls { ca-file "${authority.certFile}" }`;
  const upstreams = {
    good: [good, tls],
    expired: [expired, tls],
    other: [other, tls],
    named: [other, `tls { ca-file "${authority.certFile}"; sni "other.example" }`],
    unknown: [good, 'tls {}'],
    plain: [plain, tls],
    h2: [prior, 'http-version "2"'],
    noh2: [good, `${tls}; http-version "2"`],
  } as const;
  const config = staticConfig(
    'hello',
    Object.entries(upstreams)
      .map(
        ([name, [port, more]]) => `
route "${name}" { matches { path-prefix "/${name}" }; upstream "${name}" }
upstream "${name}" { target "127.0.0.1:${port}"; ${more} }`,
      )
      .join(''),
  );
  const folder = testFolder(t);
  const configFile = join(folder, 'sentinel.kdl');
  writeFileSync(configFile, config);
  // No daemon: the file says which targets there are.
  const { targets: section } = await probe({ socket: join(folder, 'admin.sock'), configFile }, ['daemon', 'targets']);
  const { targets } = valueOf(section);
  const of = (name: keyof typeof upstreams) =>
    targets.find(({ upstream }) => upstream === name) ?? assert.fail(`no ${name}`);
  assert.deepEqual(codes(of('good')), ['–', null, null, null]);
  assert.equal(of('good').proxy_verdict, null);
  assert.deepEqual(codes(of('expired')), ['–', null, 'CERT_HAS_EXPIRED', '–']);
  assert.match(of('expired').tls?.words ?? '', /certificate has expired/);
  assert.equal(codeOf(of('other').tls), 'ERR_TLS_CERT_ALTNAME_INVALID');
  assert.deepEqual(codes(of('named')), ['–', null, null, null]);
  assert.equal(of('unknown').tls?.ok, false);
  assert.match(of('plain').tls?.words ?? '', /not TLS/);
  assert.deepEqual([codes(of('h2')), of('h2').http?.status], [['–', null, '–', null], 200]);
  assert.equal(of('noh2').tls?.ok, false);
});

test('a unix socket that is gone, and a name that has addresses of both families', async (t) => {
  const port = await origin(t, (_, response) => void response.end('ok'));
  const dns = await startDns(t, { 'both.test': { a: ['127.0.0.1', '127.0.0.2'] }, 'late.test': { fault: 'servfail' } });
  const folder = testFolder(t);
  const configFile = join(folder, 'sentinel.kdl');
  writeFileSync(
    configFile,
    staticConfig(
      'hello',
      `route "api" { matches { path-prefix "/api" }; upstream "api" }
upstream "api" { target "unix:${join(folder, 'gone.sock')}"; target "both.test:${port}"; target "late.test:80"; target "localhost:${port}" }`,
    ),
  );
  const subject = {
    socket: join(folder, 'admin.sock'),
    configFile,
    environment: { SENTINEL_DNS_SERVERS: dns.address },
  };
  const { targets } = valueOf((await probe(subject, ['daemon', 'targets'])).targets);
  assert.deepEqual(codes(found(targets, `unix:${join(folder, 'gone.sock')}`)), ['–', 'ENOENT', '–', '–']);
  assert.deepEqual(
    targets.filter(({ written }) => written === `both.test:${port}`).map(({ address, tcp }) => [address, tcp?.ok]),
    [
      [`127.0.0.1:${port}`, true],
      [`127.0.0.2:${port}`, false],
    ],
  );
  assert.deepEqual(codes(found(targets, 'late.test:80')), ['ESERVFAIL', '–', '–', '–']);
  assert.deepEqual(codes(found(targets, `localhost:${port}`)), [null, null, '–', null]);
});

test('without a daemon and a configuration it is not known which targets there are', async (t) => {
  const folder = testFolder(t);
  const configFile = join(folder, 'none.kdl');
  const { targets } = await probe({ socket: join(folder, 'admin.sock'), configFile }, ['daemon', 'targets']);
  assert.deepEqual(targets.state === 'unknown' && targets.tried, ['GET /admin/status', configFile]);
});

test('a target that is silent is traced when somebody has agreed to it, and never else', async (t) => {
  const folder = testFolder(t);
  const silent = `127.0.0.1:${await blackHole(t)}`;
  const tools = join(folder, 'tools');
  mkdirSync(tools);
  const asked = join(folder, 'asked');
  const tool = join(tools, 'traceroute');
  writeFileSync(tool, `#!/bin/sh\nprintf '%s' "$*" > '${asked}'\necho ' 1  10.0.0.1  0.4 ms'\necho ' 2  *'\n`, {
    mode: 0o755,
  });
  const configFile = join(folder, 'sentinel.kdl');
  writeFileSync(
    configFile,
    `listener "http" { address "127.0.0.1:1" }
state-dir "${folder}/state"
route "all" { upstream "far" }
upstream "far" { target "${silent}" }`,
  );
  const subject = { socket: join(folder, 'none.sock'), configFile, toolPath: `${tools}:/bin:/usr/bin` };
  const quiet = valueOf((await probe(subject, ['config', 'daemon', 'targets', 'process'])).targets);
  assert.equal(quiet.targets[0]?.hops, null);
  assert.equal(existsSync(asked), false);
  const traced = valueOf(
    (await probe({ ...subject, intrusive: true }, ['config', 'daemon', 'targets', 'process'])).targets,
  );
  assert.deepEqual(traced.targets[0]?.hops, ['10.0.0.1', '*']);
  assert.equal(readFileSync(asked, 'utf8').trim(), '-n -q 1 -w 1 -m 12 127.0.0.1');
});
