/**
 * A connection whose PROXY protocol header is still to come: reads that, and nothing of what follows it. The reception
 * waits for it and decides what becomes of the connection.
 */
import type { Socket } from 'node:net';
import { maxProxyHeader, readProxyHeader } from './proxy-protocol.ts';

export class ProxyPreface {
  /** When the header is overdue; set by the reception. */
  deadline: number;
  readonly #socket: Socket;
  readonly #done: (preface: ProxyPreface, client: string | null | undefined) => void;
  #bytes: Buffer = Buffer.alloc(0);
  #over = false;
  readonly #taken = (chunk: Buffer) => this.#take(chunk);
  readonly #gone = () => this.#end(undefined);

  /**
   * @param done Called once: with the client that the header names (null = the peer itself), or `undefined` when there is no
   *   valid header, and then the socket is closed. What came behind the header is the socket's next data.
   */
  constructor(
    socket: Socket,
    deadline: number,
    done: (preface: ProxyPreface, client: string | null | undefined) => void,
  ) {
    this.#socket = socket;
    this.deadline = deadline;
    this.#done = done;
    socket.on('data', this.#taken);
    for (const event of ['end', 'error', 'close']) socket.on(event, this.#gone);
  }

  /** Gives up: the header is overdue, or nobody wants it any more. */
  close(): void {
    this.#end(undefined);
  }

  #take(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const found = readProxyHeader(this.#bytes);
    if (found.kind === 'header') {
      const rest = this.#bytes.subarray(found.length);
      this.#end(found.client, rest);
    } else if (found.kind === 'malformed' || this.#bytes.length >= maxProxyHeader) this.#end(undefined);
  }

  #end(client: string | null | undefined, rest?: Buffer): void {
    if (this.#over) return;
    this.#over = true;
    const socket = this.#socket;
    socket.off('data', this.#taken);
    for (const event of ['end', 'error', 'close']) socket.off(event, this.#gone);
    if (client === undefined) {
      socket.on('error', () => {});
      socket.destroy();
    } else if (rest !== undefined && rest.length > 0) socket.unshift(rest);
    this.#done(this, client);
  }
}
