/**
 * What `/proc` says of other processes: whether one lives, since when, what it is called, and who listens on a port.
 * Answers `null` or nothing where `/proc` is missing or may not be read; never throws.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessFacts {
  readonly pid: number;
  /** Its title as `ps` and `ss` show it. */
  readonly name: string;
  readonly zombie: boolean;
  /** `R`, `S`, `D`, `T` (stopped), `Z` … */
  readonly state: string;
  /** Milliseconds since the epoch, to about a second. */
  readonly startedAtMs: number;
  /** Ticks from boot to its start: what tells it from a later process of the same number, whatever is done to the clock. */
  readonly startedTicks: number;
}

export interface PortHolder {
  readonly pid: number;
  readonly name: string;
}

/** The kernel counts start times in ticks of this length towards user space, on every architecture that Node runs on. */
const TICK_MS = 10;
const LISTEN = '0A';
/** Sockets that listen are opened early and have low numbers; a proxy under load has a hundred thousand others. */
const MOST_DESCRIPTORS = 20_000;

/** Facts about a process, or `null` when there is none. @param proc Where the kernel's tables are; tests have their own. */
export function processFacts(pid: number, proc = '/proc'): ProcessFacts | null {
  const stat = read(`${proc}/${pid}/stat`);
  const boot = /^btime (\d+)$/m.exec(read(`${proc}/stat`) ?? '');
  if (stat === null || boot === null) return null;
  // The name stands in parentheses and may itself contain any byte, so the fields are counted from the last one.
  const close = stat.lastIndexOf(')');
  const rest = stat.slice(close + 2).split(' ');
  return {
    pid,
    name: stat.slice(stat.indexOf('(') + 1, close),
    zombie: rest[0] === 'Z' || rest[0] === 'X',
    state: rest[0] ?? '?',
    startedAtMs: Number(boot[1]) * 1000 + Number(rest[19]) * TICK_MS,
    startedTicks: Number(rest[19]),
  };
}

/** The processes that listen on a TCP port, as far as this user may see them. */
export function portHolders(port: number): readonly PortHolder[] {
  return socketHolders(
    listeningSockets()
      .filter((socket) => socket.port === port)
      .map(({ inode }) => inode),
  ).map(({ pid, name }) => ({ pid, name }));
}

/** A TCP socket that listens. */
export interface ListeningSocket {
  /** `0.0.0.0`, `127.0.0.1`, `::`, `fe80::1`. */
  readonly host: string;
  readonly port: number;
  readonly inode: string;
  /** Connections that are made and wait to be accepted. */
  readonly waiting: number;
}

/** All of this network namespace, or of that of a process. */
export function listeningSockets(proc = '/proc'): readonly ListeningSocket[] {
  return ['tcp', 'tcp6'].flatMap((table) => {
    const lines = (read(`${proc}/net/${table}`) ?? '').split('\n').slice(1);
    return lines.flatMap((line) => {
      const [, local = '', , state, queues = '', , , , , inode = ''] = line.trim().split(/\s+/);
      if (state !== LISTEN) return [];
      const [host = '', port = ''] = local.split(':');
      const waiting = Number.parseInt(queues.split(':')[1] ?? '0', 16);
      return [{ host: hostOf(host), port: Number.parseInt(port, 16), inode, waiting }];
    });
  });
}

export interface SocketHolder extends PortHolder {
  readonly inodes: ReadonlySet<string>;
}

/** The processes that have one of these sockets open, as far as this user may see them. */
export function socketHolders(inodes: readonly string[], proc = '/proc'): readonly SocketHolder[] {
  if (inodes.length === 0) return [];
  const wanted = new Set(inodes);
  return pids(proc).flatMap((pid) => {
    const held = heldSockets(pid, wanted, proc);
    return held.size === 0 ? [] : [{ pid, name: processFacts(pid, proc)?.name ?? '?', inodes: held }];
  });
}

/** The kernel writes addresses as words of 32 bits in the order of bytes of the machine, which is little-endian wherever Node runs on Linux. */
function hostOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    [6, 4, 2, 0].map((at) => Number.parseInt(word.slice(at, at + 2), 16)),
  );
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff)
    return bytes.slice(12).join('.');
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function heldSockets(pid: number, wanted: ReadonlySet<string>, proc: string): ReadonlySet<string> {
  const held = new Set<string>();
  for (const fd of list(`${proc}/${pid}/fd`).slice(0, MOST_DESCRIPTORS)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`${proc}/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined && wanted.has(inode)) held.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  return held;
}

/** All that there are. */
export function pids(proc = '/proc'): readonly number[] {
  return list(proc)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
