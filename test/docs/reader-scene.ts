/**
 * What a reader of the pages has before them: a daemon with the upstreams, routes and files that the pages speak of, and a
 * command line. Names of pages (addresses, files, ids) are put in terms of it; everything is in one folder and on loopback.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { selfSigned } from '../../src/certs/self-signed.ts';
import type { InputStream } from '../../src/cli/streams.ts';
import { callSentinel } from '../cli/command-line.ts';
import { compileCache } from '../helpers/compile-cache.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { blocksOf, root } from './page-blocks.ts';

export interface Said {
  readonly code: number | null;
  readonly text: string;
}

export interface ReaderScene {
  readonly daemon: DaemonProcess;
  readonly folder: string;
  /** Ids that commands have given out, by how the pages call them: `c-9f2a`. */
  readonly ids: Map<string, string>;
  /** Text of a configuration for it; another number of seconds is another configuration. */
  config(timeoutSecs: number): string;
  /** The command, as printed, in terms of the scene. */
  here(command: string): string;
  /**
   * Runs it as printed, in the folder of the scene.
   * @param answer What is typed when it asks; null where nobody can be asked
   */
  run(command: string, answer?: string | null): Promise<Said>;
  /** Sends a GET to the listener. */
  ask(target: string, headers?: Readonly<Record<string, string>>): Promise<number>;
}

const token = 'a-token-of-somebody-on-call';
/** Of W3C; a page traces it. */
export const traceOfPages = '4bf92f3577b34da6a3ce929d0e0e4736';

/** The net of the targets: of this process alone, so that runs side by side do not meet. */
const net = `127.${64 + (process.pid % 128)}`;
/** Targets that pages name, all on one port. */
const hosts = ['1.10', '1.11', '1.12', '1.13', '2.10', '2.11'] as const;

export async function readerScene(t: TestContext): Promise<ReaderScene> {
  const folder = testFolder(t);
  const port = await openTargets(t);
  const colours = (await openTarget(t, '127.0.0.1', 0)).port;
  furnish(folder);
  const config = configOf({ folder, port, colours });
  const daemon = await startDaemonProcess(t, { folder, config });
  const portOf = (url: string): string => new URL(url).port;
  const [http, https, admin] = [portOf(daemon.url()), portOf(daemon.url('https')), portOf(daemon.adminUrl())];
  const ids = new Map<string, string>();
  const names: readonly (readonly [RegExp, string])[] = [
    [/\/tmp\/sentinel-demo-\w+\/|~\//, `${folder}/`],
    [/\/tmp\/rbdemo\//, `${folder}/`],
    [/\/var\/run\/sentinel\.pid/, `${folder}/sentinel.pid`],
    [/(?=\/(?:path\/to\/new|srv\/drill|etc\/sentinel|etc\/prometheus|tmp\/for-vendor)\b)/, folder],
    [/\b10\.1\.(?=\d)/, `${net}.`],
    [/(?<=\b10\.1\.\d\.\d+):8080/, `:${port}`],
    [/127\.0\.0\.1:(?:34741|34281|38651|37965)/, `127.0.0.1:${colours}`],
    [/127\.0\.0\.1:8080/, `127.0.0.1:${http}`],
    [/(?:localhost|HOST|api\.internal|www\.example\.com):(?:8443|443)\b/, `localhost:${https}`],
    [/(?:localhost|127\.0\.0\.1|10\.0\.0\.[12]|proxy-1\.internal):(?:9090|9191)/, `127.0.0.1:${admin}`],
  ];
  const any = new RegExp(names.map(([name]) => name.source).join('|'), 'g');
  const environment: Record<string, string> = {
    SENTINEL_ADMIN_SOCKET: daemon.socket,
    SENTINEL_CONFIG: daemon.configFile,
    SENTINEL_INCIDENTS: path.join(folder, 'incidents'),
    SENTINEL_TOKEN: token,
    EDITOR: 'retouch',
    HOME: folder,
    PATH: `${path.join(folder, 'bin')}:${process.env['PATH']}`,
  };
  const here = (command: string): string => {
    let text = command.replace(any, (_found, ...rest) => {
      const [offset, whole] = rest.slice(-2) as [number, string];
      for (const [name, value] of names) {
        const sticky = new RegExp(name.source, 'y');
        sticky.lastIndex = offset;
        if (sticky.test(whole)) return value;
      }
      return '';
    });
    for (const [name, value] of ids) text = text.replaceAll(name, value);
    return text;
  };
  return {
    daemon,
    folder,
    ids,
    config: (timeoutSecs) => configOf({ folder, port, colours }, timeoutSecs),
    here,
    async run(command, answer = null) {
      const [, variable = '', value = '', text = ''] = /^(?:([A-Z]+)="([^"$]*)" )?([\s\S]*)$/.exec(here(command)) ?? [];
      const words = plainWords(text);
      if (words === null) return shell(folder, text, environment, endless.test(command));
      const { code, stdout, stderr } = await callSentinel(words, {
        environment: variable === '' ? environment : { ...environment, [variable]: value },
        ...(answer === null ? {} : { terminal: true, stdin: typing(here(answer)) }),
        interrupt: AbortSignal.timeout(endless.test(command) ? 300 : 20_000),
      });
      return { code, text: `${stdout}${stderr}` };
    },
    async ask(target, headers = {}) {
      const reply = await fetch(`${daemon.url()}${target}`, { headers });
      await reply.arrayBuffer();
      return reply.status;
    },
  };
}

/** Somebody at a terminal who answers everything alike. */
function typing(answer: string): InputStream {
  return { isTerminal: true, readUpTo: async (bytes) => Buffer.from(`${answer}\n`).subarray(0, bytes) };
}

async function openTargets(t: TestContext): Promise<number> {
  const [first, ...others] = hosts;
  const { port } = await openTarget(t, `${net}.${first}`, 0);
  for (const host of others) await openTarget(t, `${net}.${host}`, port);
  return port;
}

async function openTarget(t: TestContext, host: string, port: number): Promise<AddressInfo> {
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === '/hang') return;
    response.writeHead(request.url === '/fail' ? 500 : 200).end('from a target\n');
  }).listen(port, host);
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  return server.address() as AddressInfo;
}

