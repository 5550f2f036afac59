/**
 * Finds and judges the heads of one client's requests among the bytes that have come. Used by the connection; one head is
 * filled anew by each request.
 */
import type { RequestFault } from '../http1/faults.ts';
import { findHeadEnd, type HeadLimits, RequestHead } from '../http1/request-head.ts';
import type { ReceivedBytes } from './received-bytes.ts';

export class HeadReader {
  readonly head = new RequestHead();
  /** How far into the bytes that wait the end of the head has been looked for. */
  #searched = 0;

  /** The next bytes begin a head. */
  restart(): void {
    this.#searched = 0;
  }

  /** True when a good head has been taken into `head`, false when more bytes are needed. */
  read(received: ReceivedBytes, limits: HeadLimits): RequestFault | boolean {
    const buffer = received.buffer as Buffer;
    const end = findHeadEnd(buffer, received.at, received.at + this.#searched, limits);
    if (end === -1) {
      this.#searched = buffer.length - received.at;
      return false;
    }
    const fault = this.head.parse(buffer, received.at, end, limits);
    if (fault !== null) return fault;
    received.consume(end);
    this.#searched = 0;
    return true;
  }
}
