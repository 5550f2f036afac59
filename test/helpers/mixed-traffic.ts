/**
 * A live daemon in trouble, for everything that looks at one: two workers, targets that answer, fail, dawdle and are gone, a
 * breaker that trips, a client above its rate and one on the block list, a reload that fails. Says what it has sent.
 */
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { TestAuthority } from './certificates.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from './daemon.ts';
import { eventually } from './eventually.ts';
import { deadPort } from './origin.ts';

export interface MixedTraffic {
  readonly daemon: DaemonProcess;
  /** What stands for `/var/log/sentinel`. */
  readonly logs: string;
  /** Address of the target that nobody listens on. */
  readonly dead: string;
  readonly targets: readonly string[];
  /** Requests that have been answered, by route and status. */
  readonly sent: ReadonlyMap<string, number>;
  /** One request; resolves with the status. */
  ask(path: string, options?: AskOptions): Promise<number>;
  /** One request of every kind. */
  round(): Promise<void>;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Address that the client comes from. */
  readonly from?: string;
  readonly secure?: boolean;
}

/** How long the slow target waits: above the threshold of the configuration below. */
const SLOW_MS = 150;
export const slowThresholdMs = 100;

export async function startMixedTraffic(t: TestContext): Promise<MixedTraffic> {
  let asked = 0;
  const good = await target(t, (path) => (path.startsWith('/slow') ? { afterMs: SLOW_MS } : {}));
  const second = await target(t, () => ({}));
  const broken = await target(t, () => ({ status: 500 }));
  const flaky = await target(t, (path) => (path === '/health' || ++asked % 2 === 0 ? {} : { status: 503 }));
  const dead = `127.0.0.1:${await deadPort()}`;
  const folder = testFolder(t);
  const logs = join(folder, 'log');
  mkdirSync(logs);
  const { certFile, keyFile } = TestAuthority.root(t).issue();
  const daemon = await startDaemonProcess(t, {
    folder,
    workers: 2,
    title: 'sentinel',
    journal: true,
    config: `
listener "http" { address "127.0.0.1:0" }
listener "https" { address "127.0.0.1:0"; protocol "https"; tls { cert-file "${certFile}"; key-file "${keyFile}" } }
routes {
    route "api" { matches { path-prefix "/api/" "/slow/" }; upstream "api-backend" }
    route "broken" { matches { path-prefix "/broken/" }; upstream "broken" }
    route "dead" { matches { path-prefix "/dead/" }; upstream "dead" }
    route "spare" { matches { path-prefix "/spare/" }; upstream "dead"; fallback-upstream "api-backend" }
    route "flaky" {
        matches { path-prefix "/flaky/" }; upstream "flaky"
        retry-policy { max-attempts 2; backoff-base-ms 1; budget-percent 100 }
    }
    route "limited" {
        matches { path-prefix "/limited/" }; upstream "api-backend"
        policies { rate-limit { requests-per-second 0.01; burst 1; key "route" } }
    }
}
upstreams {
    upstream "api-backend" {
        targets { target { address "${good}" }; target { address "${second}" }; target { address "${dead}" } }
        health-check { type "http" { path "/health" }; interval-secs 0.2; healthy-threshold 1; unhealthy-threshold 1 }
    }
    upstream "broken" { target "${broken}"; circuit-breaker { failure-threshold 3; timeout-secs 600 } }
    upstream "dead" {
        target "${dead}"
        circuit-breaker { failure-threshold 4095 }
        passive-health { max-ejected-percent 0 }
    }
    upstream "flaky" { target "${flaky}"; circuit-breaker { failure-threshold 4095 }; passive-health { max-ejected-percent 0 } }
}
security { block "127.0.0.9" }
alerts { p99-ms ${slowThresholdMs} }
observability {
    logging { file "${join(logs, 'sentinel.log')}"; access-log { file "${join(logs, 'access.log')}" } }
}
`,
  });
  const sent = new Map<string, number>();
  const [plain, secure] = [
    new Agent({ keepAlive: true }),
    new SecureAgent({ keepAlive: true, rejectUnauthorized: false }),
  ];
  t.after(() => {
    plain.destroy();
    secure.destroy();
  });

  async function ask(path: string, options: AskOptions = {}): Promise<number> {
    const { method = 'GET', headers = {}, from } = options;
    const url = `${daemon.url(options.secure === true ? 'https' : 'http')}${path}`;
    const own = from === undefined ? {} : { localAddress: from, agent: false as const };
    const asking =
      options.secure === true
        ? secureRequest(url.replace('http:', 'https:'), { method, headers, agent: secure })
        : request(url, { method, headers, agent: plain, ...own });
    const answered = once(asking, 'response');
    asking.end();
    const [response] = (await answered) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    const route = path.split('/')[1] ?? '';
    const key = `${route} ${response.statusCode}`;
    sent.set(key, (sent.get(key) ?? 0) + 1);
    return response.statusCode ?? 0;
  }

  async function round(): Promise<void> {
    await Promise.all([
      ask('/api/users?page=1'),
      ask('/api/orders', { method: 'POST' }),
      ask('/api/users', { secure: true }),
      ask('/slow/report'),
      ask('/broken/page'),
      ask('/dead/end'),
      ask('/spare/part'),
      ask('/flaky/thing'),
      ask('/limited/offer'),
      ask('/nowhere'),
      ask('/api/users', { from: '127.0.0.9' }),
    ]);
  }

  await eventually(async () => {
    const { upstreams } = (await daemon.client.call('upstream-health', { params: { name: 'api-backend' } })).data;
    return upstreams[0]?.targets.find(({ address }) => address === dead)?.verdict === 'unhealthy';
  });
  return { daemon, logs, dead, targets: [good, second, broken, flaky], sent, ask, round };
}

/** A reload that fails, and one that succeeds after it. */
export async function reloadBadly({ daemon }: MixedTraffic, text: string): Promise<void> {
  daemon.writeConfig(`${text}\nroute "api" {\n`);
  process.kill(daemon.pid, 'SIGHUP');
  await daemon.line('Configuration reload failed');
  daemon.writeConfig(`${text}\n// edited\n`);
  process.kill(daemon.pid, 'SIGHUP');
  await daemon.line('Configuration reload completed');
}

async function target(
  t: TestContext,
  answer: (path: string) => { readonly status?: number; readonly afterMs?: number },
): Promise<string> {
  const server = createServer((asked, response) => {
    const { status = 200, afterMs = 0 } = answer(asked.url ?? '');
    asked.resume();
    setTimeout(() => response.writeHead(status).end(`${status}\n`), afterMs);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close().closeAllConnections());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
