/** A real daemon that is reloaded again and again while wrk asks: what the short test and the long one share. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { type DaemonProcess, startDaemonProcess } from './daemon.ts';
import { eventually } from './eventually.ts';

const CONNECTIONS = '6';
/** Longer than any run; wrk is told to end. */
const LONGEST = '900s';

export interface LoadTaken {
  readonly requests: number;
  /** What wrk says of sockets and statuses that went wrong; empty when nothing did. */
  readonly failures: readonly string[];
}

/** wrk against an address until it is told to end. */
export class WrkLoad {
  readonly #child;
  #output = '';

  /** @param fresh A new connection for every request. */
  constructor(t: TestContext, wrk: string, url: string, fresh: boolean) {
    const args = ['-t1', `-c${CONNECTIONS}`, `-d${LONGEST}`, '--timeout', '10s'];
    this.#child = spawn('nice', ['-n', '5', wrk, ...args, ...(fresh ? ['-H', 'Connection: close'] : []), url]);
    this.#child.stdout.on('data', (text: Buffer) => {
      this.#output += text.toString();
    });
    t.after(() => this.#child.kill('SIGKILL'));
  }

  async stop(): Promise<LoadTaken> {
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGINT');
    await ended;
    const failures = this.#output.match(/Socket errors: .*|Non-2xx or 3xx responses: .*/g) ?? [];
    return { requests: Number(/(\d+) requests in/.exec(this.#output)?.[1] ?? 0), failures: [...failures] };
  }
}

export interface ReloadRun {
  readonly kept: LoadTaken;
  readonly fresh: LoadTaken;
  /** Requests that outlived the listener that they came by. */
  readonly outlived: number;
}

/** Routes, upstreams, limits, header rules and listeners change with each of the reloads, by HUP and by command in turns. */
export async function reloadUnderLoad(t: TestContext, wrk: string, reloads: number): Promise<ReloadRun> {
  const held: ServerResponse[] = [];
  const count = { answered: 0 };
  const origins = await Promise.all([1, 2].map(() => startOrigin(t, held, count)));
  const daemon = await startDaemonProcess(t, { config: configOf(0, origins) });
  const loads = [false, true].map((fresh) => new WrkLoad(t, wrk, `${daemon.url()}/of/work`, fresh)) as [
    WrkLoad,
    WrkLoad,
  ];
  let outlived = 0;
  for (let n = 1; n <= reloads; n++) {
    // What runs has the listener of an odd number, what comes has it no more.
    const late = n % 10 === 0 ? await askExtra(daemon, held) : null;
    daemon.writeConfig(configOf(n, origins));
    if (n % 2 === 0) daemon.child.kill('SIGHUP');
    else await daemon.client.call('config-reload');
    await daemon.line('Configuration reload completed', n);
    // Each generation serves some before the next one comes.
    const answered = count.answered;
    await eventually(() => count.answered >= answered + 50);
    if (late === null) continue;
    held.shift()?.end('last words');
    assert.deepEqual(await late.answer, { status: 200, body: 'last words' });
    outlived++;
  }
  const [kept, fresh] = await Promise.all(loads.map((load) => load.stop()));
  return { kept: kept as LoadTaken, fresh: fresh as LoadTaken, outlived };
}

function configOf(n: number, origins: readonly number[]): string {
  const [one, two] = origins as [number, number];
  const extra = n % 2 === 1 ? 'listener "extra" { address "127.0.0.1:0" }' : '';
  const targets = n % 3 === 0 ? `target "127.0.0.1:${one}" weight=${1 + (n % 4)}` : '';
  return `
listener "http" { address "127.0.0.1:0"; keepalive-timeout-secs ${60 + (n % 7)} }
${extra}
server { graceful-shutdown-timeout-secs 10 }
limits { max-in-flight-requests ${5000 + n}; max-header-count ${100 + (n % 5)} }
route "work" {
    matches { path-prefix "/of/work" }
    upstream "origin${n % 2}"
    policies { timeout-secs ${30 + (n % 5)}; response-headers { set { "X-Generation" "${n}" } } }
}
route "changing-${n}" { priority ${100 + n}; matches { path-prefix "/changing/${n}" }; upstream "origin${n % 2}" }
route "held" { matches { path "/held" }; upstream "origin${n % 2}" }
upstream "origin${n % 2}" {
    ${targets}
    target "127.0.0.1:${two}"
    load-balancing "${n % 4 === 0 ? 'least_connections' : 'round_robin'}"
}
`;
}

/** A request by the listener that is about to go, answered only when somebody says so. */
async function askExtra(
  daemon: DaemonProcess,
  held: readonly ServerResponse[],
): Promise<{ readonly answer: Promise<unknown> }> {
  const { listeners } = await daemon.client.call('status').then(({ data }) => data);
  const address = listeners.find(({ id }) => id === 'extra')?.address;
  assert.ok(address !== undefined, 'the listener that is to go is there');
  const answer = new Promise((resolve, reject) => {
    const request = get(`http://${address}/held`, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    });
    request.on('error', reject);
  });
  await eventually(() => held.length > 0);
  return { answer };
}

async function startOrigin(t: TestContext, held: ServerResponse[], count: { answered: number }): Promise<number> {
  const server = createServer((request, response) => {
    if (request.url === '/held') held.push(response);
    else {
      count.answered++;
      response.writeHead(200, { 'content-length': 5 }).end('hello');
    }
  });
  server.keepAliveTimeout = 0;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close().closeAllConnections());
  return (server.address() as AddressInfo).port;
}
