/**
 * The sockets of the admin API: one on a unix socket, one on the metrics address, both with bounds on headers, time and
 * number, so that a slow or hostile client costs little and traffic nothing.
 */
import { chmodSync, renameSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { errnoOf, SentinelError } from '../../../base/errors.ts';
import { inodeOf, removeSocketFile } from '../../shared/socket-file.ts';
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
  #inode: number | null = null;
  #tcpServer: Server | null = null;
  #tcpAddress: string | null = null;

  /** @param onClosing ends by itself what would not end: replies that go on */
  constructor(answer: Answerer, onClosing: () => void) {
    this.#answer = answer;
    this.#onClosing = onClosing;
  }

  get addresses(): { readonly socket: string | null; readonly address: string | null } {
    return { socket: this.#socketPath, address: this.#tcpAddress };
  }

  /** The listening socket of the TCP address, for a process that takes over; null = there is none. */
  get tcpDescriptor(): number | null {
    // Node has the number in its handle, which is not part of its documented interface.
    const handle = (this.#tcpServer as unknown as { readonly _handle?: { readonly fd?: number } | null } | null)
      ?._handle;
    return handle?.fd ?? null;
  }

  /**
   * Listens on a unix socket (mode 0660). One that a dead process left is replaced, a live one is not.
   * @param replace Whoever listens there hands over to this process.
   * @throws SNT-P002 a live daemon has it · SNT-P012 it cannot be made
   */
  async listenOnSocket(path: string, replace = false): Promise<void> {
    if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
      throw new SentinelError(
        'SNT-P012',
        `the path of the admin socket is longer than ${MAX_PATH_BYTES} bytes: ${path}`,
      );
    }
    try {
      if (!replace) await clearStaleSocket(path, 'admin socket');
    } catch (error) {
      if (!(error instanceof SentinelError)) throw socketFault(path, error);
      throw new SentinelError('SNT-P002', `sentinel is already running: ${error.message}`, {
        hint: 'see it with `sentinel status`; a second daemon needs its own admin socket (SENTINEL_ADMIN_SOCKET)',
        cause: error,
      });
    }
    const server = this.#makeServer('socket');
    // Under another name first: whoever looks finds the old socket or this one, and libuv, which removes the name that it has
    // bound when the socket is closed, never removes that of a successor.
    const draft = join(dirname(path), `.${process.pid.toString(36)}`);
    try {
      await listening(server, () => server.listen({ path: draft }));
      chmodSync(draft, 0o660);
      renameSync(draft, path);
    } catch (error) {
      server.close();
      throw socketFault(path, error);
    }
    this.#servers.push(server);
    this.#socketPath = path;
    this.#inode = inodeOf(path);
  }

  /**
   * @param inherited Descriptor of a socket that listens there already.
   * @throws SNT-P003, SNT-P004
   */
  async listenOnTcp(host: string, port: number, inherited: number | null = null): Promise<void> {
    const server = this.#makeServer('tcp');
    try {
      await listening(server, () => server.listen(inherited === null ? { host, port } : { fd: inherited }));
    } catch (error) {
      throw bindFault('metrics and admin address', host, port, error);
    }
    this.#servers.push(server);
    this.#tcpServer = server;
    const bound = server.address();
    this.#tcpAddress =
      bound === null || typeof bound === 'string' ? hostPort(host, port) : hostPort(bound.address, bound.port);
  }

  /** Another process had put its socket in the place of this one's, and is gone. @throws SNT-P012 */
  async reclaimSocket(): Promise<void> {
    if (this.#socketPath !== null && inodeOf(this.#socketPath) !== this.#inode) {
      await this.listenOnSocket(this.#socketPath, true);
    }
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
    this.#servers.length = 0;
    if (this.#socketPath !== null) removeSocketFile(this.#socketPath, this.#inode);
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
