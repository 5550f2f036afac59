/**
 * Where a fault is injected: a folder of its own with configuration, state and run-time files, the real program in it, real
 * targets and real clients. Whatever is started here is ended by `end`. Used by the faults of the benchmark.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, get, type RequestListener } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestAuthority } from '../helpers/certificates.ts';
import { compileCache } from '../helpers/compile-cache.ts';
import { eventually } from '../helpers/eventually.ts';

const root = new URL('../..', import.meta.url).pathname;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

export interface StartOptions {
  /** Configuration file; default the scene's. */
  readonly config?: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** A word for each worker's timer (`workers/burdened.ts`): then the daemon runs from the sources. */
  readonly burdened?: boolean;
  /** Bound on open files. */
  readonly openFiles?: number;
  readonly workers?: number;
  /** Instead of `run` and its arguments. */
  readonly command?: readonly string[];
  /** Start it without waiting until it is ready. */
  readonly unready?: boolean;
  /** Program and arguments in front of it: `setpriv --reuid …`. */
  readonly through?: readonly string[];
}

export interface LoadOptions {
  readonly path?: string;
  /** Clients that each send one request after the other; default 4. */
  readonly clients?: number;
  /** Between two requests of one client; default 10. */
  readonly pauseMs?: number;
  readonly host?: string;
  readonly port?: number;
  readonly localAddress?: () => string;
  readonly paths?: () => string;
}

export interface Load {
  readonly sent: number;
  /** By status; 0 = none came. */
  readonly statuses: ReadonlyMap<number, number>;
}

export class Scene {
  readonly folder = mkdtempSync(join(tmpdir(), 'sentinel-diagnosis-'));
  readonly configFile = join(this.folder, 'sentinel.kdl');
  readonly state = join(this.folder, 'state');
  readonly tools = join(this.folder, 'tools');
  readonly #cleanups: (() => void | Promise<void>)[] = [];
  #port = 0;
  #metricsPort = 0;
  daemon: ChildProcess | null = null;
  output = '';

  constructor() {
    mkdirSync(this.tools);
    mkdirSync(this.state, { mode: 0o700 });
  }

  /** Chooses ports; before anything else. */
  async open(): Promise<this> {
    this.#port = await freePort();
    this.#metricsPort = await freePort();
    return this;
  }

  get port(): number {
    return this.#port;
  }

  get metricsPort(): number {
    return this.#metricsPort;
  }

  after(task: () => void | Promise<void>): void {
    this.#cleanups.push(task);
  }

