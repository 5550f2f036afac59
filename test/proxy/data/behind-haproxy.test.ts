/** A real HAProxy in front that speaks the PROXY protocol, both versions. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { requireComponent } from '../../helpers/components.ts';
import { eventually } from '../../helpers/eventually.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get, RawClient } from '../../helpers/raw-http.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts HAProxy before `port`; returns the port that it listens on. */
async function haproxyBefore(t: TestContext, program: string, port: number, how: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-haproxy-'));
  const own = await freePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  maxconn 50
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen front
  bind 127.0.0.1:${own}
  server sentinel 127.0.0.1:${port} ${how}
`,
  );
  const child = spawn(program, ['-db', '-f', file], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exit;
    rmSync(folder, { recursive: true, force: true });
  });
  await eventually(() => RawClient.connect(t, own).then((client) => void client.socket.destroy()));
  return own;
}

for (const how of ['send-proxy', 'send-proxy-v2', 'send-proxy-v2 proxy-v2-options crc32c,unique-id']) {
  test(`${how}: the client's address reaches log and upstream, over several requests of one connection`, async (t) => {
    const program = requireComponent(t, 'haproxy');
    if (program === undefined) return;
    const scene = await proxied(t, { accessLog: {}, listener: { proxyProtocol: true } });
    const port = await haproxyBefore(t, program, scene.port, how);
    const client = await RawClient.connect(t, port, '127.0.0.1', '127.0.0.77');
    for (let i = 0; i < 3; i++) {
      client.send(get());
      assert.equal((await client.response()).status, 200);
      assert.equal(scene.origin.requests[i]?.header('x-forwarded-for'), '127.0.0.77');
      assert.equal((await scene.line(i))['client_ip'], '127.0.0.77');
    }
  });
}