/** The files that pages name, and programs of other machines and other people. */
function furnish(folder: string): void {
  for (const name of [
    'bin',
    'config',
    'etc/sentinel/certs',
    'etc/sentinel/tls',
    'etc/prometheus/sentinel',
    'path/to/new',
    'tmp',
    '.config',
    'incidents',
  ]) {
    mkdirSync(path.join(folder, name), { recursive: true });
  }
  const { cert, key } = selfSigned(['localhost', 'api.internal', 'www.example.com', 'a.example'], Date.now(), 90);
  const put = (name: string, text: string, mode = 0o644): void =>
    writeFileSync(path.join(folder, name), text, { mode });
  for (const name of [
    'etc/sentinel/certs/server.crt',
    'etc/sentinel/tls/internal-ca.pem',
    'path/to/new/cert.crt',
    'new.crt',
    'ca.crt',
    'server.crt',
    'client.crt',
  ])
    put(name, cert);
  for (const name of ['etc/sentinel/certs/server.key', 'path/to/new/key.key', 'new.key', 'server.key', 'client.key'])
    put(name, key, 0o600);
  const [runbook] = blocksOf('', readFileSync(path.join(root, 'docs/runbooks.md'), 'utf8')).filter(
    ({ kind }) => kind === 'markdown',
  );
  put('dns-outage.md', runbook?.text ?? '');
  put('down.html', '<p>back soon</p>');
  const program = (name: string, body: string): void => put(`bin/${name}`, `#!/bin/sh\n${body}\n`, 0o755);
  program('sentinel', `exec "${process.execPath}" "${path.join(root, 'src/cli/sentinel.ts')}" "$@"`);
  program('ssh', 'exit 0');
  program('dmesg', 'echo "eth0: link is down"');
  // An editor of which one says what it has to do: it raises a timeout by a second each time.
  const edit = `perl -pi -e 's/(timeout-secs )(\\d+)/$1.($2+1)/e' "$file"`;
  for (const name of ['retouch', 'code']) program(name, `for file in "$@"; do :; done\n${edit}`);
  put(
    'smoke-test.sh',
    '#!/bin/sh\nfor look in 1 2 3 4 5 6 7 8 9; do sentinel status --json | grep -q \'"id": *"c-\' && exit 0; done; exit 1\n',
    0o755,
  );
}