  async end(): Promise<void> {
    for (const task of this.#cleanups.reverse()) await task();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A whole configuration: listener, state and run-time files here, and what is given. `server` goes inside `server {}`. */
  config(text: string, { server = '', listener = '', observability = '' } = {}): string {
    return `
server { pid-file "${join(this.folder, 'sentinel.pid')}"; drain-idle-secs 0; graceful-shutdown-timeout-secs 60; ${server} }
state-dir "${this.state}"
listener "http" { address "127.0.0.1:${this.#port}"; ${listener} }
observability { metrics { address "127.0.0.1:${this.#metricsPort}" }; admin { socket "${join(this.folder, 'admin.sock')}" }; ${observability} }
${text}
`;
  }

  write(text: string, file = this.configFile): void {
    writeFileSync(file, text);
  }

  read(): string {
    return readFileSync(this.configFile, 'utf8');
  }

  get environment(): Record<string, string> {
    return {
      PATH: `${this.tools}:${process.env['PATH']}`,
      ...compileCache(),
      HOME: this.folder,
      XDG_RUNTIME_DIR: this.folder,
      XDG_STATE_HOME: join(this.folder, 'xdg-state'),
      SENTINEL_ADMIN_SOCKET: join(this.folder, 'admin.sock'),
    };
  }

  async start(options: StartOptions = {}): Promise<ChildProcess> {
    const { config = this.configFile, args = [], workers = 2 } = options;
    const command =
      options.burdened === true
        ? [
            process.execPath,
            '--inspect-port=no..inspector:9229',
            join(root, 'test/helpers/daemon-entry.ts'),
            this.#burdened(config, workers),
          ]
        : [
            process.execPath,
            join(root, 'bin/sentinel.js'),
            ...(options.command ?? ['run', '-c', config, '--workers', String(workers), ...args]),
          ];
    const bound = options.openFiles === undefined ? '' : `ulimit -n ${options.openFiles};`;
    const child = spawn('sh', ['-c', `${bound} exec "$@"`, 'sh', ...(options.through ?? []), ...command], {
      cwd: this.folder,
      env: { ...this.environment, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.daemon = child;
    const closed = once(child, 'close');
    child.stdout.setEncoding('utf8').on('data', (text: string) => void (this.output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (this.output += text));
    this.after(async () => {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
      await closed;
    });
    if (options.unready !== true) {
      const ready = eventually(() => this.output.includes('"Ready"'), 30_000);
      await Promise.race([
        ready,
        closed.then(() => {
          throw new Error(`the daemon ended: ${this.output}`);
        }),
      ]);
    }
    return child;
  }

  #burdened(config: string, workers: number): string {
    return JSON.stringify({
      source: { kind: 'file', path: config },
      title: 'sentinel',
      overrides: { workers },
      workerEntry: new URL('workers/burdened.ts', import.meta.url).href,
    });
  }

  /** Waits for the end of the daemon. */
  async ended(): Promise<void> {
    const child = this.daemon;
    if (child !== null && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.daemon?.kill(signal);
    await this.ended();
  }

  /** One command of the program, as an operator types it. */
  run(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    through: readonly string[] = [],
  ): Promise<Ended> {
    const started = performance.now();
    const [program = '', ...rest] = [...through, process.execPath, join(root, 'bin/sentinel.js'), ...args];
    const child = spawn(program, rest, {
      cwd: this.folder,
      env: { ...this.environment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
    return new Promise((resolve) => {
      child.once('close', (code) => resolve({ code, stdout, stderr, seconds: (performance.now() - started) / 1000 }));
    });
  }

  /** The same, and it has to succeed. */
  async done(...args: string[]): Promise<Ended> {
    const ended = await this.run(args);
    if (ended.code !== 0)
      throw new Error(`sentinel ${args.join(' ')}: exit ${ended.code}\n${ended.stdout}${ended.stderr}`);
    return ended;
  }

  /** A target that speaks HTTP. @returns `127.0.0.1:PORT` and what ends it */
  async target(handler: RequestListener = well, port = 0): Promise<Target> {
    const server = createServer({ keepAlive: true }, handler);
    return this.#target(server as unknown as Server, port);
  }

  /** A target that does with connections what it wants. */
  async rawTarget(handler: (socket: Socket) => void, port = 0): Promise<Target> {
    return this.#target(
      createTcpServer((socket) => {
        socket.on('error', () => undefined);
        handler(socket);
      }),
      port,
    );
  }

  async #target(server: Server, port: number): Promise<Target> {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const end = async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    };
    this.after(end);
    const chosen = (server.address() as AddressInfo).port;
    return { address: `127.0.0.1:${chosen}`, port: chosen, end };
  }

  /** Clients that go on until the scene ends. */
  load({
    path = '/',
    clients = 4,
    pauseMs = 10,
    host,
    port = this.#port,
    localAddress,
    paths,
  }: LoadOptions = {}): Load {
    const statuses = new Map<number, number>();
    const count = { sent: 0 };
    let over = false;
    const client = async (): Promise<void> => {
      const agent = new Agent({ keepAlive: localAddress === undefined, maxSockets: 1 });
      while (!over) {
        const status = await ask({ host, port, path: paths?.() ?? path, agent, localAddress: localAddress?.() });
        count.sent++;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        await new Promise((resolve) => void setTimeout(resolve, pauseMs));
      }
      agent.destroy();
    };
    const running = Array.from({ length: clients }, client);
    this.after(async () => {
      over = true;
      await Promise.race([Promise.all(running), new Promise((resolve) => void setTimeout(resolve, 2000).unref())]);
    });
    return {
      statuses,
      get sent() {
        return count.sent;
      },
    };
  }

  /** Waits until so many requests have come back. */
  async sent(load: Load, count: number): Promise<void> {
    await eventually(() => load.sent >= count, 30_000);
  }

  authority(): TestAuthority {
    return TestAuthority.root(this);
  }

  /** A program of the machine that says this instead of what it would. */
  tool(name: string, output: string, exitCode = 0): void {
    const text = `#!/bin/sh\ncat <<'END_OF_OUTPUT'\n${output}\nEND_OF_OUTPUT\nexit ${exitCode}\n`;
    writeFileSync(join(this.tools, name), text, { mode: 0o755 });
  }

  /** What the daemon says now; null when it does not answer. */
  async status<T>(path: string, pick: (value: never) => T): Promise<T | null> {
    return new Promise((resolve) => {
      get({ socketPath: join(this.folder, 'admin.sock'), path, timeout: 5000 }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => void (text += piece));
        response.on('end', () => resolve(pick(JSON.parse(text) as never)));
      }).on('error', () => resolve(null));
    });
  }
}

export interface Target {
  readonly address: string;
  readonly port: number;
  end(): Promise<void>;
}

/** Answers everything with 200. */
export const well: RequestListener = (request, response) => {
  request.resume();
  response.end('ok\n');
};

/** Below those that the kernel gives to whoever asks for any: nobody is given it between now and its use. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_240 + Math.floor(Math.random() * 20_000);
    const server = createTcpServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    return port;
  }
}

/** The status of the answer; 0 = none came. */
export function ask(options: {
  readonly host?: string | undefined;
  readonly port: number;
  readonly path: string;
  readonly agent?: Agent;
  readonly localAddress?: string | undefined;
  readonly timeoutMs?: number;
}): Promise<number> {
  const { host = '127.0.0.1', port, path, agent, localAddress, timeoutMs = 10_000 } = options;
  return new Promise((resolve) => {
    const request = get(
      {
        host,
        port,
        path,
        timeout: timeoutMs,
        agent: agent ?? false,
        ...(localAddress === undefined ? {} : { localAddress }),
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
        response.on('error', () => resolve(0));
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(0));
  });
}

/** Connections that are opened and say nothing. */
export async function holdConnections(scene: Scene, port: number, count: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  scene.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    await new Promise<void>((resolve) => {
      socket.once('connect', () => resolve());
      socket.once('error', () => resolve());
    });
  }
  return sockets;
}
