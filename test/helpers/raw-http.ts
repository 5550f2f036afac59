/** A client that sends exactly the bytes it is given and reads responses as they lie on the wire. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { patienceMs } from './eventually.ts';
import { field, type RawMessage, readResponse } from './raw-message.ts';

export interface RawResponse extends RawMessage {
  readonly status: number;
  readonly reason: string;
  readonly text: string;
  header(name: string): string | undefined;
}

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

export class RawClient {
  readonly socket: Socket;
  /** What has come and was not taken by `response` or `interim`. */
  received: Buffer = Buffer.alloc(0);
  /** How the connection ended; null while it is open. */
  ending: 'end' | 'reset' | null = null;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    const ended = (how: 'end' | 'reset') => {
      this.ending ??= how;
      this.#wake();
    };
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#wake();
    });
    socket.on('end', () => ended('end'));
    socket.on('error', () => ended('reset'));
    socket.on('close', () => ended('end'));
  }

  /**
   * @param to A port of loopback, or the path of a unix socket.
   * @param from Address that the client has; on Linux any of 127.0.0.0/8.
   */
  static async connect(t: Cleanup, to: number | string, host = '127.0.0.1', from?: string): Promise<RawClient> {
    const socket =
      typeof to === 'string'
        ? connect({ path: to, allowHalfOpen: true })
        : connect({ host, port: to, noDelay: true, allowHalfOpen: true, ...(from && { localAddress: from }) });
    t.after(() => void socket.destroy());
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawClient(socket);
  }

  /** On a socket that is connected already: one that speaks TLS. */
  static over(socket: Socket): RawClient {
    return new RawClient(socket);
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** The next interim response (1xx). */
  async interim(): Promise<RawResponse> {
    return this.#take('GET', (response) => response.status < 200);
  }

  /** The next final response, which must be complete; interim ones before it are dropped. */
  async response(method = 'GET'): Promise<RawResponse> {
    for (;;) {
      const response = await this.#take(method, () => true);
      if (response.status >= 200) return response;
    }
  }

  /** What came of a response that the connection's end cut short. */
  async cutResponse(method = 'GET'): Promise<RawResponse> {
    await this.closed();
    const message = readResponse(this.received, method, false);
    assert.ok(
      message,
      `no response head came before the end, only ${JSON.stringify(this.received.toString('latin1'))}`,
    );
    assert.equal(message.complete, false, 'the response is complete');
    return asResponse(message);
  }

  /** How the connection ended, once it has. */
  async closed(): Promise<'end' | 'reset'> {
    return this.until('the end of the connection', () => this.ending ?? undefined);
  }

  /** Sends a FIN; what the other side says is still read. */
  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Waits until `probe` gives something, looking again at every event of the connection. */
  async until<T>(what: string, probe: () => T | undefined): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        const look = () => {
          try {
            const found = probe();
            if (found === undefined) return;
            // Several reads may come at once, and a probe may take what it finds.
            this.#wake = () => {};
            resolve(found);
          } catch (error) {
            reject(error as Error);
          }
        };
        timer = setTimeout(() => {
          const had = JSON.stringify(this.received.toString('latin1', 0, 500));
          reject(new Error(`waited in vain for ${what}; the connection is ${this.ending ?? 'open'} and gave ${had}`));
        }, patienceMs);
        this.#wake = look;
        look();
      });
    } finally {
      clearTimeout(timer);
      this.#wake = () => {};
    }
  }

  async #take(method: string, wanted: (response: RawResponse) => boolean): Promise<RawResponse> {
    return this.until('a response', () => {
      const message = readResponse(this.received, method, this.ending === 'end');
      if (message?.complete === true) {
        this.received = this.received.subarray(message.size);
        const response = asResponse(message);
        assert.ok(wanted(response), `unexpected response ${response.startLine}`);
        return response;
      }
      if (this.ending !== null) {
        const had = JSON.stringify(this.received.toString('latin1', 0, 500));
        throw new Error(`the connection ended (${this.ending}) before a complete response: ${had}`);
      }
      return undefined;
    });
  }
}

function asResponse(message: RawMessage): RawResponse {
  const [, status = '', reason = ''] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(message.startLine) ?? [];
  assert.notEqual(status, '', `not a status line: ${message.startLine}`);
  return {
    ...message,
    status: Number(status),
    reason,
    text: message.body.toString('latin1'),
    header: (name) => field(message.fields, name),
  };
}

/** A request head without body: `GET path` with Host and `lines`. */
export function get(path = '/', ...lines: readonly string[]): string {
  return head('GET', path, ...lines);
}

/** The head of an HTTP/1.1 request with Host and `lines`. */
export function head(method: string, path: string, ...lines: readonly string[]): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: a.test', ...lines, '', ''].join('\r\n');
}

/** A POST with this body and its length. */
export function post(body: string, path = '/', ...lines: readonly string[]): string {
  return head('POST', path, ...lines, `Content-Length: ${body.length}`) + body;
}

/** Chunked framing of `parts`, with `trailers` as lines. */
export function chunked(parts: readonly string[], ...trailers: readonly string[]): string {
  const chunks = parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);
  return [...chunks, '0\r\n', ...trailers.map((line) => `${line}\r\n`), '\r\n'].join('');
}
