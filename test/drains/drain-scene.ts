/** A daemon of two workers in front of origins that hold what they are asked to hold, and the command line to drain them with. */
import type { TestContext } from 'node:test';
import type { DrainReply, DrainRequest, DrainState } from '../../src/admin/contract/drain-shapes.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { ok, type Origin, type OriginConnection, startOrigin } from '../helpers/origin.ts';
import { get, RawClient } from '../helpers/raw-http.ts';
import { callSentinel, type Ended, type RunOptions } from '../cli/command-line.ts';
import { agreement, handshakeLines } from '../websocket/websocket-scene.ts';

export interface DrainTarget {
  readonly origin: Origin;
  readonly address: string;
  /** Those that wait for `release`, by their path. */
  readonly held: Map<string, OriginConnection>;
  /** What `/health` answers. */
  healthy: boolean;
}

export interface DrainSceneOptions {
  readonly targets?: number;
  /** Within the upstream `api`. */
  readonly settings?: string;
  /** More of the file. */
  readonly more?: (targets: readonly DrainTarget[]) => string;
}

/** What comes of a held request, in bytes. */
export const downloadBytes = 200_000;

export class DrainScene {
  readonly t: TestContext;
  readonly targets: readonly DrainTarget[];
  readonly folder: string;
  readonly config: string;
  daemon: DaemonProcess;

  private constructor(
    t: TestContext,
    targets: readonly DrainTarget[],
    folder: string,
    config: string,
    daemon: DaemonProcess,
  ) {
    this.t = t;
    this.targets = targets;
    this.folder = folder;
    this.config = config;
    this.daemon = daemon;
  }

  static async start(t: TestContext, options: DrainSceneOptions = {}): Promise<DrainScene> {
    const targets = await Promise.all(
      Array.from({ length: options.targets ?? 2 }, (_, at) => startTarget(t, `o${at}`)),
    );
    const config = `// kept
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "api" }
upstream "api" {
${targets.map(({ address }) => `  target "${address}" weight=2 // of the rack`).join('\n')}
  ${options.settings ?? ''}
}
${options.more?.(targets) ?? ''}
`;
    const folder = testFolder(t);
    const daemon = await startDaemonProcess(t, { folder, config, workers: 2 });
    return new DrainScene(t, targets, folder, config, daemon);
  }

  target(at: number): DrainTarget {
    return this.targets[at] as DrainTarget;
  }

  get port(): number {
    return Number(new URL(this.daemon.url()).port);
  }

  client(): Promise<RawClient> {
    return RawClient.connect(this.t, this.port);
  }

  /** Starts another daemon where this one was. */
  async restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.daemon.child.kill(signal);
    await this.daemon.ended();
    this.daemon = await startDaemonProcess(this.t, { folder: this.folder, workers: 2 });
  }

  run(words: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const environment = {
      ...options.environment,
      SENTINEL_ADMIN_SOCKET: this.daemon.socket,
      XDG_STATE_HOME: this.folder,
    };
    return callSentinel(words, { ...options, environment });
  }

  async begin(body: DrainRequest): Promise<DrainReply> {
    return (await this.daemon.client.call('drain-begin', { body })).data;
  }

  async drain(id: string): Promise<DrainState> {
    return (await this.daemon.client.call('drain', { params: { id } })).data;
  }

  /** A request that a target holds. Others may get a few that it answers, until this one has it. */
  async hold(at: number, path: string): Promise<RawClient> {
    const { held } = this.target(at);
    const known = new Set(held.values());
    return eventually(async () => {
      const client = await this.client();
      client.send(get(path));
      const where = await eventually(() => {
        const found = this.targets.findIndex((one) => one.held.has(path) && !known.has(one.held.get(path) as never));
        if (found === -1) throw new Error('it has not come');
        return found;
      });
      if (where === at) return client;
      this.release(where, path);
      await client.response();
      throw new Error(`it went to ${where}`);
    });
  }

  /** A WebSocket to a target, which echoes. */
  async socket(at: number): Promise<RawClient> {
    return eventually(async () => {
      const client = await this.client();
      client.send(get('/live', ...handshakeLines));
      const answer = await client.interim();
      if (answer.header('x-origin') === `o${at}`) return client;
      client.socket.destroy();
      throw new Error('another one');
    });
  }

  /** The rest of a held request. */
  release(at: number, path: string): void {
    const { held } = this.target(at);
    held.get(path)?.send('x'.repeat(downloadBytes));
    held.delete(path);
  }

  /** Requests that the origins have got, by target. */
  get counts(): readonly number[] {
    return this.targets.map(({ origin }) => origin.requests.length);
  }

  /** Answers of so many requests, one after the other: who answered. */
  async ask(times: number): Promise<readonly string[]> {
    const client = await this.client();
    const seen: string[] = [];
    for (let i = 0; i < times; i++) {
      client.send(get('/'));
      const { status, text } = await client.response();
      seen.push(status === 200 ? text : String(status));
    }
    client.socket.destroy();
    return seen;
  }

  async metric(name: string): Promise<string> {
    const text = await (await fetch(`${this.daemon.adminUrl()}/metrics`)).text();
    return text.split('\n').find((line) => line.startsWith(`${name} `)) ?? '';
  }
}

async function startTarget(t: TestContext, name: string): Promise<DrainTarget> {
  const held = new Map<string, OriginConnection>();
  const state = { healthy: true };
  const origin = await startOrigin(t, {
    request({ target, connection }) {
      if (target === '/health') {
        connection.send(state.healthy ? ok() : 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n');
      } else if (target === '/live') {
        connection.send(agreement(`X-Origin: ${name}`));
        connection.socket.on('data', (bytes: Buffer) => connection.send(bytes));
        connection.socket.on('end', () => connection.end());
      } else if (target.startsWith('/download')) {
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${downloadBytes}\r\n\r\n`);
        held.set(target, connection);
      } else connection.send(ok(name));
    },
  });
  return {
    origin,
    address: `127.0.0.1:${origin.port}`,
    held,
    get healthy() {
      return state.healthy;
    },
    set healthy(value: boolean) {
      state.healthy = value;
    },
  };
}
