/** A whole daemon in front of nginx under TLS: requests, checks, what operators see, and trust that changes while it runs. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http2';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect } from 'node:tls';
import { callSentinel } from '../cli/command-line.ts';
import { type Issued, TestAuthority } from '../helpers/certificates.ts';
import { requireComponent } from '../helpers/components.ts';
import { startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { deadPort } from '../helpers/origin.ts';

interface Nginx {
  readonly port: number;
  /** Shows another certificate from now on. */
  show(issued: Issued): Promise<void>;
}

/** nginx that demands a client certificate of `authority` and says in its answers what it saw of TLS. */
async function startNginx(
  t: TestContext,
  program: string,
  authority: TestAuthority,
  shown: Issued,
  perConnection: number,
): Promise<Nginx> {
  const folder = testFolder(t);
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const port = await deadPort();
  const take = ({ certFile, keyFile }: Issued): void => {
    copyFileSync(certFile, join(folder, 'shown.pem'));
    copyFileSync(keyFile, join(folder, 'shown.key'));
  };
  take(shown);
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 256; }
http {
  access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
  uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  server {
    listen 127.0.0.1:${port} ssl; ssl_certificate ${folder}/shown.pem; ssl_certificate_key ${folder}/shown.key;
    ssl_client_certificate ${authority.certFile}; ssl_verify_client on; ssl_session_tickets on; ssl_protocols TLSv1.2 TLSv1.3;
    keepalive_requests ${perConnection};
    location / { return 200 "$ssl_protocol $ssl_server_name $ssl_client_s_dn $ssl_session_reused\\n"; }
  }
}`,
  );
  const nginx = spawn(program, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], {
    stdio: 'ignore',
  });
  t.after(() => void nginx.kill());
  const serial = () =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      }).on('error', reject);
    });
  await eventually(serial);
  return {
    port,
    async show(issued) {
      const before = await serial();
      take(issued);
      nginx.kill('SIGHUP');
      // The worker of before may still accept while the one of now does: not one of many may meet it.
      await eventually(async () => {
        for (let looks = 0; looks < 10; looks++) assert.notEqual(await serial(), before);
      });
    },
  };
}

function settings(port: number, ca: string, client: Issued, more = ''): string {
  return `
