/** A client's connection as the worker sees it, whatever is spoken on it: counted, swept, retired, cut. Shapes only. */
import type { Exchange } from '../request/exchange.ts';
import type { Seat, Secured } from './arrival.ts';

export interface OpenConnection {
  /** Address of the peer, IPv4-mapped IPv6 unwrapped; empty for unix sockets. */
  readonly peerAddress: string;
  readonly listenerId: string;
  readonly seat: Seat;
  /** What the TLS handshake settled; null = plain HTTP. */
  readonly secured: Secured | null;
  /** When the client's next step is overdue, for `expire`; `Infinity` = nothing is awaited of it. */
  deadline: number;
  /** No exchange is open, no byte of a request has come and no byte of an answer is unsent. */
  readonly idle: boolean;
  readonly idleSince: number;
  /** Those that are not over yet. */
  readonly exchanges: readonly Exchange[];
  /** `deadline` has passed. */
  expire(): void;
  /**
   * Takes no request after those that are open or the next one, and closes when there is none.
   * @param until How long it waits for a next one, on the worker's clock; default a moment
   */
  retire(until?: number): void;
  /** Ends one of `exchanges` by order of the operator: its client gets no polite ending, those of others go on. */
  kill(x: Exchange): void;
  /** Closes at once, whatever is open; what the log says of it is `cause`. */
  destroy(cause?: 'client_closed' | 'draining'): void;
}
