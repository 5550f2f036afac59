/** Upstreams as real processes for fault tests: started with a fault, given another, killed, started again on the same port. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';

export type OriginFault = {
  /** `/health` is answered as if nothing was wrong. */
  readonly requestsOnly?: boolean;
} & (
  | { readonly kind: 'none' }
  /** Accepts and never answers. */
  | { readonly kind: 'silent' }
  /** Answers well, after a while. */
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'half-head' }
  /** Half of the body, then the end of the connection. */
  | { readonly kind: 'half-body' }
  /** Half of the body, then nothing. */
  | { readonly kind: 'stalled-body' }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number }
  | { readonly kind: 'reset-after'; readonly bytes: number }
  /** Status 500 for so many of a hundred requests. */
  | { readonly kind: 'errors'; readonly percent: number }
  /** Takes no connection and answers no SYN; only from the start. */
  | { readonly kind: 'blocked' }
);

export type ToOrigin = { readonly kind: 'count' } | { readonly kind: 'set'; readonly fault: OriginFault };

/** What it says: where it listens, that it stands still, how many requests came. */
interface FromOrigin {
  readonly kind: 'listening' | 'blocked' | 'set' | 'count';
  readonly port: number;
  readonly requests: number;
}

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

const entry = new URL('./origin-entry.ts', import.meta.url);

export class OriginProcess {
  readonly host: string;
  port = 0;
  #child: ChildProcess | null = null;
  readonly #t: Cleanup;

  private constructor(t: Cleanup, host: string) {
    this.#t = t;
    this.host = host;
    t.after(() => this.kill());
  }

  /** @param port 0 = any that is free. */
  static async start(
    t: Cleanup,
    fault: OriginFault = { kind: 'none' },
    host = '127.0.0.1',
    port = 0,
  ): Promise<OriginProcess> {
    const origin = new OriginProcess(t, host);
    origin.port = port;
    await origin.restart(fault);
    return origin;
  }

  /** Two on one port, which no other program has at either address. */
  static async startPair(
    t: Cleanup,
    first: { readonly fault: OriginFault; readonly host: string },
    second: { readonly fault: OriginFault; readonly host: string },
  ): Promise<[OriginProcess, OriginProcess]> {
    for (let tries = 1; ; tries++) {
      const one = await OriginProcess.start(t, first.fault, first.host);
      try {
        return [one, await OriginProcess.start(t, second.fault, second.host, one.port)];
      } catch (error) {
        await one.kill();
        if (tries === 5) throw error;
      }
    }
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** What it answers where nothing is wrong. */
  get body(): string {
    return `${this.#child?.pid}`;
  }

  /** Begins anew, on the port that it had. */
  async restart(fault: OriginFault = { kind: 'none' }): Promise<void> {
    await this.kill();
    const child = fork(entry, [JSON.stringify(fault), JSON.stringify({ host: this.host, port: this.port })], {
      execArgv: [],
    });
    this.#child = child;
    const [listening, blocked] = [said(child, 'listening'), said(child, 'blocked')];
    this.port = (await listening).port;
    if (fault.kind !== 'blocked') return;
    await blocked;
    await this.#fillQueue();
  }

  /** Gives it another fault; open connections end. */
  async become(fault: OriginFault): Promise<void> {
    await this.#tell({ kind: 'set', fault }, 'set');
  }

  /** Requests that it has had. */
  async requests(): Promise<number> {
    return (await this.#tell({ kind: 'count' }, 'count')).requests;
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  #tell(message: ToOrigin, answer: FromOrigin['kind']): Promise<FromOrigin> {
    const child = this.#child as ChildProcess;
    const answered = said(child, answer);
    child.send(message);
    return answered;
  }

  /** The queue holds one more than its backlog; later ones wait for an answer to their SYN. */
  async #fillQueue(): Promise<void> {
    for (let filler = 0; filler < 4; filler++) {
      const socket = connect({ host: this.host, port: this.port }).on('error', () => {});
      this.#t.after(() => void socket.destroy());
      if (filler < 2) await once(socket, 'connect');
    }
  }
}

/** Rejects when the process ends without saying it: its port may be taken. */
function said(child: ChildProcess, kind: FromOrigin['kind']): Promise<FromOrigin> {
  const { promise, resolve, reject } = Promise.withResolvers<FromOrigin>();
  // Who waits for another word does not hear of this one.
  promise.catch(() => {});
  const hear = (message: FromOrigin) => {
    if (message.kind !== kind) return;
    child.off('message', hear).off('exit', end);
    resolve(message);
  };
  const end = () => reject(new Error(`the origin ended before it said "${kind}"`));
  child.on('message', hear).on('exit', end);
  return promise;
}
