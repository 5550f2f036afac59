/** Listening sockets of one worker: bound side by side with the other workers' (`SO_REUSEPORT`), each knows its address. */
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { PlanListener } from '../shared/plan.ts';

/** Turns true where one worker alone must serve: platforms without `reusePort`. */
const reusePort = process.platform === 'linux' || process.platform === 'freebsd';

export class Listener {
  readonly id: string;
  /** Equal keys are the same socket: it stays open across a reload. */
  readonly key: string;
  readonly #server: Server;

  private constructor(plan: PlanListener, server: Server) {
    this.id = plan.id;
    this.key = listenerKey(plan);
    this.#server = server;
  }

  /**
   * Binds and listens.
   * @throws the system error of `listen`, for the main thread to explain
   */
  static async bind(plan: PlanListener, onConnection: (socket: Socket, id: string) => void): Promise<Listener> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => onConnection(socket, plan.id));
    const { address, backlog } = plan;
    if (address.kind === 'unix') server.listen({ path: address.path, backlog });
    else server.listen({ host: address.host, port: address.port, backlog, reusePort });
    await once(server, 'listening');
    // A failing accept (out of descriptors) is counted by the kernel's queue; the process must not fall over it.
    server.on('error', () => {});
    return new Listener(plan, server);
  }

  /** `host:port` or the path, with the port that the kernel chose. */
  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') return `unix:${address ?? ''}`;
    return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
  }

  /** Takes no more connections; those that are open live on. */
  close(): void {
    this.#server.close();
  }
}

/** What makes two plans' listeners the same socket. */
export function listenerKey(plan: PlanListener): string {
  const { address } = plan;
  return address.kind === 'unix'
    ? `${plan.id} unix:${address.path} ${plan.backlog}`
    : `${plan.id} ${address.host}:${address.port} ${plan.backlog}`;
}
