/**
 * The connections of a worker that are in their TLS handshake: begun by the reception, swept, counted, and handed back when
 * they are done. Holds one set of listeners for all of them. What a client may do afterwards is not decided here.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { plainName } from '../../../certs/server-names.ts';
import { bump } from '../../shared/cells.ts';
import { type HandshakeResult, handshakeIndex } from '../../shared/handshake-results.ts';
import type { Seat, Secured } from '../client/arrival.ts';
import type { ListenerRuntime, Runtime } from '../runtime.ts';
import { type ShownCertificate, shownCertificate } from './client-certificate.ts';
import type { HandshakeLog } from './handshake-log.ts';
import { releaseErrors } from './node-internals.ts';
import type { Terminator } from './terminator.ts';

/**
 * Handshakes that one worker has open at once. An honest one takes a round trip or two, so that at this bound the oldest
 * is most likely one that nobody means to finish: it gives way to the new one. A flood that stalls thus costs this much
 * memory (about 60 MB) and keeps nobody out.
 */
const MAX_HANDSHAKES = 1000;

/** A connection whose handshake is not done. */
export interface Handshake {
  /** The connection below TLS. */
  readonly wire: Socket;
  readonly runtime: Runtime;
  readonly listener: ListenerRuntime;
  readonly listenerId: string;
  readonly peerAddress: string;
  readonly seat: Seat;
  /** When it is overdue. */
  deadline: number;
}

export interface HandshakesHost {
  /** Milliseconds since the epoch. */
  wallMs(): number;
  /** The handshake is done. */
  secured(handshake: Handshake, socket: TLSSocket, secured: Secured): void;
  /** It has failed, and the connection is closed. */
  failed(handshake: Handshake): void;
}

export class Handshakes {
  readonly #host: HandshakesHost;
  readonly #log: HandshakeLog;
  /** In the order that they were begun in. */
  readonly #open = new Map<TLSSocket, Handshake>();
  readonly #onSecure: (this: TLSSocket) => void;
  readonly #onError: (this: TLSSocket, error: NodeJS.ErrnoException) => void;
  readonly #onGone: (this: TLSSocket) => void;

  constructor(host: HandshakesHost, log: HandshakeLog) {
    this.#host = host;
    this.#log = log;
    const done = (socket: TLSSocket) => this.#done(socket);
    const end = (socket: TLSSocket, result: HandshakeResult, why: string) => this.#end(socket, result, why);
    this.#onSecure = function onSecure() {
      done(this);
    };
    this.#onError = function onError({ code, message }) {
      const lost = code === 'ECONNRESET' || code === 'EPIPE';
      end(this, lost ? 'closed' : 'failed', code ?? message);
    };
    this.#onGone = function onGone() {
      end(this, 'closed', '');
    };
  }

  /** Those that are open. */
  get all(): Iterable<Handshake> {
    return this.#open.values();
  }

  get count(): number {
    return this.#open.size;
  }

  begin(handshake: Handshake, terminator: Terminator): void {
    if (this.#open.size >= MAX_HANDSHAKES) {
      const [oldest] = this.#open.keys();
      if (oldest !== undefined) this.#end(oldest, 'displaced', '');
    }
    const socket = terminator.wrap(handshake.wire);
    this.#open.set(socket, handshake);
    socket.on('secure', this.#onSecure);
    socket.on('error', this.#onError);
    socket.on('end', this.#onGone);
    socket.on('close', this.#onGone);
  }

  /** Closes those that are overdue; `blind` = time that this worker could not look, counted for nobody. */
  sweep(now: number, blind: number): void {
    for (const [socket, handshake] of this.#open) {
      if (blind > 0) handshake.deadline += blind;
      if (now >= handshake.deadline) this.#end(socket, 'timeout', '');
    }
    this.#log.sweep(now);
  }

  /** None may take longer than to this time. */
  hasten(deadline: number): void {
    for (const handshake of this.#open.values()) handshake.deadline = Math.min(handshake.deadline, deadline);
  }

  /** Closes all of them. */
  close(): void {
    for (const socket of this.#open.keys()) this.#end(socket, 'cut', '');
  }

  #done(socket: TLSSocket): void {
    const handshake = this.#open.get(socket);
    if (handshake === undefined) return;
    let shown: ShownCertificate | null = null;
    const { listener, peerAddress, runtime } = handshake;
    const terminator = listener.terminator as Terminator;
    try {
      if (terminator.asksClients) shown = shownCertificate(socket, this.#host.wallMs());
    } catch (error) {
      // Certificates are made by strangers: one that cannot be read is that stranger's trouble alone.
      this.#end(socket, 'failed', (error as Error).message);
      return;
    }
    this.#forget(socket);
    releaseErrors(socket);
    const version = socket.getProtocol() === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2';
    if (shown !== null && shown.fault !== '') this.#log.badClient(listener.plan.id, peerAddress, shown);
    bump(runtime.cells.handshakes, handshakeIndex(version, socket.isSessionReused() ? 'resumed' : 'full'));
    const name = (socket as { readonly servername?: string | false | null }).servername;
    this.#host.secured(handshake, socket, {
      version,
      protocol: socket.alpnProtocol === 'h2' ? 'h2' : 'http/1.1',
      serverName: typeof name === 'string' ? plainName(name) : '',
      clientSubject: shown?.subject ?? '',
      clientFault: shown?.fault ?? '',
      demands: terminator.demands,
    });
  }

  #end(socket: TLSSocket, result: HandshakeResult, why: string): void {
    const handshake = this.#open.get(socket);
    if (handshake === undefined) return;
    this.#forget(socket);
    // What OpenSSL still has to say of it is nobody's business any more.
    socket.on('error', ignore);
    socket.destroy();
    const { runtime, listener, peerAddress } = handshake;
    bump(runtime.cells.handshakes, handshakeIndex('-', result));
    this.#log.failed(listener.plan.id, peerAddress, result, why);
    this.#host.failed(handshake);
  }

  #forget(socket: TLSSocket): void {
    this.#open.delete(socket);
    socket.off('secure', this.#onSecure);
    socket.off('error', this.#onError);
    socket.off('end', this.#onGone);
    socket.off('close', this.#onGone);
  }
}

function ignore(): void {}
