/** A connection that has been let in, as the reception hands it on, and what it holds of shared counts until it ends. */
import type { Socket } from 'node:net';
import type { Cell } from '../../shared/cells.ts';
import type { ClientConnections } from '../../shared/client-connections.ts';
import type { ListenerRuntime, Runtime } from '../runtime.ts';

export interface Arrival {
  readonly socket: Socket;
  /** The connection below TLS, the only one that can be reset; of plain HTTP the socket itself. */
  readonly wire: Socket;
  readonly runtime: Runtime;
  readonly listener: ListenerRuntime;
  /** Address of its peer: that of the socket, or the one that a PROXY protocol header names; empty for unix sockets. */
  readonly peer: string;
  readonly seat: Seat;
  /** Null = plain HTTP. */
  readonly secured: Secured | null;
}

/** What the TLS handshake of a connection settled. */
export interface Secured {
  readonly version: string;
  readonly protocol: 'h2' | 'http/1.1';
  /** Name that the client asked for, lower case; empty = none. */
  readonly serverName: string;
  /** Subject of the client's certificate, which is good; empty = it showed none. */
  readonly clientSubject: string;
  /** Why the certificate that the client showed is not good; empty = it is, or none was asked for. */
  readonly clientFault: string;
  /** What clients had to show when it was let in (`Terminator.demands`). */
  readonly demands: string;
}

/** What a connection holds of the counts. */
export interface Seat {
  /** Where it is one of `proxyFields.connections`; null = no more. */
  total: Cell | null;
  /** Where it is counted for its client; null = nowhere: the limit is off, or does not hold for this client. */
  table: ClientConnections | null;
}
