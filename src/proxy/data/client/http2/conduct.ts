/**
 * How a client behaves on one HTTP/2 connection: what it may cost us beyond what it asks for. Two budgets: streams that
 * it has us begin for nothing (CVE-2023-44487, CVE-2025-8671), and bytes that carry no request (CVE-2019-9511 to 9518:
 * floods of frames that are cheap to send). Only counts; the connection closes.
 */
import { STREAM_WINDOW } from './session-options.ts';

/** Streams that ended before they were answered: as many from a newcomer, as many at most, and so many more a second. */
const FIRST_RESETS = 100;
const RESET_BURST = 200;
const RESETS_A_SECOND = 20;

/** Bytes on top of those that were of use: as many at once, and so many more a second (a PING is 17). */
const WASTE_BURST = 128 * 1024;
const WASTE_A_SECOND = 8 * 1024;

/** A frame's head, and what a field costs beside its text at most. */
export const FRAME_BYTES = 9;
const FIELD_BYTES = 8;
/**
 * A client with the smallest windows sends 26 bytes of WINDOW_UPDATE for each DATA frame of 10 that leaves, in which is one
 * byte of an answer.
 */
const UPDATES_PER_BYTE_SENT = 3;
const UPDATES_PER_BYTE_OF_ANSWERS = 32;

export class Conduct {
  #resets = FIRST_RESETS;
  #waste = WASTE_BURST;
  #at: number;
  #read = 0;
  #written = 0;
  /** Bytes that came and were of use, since the last look. */
  #useful = 0;
  /** Bytes of WINDOW_UPDATE that the client may still send for what it was given. */
  #updates = 0;
  /** Bytes of bodies that may still be on their way, though nobody wants them any more. */
  #unwanted = 0;

  constructor(now: number) {
    this.#at = now;
  }

  /** A head came; `fields` as node:http2 gives them. */
  head(fields: readonly string[]): void {
    let bytes = 2 * FRAME_BYTES;
    for (const text of fields) bytes += text.length + FIELD_BYTES / 2;
    this.#useful += bytes;
  }

  /** Part of a body came. */
  body(bytes: number): void {
    this.#useful += bytes + 2 * FRAME_BYTES;
  }

  /** Part of an answer is on its way to the client. */
  answer(bytes: number): void {
    this.#updates += bytes * UPDATES_PER_BYTE_OF_ANSWERS;
  }

  /** We have closed a stream that the client may still be sending on. */
  closedEarly(): void {
    this.#unwanted += STREAM_WINDOW + STREAM_WINDOW / 16;
  }

  /** A stream has been answered to its end. */
  answered(): void {
    if (this.#resets < RESET_BURST) this.#resets++;
  }

  /** A stream was begun for nothing. True when that was one too many. */
  reset(): boolean {
    return --this.#resets < 0;
  }

  /**
   * Compares what was read and written on the connection in all with what was of use.
   * @returns true when more has been wasted than is borne
   */
  look(now: number, read: number, written: number): boolean {
    const seconds = (now - this.#at) / 1000;
    this.#at = now;
    this.#resets = Math.min(RESET_BURST, this.#resets + seconds * RESETS_A_SECOND);
    const updates = Math.min(this.#updates, UPDATES_PER_BYTE_SENT * (written - this.#written));
    this.#updates -= updates;
    this.#waste += this.#useful + updates + seconds * WASTE_A_SECOND - (read - this.#read);
    this.#read = read;
    this.#written = written;
    this.#useful = 0;
    if (this.#waste < 0) {
      const excused = Math.min(this.#unwanted, -this.#waste);
      this.#unwanted -= excused;
      this.#waste += excused;
    }
    if (this.#waste > WASTE_BURST) this.#waste = WASTE_BURST;
    return this.#waste < 0;
  }
}
