/**
 * The probe of who listens where: for each address that the daemon has or would have, who holds it and how full the queue of
 * connections is; whether the kernel drops any meanwhile. Reads the kernel's tables and connects to nothing.
 */
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { field, readText } from '../../machine/kernel-file.ts';
import {
  type ListeningSocket,
  listeningSockets,
  socketHolders,
  type SocketHolder,
} from '../../machine/process-table.ts';
import type { PortsState } from '../facts/process.ts';
import { type Probe, type ProbeContext, ProbeFault } from '../probe.ts';
import { askTool } from '../tool-call.ts';
import { covers, type Wanted, wantedBy } from './wanted-addresses.ts';
import { writtenRecords } from './written-records.ts';

/** Between two looks at the counters: connections that are dropped now show in less. */
const SAMPLE_MS = 600;
const LIMIT_MS = 1_500;

export const portsProbe: Probe<'ports'> = {
  name: 'ports',
  title: 'ports: who listens, accept queues, drops',
  class: 'passive',
  mandatory: false,
  timeoutMs: 8_000,
  async find(context) {
    if (!context.local) throw new ProbeFault('the daemon is on another machine, and so are its ports', []);
    const { of, roots } = context;
    const before = dropped(roots.proc);
    const begun = context.clock.now();
    const [config, process, daemon] = await Promise.all([of('config'), of('process'), of('daemon')]);
    const { run } = writtenRecords(context, config);
    const pid = process.state === 'known' ? process.value.pid : null;
    const status = daemon.state === 'known' ? daemon.value.status : null;
    const wanted = wantedBy(status, config.state === 'known' ? config.value : null, run);
    const table = listeningSockets(roots.proc);
    const holders = socketHolders(
      table.map(({ inode }) => inode),
      roots.proc,
    );
    const most = table.some((socket) => wanted.some((one) => covers(socket, one)))
      ? await queueSizes(context)
      : new Map();
    await pause(context, SAMPLE_MS - (context.clock.now() - begun));
    const after = dropped(roots.proc);
    const somaxconn = field(join(roots.proc, 'sys/net/core/somaxconn'), /^(\d+)/);
    const bound = 'value' in somaxconn ? somaxconn.value : null;
    return {
      wanted: wanted.map((one) => held(one, table, holders, pid, (host) => most.get(`${host} ${one.port}`) ?? bound)),
      listening: listeningBy(pid, table, holders),
      listen_overflows: after === null ? null : { total: after, during_probe: Math.max(0, after - (before ?? after)) },
      reachable_addresses: reachable(),
    };
  },
};

function held(
  { what, address, ...place }: Wanted,
  table: readonly ListeningSocket[],
  holders: readonly SocketHolder[],
  pid: number | null,
  mostOf: (host: string) => number | null,
): PortsState['wanted'][number] {
  const sockets = table.filter((socket) => covers(socket, { what, address, ...place }));
  const by = holders.filter(({ inodes }) => sockets.some(({ inode }) => inodes.has(inode)));
  const seen = (inode: string): boolean => by.some(({ inodes }) => inodes.has(inode));
  // Several workers have a socket each on the same address: one that is full drops, whatever the others have room for.
  const fullest = sockets.toSorted((a, b) => b.waiting - a.waiting)[0];
  const most = fullest === undefined ? null : mostOf(fullest.host);
  return {
    what,
    address,
    holders: by.map((one) => ({ pid: one.pid, name: one.name, daemon: one.pid === pid })),
    held_by_unseen: sockets.some(({ inode }) => !seen(inode)),
    accept_queue: fullest === undefined || most === null ? null : { waiting: fullest.waiting, most },
  };
}

function listeningBy(
  pid: number | null,
  table: readonly ListeningSocket[],
  holders: readonly SocketHolder[],
): readonly string[] {
  const own = pid === null ? undefined : holders.find((one) => one.pid === pid);
  if (own === undefined) return [];
  const addresses = table
    .filter(({ inode }) => own.inodes.has(inode))
    .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`);
  return [...new Set(addresses)].sort();
}

/**
 * How many connections may wait on each listening socket: only `ss` knows, by `HOST PORT`. Where it is missing the bound of the
 * kernel on all of them takes its place.
 */
async function queueSizes(context: ProbeContext): Promise<ReadonlyMap<string, number>> {
  const result = await askTool(context, 'ss', ['-Hltn'], { timeoutMs: LIMIT_MS });
  const sizes = new Map<string, number>();
  if (result.kind !== 'ran' || result.exitCode !== 0) return sizes;
  for (const line of result.stdout.split('\n')) {
    const [, most, host, port] = /^LISTEN\s+\d+\s+(\d+)\s+\[?([^\s\]%]+)(?:%[^\s\]:]+)?\]?:(\d+)\s/.exec(line) ?? [];
    if (most === undefined || host === undefined) continue;
    const hosts = host === '*' ? ['::', '0.0.0.0'] : [host];
    for (const one of hosts) sizes.set(`${one} ${port}`, Number(most));
  }
  return sizes;
}

/** Connections that were dropped since boot because an accept queue was full; null where the kernel does not say. */
function dropped(proc: string): number | null {
  const read = readText(join(proc, 'net/netstat'));
  if (!('value' in read)) return null;
  const [names = [], values = []] = read.value
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '));
  const valueOf = (name: string): number | null => {
    const at = names.indexOf(name);
    return at < 0 ? null : Number(values[at]);
  };
  return valueOf('ListenOverflows') ?? valueOf('ListenDrops');
}

function pause({ clock, signal }: ProbeContext, ms: number): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      timer.stop();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.after(ms, end);
    signal.addEventListener('abort', end);
  });
}

/** Addresses of this machine that others can reach it by. */
function reachable(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:') && !address.startsWith('169.254.'))
    .map(({ address }) => address);
}