interface Facts {
  readonly folder: string;
  readonly port: number;
  readonly colours: number;
}

/** @param timeoutSecs Of the route `everything`: a file with another one is another configuration. */
function configOf({ folder, port, colours }: Facts, timeoutSecs = 5): string {
  const target = (host: string): string => `target "${net}.${host}:${port}"`;
  return `
listener "http" { address "127.0.0.1:0" }
listener "https" {
    address "127.0.0.1:0"
    protocol "https"
    tls { cert-file "${folder}/etc/sentinel/certs/server.crt"; key-file "${folder}/etc/sentinel/certs/server.key" }
}
route "blue" { matches { path-prefix "/blue" }; upstream "blue-only" }
route "web" { matches { path-prefix "/web" }; upstream "web" }
route "rack" { matches { path-prefix "/rack" }; upstream "rack" }
route "second" { matches { path-prefix "/second" }; upstream "api" }
route "api" {
    matches { path-prefix "/api" }
    upstream "api-backend"
    fallback-upstream "emergency-static"
    circuit-breaker { }
    expect { request "GET" "/api/users"; upstream "api-backend"; status 200 }
}
route "everything" { upstream "colours"; policies { timeout-secs ${timeoutSecs} } }
upstream "colours" { target "127.0.0.1:${colours}"; ${target('1.13')}; health-check { interval-secs 1 } }
upstream "blue-only" { ${target('1.13')} }
upstream "web" { ${target('1.13')}; target "127.0.0.1:${colours}" }
upstream "rack" { ${target('1.13')}; ${target('2.10')}; ${target('2.11')} }
upstream "api" { ${target('1.12')}; ${target('1.11')} }
upstream "api-backend" {
    min-healthy 2
    health-check { interval-secs 1 }
    ${target('1.10')} weight=2
    ${target('1.11')}
    ${target('1.12')}
}
upstream "emergency-static" { static { status 503; body "closed" } }
observability { logging { access-log { file "${folder}/access.log" } }; admin { token "oncall" { role "operator"; hash "sha256:${createHash('sha256').update(token).digest('hex')}" } } }
server { graceful-shutdown-timeout-secs 5; drain-idle-secs 0 }
`;
}

/** Goes on until Ctrl-C. */
const endless = / (?:-f|--stream|--plain|--wait --timeout 5m|--for 2m --interval)\b|^sentinel tap\b/;

/** Arguments of `sentinel`, or null for a line that only a shell can read. */
function plainWords(line: string): readonly string[] | null {
  const words: string[] = [];
  let joined = false;
  let end = -1;
  for (const found of line.matchAll(/'([^']*)'|"([^"$]*)"|([^\s'"]+)/g)) {
    const [whole, quoted, double, plain] = found;
    if (plain !== undefined && /[|<>&;$`~]/.test(plain)) return null;
    joined = found.index === end;
    const piece = quoted ?? double ?? plain ?? '';
    if (joined) words.push(`${words.pop() ?? ''}${piece}`);
    else words.push(piece);
    end = found.index + whole.length;
  }
  return words[0] === 'sentinel' ? words.slice(1) : null;
}

async function shell(
  folder: string,
  line: string,
  environment: Readonly<Record<string, string>>,
  stopped: boolean,
): Promise<Said> {
  const typed = ['bash', '-c', `set -o pipefail\n${line}`];
  // With it ends all that it has started.
  const child = spawn('timeout', [...(stopped ? ['-s', 'INT', '2'] : ['30']), ...typed], {
    cwd: folder,
    env: { ...compileCache(), TERM: 'xterm', XDG_RUNTIME_DIR: '/nonexistent', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => void (text += part));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}
