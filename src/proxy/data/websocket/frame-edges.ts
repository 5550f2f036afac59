/**
 * Where frames end in one direction of a WebSocket (RFC 6455 §5.2), from their headers alone: payload is neither looked at
 * nor kept. So that a frame of the proxy's own can be put between two of others. Judges nothing.
 */

const closeOpcode = 8;
/** "Going away" (RFC 6455 §7.4.1). */
const goingAway = 1001;

export class FrameEdges {
  /** A Close frame has passed: nothing may follow it. */
  closed = false;
  /** Bytes of the present header that have come, and how many it has as far as is known. */
  #have = 0;
  #need = 2;
  /** Where the extended length ends in the header. */
  #lengthEnd = 2;
  /** Payload of the present frame that is still to come. */
  #left = 0;

  /** The stream stands between two frames. */
  get atEdge(): boolean {
    return this.#have === 0 && this.#left === 0;
  }

  /**
   * Follows `buffer[from, to)`.
   * @param stop Not beyond the end of the frame that is under way.
   * @returns where it stopped: `to`, or the end of a frame
   */
  advance(buffer: Buffer, from: number, to: number, stop: boolean): number {
    let at = from;
    while (at < to) {
      if (this.#have === 0 && this.#left > 0) {
        const step = Math.min(this.#left, to - at);
        this.#left -= step;
        at += step;
      } else this.#header(buffer[at++] as number);
      if (stop && this.atEdge) return at;
    }
    return at;
  }

  #header(byte: number): void {
    const at = this.#have++;
    if (at === 0) {
      if ((byte & 0x0f) === closeOpcode) this.closed = true;
      this.#need = 2;
    } else if (at === 1) {
      const short = byte & 0x7f;
      this.#lengthEnd = short === 127 ? 10 : short === 126 ? 4 : 2;
      this.#left = short < 126 ? short : 0;
      this.#need = this.#lengthEnd + ((byte & 0x80) === 0 ? 0 : 4);
    } else if (at < this.#lengthEnd) this.#left = this.#left * 256 + byte;
    if (this.#have === this.#need) this.#have = 0;
  }
}

/** A Close frame that says that this end goes away. @param mask Eight hex digits, or none where frames are not masked. */
export function closeFrame(mask: string): Buffer {
  const code = [goingAway >> 8, goingAway & 0xff] as const;
  if (mask === '') return Buffer.from([0x88, 0x02, ...code]);
  const key = Buffer.from(mask, 'hex');
  return Buffer.from([0x88, 0x82, ...key, code[0] ^ (key[0] as number), code[1] ^ (key[1] as number)]);
}
