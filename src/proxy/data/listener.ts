/**
 * Listening sockets of one worker: bound side by side with the other workers' (`SO_REUSEPORT`), or taken over from a thread
 * or process that goes. The kernel resets the connections that wait in the queue of a socket that is closed: one that is
 * taken over is never closed, and one that must be closed is emptied first.
 */
import { renameSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import type { BoundListener, InheritedSocket } from '../shared/messages.ts';
import type { PlanListener } from '../shared/plan.ts';
import { inodeOf, removeSocketFile } from '../shared/socket-file.ts';
import { descriptorOf } from './descriptor.ts';
import { relaySockets } from './socket-relay.ts';

/** Turns true where one worker alone must serve: platforms without `reusePort`. */
const reusePort = process.platform === 'linux' || process.platform === 'freebsd';

/** `sun_path` of a unix socket on Linux, without its final NUL. */
const MAX_PATH_BYTES = 107;
/** Turns of the event loop without a new connection after which the queue of a socket is taken for empty, and turns at most. */
const QUIET_TURNS = 3;
const MOST_TURNS = 1_000;

type OnConnection = (socket: Socket, id: string) => void;

let drafts = 0;

export class Listener {
  readonly id: string;
  /** Equal keys are the same socket: it stays open across a reload. */
  readonly key: string;
  readonly #plan: PlanListener;
  readonly #server: Server;
  /** Of the file of a unix socket; null = it has none. */
  #inode: number | null = null;
  /** Where that file is until the listener is opened to clients. */
  #draft: string | null = null;
  #accepted = 0;
  /** Taken over from somebody, not bound. */
  #inherited = false;

  private constructor(plan: PlanListener, onConnection: OnConnection) {
    this.id = plan.id;
    this.key = listenerKey(plan);
    this.#plan = plan;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#accepted++;
      onConnection(socket, plan.id);
    });
    // A failing accept (out of descriptors) is counted by the kernel's queue; the process must not fall over it.
    this.#server.on('error', () => {});
  }

  /**
   * Binds and listens; a unix socket takes its place with `open`.
   * @throws the system error of `listen`, for the main thread to explain
   */
  static async bind(plan: PlanListener, onConnection: OnConnection): Promise<Listener> {
    const listener = new Listener(plan, onConnection);
    const { address, backlog } = plan;
    if (address.kind === 'tcp') {
      listener.#server.listen({ host: address.host, port: address.port, backlog, reusePort });
      return await listener.#ready();
    }
    // Under another name first: the file never lacks a listener then, and that of a successor is not taken away.
    const draft = join(dirname(address.path), `.${process.pid.toString(36)}-${(++drafts).toString(36)}`);
    const path = Buffer.byteLength(draft) <= MAX_PATH_BYTES ? draft : address.path;
    // Of a process that had the same number and was killed before its socket took its place.
    rmSync(draft, { force: true });
    listener.#server.listen({ path, backlog });
    await listener.#ready();
    listener.#inode = inodeOf(path);
    listener.#draft = path === address.path ? null : path;
    return listener;
  }

  /**
   * Takes over sockets that exist already: those that a thread of this process has are doubled, those that are nobody's are used
   * as they are. What cannot be taken over is left out.
   */
  static async inherit(
    wanted: readonly { readonly plan: PlanListener; readonly from: InheritedSocket }[],
    onConnection: OnConnection,
  ): Promise<readonly Listener[]> {
    const listeners = wanted.map(({ plan, from }) => ({ from, listener: new Listener(plan, onConnection) }));
    const shared = listeners.filter(({ from }) => from.shared);
    for (const { from, listener } of listeners) {
      if (!from.shared) listener.#server.listen({ fd: from.fd, backlog: listener.#plan.backlog });
    }
    const fds = shared.map(({ from }) => from.fd);
    await relaySockets(fds, (index, double) => {
      const { listener } = shared[index] as (typeof shared)[number];
      listener.#server.listen(double, listener.#plan.backlog);
    });
    const taken: Listener[] = [];
    for (const { listener } of listeners) {
      if (!listener.#server.listening) continue;
      await listener.#ready();
      // The number may meanwhile be that of another socket.
      listener.#inherited = true;
      if (listener.#isAt()) taken.push(listener);
      else listener.drop();
    }
    return taken;
  }

  /** `host:port` or the path, with the port that the kernel chose. */
  get address(): string {
    if (this.#plan.address.kind === 'unix') return `unix:${this.#plan.address.path}`;
    const address = this.#server.address();
    if (address === null || typeof address === 'string') return '';
    return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
  }

  /** Whether it was taken over, with whatever waits in its queue. */
  get inherited(): boolean {
    return this.#inherited;
  }

  /** As the main thread knows it. */
  get bound(): BoundListener {
    return {
      id: this.id,
      address: this.address,
      key: this.key,
      fd: descriptorOf(this.#server),
      inode: this.#inode,
    };
  }

  /** From here on clients find it: a unix socket takes its place, whoever had it. */
  open(): void {
    if (this.#draft === null || this.#plan.address.kind !== 'unix') return;
    renameSync(this.#draft, this.#plan.address.path);
    this.#draft = null;
  }

  /**
   * Takes no more connections; those that are open live on. What waits in the queue is taken before, unless somebody else
   * has the socket too and will take it.
   * @param handedOn somebody else has it
   */
  async close(handedOn = false): Promise<void> {
    // Of a unix socket nobody has a double: another one has taken its name.
    if (!handedOn || this.#plan.address.kind === 'unix') await this.#quiet();
    this.drop();
  }

  /** Closes at once: a socket that nobody uses yet, or whose worker ends. */
  drop(): void {
    this.#server.close();
    if (this.#plan.address.kind === 'unix') removeSocketFile(this.#plan.address.path, this.#inode);
  }

  async #quiet(): Promise<void> {
    for (let turn = 0, quiet = 0; turn < MOST_TURNS && quiet < QUIET_TURNS; turn++) {
      const before = this.#accepted;
      await new Promise((resolve) => setImmediate(resolve));
      quiet = this.#accepted === before ? quiet + 1 : 0;
    }
  }

  async #ready(): Promise<this> {
    if (!this.#server.listening) await once(this.#server, 'listening');
    return this;
  }

  #isAt(): boolean {
    const { address } = this.#plan;
    const at = this.#server.address();
    return address.kind === 'tcp' && at !== null && typeof at !== 'string' && at.port === address.port;
  }
}

/** What makes two plans' listeners the same socket. */
export function listenerKey(plan: PlanListener): string {
  const { address } = plan;
  return address.kind === 'unix'
    ? `${plan.id} unix:${address.path} ${plan.backlog}`
    : `${plan.id} ${address.host}:${address.port} ${plan.backlog}`;
}

/** Where listening sockets come from. */
export interface SocketSources {
  /** Whether this worker has the listeners of which there can be one only. */
  readonly sole: boolean;
  readonly inherited: readonly InheritedSocket[];
}

/**
 * Opens listeners: takes over what is there to be taken over, binds the rest. Those that it has yielded are open when it throws.
 * @throws the system error of `listen`
 */
export async function* openListeners(
  plans: readonly PlanListener[],
  inherited: readonly InheritedSocket[],
  onConnection: OnConnection,
): AsyncGenerator<Listener> {
  const wanted = plans.flatMap((plan) => {
    if (plan.address.kind === 'unix') return [];
    // More than one where a process takes over that has fewer workers: none of the sockets may be left without an owner.
    return inherited.filter(({ key }) => key === listenerKey(plan)).map((from) => ({ plan, from }));
  });
  const taken = await Listener.inherit(wanted, onConnection);
  yield* taken;
  const keys = new Set(taken.map(({ key }) => key));
  for (const plan of plans) if (!keys.has(listenerKey(plan))) yield await Listener.bind(plan, onConnection);
}
