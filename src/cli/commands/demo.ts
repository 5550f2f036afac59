/**
 * `sentinel demo`: three small targets and a daemon in front of them, with a configuration that may be edited, and the next
 * commands to type. Everything is on loopback, and gone when it ends.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { isSingleBinary, packagePath } from '../../base/package-files.ts';
import { SentinelError } from '../../base/errors.ts';
import { selfSigned } from '../../certs/self-signed.ts';
import type { Invocation, Outcome } from '../command.ts';
import type { Style } from '../streams.ts';
import { serve } from './run.ts';

const names = ['blue', 'green', 'red'] as const;
/** How long a target that was stopped stays away: time enough to look. */
const AWAY_MS = 20_000;
/** And the last one, when it is to break: time to find out which one it is, to drain it and to take it back. */
const BROKEN_MS = 180_000;
/** Commands up to this length stand in a column. */
const ALIGNED = 44;
/** The demo's certificate signs itself, and is made anew each time. */
const CERTIFICATE_DAYS = 30;

interface Ports {
  readonly proxy: number;
  readonly tls: number;
  readonly metrics: number;
}

interface Target {
  readonly address: string;
  /** Refuses connections for so long. */
  leave(awayMs: number): void;
  close(): void;
}

export async function run(invocation: Invocation): Promise<Outcome> {
  const ports = {
    proxy: portOf(invocation, 'port'),
    tls: portOf(invocation, 'tls-port'),
    metrics: portOf(invocation, 'metrics-port'),
  };
  const targets: readonly Target[] = await Promise.all(
    names.map((name) => startTarget(name, () => targets.at(-1)?.leave(BROKEN_MS))),
  );
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-demo-'));
  const file = join(folder, 'sentinel.kdl');
  const next = join(folder, 'next.kdl');
  const { cert, key } = selfSigned(['localhost', '127.0.0.1'], invocation.clock.wallMs(), CERTIFICATE_DAYS);
  writeFileSync(join(folder, 'demo.crt'), cert);
  writeFileSync(join(folder, 'demo.key'), key, { mode: 0o600 });
  const text = demoConfig(
    ports,
    targets.map(({ address }) => address),
  );
  writeFileSync(file, text);
  // Another share for one target and another timeout: something to plan, to try, and to go back from.
  writeFileSync(next, text.replace(' weight=2', ' weight=8').replace('timeout-secs 5', 'timeout-secs 10'));
  try {
    const exitCode = await serve(invocation, { source: { kind: 'file', path: file } }, () => {
      invocation.stdout.write(
        banner(
          { ports, file, next, drained: targets[1]?.address ?? '' },
          programName(invocation),
          invocation.stdout.style,
        ),
      );
    });
    return { kind: 'done', exitCode };
  } finally {
    for (const target of targets) target.close();
    if (readFileSync(file, 'utf8') === text) rmSync(folder, { recursive: true });
    else invocation.stdout.write(`kept your ${file}\n`);
  }
}

function portOf(invocation: Invocation, name: string): number {
  const given = invocation.option(name) ?? '';
  const port = Number(given);
  if (/^\d{1,5}$/.test(given) && port > 0 && port <= 65_535) return port;
  throw new SentinelError('SNT-P040', `--${name} is ${JSON.stringify(given)}, expected a port from 1 to 65535`, {
    hint: 'sentinel demo --help',
  });
}

/**
 * Answers everything with its name; `/slow` after a second, `/fail` with 500, `/stop` before it goes away for a while.
 * @param onBreak After `/break` was answered
 */
async function startTarget(name: string, onBreak: () => void): Promise<Target> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const answer = (): void => {
      response.writeHead(path.startsWith('/fail') ? 500 : 200, { 'content-type': 'text/plain; charset=utf-8' });
      const text = `${name} got ${request.method} ${path} from ${String(request.headers['x-forwarded-for'])}\n`;
      if (path.startsWith('/stop')) response.end(text, () => leave(AWAY_MS));
      else response.end(text, path.startsWith('/break') ? onBreak : undefined);
    };
    request.resume();
    if (path.startsWith('/slow')) setTimeout(answer, 1_000);
    else answer();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let absence: NodeJS.Timeout | undefined;
  const close = (): void => {
    clearTimeout(absence);
    server.close().closeAllConnections();
  };
  const leave = (awayMs: number): void => {
    close();
    absence = setTimeout(() => server.listen(port, '127.0.0.1'), awayMs);
  };
  // Somebody else may have the port by then.
  server.on('error', () => leave(AWAY_MS));
  return { address: `127.0.0.1:${port}`, leave, close };
}

