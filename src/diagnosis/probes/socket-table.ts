/**
 * Local ports that sockets of this machine hold, counted from `/proc/net/tcp` and `tcp6` (proc(5)). Reads in pieces and within a bound,
 * as a busy machine has a million lines; the probe of descriptors calls it.
 */
import { open } from 'node:fs/promises';
import { errnoOf } from '../../base/errors.ts';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export interface PortUse {
  /** Sockets with a local port of the range that nobody listens on: connections that were opened from here. */
  readonly inUse: number;
  readonly timeWait: number;
  /** The destination with the most, as `10.0.0.1:8080`. */
  readonly busiest: { readonly address: string; readonly count: number } | null;
  /** False: the tables were longer than the bound, and each number is a least one. */
  readonly complete: boolean;
}

/** Of one table: about 400 000 sockets, read in half a second. */
const mostBytes = 64 << 20;
const pieceBytes = 1 << 18;
const LISTEN = '0A';
const TIME_WAIT = '06';

/** `  12: 0100007F:1F90 0200007F:C350 01 …` */
const row = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+:[0-9A-F]{4}) ([0-9A-F]{2}) /;

/** @throws the system error of the first table; a second one may be missing (no IPv6) */
export async function readPortUse(
  tables: readonly string[],
  range: PortRange,
  signal: AbortSignal,
  bound = mostBytes,
): Promise<PortUse> {
  const count = new PortCount(range);
  let complete = true;
  for (const [index, table] of tables.entries()) {
    try {
      complete = (await eachLine(table, bound, signal, (line) => count.add(line))) && complete;
    } catch (error) {
      if (index === 0 || errnoOf(error) !== 'ENOENT') throw error;
    }
  }
  return count.result(complete);
}

class PortCount {
  readonly #range: PortRange;
  /** By local port in hex: somebody listens there, and connections to it are not from here. The kernel lists them first. */
  readonly #listened = new Set<string>();
  readonly #destinations = new Map<string, number>();
  #inUse = 0;
  #timeWait = 0;

  constructor(range: PortRange) {
    this.#range = range;
  }

  add(line: string): void {
    const [, local = '', remote = '', state = ''] = row.exec(line) ?? [];
    if (local === '') return;
    if (state === LISTEN) {
      this.#listened.add(local);
      return;
    }
    const port = Number.parseInt(local, 16);
    if (port < this.#range.first || port > this.#range.last || this.#listened.has(local)) return;
    this.#inUse++;
    if (state === TIME_WAIT) this.#timeWait++;
    // Bound to nobody: it has no destination that it could share a port with.
    if (!remote.endsWith(':0000')) this.#destinations.set(remote, (this.#destinations.get(remote) ?? 0) + 1);
  }

  result(complete: boolean): PortUse {
    let busiest: PortUse['busiest'] = null;
    for (const [remote, count] of this.#destinations) {
      if (count > (busiest?.count ?? 0)) busiest = { address: remote, count };
    }
    return {
      inUse: this.#inUse,
      timeWait: this.#timeWait,
      busiest: busiest === null ? null : { ...busiest, address: socketText(busiest.address) },
      complete,
    };
  }
}

/** @returns whether the file ended within `bound` bytes */
async function eachLine(
  path: string,
  bound: number,
  signal: AbortSignal,
  take: (line: string) => void,
): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const piece = Buffer.allocUnsafe(pieceBytes);
    let rest = '';
    for (let read = 0; read < bound && !signal.aborted; ) {
      const { bytesRead } = await file.read(piece, 0, pieceBytes, null);
      if (bytesRead === 0) return true;
      read += bytesRead;
      const lines = (rest + piece.toString('latin1', 0, bytesRead)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(line);
    }
    return false;
  } finally {
    await file.close();
  }
}

/** Addresses stand as the machine's own 32-bit words: on the little-endian ones that Node runs on, each four bytes backwards. */
function socketText(text: string): string {
  const [address = '', port = '0'] = text.split(':');
  const bytes = (address.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex')].reverse());
  const number = Number.parseInt(port, 16);
  if (bytes.length === 4) return `${bytes.join('.')}:${number}`;
  const mapped = bytes.slice(0, 12).every((byte, place) => byte === (place < 10 ? 0 : 255));
  if (mapped) return `${bytes.slice(12).join('.')}:${number}`;
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  return `[${new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)}]:${number}`;
}
