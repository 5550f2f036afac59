/** A real Redis on a port of loopback, with nothing on disk, for one test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { requireComponent } from './components.ts';
import { eventually } from './eventually.ts';
import { deadPort } from './origin.ts';

export class RedisServer {
  readonly port: number;
  readonly #program: string;
  readonly #options: readonly string[];
  #process: ChildProcess | null = null;

  constructor(program: string, port: number, options: readonly string[]) {
    this.#program = program;
    this.port = port;
    this.#options = options;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const fixed = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    this.#process = spawn(this.#program, [...fixed, ...this.#options], { stdio: 'ignore', cwd: '/' });
    await eventually(() => this.ask('PING'));
  }

  async stop(): Promise<void> {
    const running = this.#process;
    this.#process = null;
    if (running === null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  }

  /** It holds its connections and answers nothing. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** The raw reply to one command. */
  async ask(command: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    try {
      socket.write(`${command}\r\n`);
      const [reply] = (await once(socket, 'data')) as [Buffer];
      return reply.toString('latin1');
    } finally {
      socket.destroy();
    }
  }
}

/** Starts one, stopped after the test; undefined after having skipped the test where there is no Redis. */
export async function startRedis(t: TestContext, ...options: readonly string[]): Promise<RedisServer | undefined> {
  const program = requireComponent(t, 'redis-server');
  if (program === undefined) return undefined;
  const redis = new RedisServer(program, await deadPort(), options);
  t.after(() => redis.stop());
  await redis.start();
  return redis;
}
