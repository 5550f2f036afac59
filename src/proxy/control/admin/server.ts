/**
 * The sockets of the admin API: one on a unix socket, one on the metrics address, both with bounds on headers, time and
 * number, so that a slow or hostile client costs little and traffic nothing.
 */
import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { errnoOf, SentinelError } from '../../../base/errors.ts';
import { inodeOf, removeSocketFile } from '../../shared/socket-file.ts';
import { bindFault, hostPort } from '../address-probe.ts';
import { clearStaleSocket } from '../stale-socket.ts';
import type { Move } from '../move.ts';
import { ConnectionShare } from './connection-share.ts';

export type Via = 'socket' | 'tcp';
export type Answerer = (via: Via, request: IncomingMessage, response: ServerResponse) => void;

/** `sun_path` of a unix socket on Linux, without its final NUL. */
const MAX_PATH_BYTES = 107;
const MAX_CONNECTIONS = 256;

/** Where the TCP address is to be. */
export interface TcpPlace {
  readonly host: string;
  readonly port: number;
}

interface TcpDoor extends TcpPlace {
  readonly server: Server;
  /** `host:port`, with the port that the kernel chose. */
  readonly address: string;
}

interface SocketDoor {
  readonly server: Server;
  readonly path: string;
  readonly inode: number | null;
}

export class AdminServer {
  readonly #answer: Answerer;
  readonly #onClosing: () => void;
  readonly #servers: Server[] = [];
  readonly #onSocket: (path: string) => void;
  #socket: SocketDoor | null = null;
  #tcp: TcpDoor | null = null;

  /**
   * @param onClosing ends by itself what would not end: replies that go on
   * @param onSocket the unix socket is here from now on
   */
  constructor(answer: Answerer, onClosing: () => void, onSocket: (path: string) => void = () => {}) {
    this.#answer = answer;
    this.#onClosing = onClosing;
    this.#onSocket = onSocket;
  }

  get addresses(): { readonly socket: string | null; readonly address: string | null } {
    return { socket: this.#socket?.path ?? null, address: this.#tcp?.address ?? null };
  }

  /** The listening socket of the TCP address, for a process that takes over; null = there is none. */
  get tcpDescriptor(): number | null {
    // Node has the number in its handle, which is not part of its documented interface.
    const handle = (this.#tcp?.server as unknown as { readonly _handle?: { readonly fd?: number } | null } | undefined)
      ?._handle;
    return handle?.fd ?? null;
  }

  /**
   * Listens on a unix socket (mode 0660). One that a dead process left is replaced, a live one is not.
   * @param replace Whoever listens there hands over to this process.
   * @throws SNT-P002 a live daemon has it · SNT-P012 it cannot be made
   */
  async listenOnSocket(path: string, replace = false): Promise<void> {
    this.#socket = await this.#bindSocket(path, replace);
    this.#onSocket(path);
  }

  /**
   * @param inherited Descriptor of a socket that listens there already.
   * @throws SNT-P003, SNT-P004
   */
  async listenOnTcp(host: string, port: number, inherited: number | null = null): Promise<void> {
    this.#tcp = await this.#bindTcp(host, port, inherited);
  }

  /** Opens the unix socket elsewhere. @throws SNT-P002, SNT-P012 */
  async moveSocket(path: string): Promise<Move> {
    const door = await this.#bindSocket(path, false);
    return {
      commit: () => {
        const before = this.#socket;
        this.#socket = door;
        this.#onSocket(path);
        if (before === null) return;
        this.#retire(before.server);
        removeSocketFile(before.path, before.inode);
      },
      abandon: async () => {
        this.#retire(door.server);
        removeSocketFile(door.path, door.inode);
      },
    };
  }

  /** Opens the TCP address elsewhere, or nowhere. @throws SNT-P003, SNT-P004 */
  async moveTcp(next: TcpPlace | null): Promise<Move> {
    const before = this.#tcp;
    // Of one port there can be one listener: the old one goes first, and comes back when the new one cannot be had.
    const inPlace = before !== null && next !== null && next.port === before.port;
    const goBack = async () => {
      if (inPlace) this.#tcp = await this.#bindTcp(before.host, before.port, null);
    };
    if (inPlace) this.#retire(before.server);
    let door: TcpDoor | null;
    try {
      door = next === null ? null : await this.#bindTcp(next.host, next.port, null);
    } catch (error) {
      await goBack();
      throw error;
    }
    return {
      commit: () => {
        this.#tcp = door;
        if (before !== null && !inPlace) this.#retire(before.server);
      },
      abandon: async () => {
        if (door !== null) this.#retire(door.server);
        await goBack();
      },
    };
  }

  /** Another process had put its socket in the place of this one's, and is gone. @throws SNT-P012 */
  async reclaimSocket(): Promise<void> {
    if (this.#socket !== null && inodeOf(this.#socket.path) !== this.#socket.inode) {
      await this.listenOnSocket(this.#socket.path, true);
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
    if (this.#socket !== null) removeSocketFile(this.#socket.path, this.#socket.inode);
  }

  async #bindSocket(path: string, replace: boolean): Promise<SocketDoor> {
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
      mkdirSync(dirname(path), { recursive: true });
      // Of a process that had the same number and was killed before its socket took its place.
      rmSync(draft, { force: true });
      await listening(server, () => server.listen({ path: draft }));
      chmodSync(draft, 0o660);
      renameSync(draft, path);
    } catch (error) {
      server.close();
      throw socketFault(path, error);
    }
    this.#servers.push(server);
    return { server, path, inode: inodeOf(path) };
  }

  async #bindTcp(host: string, port: number, inherited: number | null): Promise<TcpDoor> {
    const server = this.#makeServer('tcp');
    try {
      await listening(server, () => server.listen(inherited === null ? { host, port } : { fd: inherited }));
    } catch (error) {
      throw bindFault('metrics and admin address', host, port, error);
    }
    this.#servers.push(server);
    const bound = server.address();
    const real = bound === null || typeof bound === 'string' ? { address: host, port } : bound;
    return { server, host, port: real.port, address: hostPort(real.address, real.port) };
  }

  /** Takes no more connections; replies that are under way are finished. */
  #retire(server: Server): void {
    server.close(() => {
      const at = this.#servers.indexOf(server);
      if (at !== -1) this.#servers.splice(at, 1);
    });
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
