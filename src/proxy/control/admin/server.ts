/**
 * The sockets of the admin API: one on a unix socket, one on the metrics address, both with bounds on headers, time and
 * number, so that a slow or hostile client costs little and traffic nothing.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errnoOf, SentinelError } from '../../../base/errors.ts';
import { bindFault, hostPort } from '../address-probe.ts';
import { clearStaleSocket } from '../stale-socket.ts';
import { ConnectionShare } from './connection-share.ts';

export type Via = 'socket' | 'tcp';
export type Answerer = (via: Via, request: IncomingMessage, response: ServerResponse) => void;

/** `sun_path` of a unix socket on Linux, without its final NUL. */
const MAX_PATH_BYTES = 107;
const MAX_CONNECTIONS = 256;

export class AdminServer {
  readonly #answer: Answerer;
  readonly #onClosing: () => void;
  readonly #servers: Server[] = [];
  #socketPath: string | null = null;
  #tcpAddress: string | null = null;

  /** @param onClosing ends by itself what would not end: replies that go on */
  constructor(answer: Answerer, onClosing: () => void) {
    this.#answer = answer;
    this.#onClosing = onClosing;
  }

  get addresses(): { readonly socket: string | null; readonly address: string | null } {
    return { socket: this.#socketPath, address: this.#tcpAddress };
  }

  /**
   * Listens on a unix socket (mode 0660). One that a dead process left is replaced, a live one is not.
   * @throws SNT-P002 a live daemon has it · SNT-P012 it cannot be made
   */
  async listenOnSocket(path: string): Promise<void> {
    if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
      throw new SentinelError(
        'SNT-P012',
        `the path of the admin socket is longer than ${MAX_PATH_BYTES} bytes: ${path}`,
      );
    }
    try {
      await clearStaleSocket(path, 'admin socket');
    } catch (error) {
      if (!(error instanceof SentinelError)) throw socketFault(path, error);
      throw new SentinelError('SNT-P002', `sentinel is already running: ${error.message}`, {
        hint: 'see it with `sentinel status`; a second daemon needs its own admin socket (SENTINEL_ADMIN_SOCKET)',
        cause: error,
      });
    }
    const server = this.#makeServer('socket');
    try {
      await listening(server, () => server.listen({ path }));
      chmodSync(path, 0o660);
    } catch (error) {
      server.close();
      throw socketFault(path, error);
    }
    this.#servers.push(server);
    this.#socketPath = path;
  }

  /** @throws SNT-P003, SNT-P004 */
  async listenOnTcp(host: string, port: number): Promise<void> {
    const server = this.#makeServer('tcp');
    try {
      await listening(server, () => server.listen({ host, port }));
    } catch (error) {
      throw bindFault('metrics and admin address', host, port, error);
    }
    this.#servers.push(server);
    const bound = server.address();
    this.#tcpAddress =
      bound === null || typeof bound === 'string' ? hostPort(host, port) : hostPort(bound.address, bound.port);
  }

  /** Stops at once; the socket file goes too. */
  async close(): Promise<void> {
    this.#onClosing();
    await Promise.all(
      this.#servers.map((server) => {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        return closed;
      }),
    );
    if (this.#socketPath !== null) rmSync(this.#socketPath, { force: true });
  }

  #makeServer(via: Via): Server {
    const server = createServer(
      {
        maxHeaderSize: 16 << 10,
        headersTimeout: 5_000,
        requestTimeout: 10_000,
        keepAliveTimeout: 5_000,
        connectionsCheckingInterval: 1_000,
        insecureHTTPParser: false,
      },
      (request, response) => this.#answer(via, request, response),
    );
    if (via === 'socket') server.maxConnections = MAX_CONNECTIONS;
    else {
      const share = new ConnectionShare(MAX_CONNECTIONS);
      server.on('connection', (socket) => share.add(socket));
    }
    // A client that stops reading its reply.
    server.timeout = 60_000;
    return server;
  }
}

function listening(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      // An accept that fails (out of descriptors) is tried again by the kernel's queue; it must not end the process.
      server.on('error', () => {});
      resolve();
    });
    listen();
  });
}

function socketFault(path: string, error: unknown): SentinelError {
  return new SentinelError('SNT-P012', `cannot make the admin socket ${path}: ${errnoOf(error) ?? error}`, {
    hint: 'name another path with SENTINEL_ADMIN_SOCKET',
    cause: error,
  });
}
