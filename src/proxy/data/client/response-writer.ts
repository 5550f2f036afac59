/**
 * The HTTP/1.1 form of a response towards a client: status line, framing that the client's version knows, chunk sizes.
 * Queues into an outlet; decides nothing about when to write or when to close.
 */
import { type BodyEnd, chunkedEnding } from '../body-end.ts';
import { chunkEnd, chunkHead } from '../http1/encode.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { Outlet } from '../outlet.ts';
import type { ResponseStart } from '../request/exchange.ts';
import { keptLines } from '../request/forward-response.ts';

type BodyForm = 'none' | 'plain' | 'chunked' | 'until-close';

export class ResponseWriter {
  /** How the body of the present response ends. */
  form: BodyForm = 'none';
  readonly #out: Outlet;

  constructor(out: Outlet) {
    this.#out = out;
  }

  /**
   * Queues the head. `keepAlive` is what the connection would like; the answer is what the head says, which may be less:
   * an HTTP/1.0 client learns the end of a body of unknown length only from the end of the connection.
   */
  begin(start: ResponseStart, minor: 0 | 1, keepAlive: boolean): boolean {
    let framing = '';
    if (!start.hasBody) {
      this.form = 'none';
      if (start.length >= 0 && start.status !== 204) framing = `Content-Length: ${start.length}\r\n`;
    } else if (start.length >= 0) {
      this.form = 'plain';
      framing = `Content-Length: ${start.length}\r\n`;
    } else if (minor === 1) {
      this.form = 'chunked';
      framing = 'Transfer-Encoding: chunked\r\n';
    } else {
      this.form = 'until-close';
      keepAlive = false;
    }
    let connection = '';
    if (!keepAlive) connection = 'Connection: close\r\n';
    else if (minor === 0) connection = 'Connection: keep-alive\r\n';
    this.#out.text(`HTTP/1.1 ${start.status} ${start.reason}\r\n${start.fields}${framing}${connection}\r\n`);
    return keepAlive;
  }

  /** Queues the head that says that the connection is a WebSocket from now on. */
  switched(start: ResponseStart): void {
    this.form = 'plain';
    const { status, reason, fields } = start;
    this.#out.text(`HTTP/1.1 ${status} ${reason}\r\n${fields}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  }

  body(buffer: Buffer, from: number, to: number, framed: boolean): void {
    if (this.form !== 'chunked' || framed) {
      this.#out.bytes(buffer, from, to);
      return;
    }
    this.#out.text(chunkHead(to - from));
    this.#out.bytes(buffer, from, to);
    this.#out.text(chunkEnd);
  }

  end(end: BodyEnd): void {
    if (this.form === 'chunked') this.#out.text(chunkedEnding(end));
  }

  interim(head: ResponseHead): void {
    this.#out.text(`HTTP/1.1 ${head.status} ${head.reason}\r\n${keptLines(head)}\r\n`);
  }

  sendContinue(): void {
    this.#out.text('HTTP/1.1 100 Continue\r\n\r\n');
  }
}
