/**
 * Tries every address before the workers bind it: their sockets share ports (`reusePort`), so a second daemon would not
 * fail there, it would silently take half of the connections. Also settles port 0, so that all workers get the same, and
 * removes unix sockets that a killed daemon left behind.
 */
import { createServer, type ListenOptions, type Server } from 'node:net';
import { clearStaleSocket } from './stale-socket.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import type { ListenerConfig } from '../../config/model.ts';
import { type PortHolder, portHolders } from '../../machine/process-table.ts';

/** Where the workers' sockets can share a port with one that only keeps it. */
const reusePort = process.platform === 'linux';

export interface ProbeContext {
  readonly pid: number;
  /** The process that hands over to this one: what it holds is no obstacle. */
  readonly predecessor?: number | undefined;
  /** Ports that listeners with port 0 were given before: `id` → port. Filled in by the probe. */
  readonly assigned: Map<string, number>;
  /** Addresses that this daemon listens on already (`addressKey`): not tried again. */
  readonly held: ReadonlySet<string>;
  /** Keep chosen ports from others until the workers have them: closed by the caller. Filled in by the probe. */
  readonly reserved: Server[];
}

/**
 * The listeners with their real ports.
 * @throws SNT-P003 an address is taken, naming the holder · SNT-P004 it cannot be bound
 */
export async function probeAddresses(
  listeners: readonly ListenerConfig[],
  context: ProbeContext,
): Promise<readonly ListenerConfig[]> {
  const probed: ListenerConfig[] = [];
  // One after the other: two listeners on one address are for the configuration to refuse.
  for (const listener of listeners) probed.push(await probeListener(listener, context));
  return probed;
}

/** Identity of a listening address. */
export function addressKey(listener: ListenerConfig): string {
  const { address } = listener;
  return address.kind === 'unix' ? `unix:${address.path}` : hostPort(address.host, address.port);
}

export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

async function probeListener(listener: ListenerConfig, context: ProbeContext): Promise<ListenerConfig> {
  const { address } = listener;
  if (address.kind === 'unix') {
    if (!context.held.has(addressKey(listener))) await clearStaleSocket(address.path, `listener "${listener.id}"`);
    return listener;
  }
  const known = address.port === 0 ? context.assigned.get(listener.id) : address.port;
  const settled = { ...listener, address: { ...address, port: known ?? 0 } };
  if (context.held.has(addressKey(settled))) return settled;
  try {
    const port = await bindOnce(address.host, known ?? 0);
    if (address.port === 0) {
      context.assigned.set(listener.id, port);
      if (reusePort) context.reserved.push(await listening({ host: address.host, port, reusePort }));
    }
    return { ...listener, address: { ...address, port } };
  } catch (error) {
    // An overlapping address of our own (0.0.0.0 and 127.0.0.1 at the same port) is shared by the workers' sockets.
    if (errnoOf(error) === 'EADDRINUSE' && heldOnlyBy(context, address.port)) return settled;
    throw bindFault(`listener "${listener.id}"`, address.host, address.port, error);
  }
}

/** Binds without `reusePort` and lets go again. Resolves with the port. */
async function bindOnce(host: string, port: number): Promise<number> {
  const server = await listening({ host, port });
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  return bound === null || typeof bound === 'string' ? port : bound.port;
}

function listening(where: ListenOptions): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(where, () => resolve(server));
  });
}

function heldOnlyBy({ pid, predecessor }: ProbeContext, port: number): boolean {
  const holders = portHolders(port);
  return holders.length > 0 && holders.every((holder) => holder.pid === pid || holder.pid === predecessor);
}

/** The one-line error for an address that could not be bound. */
export function bindFault(what: string, host: string, port: number, error: unknown): SentinelError {
  const where = hostPort(host, port);
  switch (errnoOf(error)) {
    case 'EADDRINUSE': {
      const holders = portHolders(port).map(holderWords);
      const by = holders.length === 0 ? 'another process, which this user may not see' : holders.join(' and ');
      return new SentinelError('SNT-P003', `address in use: ${where} (${what}) is held by ${by}`, {
        hint: `stop it, or change the address; \`ss -tlnp 'sport = :${port}'\` shows the socket`,
        cause: error,
      });
    }
    case 'EACCES':
      return new SentinelError('SNT-P004', `cannot bind ${where} (${what}): port ${port} needs privileges`, {
        hint: 'give the process CAP_NET_BIND_SERVICE, or use a port from 1024 on',
        cause: error,
      });
    case 'EADDRNOTAVAIL':
      return new SentinelError(
        'SNT-P004',
        `cannot bind ${where} (${what}): ${host} is not an address of this machine`,
        {
          hint: '`ip addr` lists the addresses of this machine',
          cause: error,
        },
      );
    default:
      return new SentinelError(
        'SNT-P004',
        `cannot bind ${where} (${what}): ${error instanceof Error ? error.message : error}`,
        {
          cause: error,
        },
      );
  }
}

function holderWords(holder: PortHolder): string {
  return `${holder.name} (pid ${holder.pid})`;
}
