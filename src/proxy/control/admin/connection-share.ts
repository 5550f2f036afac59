/**
 * Who may hold how many of the connections of the admin address: all of them together up to a bound, and beyond it whoever
 * has the most loses the oldest. So nobody, however many connections it opens and whatever it leaves unsaid on them, keeps a
 * scraper or an operator out. Fed by `server.ts`.
 */
import type { Socket } from 'node:net';

export class ConnectionShare {
  readonly #most: number;
  /** Peer → its connections, oldest first. */
  readonly #held = new Map<string, Set<Socket>>();
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** A connection has come; where that is one too many, one goes. */
  add(socket: Socket): void {
    const peer = peerOf(socket.remoteAddress ?? '');
    const held = this.#held.get(peer) ?? new Set();
    this.#held.set(peer, held.add(socket));
    this.#count++;
    socket.once('close', () => this.#remove(peer, socket));
    if (this.#count <= this.#most) return;
    let most = held;
    for (const others of this.#held.values()) if (others.size > most.size) most = others;
    const [oldest] = most;
    oldest?.destroy();
  }

  #remove(peer: string, socket: Socket): void {
    const held = this.#held.get(peer);
    if (held?.delete(socket) !== true) return;
    this.#count--;
    if (held.size === 0) this.#held.delete(peer);
  }
}

/** Of IPv6 the network of 64 bits that one machine may have all addresses of. */
function peerOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  const [front = '', back] = address.split('::', 2);
  const groups = front.split(':');
  if (back !== undefined) while (groups.length < 4) groups.push('0');
  return groups.slice(0, 4).join(':');
}