function demoConfig(ports: Ports, [blue, green, red]: readonly string[]): string {
  return `// The demo. Edit it, then \`sentinel reload\`; or \`sentinel config edit\`.
listener "http" { address "127.0.0.1:${ports.proxy}" }
listener "https" {
    address "127.0.0.1:${ports.tls}"
    protocol "https"               // HTTP/2 too
    tls { cert-file "demo.crt"; key-file "demo.key" }
}

route "blue" {
    matches { path-prefix "/blue" }
    upstream "blue-only"
}
route "hello" {
    matches { path "/hello" }
    upstream "hello"
}
route "limited" {
    matches { path "/limited" }
    upstream "hello"
    policies { rate-limit { requests-per-second 0.2 } }
}
route "everything" {
    upstream "colours"
    fallback-upstream "hello"      // when no target can take the request
    retry-policy { max-attempts 3 }
    policies {
        timeout-secs 5
        response-headers { set { "X-Demo" "sentinel" } }
    }
}

upstream "colours" {
    load-balancing "weighted"
    target "${blue}" weight=2
    target "${green}" weight=1
    target "${red}" weight=1       // weight=0 drains it
    health-check { interval-secs 1 }
}
upstream "blue-only" { target "${blue}" }
upstream "hello" {
    static { status 200; content-type "text/plain"; body "hello from the proxy itself\\n" }
}

observability {
    metrics { address "127.0.0.1:${ports.metrics}" }
    logging { level "warn"; format "pretty"; access-log { file "stdout"; format "combined" } }
}
state-dir "state"                  // goes with the demo
`;
}

/** What to type to get at this program: its name where the shell finds it, else the path of the launcher. */
function programName({ context, directory, origin }: Invocation): string {
  const folders = (context.environment['PATH'] ?? '').split(delimiter);
  if (folders.some((folder) => existsSync(join(folder, 'sentinel')))) return 'sentinel';
  const launcher = relative(directory, isSingleBinary ? (origin?.node ?? '') : packagePath('bin/sentinel.js'));
  return launcher.startsWith('.') ? launcher : `./${launcher}`;
}

interface Scene {
  readonly ports: Ports;
  readonly file: string;
  /** What `config apply` is tried with. */
  readonly next: string;
  /** The target that is drained. */
  readonly drained: string;
}

function banner({ ports, file, next, drained }: Scene, program: string, style: Style): string {
  const base = `http://127.0.0.1:${ports.proxy}`;
  const tries: readonly (readonly [string, string])[] = [
    [`curl ${base}/`, 'one of three targets, by weight 2:1:1'],
    [`curl ${base}/blue/x`, 'a route by path'],
    [`curl -i ${base}/hello`, 'an answer of the proxy itself'],
    [`curl -i ${base}/limited`, 'one in five seconds: ask twice'],
    [`curl ${base}/stop`, `the target that says so is away for ${AWAY_MS / 1000} s; ask / meanwhile: nobody notices`],
    [`curl ${base}/break`, `one of the three breaks for ${BROKEN_MS / 60_000} minutes: which, and why? \`top\` says`],
    [`${program} top`, 'everything at a glance; `?` says which keys there are, `q` ends it'],
    [`curl -ki https://localhost:${ports.tls}/blue`, 'over TLS and HTTP/2'],
    [`${program} cert-check`, 'what the certificate is, on disk, loaded and served'],
    [`${program} upstreams`, 'which target is down, and why; `check` looks at once, `breakers` says who is spared'],
    [`curl -i ${base}/fail`, 'an error: its X-Correlation-Id is what people send you'],
    [`${program} requests`, 'what was asked, and what became of it; `trace ID` shows one with all its tries'],
    [`${program} tap`, 'the same live, each as it ends'],
    [`curl ${base}/ready`, 'whether it wants traffic'],
    [`curl http://127.0.0.1:${ports.metrics}/metrics`, 'for Prometheus'],
    [`${program} status`, 'what runs; `routes`, `clients`, `events` and `logs` say more'],
    [`${program} diagnose`, 'what is wrong, why and what to type: nothing, by now'],
    [
      `${program} incident open --title "trying it out" --sev 4`,
      'an incident: `incident timeline`, `handover`, `snapshot --fast`, `close --resolved now`, `postmortem`',
    ],
    [`${program} drain ${drained} --reason "a new kernel"`, 'no new request goes there; nothing is cut'],
    [`${program} undrain ${drained}`, 'back, when its health check passes'],
    [`${program} maintenance on --route blue --for 5m`, 'a page in place of a route; `maintenance off` ends it before'],
    [`${program} override limits max-requests-per-second-global=5`, 'other limits for half an hour; the file stays'],
    [`${program} override list`, 'what is set for a while, until when, and what undoes it'],
    [`${program} block add 192.0.2.7 --for 10m`, 'refuse an address, at once and in every worker'],
    [`${program} route explain GET /blue/x -c ${file}`, 'why this route'],
    [`${program} config plan ${next}`, 'what another file would change; nothing happens'],
    [`${program} config apply ${next} --confirm-within 90s`, 'on trial: it goes back by itself unless it is confirmed'],
    [`${program} config edit`, 'change something: checked, shown, applied; nothing is dropped'],
    [`${program} config history`, 'all that was in force; `config rollback` goes back'],
  ];
  // Those with long paths stand out of line: all in line would be wider than a screen.
  const width = Math.max(...tries.map(([command]) => command.length).filter((length) => length <= ALIGNED));
  const lines = tries.map(([command, meaning]) => `  ${style.bold(command.padEnd(width))}   ${style.dim(meaning)}`);
  const head = `${style.green('✓')} sentinel carries ${base} to three targets. Try, in another terminal:`;
  return `${[head, ...lines, 'Ctrl-C ends it. Requests follow:'].join('\n')}\n`;
}
