/**
 * What an honest client feels while others flood the same port over HTTP/2, beside HAProxy under the same flood: its slow
 * requests must not be slower, and the daemon's memory must not grow.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { OriginProcess } from '../faults/origin-process.ts';
import { TestAuthority } from '../helpers/certificates.ts';
import { requireComponent } from '../helpers/components.ts';
import { startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { answerOf, send } from '../helpers/http2-scene.ts';
import { floods } from '../helpers/http2-flooder.ts';
import { connectTls } from '../helpers/secured-plane.ts';
import { securedListener } from '../helpers/served-certificate.ts';

const execute = promisify(execFile);
const flooder = new URL('../helpers/http2-flooder.ts', import.meta.url).pathname;
const floodSeconds = 3;
const attackers = 4;
/** Longer than this nobody waits for an answer. */
const patienceMs = 10_000;
/** Machines differ from themselves: below this nobody can tell the two apart. */
const grainMs = 25;
/** What the daemon may have grown by: the garbage of a young heap, not of a flood. */
const growthBytes = 160 * 1024 * 1024;

interface Felt {
  readonly p50: number;
  readonly p99: number;
  readonly answers: number;
  readonly failures: number;
}

/** Four at a time, one after another, while the flood lasts. */
async function honestUnder(port: number, kind: string): Promise<Felt> {
  const flood = execute(process.execPath, [flooder, String(port), kind, String(floodSeconds), String(attackers)]);
  let over = false;
  void flood.finally(() => {
    over = true;
  });
  await pause(300);
  const times: number[] = [];
  let failures = 0;
  let client: ClientHttp2Session | null = null;
  const session = () => {
    if (client === null || client.closed || client.destroyed) {
      client = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false }).on('error', () => {});
    }
    return client;
  };
  const ask = async () => {
    while (!over) {
      const from = performance.now();
      const stream = send(session());
      const patience = setTimeout(() => stream.close(), patienceMs);
      const { status } = await answerOf(stream);
      clearTimeout(patience);
      times.push(performance.now() - from);
      if (status !== 200) failures++;
    }
  };
  await Promise.all(Array.from({ length: 4 }, ask));
  session().destroy();
  await flood;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Infinity;
  return { p50: at(0.5), p99: at(0.99), answers: times.length, failures };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
}

async function startHaproxy(t: TestContext, program: string, pem: string, origin: number): Promise<number> {
  const port = await freePort();
  const folder = testFolder(t);
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(join(folder, 'pair.pem'), pem);
  writeFileSync(
    file,
    `global
  maxconn 4000
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout http-request 10s
frontend front
  bind 127.0.0.1:${port} ssl crt ${join(folder, 'pair.pem')} alpn h2,http/1.1
  default_backend back
backend back
  server origin 127.0.0.1:${origin}
`,
  );
  const child = spawn(program, ['-db', '-f', file], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  await eventually(() => connectTls(t, port, { rejectUnauthorized: false }).then((socket) => void socket.destroy()));
  return port;
}

function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

test('an honest client is no worse off behind sentinel than behind HAProxy, whatever the flood', async (t) => {
  const program = requireComponent(t, 'haproxy');
  if (program === undefined) return;
  const origin = await OriginProcess.start(t);
  const issued = TestAuthority.root(t).issue();
  const daemon = await startDaemonProcess(t, {
    workers: 1,
    config: `${securedListener(issued.certFile, issued.keyFile)}
route "all" { upstream "origin" }
upstream "origin" { target "127.0.0.1:${origin.port}" }`,
  });
  const ours = Number(new URL(daemon.url('https')).port);
  const theirs = await startHaproxy(t, program, issued.cert + issued.key, origin.port);
  await honestUnder(ours, 'ping');
  const before = residentBytes(daemon.pid);
  for (const kind of Object.keys(floods)) {
    await t.test(kind, async (t) => {
      const told = (one: Felt) => `p50 ${one.p50.toFixed(1)} ms, p99 ${one.p99.toFixed(1)} ms of ${one.answers}`;
      let [beside, felt] = [await honestUnder(theirs, kind), await honestUnder(ours, kind)];
      // Once more where the machine may have had something else to do.
      for (let again = 0; again < 2 && felt.p99 > beside.p99 + grainMs; again++) {
        t.diagnostic(`again: sentinel ${told(felt)}, HAProxy ${told(beside)}`);
        [beside, felt] = [await honestUnder(theirs, kind), await honestUnder(ours, kind)];
      }
      const grown = residentBytes(daemon.pid) - before;
      t.diagnostic(
        `${kind}: sentinel ${told(felt)}, HAProxy ${told(beside)}; grown by ${Math.round(grown / 2 ** 20)} MiB`,
      );
      assert.equal(felt.failures, 0);
      assert.ok(felt.p99 <= beside.p99 + grainMs, `p99 ${felt.p99} ms, HAProxy ${beside.p99} ms`);
      assert.ok(grown < growthBytes, `grown by ${grown} bytes`);
    });
  }
});