listener "http" { address "127.0.0.1:0" }
route "api" { upstream "api-backend" }
upstream "api-backend" {
  target "localhost:${port}"
  tls { ca-file "${ca}"; client-cert "${client.certFile}"; client-key "${client.keyFile}" ${more} }
  health-check { type "http" { path "/health"; expected-status 200 }; interval-secs 1; timeout-secs 1; unhealthy-threshold 1; healthy-threshold 1 }
  circuit-breaker { failure-threshold 1000 }
}
server { graceful-shutdown-timeout-secs 2 }`;
}

test('nginx under TLS is served, checked, found out when its certificate expires, and back when it is renewed', async (t) => {
  const program = requireComponent(t, 'nginx');
  if (program === undefined) return;
  const [authority, other] = [TestAuthority.root(t), TestAuthority.root(t, 'Other Root')];
  const client = authority.issue({ usage: 'clientAuth', names: [], subject: 'sentinel' });
  const nginx = await startNginx(t, program, authority, authority.intermediate().issue({ names: ['localhost'] }), 3);
  const daemon = await startDaemonProcess(t, { config: settings(nginx.port, authority.certFile, client), workers: 2 });
  const sentinel = (...args: string[]) => callSentinel(args, { environment: { SENTINEL_ADMIN_SOCKET: daemon.socket } });
  const ask = async () => {
    const response = await fetch(daemon.url());
    return { status: response.status, text: await response.text(), proxy: response.headers.get('proxy-status') };
  };
  const is = (verdict: string) =>
    eventually(async () => {
      const { data } = await daemon.client.call('upstream', { params: { name: 'api-backend' } });
      assert.deepEqual([data.targets[0]?.verdict, data.check], [verdict, 'http /health over TLS every 1 s']);
    });
  await is('healthy');
  // Each worker opens connections and resumes on them what it had before, three requests a connection.
  const seen = new Set<string>();
  await eventually(async () => {
    seen.add((await ask()).text);
    assert.deepEqual([...seen].sort(), ['TLSv1.3 localhost CN=sentinel .\n', 'TLSv1.3 localhost CN=sentinel r\n']);
  });

  await nginx.show(authority.issue({ names: ['localhost'], outside: 'expired' }));
  await is('unhealthy');
  const { stdout } = await sentinel('upstreams');
  assert.match(stdout, /✗ unhealthy .* L6TLS .*certificate has expired \(CERT_HAS_EXPIRED\)/);
  const checked = await sentinel('check', 'api-backend');
  assert.equal(checked.code, 1);
  assert.match(checked.stdout, /L6TLS/);
  const flip = daemon.lines().find(({ message }) => message === 'Target unhealthy');
  assert.deepEqual([flip?.['code'], flip?.['why']], ['L6TLS', 'certificate has expired (CERT_HAS_EXPIRED)']);
  assert.equal((await ask()).status, 503);

  await nginx.show(authority.issue({ names: ['localhost'] }));
  await is('healthy');
  assert.equal((await ask()).status, 200);

  // A reload that believes somebody else: open connections are not used any more.
  daemon.writeConfig(settings(nginx.port, other.certFile, client));
  process.kill(daemon.pid, 'SIGHUP');
  await daemon.line('Configuration reload completed');
  await is('unhealthy');
  assert.match((await sentinel('upstreams')).stdout, /L6TLS .*unknown authority/);
  assert.notEqual((await ask()).status, 200);
  daemon.writeConfig(settings(nginx.port, other.certFile, client, '; insecure-skip-verify #true'));
  process.kill(daemon.pid, 'SIGHUP');
  await is('healthy');
  assert.equal((await ask()).status, 200);
});

test('a busy worker makes no more handshakes than it has requests at once', async (t) => {
  const [program, wrk] = [requireComponent(t, 'nginx'), requireComponent(t, 'wrk')];
  if (program === undefined || wrk === undefined) return;
  const authority = TestAuthority.root(t);
  const client = authority.issue({ usage: 'clientAuth', names: [] });
  const nginx = await startNginx(t, program, authority, authority.issue(), 1_000_000);
  const daemon = await startDaemonProcess(t, { config: settings(nginx.port, authority.certFile, client), workers: 1 });
  assert.equal((await fetch(daemon.url())).status, 200);
  // Answers that lie there when the worker comes to look are what a test of one request after the other never sees.
  const load = spawn(wrk, ['-t1', '-c16', '-d1', daemon.url()], { stdio: 'ignore' });
  await once(load, 'exit');
  const { data } = await daemon.client.call('upstream', { params: { name: 'api-backend' } });
  const [target] = data.targets;
  assert.ok(target);
  assert.ok(target.acquired_total > 200, `${target.acquired_total} requests`);
  assert.ok(target.opened_total <= 32, `${target.opened_total} connections for ${target.acquired_total} requests`);
});

test('a target that speaks HTTP/2 alone is found healthy, and serves', async (t) => {
  const server = createServer((request, response) => response.end(`HTTP/${request.httpVersion}`)).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  t.after(() => void server.close());
  const { port } = server.address() as { port: number };
  const daemon = await startDaemonProcess(t, {
    config: `
listener "http" { address "127.0.0.1:0" }
route "api" { upstream "api-backend" }
upstream "api-backend" {
  target "127.0.0.1:${port}"
  http-version "2"
  health-check { type "http" { path "/health"; expected-status 200; expected-body "HTTP/2.0" }; interval-secs 1; timeout-secs 1 }
}
server { graceful-shutdown-timeout-secs 2 }`,
  });
  await eventually(async () => {
    const { data } = await daemon.client.call('upstream', { params: { name: 'api-backend' } });
    assert.deepEqual([data.targets[0]?.verdict, data.check], ['healthy', 'http /health by HTTP/2 every 1 s']);
  });
  assert.equal(await (await fetch(daemon.url())).text(), 'HTTP/2.0');
});

test('the authorities of the machine are believed where no ca-file is given', async (t) => {
  const [authority, folder] = [TestAuthority.root(t), testFolder(t)];
  const { certFile, keyFile } = authority.issue({ names: ['localhost'] });
  const server = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', '-www', '-cert', certFile, '-key', keyFile]);
  t.after(() => void server.kill());
  let said = '';
  server.stdout.on('data', (piece: Buffer) => void (said += piece.toString()));
  const port = await eventually(() => Number(/^ACCEPT .*:(\d+)$/m.exec(said)?.[1] ?? assert.fail('not yet')));
  const config = `
listener "http" { address "127.0.0.1:0" }
route "api" { upstream "api-backend" }
upstream "api-backend" { target "localhost:${port}"; tls {} }`;
  const stores = join(folder, 'certs');
  mkdirSync(stores);
  copyFileSync(authority.certFile, join(stores, 'root.pem'));
  execFileSync('openssl', ['rehash', stores]);
  for (const [environment, status] of [
    [{ SSL_CERT_FILE: authority.certFile, SSL_CERT_DIR: join(folder, 'none') }, 200],
    [{ SSL_CERT_FILE: join(folder, 'none'), SSL_CERT_DIR: stores }, 200],
    [{}, 502],
  ] as const) {
    const daemon = await startDaemonProcess(t, { config, environment });
    const response = await fetch(daemon.url());
    assert.equal(response.status, status, await response.text());
  }
});
