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
  /** Milliseconds since the epoch, to about a second. */
  readonly startedAtMs: number;
}

export interface PortHolder {
  readonly pid: number;
  readonly name: string;
}

/** The kernel counts start times in ticks of this length towards user space, on every architecture that Node runs on. */
const TICK_MS = 10;
const LISTEN = '0A';

/** Facts about a process, or `null` when there is none. */
export function processFacts(pid: number): ProcessFacts | null {
  const stat = read(`/proc/${pid}/stat`);
  const boot = /^btime (\d+)$/m.exec(read('/proc/stat') ?? '');
  if (stat === null || boot === null) return null;
  // The name stands in parentheses and may itself contain any byte, so the fields are counted from the last one.
  const close = stat.lastIndexOf(')');
  const rest = stat.slice(close + 2).split(' ');
  return {
    pid,
    name: stat.slice(stat.indexOf('(') + 1, close),
    zombie: rest[0] === 'Z' || rest[0] === 'X',
    startedAtMs: Number(boot[1]) * 1000 + Number(rest[19]) * TICK_MS,
  };
}

/** The processes that listen on a TCP port, as far as this user may see them. */
export function portHolders(port: number): readonly PortHolder[] {
  const inodes = new Set([...listeningInodes('/proc/net/tcp', port), ...listeningInodes('/proc/net/tcp6', port)]);
  if (inodes.size === 0) return [];
  return pids().flatMap((pid) => {
    if (!holdsSocket(pid, inodes)) return [];
    return [{ pid, name: processFacts(pid)?.name ?? '?' }];
  });
}

function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = (read(table) ?? '').split('\n').slice(1);
  return lines.flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    return columns[1]?.endsWith(suffix) === true && columns[3] === LISTEN ? [columns[9] as string] : [];
  });
}

function holdsSocket(pid: number, inodes: ReadonlySet<string>): boolean {
  for (const fd of list(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined && inodes.has(inode)) return true;
    } catch {
      // Closed meanwhile.
    }
  }
  return false;
}

function pids(): number[] {
  return list('/proc')
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
